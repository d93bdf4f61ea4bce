#!/usr/bin/python3
"""Writes the cases that are made by rule: a file TOPIC.json for each topic of the makers under make/.

    make.py            writes them
    make.py --check    says what differs from what is checked in; exit status 1 when something does

Cases written by hand are in hand/, which nothing here touches.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "make")]
sys.dont_write_bytecode = True

import bound  # noqa: E402
import casefile  # noqa: E402
import claim  # noqa: E402
import header  # noqa: E402
import jose  # noqa: E402
import key  # noqa: E402
import kit  # noqa: E402
import login  # noqa: E402
import parse  # noqa: E402
import signature  # noqa: E402

MAKERS = (header, parse, key, claim, signature, login, bound)


def made():
    cases = kit.Cases()
    policy = f"issuer {kit.ISSUER}\naudience {kit.AUDIENCE}\n"
    cases.default("", now=f"{kit.NOW}\n", options=policy, keys=jose.compact_json(kit.ring()))
    for maker in MAKERS:
        maker.make(cases)
    return cases.files()


def differences(files):
    """Names of files that are not as made, and of files that no maker makes."""
    there = {path.name: path.read_bytes() for path in casefile.files(hand=False)}
    return sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name))


def main():
    files = made()
    if "--check" in sys.argv:
        wrong = differences(files)
        print("\n".join(f"{name} is not what make.py writes" for name in wrong) or f"{len(files)} files as they should be")
        return 1 if wrong else 0
    for name, content in files.items():
        (HERE / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
