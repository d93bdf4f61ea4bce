#!/usr/bin/python3
"""words.py [--code] [--stats] [TREE]: the texts use plain English, in the terms of sshd_config(5) and sudoers(5).

Without an option it reads the pages, manuals, package texts and sample files; with --code the comments and string literals
of the C sources, the client scripts, and the files generated from C rows. It fails on the words and constructions in RULES
unless EXCEPTIONS lists them, on an exception that is no longer needed, and on a file that git names but that was not read.
--stats also prints how often each rule matches per 1,000 words.
"""
import fnmatch
import os
import pathlib
import re
import subprocess
import sys

OPTIONS = {argument for argument in sys.argv[1:] if argument.startswith("--")}
TREES = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
TOP = pathlib.Path(TREES[0]).resolve() if TREES else pathlib.Path(__file__).resolve().parents[2]

# name, regular expression (case matters; \s+ also spans line ends), what to write instead
RULES = [
    ("stands", r"\b[Ss]tands\b(?!-|\s+for\b)|\b[Ss]tand\b(?!\\?-)|\b[Ss]tood\b", "is, is set in, is listed in, appears in"),
    ("behind", r"(?<!-)\b[Bb]ehind\b(?!\s+(?:an?|the)\s+(?:proxy|firewall|load\s+balancer|bastion|NAT)\b)", "after"),
    ("in front of", r"\b[Ii]n\s+front\b", "before"),
    ("folder", r"\b[Ff]olders?\b", "directory"),
    ("somebody", r"\b(?:[Ss]ome|[Nn]o|[Ee]very|[Aa]ny)body\b", "a user, no one, any user, anyone; passive voice"),
    ("whoever", r"\b[Ww]hoever\b|(?<!trusts[ -])\b[Ww]hom(?:ever)?\b", "anyone who, the user who"),
    ("who as a subject", r"(?<![\w,] )\bWho\s+(?:has|holds|can|may|could|controls|knows|runs|reads|brings|gives|wants|needs|must|gets"
     r"|steals|owns|writes|uses|types|calls)\b(?![^.|]*\?)", "anyone who, the user who"),
    ("is over", r"\b(?:is|are|was|were)\s+over(?=\s*(?:[.,;:()|'\"]|$|(?:and|or|since|before|then|in|even|when|where|now)\b))",
     "has expired, has ended"),
    ("demand", r"(?<![Oo]n )\b[Dd]emand(?:s|ed|ing)?\b", "require, requirement"),
    ("way back", r"\b[Ww]ay\s+back\b|\b[Tt](?:ake|akes|aken|ook|aking)\s+(?:(?!a\b|the\b)\w+\s+){0,3}?back\b", "undo, roll back"),
    ("what is no", r"\b(?:holds?|held|is|are)\s+what\s+is\b|\bwhat\s+is\s+(?:no|not)\s+(?:an?\s+)?\w+", "a value that is not a NOUN"),
    ("is no NOUN", r"\b(?:is|are|was|were)\s+no\s+(?!longer\b|more\b|less\b|later\b|earlier\b|safer\b|better\b|worse\b|slower\b"
     r"|faster\b|larger\b|smaller\b|shorter\b|different\b|newer\b|older\b)[a-z]\w*", "is not a NOUN, there is no NOUN"),
    ("leave away", r"\b[Ll]ea(?:ve|ves|ving)\s+(?:\w+\s+){0,2}?away\b|\bleft\s+away\b", "omit"),
    ("told", r"\b[Tt]old\b(?!\s+apart\b)", "given, configured; reports, specifies"),
    ("cut", r"\b[Cc]uts?\b(?!-)", "truncated"),
]

