#!/usr/bin/python3
"""No row of docs/attacks.md without a test that carries its id or a line that says why not.

rows.py         checks; exit status 1 when a row is without
rows.py --list  every row with the tests that carry its id
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import casefile  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
ID = re.compile(r"\b(?:HDR|KEY|PRS|CLM|SIG|NET|USR|PAM|REV|RVW)-\d\d\b")
CODE = {".c", ".h", ".py", ".sh", ".build", ""}


def tests_by_id():
    found = {}
    for path in [*(TOP / "tests").rglob("*"), *(TOP / "tools").rglob("*")]:
        name = path.relative_to(TOP).as_posix()
        if not path.is_file() or name.startswith(("tests/cases/make/", "tests/cases/rows.py", "tests/cases/mutants.py")):
            continue
        if path.suffix in CODE:
            for id_ in ID.findall(path.read_text(errors="ignore")):
                found.setdefault(id_, set()).add(name)
    for path in casefile.files():
        for case in casefile.load(path):
            for id_ in case.flags:
                found.setdefault(id_, set()).add(f"{path.relative_to(TOP).as_posix()}:{case.id}")
    return found


def main():
    text = (TOP / "docs/attacks.md").read_text()
    table, _, rest = text.partition("## Rows that no single test can carry")
    rows = re.findall(r"^\| ((?:HDR|KEY|PRS|CLM|SIG|NET|USR|PAM|REV|RVW)-\d\d) \|", table, re.M)
    excused = {}
    for id_, line in re.findall(r"^- ([A-Z]{3}-\d\d): (.*(?:\n  .*)*)", rest, re.M):
        excused[id_] = line
    tests = tests_by_id()
    if "--list" in sys.argv:
        for id_ in rows:
            names = sorted(tests.get(id_, ()))
            print(f"{id_}  {len(names):3}  {', '.join(names[:3]) or excused.get(id_, '-').splitlines()[0]}")
        return 0
    bad = [f"{id_}: no test carries it" for id_ in rows if id_ not in tests and id_ not in excused]
    bad += [f"{id_}: no such row" for id_ in sorted(tests.keys() | excused.keys()) if id_ not in rows]
    for id_, line in excused.items():
        named = re.findall(r"`((?:tests|tools)/[^`]+)`", line)
        bad += [f"{id_}: names no test"] if not named else []
        bad += [f"{id_}: {path} is not there" for path in named if not (TOP / path).exists()]
    print("\n".join(bad) or f"{len(rows)} rows, {sum(id_ in tests for id_ in rows)} with a test that carries the id")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
