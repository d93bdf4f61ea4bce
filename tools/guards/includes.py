#!/usr/bin/python3
"""includes.py BUILD: an include against the flow does not compile.

For each directory of LAYOUT (layout.py) the compiler gets the include path of that directory's files, as BUILD has it, and
one line: a header of a directory that is not among its dependencies has to be missing, those that are have to be found.
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys

import layout

TOP = layout.GUARDS.parents[1]


def include_paths(build):
    """directory: where and how its own targets are compiled: the compiler and its include path."""
    ret = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        place = "module" if source.parent == TOP else os.path.relpath(source.parent, TOP)
        words = shlex.split(entry["command"])
        # A test may build the same file with a wider path; the program's own target is in the same directory.
        if place in layout.LAYOUT and entry["output"].startswith(place.split("/")[0]):
            flags = [w for w in words if w.startswith(("-I", "-std=", "-D_GNU_SOURCE"))]
            # -isystem DIR is two words
            flags += [w for i, word in enumerate(words) if word == "-isystem" for w in (word, words[i + 1])]
            compiler = words[:next(i for i, w in enumerate(words) if w.startswith("-"))]
            ret.setdefault(place, set()).add((entry["directory"], *compiler, *flags))
    return ret


def compiles(command, headers):
    """Do these headers compile? None, or what the compiler says."""
    code = "".join(f'#include "{header}"\n' for header in headers) + "typedef int pjwt_not_empty;\n"
    done = subprocess.run([*command[1:], "-fsyntax-only", "-x", "c", "-"], cwd=command[0], input=code, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "LC_ALL": "C"})
    return done.stdout if done.returncode else None


def check_place(place, commands, headers):
    """What is wrong with the include paths of one directory, and how many compiles it took to know."""
    allowed = {place, *layout.LAYOUT[place][1].split()}
    wrong, tries = [], 0
    for other, names in headers.items():
        for command in commands if other not in allowed else ():
            tries += 1
            said = compiles(command, names[:1])
            if said is None or f"{names[0]}: No such file" not in said and f"'{names[0]}' file not found" not in said:
                wrong.append(f"{place}/meson.build: {names[0]} of {other} can be included: take {other} out of its dependencies" +
                             (f"\n{said}" if said else ""))
    # One of the targets has to see all: fetch/ has a part that needs less.
    said = [compiles(command, [n for other in allowed for n in headers.get(other, [])]) for command in commands]
    if all(said):
        wrong.append(f"{place}/meson.build: what LAYOUT allows {place} does not compile:\n{min(said, key=len)}")
    return wrong, tries + len(commands)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    headers = {}
    for name in layout.known(TOP, "*.h", "*.h.in"):
        if os.path.dirname(name) in layout.LAYOUT:
            headers.setdefault(os.path.dirname(name), []).append(os.path.basename(name).removesuffix(".in"))
    paths = include_paths(build)
    wrong, tries = [f"{place}: {build}/compile_commands.json has no file of it" for place in layout.LAYOUT if place not in paths], 0
    for place, commands in paths.items():
        more, count = check_place(place, sorted(commands), headers)
        wrong += more
        tries += count
    print("\n".join(wrong) or f"{len(paths)} directories, {sum(map(len, headers.values()))} headers, {tries} compiles")
    return 1 if wrong or tries == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