# The rules themselves, tried before anything is read.
BAD = {
    "stands": ["it stands in line 7 already", "cannot stand for this host"],
    "behind": ["read behind pam_jwt.conf", "Behind pam_systemd everything works"],
    "in front of": ["In front of `@include common-auth`", "a counter in\nfront of it"],
    "folder": ["in a folder of mode 0700"],
    "somebody": ["then somebody is found", "and nobody asks again", "it refuses everybody", "must not let anybody in"],
    "whoever": ["so whoever holds one", "from whom it came"],
    "who as a subject": ["Who has the key is in.", "- Who controls the issuer is every user"],
    "is over": ["the token's time is over (exp)", "when half of it\nis over, so that", "closed or the token is over."],
    "demand": ["meets every demand of the service", "a claim is demanded"],
    "way back": ["with a way back", "who takes it all back:", "can be taken back"],
    "what is no": ["header crit holds what is no string"],
    "is no NOUN": ["an iat that is no number", "a claim `typ` that is\nno string"],
    "leave away": ["Have the issuer leave it away"],
    "told": ["what PAM is told"],
    "cut": ["was cut on its way"],
}
GOOD = ["sshd's stand-in", "a host behind a proxy", "tokens over 32 KiB are over the limit", "it is no longer valid", "there is no record",
        "There is then no cache", "PasswordAuthentication is no, and", "keys are fetched on demand", "it takes a while to get back",
        "Who is asked? The caller.", "there\nis no session", "%h stands for the host", "can be told apart"]

# Patterns of the files of each mode, as fnmatch (a * also spans /), and files of these that are left out.
TEXTS = ["*.md", "NEWS", "meson_options.txt", "man/*.in", "man/*.[0-9]", "etc/*", "debian/*", "dist/*"]
CODE = ["*.c", "*.h", "*.h.in", "*.def", "client/pamjwt-*", "client/*.sh", "dev"]
GENERATED = ["man/pamjwt.1", "etc/pam_jwt.conf", "etc/completion/*"]  # from rows of C sources: part of --code
LEFT_OUT = ["debian/copyright", "dist/abi/*"]
C_SOURCE = (".c", ".h", ".h.in", ".def")
AT_LEAST = {"texts": 60, "code": 250}  # where git cannot name the files

# file, the words in which a rule may match, why
EXCEPTIONS = [
    ("docs/setup.md", "the user nobody", "the name of an account"),
    ("docs/attacks.md", "power cut", "not a truncation"),
    ("cli/doctor/keys.c", "behind", "of a clock"),
    ("cli/setup/listener.c", "nobody", "the name of an account"),
    ("cli/setup/try.c", "nobody", "the name of an account"),
    ("client/provider.c", "behind", "of a clock"),
]
# Files not rewritten yet; a file without matches must leave this table.
TO_BE_REWRITTEN = []


def existential(text, match):
    """There is no NOUN: the one use of "is no" that is ordinary English."""
    return re.search(r"\b[Tt]here\s+(?:\w+\s+)?$", text[max(0, match.start() - 30):match.start()])


def matches(text):
    """(offset, end, rule, instead) of each match in the text."""
    for rule, expression, instead in RULES:
        for match in re.finditer(expression, text, re.MULTILINE):
            if rule != "is no NOUN" or not existential(text, match):
                yield match.start(), match.end(), rule, instead


def try_the_rules():
    wrong = [f"rule {rule}: does not match {text!r}" for rule, texts in BAD.items() for text in texts
             if rule not in {found for _, _, found, _ in matches(text)}]
    wrong += [f"rule {rule}: has no sample" for rule, _, _ in RULES if rule not in BAD]
    return wrong + [f"rule {rule}: matches {text!r}" for text in GOOD for _, _, rule, _ in matches(text)]


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def words_of_c(source):
    """Comments and string literals of a C source in their places; adjacent literals continue each other."""
    out = []
    for token in re.finditer(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|\s+|.', source, re.DOTALL):
        text = token.group()
        if text.startswith("/*"):
            out.append(re.sub(r"(?m)^(\s*)\*(?=\s|$)", r"\1 ", "  " + text[2:-2] + "  "))
        elif text.startswith("//"):
            out.append("  " + text[2:])
        elif text.startswith('"'):
            out.append(" " + re.sub(r"\\.", "  ", text[1:-1]) + " ")
        elif text.isspace():
            out.append(text)
        else:
            out.append(re.sub(r"[^\n]", "\x01", text))
    return "".join(out)


def words_of(name):
    text = (TOP / name).read_text(encoding="utf-8", errors="replace")
    if name.endswith(C_SOURCE):
        return words_of_c(text)
    return text.replace("\\-", "-") if name.startswith("man/") else text  # stand\-in is a hyphen of roff


def named(names, patterns):
    return {name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)}


