"""Random PAM stacks, as people write them and as nobody should."""

import random

CODES = """success open_err symbol_err service_err system_err buf_err perm_denied auth_err cred_insufficient
authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail cred_expired cred_err
no_module_data conv_err authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging try_again ignore abort
authtok_expired module_unknown bad_item conv_again incomplete default""".split()
TYPES = ["auth", "account", "session", "password"]
WORDS = ["required", "requisite", "sufficient", "optional"]
ACTIONS = ["ignore", "ok", "done", "bad", "die", "reset"]
FUNCTIONS = {"auth": ["auth", "cred"], "account": ["acct"], "session": ["open", "close"], "password": ["check", "update"]}
CALLS = ["authenticate", "setcred", "acct_mgmt", "open_session", "close_session", "chauthtok"]
JUMPS = ["7", "99", "2147483647", "2147483648", "4294967289", "4294967290", "4294967291", "4294967292", "4294967293",
         "4294967294", "4294967295", "4294967296", "4294967297", "99999999999999999999", "00", "0", "01"]
MAX_BYTES = 1023  # a line of libpam before 1.7


class Case:
    """What there is on the host, and what the application calls."""

    def __init__(self):
        self.service = "svc"
        self.files = {}  # path: list of pieces of text, usually one a line
        self.dirs = ["/etc/pam.d"]
        self.calls = []

    def encode(self):
        out = [b"service %s\n" % self.service.encode()]
        out += [b"dir %s\n" % d.encode() for d in self.dirs]
        for path, pieces in self.files.items():
            text = "".join(pieces).encode("latin-1")
            out.append(b"file %s %d\n%s\n" % (path.encode(), len(text), text))
        out += [b"call %s\n" % c.encode() for c in self.calls]
        return b"".join(out) + b"go\n"

    def show(self):
        lines = [f"service {self.service!r}, directories {self.dirs}, calls {self.calls}"]
        for path, pieces in self.files.items():
            lines.append(f"--- {path}")
            lines += [repr(piece) for piece in pieces]
        return "\n".join(lines)

    def copy(self):
        other = Case()
        other.service, other.dirs, other.calls = self.service, list(self.dirs), list(self.calls)
        other.files = {path: list(pieces) for path, pieces in self.files.items()}
        return other

    def smaller(self):
        """Cases with one thing less, to find what a disagreement is about."""
        for i in range(len(self.calls)):
            other = self.copy()
            del other.calls[i]
            yield other
        for path in self.files:
            other = self.copy()
            del other.files[path]
            yield other
            for i in range(len(self.files[path])):
                other = self.copy()
                del other.files[path][i]
                yield other


