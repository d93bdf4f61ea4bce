"""Reads and writes files of cases (README.md here; schema.json says which fields there are)."""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"
BYTES = ("token", "json", "keys", "keys2", "secret", "conf", "service", "rhost", "authInfo", "loginKey")
WIDTH = 110


def files(hand=True):
    """Every file of cases: what make.py writes, and with hand=True what people wrote and what others published."""
    found = [path for path in sorted(HERE.glob("*.json")) if path.name != "schema.json"]
    return found + (sorted((HERE / "hand").glob("*.json")) + sorted(VECTORS.glob("*.json")) if hand else [])


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


# --- values ------------------------------------------------------------------------------------------------------

def decoded(holder, name):
    """The bytes of a field, in whichever of its forms it is given; None: not given."""
    if name in holder:
        value = holder[name]
        return (value if isinstance(value, str) else compact(value)).encode()
    if name + "Hex" in holder:
        return bytes.fromhex(holder[name + "Hex"])
    if name + "Repeat" in holder:
        return b"".join(text.encode() * times for text, times in holder[name + "Repeat"])
    return None


def as_object(text):
    """The object that this text spells, when any JSON writer would spell it so again; else None."""
    if not text.isascii() or "\\" in text or text.count("[") > 50:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    numbers = re.findall(r'[:\[,]-?[0-9][^,\]}"]*', text)
    if not isinstance(value, dict) or compact(value) != text or any(not re.fullmatch(r".-?\d{1,15}", n) for n in numbers):
        return None
    return value


def repeated(text):
    """Text as pieces and how often each comes, where that is a lot shorter; else None."""
    pieces, at = [], 0
    for run in re.finditer(r"(.{1,4}?)\1{700,}", text, re.S):
        pieces += [[text[at:run.start()], 1], [run[1], len(run[0]) // len(run[1])]]
        at = run.end()
    pieces.append([text[at:], 1])
    return [piece for piece in pieces if piece[0]] if len(pieces) > 1 else None


def encoded(name, value):
    """The field NAME, NAMEHex or NAMERepeat for these bytes, as a dict of one."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {name + "Hex": value.hex()}
    if "\0" in text:
        return {name + "Hex": value.hex()}
    if (pieces := repeated(text)) is not None:
        return {name + "Repeat": pieces}
    whole = as_object(text) if name in ("keys", "keys2") else None
    return {name: text if whole is None else whole}


# --- reading -----------------------------------------------------------------------------------------------------

class Case:
    """One test with what its group gives it. The fields of BYTES are attributes: bytes, or None."""

    def __init__(self, path, topic, group, test):
        fields = merged(group, test)
        self.path, self.topic, self.id, self.type = path, topic, test["tcId"], group["type"]
        self.fields = fields
        self.comment, self.flags = test["comment"], test.get("flags", [])
        self.result, self.reason, self.expect = test["result"], test["reason"], test.get("expect", {})
        self.options, self.now, self.user = fields.get("options", {}), fields.get("now"), fields.get("user")
        for name in BYTES:
            setattr(self, name, decoded(fields, name))
        self.payload = decoded(self.expect, "payload")

    def __str__(self):
        return f"{self.topic}/{self.id}"


def merged(group, test):
    """A test's fields go before those of its group; a field replaces all forms of the same."""
    base = lambda name: re.sub("(Hex|Repeat)$", "", name)  # noqa: E731
    own = {base(name) for name in test}
    return {**{n: v for n, v in group.items() if base(n) not in own and n not in ("type", "tests")}, **test}


def load(path):
    path = pathlib.Path(path)
    text = json.loads(path.read_text())
    return [Case(path, text["topic"], group, test) for group in text["testGroups"] for test in group["tests"]]


# --- writing -----------------------------------------------------------------------------------------------------

def spelled(value, indent=0, before=0):
    """JSON that people can read: what has room in a line is one line."""
    line = json.dumps(value)  # ASCII: what cannot be seen in an editor is spelled out
    if not isinstance(value, (dict, list)) or not value or indent + before + len(line) <= WIDTH:
        return line
    inner = indent + 2
    if isinstance(value, dict):
        rows = [f"{json.dumps(k)}: {spelled(v, inner, len(k) + 5)}" for k, v in value.items()]
    else:
        rows = [spelled(v, inner, 1) for v in value]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return left + "\n" + ",\n".join(" " * inner + row for row in rows) + "\n" + " " * indent + right


def dump(topic, header, groups, schema="schema.json"):
    """A whole file, as bytes."""
    top = {"topic": topic, "schema": schema, "numberOfTests": sum(len(group["tests"]) for group in groups),
           "header": header, "testGroups": groups}
    return (spelled(top) + "\n").encode()