def files_of(mode, names):
    if mode == "code":
        return named(names, CODE + GENERATED)
    return {name for name in named(names, TEXTS) - named(names, GENERATED + LEFT_OUT) if not name.endswith(C_SOURCE)}


def is_source(path):
    """Whether a directory belongs to the source, and is not made by git, npm, meson, dh or Python."""
    if path.parent == TOP / "debian":
        return path.name in ("pam-configs", "source")
    return path.name not in (".git", "node_modules", "__pycache__") and not (path / "meson-private").exists() \
        and not (path.parent == TOP and path.name.startswith("build"))


def walked():
    """The files of the source tree."""
    found = set()
    for directory, below, files in os.walk(TOP):
        here = pathlib.Path(directory)
        below[:] = [name for name in below if is_source(here / name)]
        found.update(str((here / name).relative_to(TOP)) for name in files if (here / name).is_file())
    return found


def git(*arguments):
    done = subprocess.run(["git", "-C", TOP, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return os.fsdecode(done.stdout)


def tracked():
    """The files that git names, or None if this is not a checkout, such as a tarball."""
    try:
        if pathlib.Path(git("rev-parse", "--show-toplevel").strip()).resolve() != TOP:
            return None
        return {name for name in git("ls-files", "-z").split("\0") if name and (TOP / name).exists()}
    except (OSError, subprocess.CalledProcessError):
        return None


def excused(name, text, start, end, used):
    """Whether a match lies within the words of an exception of this file."""
    for exception in EXCEPTIONS:
        file, words, _ = exception
        if file == name:
            for found in re.finditer(r"\s+".join(map(re.escape, words.split())), text):
                if found.start() <= start and end <= found.end():
                    used.add(exception)
                    return True
    return False


def check(read):
    """What is wrong with the files {name: text}, and how often each rule matched."""
    wrong, used, counts = [], set(), {}
    for name, text in sorted(read.items()):
        hits = [hit for hit in sorted(matches(text)) if not excused(name, text, hit[0], hit[1], used)]
        for start, end, rule, instead in hits:
            counts[rule] = counts.get(rule, 0) + 1
            if name not in TO_BE_REWRITTEN:
                found = " ".join(text[start:end].split())
                wrong.append(f"{name}:{text.count(chr(10), 0, start) + 1}: \"{found}\" ({rule}); write: {instead}")
        if name in TO_BE_REWRITTEN and not hits:
            wrong.append(f"{name}: has been rewritten; remove it from TO_BE_REWRITTEN")
    wrong += [f"{file}: the exception \"{words}\" is not needed" for file, words, why in EXCEPTIONS
              if file in read and (file, words, why) not in used]
    return wrong, counts


def main():
    mode = "code" if "--code" in OPTIONS else "texts"
    read = {name: words_of(name) for name in files_of(mode, walked())}
    known = tracked()
    wrong = try_the_rules()
    wrong += [f"{name}: was not read" for name in sorted(files_of(mode, known or set()) - read.keys())]
    if known is None and len(read) < AT_LEAST[mode]:
        wrong.append(f"only {len(read)} files were found, at least {AT_LEAST[mode]} are expected")
    more, counts = check(read)
    wrong += more
    words = sum(len(text.split()) for text in read.values())
    if "--stats" in OPTIONS:
        for rule, _, _ in RULES:
            print(f"{rule:18} {counts.get(rule, 0):4} {1000 * counts.get(rule, 0) / words:6.2f} per 1,000 words")
    print("\n".join(wrong) or f"{len(read)} files, {words} words")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