class Maker:
    def __init__(self, seed, circles):
        self.r = random.Random(seed)
        self.circles = circles
        self.ids = 0
        self.messy = self.r.random() < 0.45
        self.includes = []
        self.main_type = self.r.choice(TYPES)

    def chance(self, p):
        return self.r.random() < p

    # --- what a line is made of ---

    def answer(self):
        pick = self.r.random()
        if pick < 0.5:
            return 0
        if pick < 0.62:
            return 25
        if pick < 0.66:
            return self.r.choice([-1, 32, 99, 31])
        return self.r.randrange(31)

    def args(self, kind):
        self.ids += 1
        out = [f"id={self.ids}"]
        for name in FUNCTIONS[kind]:
            answers = [str(self.answer())]
            if self.chance(0.06):
                answers.insert(0, "31")
            out.append(f"{name}={','.join(answers)}")
        if self.chance(0.1):
            out.insert(0, self.r.choice(["debug", "[a b]", "[x\\]y", "a\\]b", "[", "x=[1", "[ id=3 ]"]))
        if self.messy and self.chance(0.08):
            out = [f"[{word}]" for word in out]
        return out

    def pair(self):
        name = self.r.choice(CODES) if self.chance(0.5) else self.r.choice(
            ["success", "default", "ignore", "auth_err", "new_authtok_reqd", "perm_denied", "module_unknown"])
        action = self.r.choice(ACTIONS) if self.chance(0.7) else str(self.r.randrange(1, 5))
        if self.chance(0.04):
            action = self.r.choice(JUMPS)
        if self.messy and self.chance(0.06):
            name = self.r.choice(["Success", "succes", "failure", "", "default_", "auth", "0"])
        if self.messy and self.chance(0.06):
            action = self.r.choice(["OK", "okay", "", "okdefault=die", "-1", "1x", "bad]", "\\]"])
        equals = self.r.choice(["=", "=", "=", "=", "=", " = ", "= ", "\t=", "", "=="]) if self.messy else "="
        return name + equals + action

    def control(self):
        if self.chance(0.45):
            word = self.r.choice(WORDS)
            if self.messy and self.chance(0.15):
                word = self.r.choice([word.upper(), word.title(), f"[{word}]", word + "x", "require", "[]", word[:-1]])
            return word
        pairs = [self.pair() for _ in range(self.r.randrange(1, 5))]
        if self.chance(0.6):
            pairs.append("default=" + self.r.choice(ACTIONS + ["1", "2"]))
        text = self.r.choice([" ", " ", " ", "\t"]).join(pairs)
        if self.messy and self.chance(0.08):
            text = self.r.choice([text + " ", " " + text, text.replace(" ", ""), text + "\\]", "[" + text])
        return f"[{text}]" if not self.messy or self.chance(0.97) else f"[{text}"

    def module(self):
        pick = self.r.random()
        if pick < 0.8:
            return "pam_probe.so"
        if pick < 0.86:
            return self.r.choice(["/probe/pam_probe.so", "/probe/pam_half.so"])
        if pick < 0.91:
            return "pam_half.so"
        if pick < 0.97 or not self.messy:
            return self.r.choice(["pam_missing.so", "/nowhere/pam_missing.so"])
        return self.r.choice([".so", "?.so", "?", "dir/", "pam_probe", "[pam_probe.so]", "a.b.so", "x/pam_probe.so", "[]",
                              "pam_probe.so\r", "/", "./.x"])

    def type_name(self):
        kind = self.main_type if self.chance(0.6) else self.r.choice(TYPES)
        word = kind
        if self.chance(0.12):
            word = "-" + word
        if self.messy and self.chance(0.1):
            word = self.r.choice([word.upper(), word.title(), f"[{word}]", "--" + kind, "authh", "foo", "-", "-foo", kind[:-1]])
        return kind, word

    def gap(self):
        if not self.messy or self.chance(0.6):
            return self.r.choice([" ", " ", "\t", "   "])
        return self.r.choice([" \t ", "\t\t", " \\\n", " \\\n   ", "\\\n", " \\ \n", "  \\\t\n\t", " \\\n# note\n", " \\\n\n",
                              " \\\n   # note \\\n", " \\\n\t\n ", " \\\r\n", "\f", "\\ ", " \\\n\\\n"])

    def words(self, depth):
        kind, word = self.type_name()
        if self.includes[depth:] and self.chance(0.22):
            target = self.r.choice(self.includes[depth:])
            if self.chance(0.25):
                return [self.r.choice(["@include", "@include", "@include", "@INCLUDE", "-@include"] if self.messy
                                      else ["@include"]), target]
            return [word, self.r.choice(["include", "substack", "substack"]), target] + (["x"] if self.chance(0.05) else [])
        out = [word, self.control(), self.module()] + self.args(kind)
        if self.messy and self.chance(0.06):
            out = out[:self.r.randrange(1, 3)]
        return out

    # --- lines and files ---

    def line(self, depth, service):
        words = self.words(depth)
        if service:
            words.insert(0, service)
        text = words[0]
        for word in words[1:]:
            text += self.gap() + word
        if self.messy:
            text = self.trim(text)
        return text + "\n"

    def trim(self, text):
        """The ends of lines, and lines that are too long."""
        pick = self.r.random()
        if pick < 0.08:
            text += self.r.choice([" # why", "# why", " # why \\", "#", " #\\", " # a # b"])
        elif pick < 0.12:
            text += self.r.choice(["\r", " \\", "\\", "\\ ", " \\\n", "\\#", "\0 x", " \t"])
        elif pick < 0.17:
            to = self.r.choice([MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, 1100, 2100]) + self.r.randrange(-1, 2)
            fill = self.r.choice([" ", "x", "# ", "\t", "ab "])
            text += (" " + fill * to)[:max(0, to - len(text))]
            text += self.r.choice(["", "\\", " auth required pam_probe.so id=500 auth=0", "\\\n", " x"])
        if self.chance(0.06):
            text = self.r.choice(["  ", "\t", "\n", "\r\n", " \\\n", "# c\n", "\f", "\0"]) + text
        return text

    def noise(self):
        return self.r.choice(["# a comment\n", "\n", "   \n", "# ends in \\\n", "#\n", "\t# x\n", "\\\n", " \\\n", "x\n", "auth\n",
                              "session required\n", "# " + "y" * 1100 + " auth required pam_probe.so id=501 auth=0\n",
                              "\r\n", "-\n", "[]\n", "account required pam_probe.so\n", "@include\n" if self.chance(0.1) else "\n"])

    def pieces(self, depth, service=None):
        out = []
        for _ in range(self.r.choice([0, 1, 2, 2, 3, 3, 4, 5, 6, 9])):
            if self.messy and self.chance(0.15):
                out.append(self.noise())
            out.append(self.line(depth, self.r.choice([service, service, service, "other", "SVC", "svcx"]) if service else None))
        if self.messy and self.chance(0.05) and out:
            out[-1] = out[-1].rstrip("\n") + self.r.choice(["", "\\", " \\\n", "\\\n\n", " \\\n# x"])
        return out

    def place(self, name):
        return self.r.choice(["/etc/pam.d/"] * 5 + ["/usr/lib/pam.d/"]) + name

    def sequence(self):
        wanted = {"auth": ["authenticate", "setcred"], "account": ["acct_mgmt"], "session": ["open_session", "close_session"],
                  "password": ["chauthtok"]}[self.main_type]
        if self.chance(0.5):
            return list(CALLS)
        out = list(wanted)
        for _ in range(self.r.randrange(4)):
            out.insert(self.r.randrange(len(out) + 1), self.r.choice(CALLS + wanted))
        return out

    def case(self):
        case = Case()
        for i in range(self.r.choice([0, 0, 1, 2, 3, 4])):
            where = self.r.choice(["", "", "", "", "/x/"])
            self.includes.append(f"{where}inc{i}")
        for i, name in enumerate(self.includes):
            if self.chance(0.96):
                case.files[name if name[0] == "/" else self.place(name)] = self.pieces(i + 1)
        if self.includes and self.chance(0.03):  # a substack in itself, which libpam ends at level 16
            name = self.includes[0]
            case.files[name if name[0] == "/" else "/etc/pam.d/" + name] = self.pieces(1)[:2] + [
                f"{self.main_type} {self.r.choice(['include', 'substack']) if self.circles else 'substack'} {name}\n"
            ] + self.pieces(1)[:2]
        if self.chance(0.07):
            case.dirs = self.r.choice([[], [], ["/usr/lib/pam.d"]])
            case.files = {p: t for p, t in case.files.items() if not p.startswith(("/etc", "/usr"))}
            case.files["/etc/pam.conf"] = self.pieces(0, "svc")
        else:
            if self.chance(0.97):
                case.files[self.place("svc")] = self.pieces(0)
            if self.chance(0.04):
                case.files["/usr/lib/pam.d/svc"] = self.pieces(0)
            if self.chance(0.5):
                case.files[self.place("other")] = self.pieces(0)
        case.service = self.r.choice(["svc"] * 20 + ["SVC", "Svc", "x/svc", "/etc/pam.d/svc", "other", "none", "OTHER"])
        case.calls = self.sequence()
        return case


def make(seed, circles=False):
    """The stack of a seed. circles: a file may include itself, which libpam before 1.7 does until descriptors run out."""
    return Maker(seed, circles).case()
