"""What the makers of cases share: the usual token, the usual keys, and how a case becomes a test of its topic's file."""
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

import casefile  # noqa: E402
import jose  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
NOW = 1700000000
ISSUER = "https://issuer.example"
AUDIENCE = "ssh://host.example"
KEYS = json.loads((HERE / "private-keys.json").read_text())
RING = ("rsa", "p256", "p384", "p521", "k256", "ed25519", "ed448")
HMACS = ("hs256", "hs384", "hs512")
HEADER = ["Cases of pam_jwt, made by tests/cases/make.py: change them there (tests/cases/make), not here.",
          "docs/vectors.md says what each field means and how another implementation runs them."]

CLAIMS = {"iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "iat": NOW - 60, "exp": NOW + 300}


def claims(**changes):
    """The usual claims with some changed, added, or (None) left out. NULL stands for JSON's null."""
    out = {**CLAIMS, **changes}
    return {k: (None if v is NULL else v) for k, v in out.items() if v is not None}


class NULL:  # noqa: D101  (a claim that is JSON null; None means: not there)
    pass


def ring(*names):
    return jose.jwks(*(jose.public(KEYS[name]) for name in names or RING))


def signed(payload=None, key="p256", alg="ES256", header=None, **more):
    """The usual token: by P-256 and with its kid, unless said otherwise. header replaces the whole header."""
    if header is None:
        header = {"alg": alg, "kid": key, **more}
        header = {k: v for k, v in header.items() if v is not None}
    return jose.token(KEYS[key], header, claims() if payload is None else payload, alg)


SHARED = ("options", "now", "conf", "user", "service", "rhost")  # of a group; a test that differs has its own
KEYS_OF_GROUP = ("keys", "keys2", "secret")
LISTS = ("audience", "typ", "require", "clients", "algorithms", "skip")
NUMBERS = ("leeway", "max_lifetime")
SWITCHES = ("if_present", "jws", "any_alg", "public_only", "weak_secret")
OF_KEYS = ("public_only", "weak_secret")
NAMES = {"auth_info": "authInfo", "login_key": "loginKey"}


def options(text):
    """{name: value} of lines `name value`."""
    out = {}
    for line in text.decode().splitlines():
        name, _, value = line.partition(" ")
        assert name not in out, f"twice: {name}"
        if name in LISTS:
            out[name] = value.split(" ")
        elif name in NUMBERS:
            out[name] = int(value)
        elif name in SWITCHES:
            out[name] = True
        else:
            assert name in ("issuer", "subject"), name
            out[name] = value
    if out.get("issuer") == "":
        del out["issuer"]
    return out


def user(text):
    name, _, uid = text.decode().rpartition(" ")
    return {"name": name, "uid": int(uid)} if name else {"name": uid}


def expectation(lines, has_line, payload):
    """The field `expect` of the lines after the reason."""
    out = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        if line == "payload as in the file":
            out.update(casefile.encoded("payload", payload))
        elif word == "key" and rest:
            index, _, rest = rest.partition(" ")
            reason, _, note = rest.partition(" ")
            out.setdefault("keys", []).append({"index": int(index), "reason": reason, **({"note": note} if note else {})})
        elif word == "thumbprint" and rest:
            index, _, value = rest.partition(" ")
            out.setdefault("thumbprints", []).append({"index": int(index), "value": value})
        elif word in ("usable", "kid") and rest:
            out[word] = int(rest) if word == "usable" else rest
        elif word == "without" and rest:
            out.setdefault("lineWithout", []).append(rest)
        else:
            out.setdefault("line" if has_line else "detail", []).append(line)
    return out


class Cases:
    """Collects the cases of all topics and makes a file of each."""

    def __init__(self):
        self.defaults = {}
        self.topics = {}

    def default(self, topic, **files):
        """What every case of the topic has unless it says otherwise; "": of all topics."""
        self.defaults.setdefault(topic, {}).update({k: jose.as_bytes(v) for k, v in files.items()})

    def add(self, name, about, expect, ids="", **files):
        """
        name: TOPIC/CASE. expect: the reason, then a further expectation a line: `kid K`, `usable N`, `key N REASON
        [PIECE]`, `thumbprint N T`, `payload as in the file` (of the file `payload`), `without TEXT` (of the audit line);
        any other is a piece of the error's detail, or of a decision's audit line.
        ids: rows of docs/attacks.md. files: token, keys, options (`name value` a line) and so on; None leaves one out.
        """
        topic, _, id_ = name.partition("/")
        own = {k: jose.as_bytes(v) for k, v in files.items() if v is not None}
        given = {**self.defaults[""], **self.defaults.get(topic, {}), **own}
        if "secret" in own and "keys" not in own:
            del given["keys"]
        self.put(topic, id_, about, expect.strip("\n").split("\n"), ids.split(), given)

    def put(self, topic, id_, about, expect, flags, given):
        kind = "decision" if "conf" in given else "token" if "token" in given else "keys"
        group, own = {"type": kind}, {}
        for name in KEYS_OF_GROUP:
            group.update(casefile.encoded(name, given[name]) if name in given else {})
        for name in SHARED:
            if name in given and name in (SHARED if kind == "decision" else ("options", "now")):
                own.update(field(name, given[name], kind))
        if kind != "token":
            own.pop("now" if kind == "keys" else "options")
        for name in ("token", "auth_info", "login_key"):
            own.update(casefile.encoded(NAMES.get(name, name), given[name]) if name in given else {})
        has_line = kind == "decision" and expect[0] != "config"  # a configuration that is refused judges no login
        more = expectation(expect[1:], has_line, given.get("payload"))
        test = {"tcId": id_, "comment": about, **({"flags": flags} if flags else {}), **own,
                "result": "accept" if expect[0] == "ok" else "reject", "reason": expect[0], **({"expect": more} if more else {})}
        groups, ids = self.topics.setdefault(topic, ({}, set()))
        assert id_ not in ids, f"two cases of one name: {topic}/{id_}"
        ids.add(id_)
        groups.setdefault(casefile.compact(group), (group, []))[1].append(test)

    def files(self):
        """{file name: bytes}"""
        return {f"{topic}.json": casefile.dump(topic, HEADER, [shared(*group) for group in groups.values()])
                for topic, (groups, _) in self.topics.items()}


def field(name, value, kind):
    if name == "options":
        found = options(value)
        return {name: {k: v for k, v in found.items() if kind == "token" or k in OF_KEYS}}
    if name == "user":
        return {name: user(value)}
    return {name: int(value)} if name == "now" else casefile.encoded(name, value.removesuffix(b"\n") if name != "conf" else value)


def shared(group, tests):
    """The group with what most of its tests share; they keep what differs."""
    out = dict(group)
    for name in SHARED:
        values = [casefile.compact(test[name]) for test in tests if name in test]
        if len(values) == len(tests):
            most = max(values, key=values.count)
            out[name] = next(test[name] for test in tests if casefile.compact(test[name]) == most)
            tests = [{k: v for k, v in test.items() if k != name or casefile.compact(v) != most} for test in tests]
    if out.get("options") == {}:
        del out["options"]
    return {**out, "tests": tests}
