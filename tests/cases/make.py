#!/usr/bin/python3
"""Writes the cases that are made by rule (the folders header, parse, key, keyset, claims, signature, login).

    make.py            writes them
    make.py --check    says what differs from what is checked in; exit status 1 when something does

A case that is written by hand goes into a folder of another name, and is left alone here.
"""
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "make"))
sys.dont_write_bytecode = True

import bound  # noqa: E402
import claim  # noqa: E402
import header  # noqa: E402
import jose  # noqa: E402
import key  # noqa: E402
import kit  # noqa: E402
import login  # noqa: E402
import parse  # noqa: E402
import signature  # noqa: E402

MAKERS = (header, parse, key, claim, signature, login, bound)


def all_files():
    cases = kit.Cases()
    policy = f"issuer {kit.ISSUER}\naudience {kit.AUDIENCE}\n"
    cases.default(".", root="", now=f"{kit.NOW}\n", options=policy, keys=jose.compact_json(kit.ring()))
    for maker in MAKERS:
        maker.make(cases)
    return {pathlib.PurePosixPath(path).as_posix(): content for path, content in cases.files.items()}


def checked_in(tops):
    return {path.relative_to(HERE).as_posix(): path.read_bytes()
            for top in tops for path in (HERE / top).rglob("*") if path.is_file()}


def main():
    files = all_files()
    tops = {path.split("/")[0] for path in files if "/" in path}
    if "--check" in sys.argv:
        there = checked_in(tops)
        wrong = sorted(p for p in files.keys() | there.keys() if "/" in p and files.get(p) != there.get(p))
        print("\n".join(wrong[:50]) or f"{len(files)} files as they should be")
        return 1 if wrong else 0
    for top in tops:
        shutil.rmtree(HERE / top, ignore_errors=True)
    for path, content in files.items():
        (HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (HERE / path).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
