#!/usr/bin/python3
"""Globs and regular expressions of the configuration against Python's re: pattern_property.py LIBOURS.so [--count N]

The same whole values match, and groups take the same text: who gets in must not depend on whose engine one has in mind.
A negated class takes no newline here, as `.` does not.
Where a group may take nothing and is repeated, engines differ in what it is said to have taken; such are compared by the
match alone.
"""
import argparse
import ctypes
import os
import random
import re
import signal
import sys

LETTERS = ["a", "b", "c", "1", "_", "-", "/", ".", "\u00e4", "\u20ac", "\U0001f600", "\n", " "]
NONE = ctypes.c_size_t(-1).value


def piece(r, depth):
    """A pattern, and whether it can match nothing under a repetition with a group inside."""
    kind = r.randrange(12)
    if kind < 4:
        c = r.choice(LETTERS)
        return re.escape(c) if c in ".-/_ " and c != "_" and c != " " and c != "/" else c
    if kind == 4:
        return r.choice([".", "\\d", "\\w", "\\.", "\\*", "\\\\", "\\(", "\\-"])
    if kind == 5:
        return r.choice(["[a-c]", "[^a]", "[ab1]", "[\u00e4-\u20ac]", "[^\\d]", "[\\w-]", "[a\\-c]", "[.*]", "[^/]"])
    if kind < 9 and depth < 4:
        inner = alternatives(r, depth + 1)
        return r.choice(["(", "(?:"]) + inner + ")" + r.choice(["", "", "*", "+", "?", "{2}", "{0,2}", "{1,}"])
    return r.choice(["a", "b", ".", "[a-c]", "\\w"]) + r.choice(["*", "+", "?", "{2}", "{1,3}", "{0,1}", "{2,}", ""])


def alternatives(r, depth=0):
    return "|".join("".join(piece(r, depth) for _ in range(r.randrange(1, 4))) for _ in range(r.choice([1, 1, 1, 2, 3])))


def text(r):
    return "".join(r.choice(LETTERS[:4] if r.random() < .8 else LETTERS) for _ in range(r.randrange(8)))


def spans_of(match, string):
    """Python counts letters, we count bytes."""
    at = [0]
    for c in string:
        at.append(at[-1] + len(c.encode()))
    return [(NONE, NONE) if s == (-1, -1) else (at[s[0]], at[s[1]]) for s in match.regs]


def repeats_a_group(pattern):
    return re.search(r"\)[*+?{]", pattern) is not None


def check_regex(lib, pattern, string):
    spans = (ctypes.c_size_t * 20)()
    data = string.encode()
    ours = lib.ours_regex(pattern.encode(), data, ctypes.c_size_t(len(data)), spans)
    try:
        compiled = re.compile(pattern.replace("[^", "[^\\n"), re.ASCII)
    except re.error:
        return f"Python refuses {pattern!r}" if ours >= 0 else None
    if ours < 0:
        return None if compiled.groups > 9 or "{" in pattern or len(pattern) > 40 else f"ours refuses {pattern!r}"
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        match = compiled.fullmatch(string)
    except TimeoutError:  # Python's engine goes back and forth for ever where ours has one step a letter
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if (ours == 1) != (match is not None):
        return f"{pattern!r} on {string!r}: ours {ours}, Python {match}"
    mine = [(spans[2 * i], spans[2 * i + 1]) for i in range(compiled.groups + 1)]
    if match and not repeats_a_group(pattern) and mine != spans_of(match, string):
        return f"{pattern!r} on {string!r}: groups {mine}, Python {spans_of(match, string)}"
    return None


def glob_as_regex(glob):
    out = ""
    for part in re.findall(r"\*\*+|\*|\?|[^*?]+", glob):
        out += {"*": "[^/]*", "?": "."}.get(part) or (".*" if part[0] == "*" else re.escape(part))
    return out


def check_glob(lib, glob, string):
    data = string.encode()
    ours = lib.ours_glob(glob.encode(), data, ctypes.c_size_t(len(data)))
    theirs = re.fullmatch(glob_as_regex(glob), string, re.S) is not None
    return None if ours == theirs else f"glob {glob!r} on {string!r}: ours {ours}, Python {theirs}"


def too_long(*_):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, too_long)
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--count", type=int, default=30000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    lib = ctypes.CDLL(os.path.abspath(args.library))
    lib.ours_glob.restype = ctypes.c_bool
    bad = 0
    for seed in range(args.seed, args.seed + args.count):
        r = random.Random(seed)
        pattern, string = alternatives(r), text(r)
        glob = "".join(r.choice(["*", "**", "?", "/", "a", "b", "a", "\u00e4", "."]) for _ in range(r.randrange(7)))
        for wrong in (check_regex(lib, pattern, string), check_glob(lib, glob, text(r))):
            if wrong:
                bad += 1
                print(f"seed {seed}: {wrong}") if bad < 20 else None
    print(f"{args.count} patterns and globs, {bad} disagreements")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
