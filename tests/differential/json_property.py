#!/usr/bin/python3
"""The strict JSON parser against Python's, in both directions: json_property.py LIBOURS.so [--count N] [--seed S]

Whatever ours accepts, Python's json (with hooks that refuse duplicates, constants and what does not fit) accepts with the
same value; and the other way round within our limits, which rules.strict_object() names: one object, UTF-8 without BOM,
no NUL, no lone surrogate, integers of 64 bits, finite numbers, depth 16.
"""
import argparse
import itertools
import json
import os
import random
import sys

sys.dont_write_bytecode = True

import judges  # noqa: E402
import rules  # noqa: E402


def same(a, b):
    """Equal, and of the same types: 1 is not 1.0 and not true."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def check(ours, text):
    accepted, out = ours.json(text)
    try:
        theirs = rules.strict_object(text)
    except (ValueError, RecursionError):
        theirs = None
    if accepted != (theirs is not None):
        return f"ours {accepted} ({out}), Python {theirs is not None}: {text[:200]!r}"
    if accepted and not same(json.loads(out), theirs):
        return f"another value: {text[:200]!r} -> {out[:200]!r}"
    return None


SPACE = ["", "", "", " ", "\n", "\t", "\r\n ", "  "]
ATOMS = ["0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e5", "1E+5", "1.5", "-0.0", "1e308", "1e309",
         "123456789012345678901234567890", "0.1", "5e-324", "1e-400", "true", "false", "null", "NaN", "01", "1.", "-", "+1", "tru", "nulll", "1e", "''", "[]", "{}"]
LETTERS = ["a", "Z", " ", "\u00e4", "\u20ac", "\U0001f600", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e4", "\\ud83d\\ude00", "\x7f", "\\b\\f\\r\\t", "\u2028"]
ODD = ["\\ud800", "\\udc00", "\\u0000", "\\x", "\\u12", "\x01", "\n", "\\uD83D\\u0041", "\\"]


def string(r):
    return '"' + "".join(r.choice(ODD) if r.random() < .01 else r.choice(LETTERS) for _ in range(r.randrange(5))) + '"'


def value(r, depth):
    space = lambda: r.choice(SPACE)  # noqa: E731
    kind = r.randrange(10)
    if depth > 18 or kind < 3:
        return r.choice(ATOMS)
    if kind < 6:
        return string(r)
    width = r.choice([0, 1, 1, 1, 2, 3])
    deeper = depth + r.choice([1, 1, 1, 7]) if depth < 12 else depth + 1
    if kind < 8:
        return "[" + space() + ("," + space()).join(value(r, deeper) + space() for _ in range(width)) + "]"
    return "{" + space() + ("," + space()).join(string(r) + space() + ":" + space() + value(r, deeper) + space() for _ in range(width)) + "}"


def text(r):
    body = "{" + ",".join(f"{string(r)}:{value(r, 2)}" for _ in range(r.randrange(4))) + "}"
    data = (r.choice(SPACE) + body + r.choice(SPACE)).encode()
    for _ in range(r.choice([0, 0, 1, 2])):
        at = r.randrange(len(data) + 1)
        piece = bytes([r.choice([0, 9, 10, 13, 32, 34, 44, 47, 48, 58, 91, 92, 93, 101, 123, 125, 128, 191, 192, 224, 237, 244, 255])])
        data = data[:at] + r.choice([piece, piece, b""]) + data[at + r.randrange(2):]
    return data


def small_texts():
    """Every two bytes as a value, in a string and as the whole; every three of the bytes that mean something."""
    for a, b in itertools.product(range(256), repeat=2):
        pair = bytes([a, b])
        yield b'{"a":"' + pair + b'"}'
        yield b'{"a":' + pair + b"}"
    for triple in itertools.product(b'{}[]",:\\u0-1.e \x00\xe2\x80t', repeat=3):
        yield bytes(triple)
        yield b'{"a":' + bytes(triple) + b"}"
    for depth in range(1, 40):
        yield b'{"a":' * depth + b"1" + b"}" * depth
        yield b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    for lead in range(0xC0, 0x100):
        for second in range(0x70, 0xC8):
            for rest in (b"", b"\x80", b"\xbf\xbf", b"\x80\x7f"):
                yield b'{"a":"' + bytes([lead, second]) + rest + b'"}'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    ours = judges.Ours(os.path.abspath(args.library))
    made = (text(random.Random(seed)) for seed in range(args.seed, args.seed + args.count))
    count = bad = accepted = 0
    for data in itertools.chain(small_texts(), made):
        wrong = check(ours, data)
        count += 1
        accepted += ours.json(data)[0]
        if wrong:
            bad += 1
            print(wrong) if bad < 20 else None
    print(f"{count} texts, {accepted} accepted, {bad} disagreements")
    return 1 if bad or not accepted else 0


if __name__ == "__main__":
    sys.exit(main())
