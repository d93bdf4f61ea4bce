#!/usr/bin/python3
"""Every file of cases is of the form that schema.json describes, and the build runs every one: test_schema.py MESON.BUILD

Besides: no JSON name twice in an object, no id twice in a file, the count is right, accept goes with ok alone, every reason
is one of lib/base/reasons.def, every group has what its type needs, and no generator's file is named like one of hand/.
"""
import json
import pathlib
import re
import sys

import jsonschema

sys.dont_write_bytecode = True
import casefile  # noqa: E402

HERE = casefile.HERE
REASONS = set(re.findall(r'^PJWT_REASON\(\w+, "([^"]+)"', "".join(p.read_text() for p in HERE.parents[1].glob("lib/**/reasons.def")), re.M))
NEEDS = {"token": {"token"}, "keys": set(), "decision": {"conf", "user", "service", "now"}, "json": {"json"}}


def once(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a name twice: {names}")
    return dict(pairs)


def faults(path, validator):
    """What is wrong with the file, a line each."""
    whole = json.loads(path.read_text(), object_pairs_hook=once)
    found = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(whole)]
    if found:
        return found
    cases = casefile.load(path)
    ids = [case.id for case in cases]
    if len(ids) != whole["numberOfTests"]:
        found.append(f"numberOfTests is {whole['numberOfTests']}, there are {len(ids)}")
    found += [f"{name}: an id twice" for name in sorted(set(ids)) if ids.count(name) > 1]
    if not (path.parent / whole["schema"]).samefile(HERE / "schema.json"):
        found.append("schema does not lead to schema.json")
    for case in cases:
        found += [f"{case.id}: unknown reason {case.reason}"] if case.reason not in REASONS else []
        found += [f"{case.id}: {case.result} and {case.reason}"] if (case.result == "accept") != (case.reason == "ok") else []
        found += [f"{case.id}: no {name}" for name in NEEDS[case.type] if casefile.decoded(case.fields, name) is None]
        one = (case.keys is None) != (case.secret is None)
        found += [f"{case.id}: neither keys nor secret, or both"] if case.type in ("token", "keys") and not one else []
    return found


def broken_files_are_found(validator):
    """The schema itself: what a slip of the hand makes must not pass."""
    good = json.loads((HERE / "key.json").read_text())

    def bad(change):
        copy = json.loads(json.dumps(good))
        change(copy, copy["testGroups"][0], copy["testGroups"][0]["tests"][0])
        return not validator.is_valid(copy)

    changes = [lambda f, g, t: t.update(tokn="x"), lambda f, g, t: t.pop("reason"), lambda f, g, t: t.update(result="valid"),
               lambda f, g, t: t.update(tokenHex="0"), lambda f, g, t: t.update(flags=["HDR-1"]), lambda f, g, t: g.update(type="tokens"),
               lambda f, g, t: g.update(options={"leewey": 1}), lambda f, g, t: g.update(tests=[]), lambda f, g, t: f.pop("topic"),
               lambda f, g, t: t.update(expect={"kids": "x"}), lambda f, g, t: t.update(tcId="a b"), lambda f, g, t: t.update(now="1")]
    return [f"change {i} is not found" for i, change in enumerate(changes) if not bad(change)]


def main():
    schema = json.loads((HERE / "schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    build = pathlib.Path(sys.argv[1]).read_text()
    bad = [f"schema.json: {text}" for text in broken_files_are_found(validator)]
    count = 0
    for path in casefile.files():
        name = path.relative_to(HERE.parent).as_posix()
        bad += [f"{name}: {text}" for text in faults(path, validator)]
        bad += [f"{name}: no test of meson.build reads it"] if not re.search(rf"[/']{re.escape(path.stem)}('|\.json')", build) else []
        count += len(casefile.load(path))
    print("\n".join(bad) or f"{count} cases in {len(casefile.files())} files, all of the form that schema.json describes")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
