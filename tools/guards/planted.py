#!/usr/bin/python3
"""planted.py BUILD CC...: every guard sees what it is for.

In a copy of the project each directory gets one violation of each rule; the guard has to fail and to name the file. It also
has to fail where it finds nothing to read.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import layout

TOP = layout.GUARDS.parents[1]
PLACES = list(layout.LAYOUT)
LOADED = [place for place in PLACES if place.startswith("lib/") or place == "module"]


class World:
    """A copy of the project without git, where the guards have to pass before anything is planted."""

    def __init__(self, work, build, compiler):
        self.work, self.build, self.compiler = work, build, compiler
        self.wrong, self.seen = [], 0
        self.top = work / "pam_jwt"
        for name in layout.known(TOP, "*"):
            target = self.top / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target)

    def run(self, guard, *args):
        command = ["/usr/bin/python3", "-B"] if guard.endswith(".py") else []
        done = subprocess.run([*command, self.top / "tools/guards" / guard, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False, cwd=self.work, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout

    def passes(self, guard, *args):
        status, said = self.run(guard, *args)
        if status != 0:
            self.wrong.append(f"{guard} fails in a copy where nothing is planted:\n{said}")

    def fails(self, guard, *args, named):
        """The guard fails, and each of the expressions is in what it says."""
        status, said = self.run(guard, *args)
        missing = [word for word in named if not re.search(word, said, re.MULTILINE)]
        self.seen += len(named)
        if status == 0 or missing:
            self.wrong.append(f"{guard} {'passes' if status == 0 else 'fails'} without a word of {missing}:\n{said[:2000]}")

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def foreign_header(world, place):
    """A header of a directory that this one may not include."""
    for other in reversed(PLACES):
        headers = sorted((world.top / other).glob("*.h"))
        if other != place and other not in layout.LAYOUT[place][1].split() and headers:
            return headers[0].name
    return None


def function(lines):
    return "int planted(void)\n{\n" + "        planted_call();\n" * (lines - 3) + "}\n"


def layout_plants(world, place):
    """name: (text, rule or None where it is allowed) of what layout.py has to see in one directory."""
    mark = place.replace("/", "_")
    library = "<openssl/ssl.h>" if place in layout.LIBRARIES["curl/"].split() else "<curl/curl.h>"
    deep = "".join(" " * 8 * n + "if (planted)\n" for n in range(1, 6))
    return {
        "slash.c": ('#include "../lib/base/reason.h"\n', "include-path"),
        "spelling.c": ('  %: include /* */ "./reason.h"\n', "include-path"),
        "angle.c": ("#include <../reason.h>\n", "include-path"),
        "ours.c": ("#include <reason.h>\n", "include-form"),
        "macro.c": ("#define P \"reason.h\"\n#include P\n", "include-form"),
        "direction.c": (f'/* */ \n#include "{foreign_header(world, place)}"\n', "direction"),
        "unknown.c": ('#include "planted_nowhere.h"\n', "include-path"),
        "library.c": (f"#include {library}\n", "library"),
        "long.c": ("\n" * 601, "file-length"),
        "longest.c": ("\n" * 600, None),
        "function.c": (function(51), "function-length"),
        "function50.c": (function(50), None),
        "wide.c": ("/* " + "x" * 105 + " */\n", "line-length"),
        "deep.c": ("static void planted(void)\n{\n" + deep + " " * 48 + "planted();\n}\n", "nesting"),
        "braces.c": ("void planted(void)\n{\n", "braces"),
        "twin.h": ("", "one-name"),
        f"{mark}_a.h": (f'#include "planted_{mark}_b.h"\n', "cycle"),
        f"{mark}_b.c": (f'#include "planted_{mark}_c.h"\n', None),
        f"{mark}_b.h": ("", None),
        f"{mark}_c.h": (f'/* #include "nothing.h" */\n#include "planted_{mark}_a.h"\n', None),
    }


def test_layout(world):
    world.passes("layout.py", world.top)
    named = []
    for place in PLACES:
        for name, (text, rule) in layout_plants(world, place).items():
            world.write(f"{place}/planted_{name}", text)
            if rule:
                named.append(rf"^{place}/planted_{re.escape(name)}:\d+: {rule}: ")
        for number in range(layout.FILES_IN_DIRECTORY):
            world.write(f"{place}/planted_many_{number}.c", "")
        named.append(rf"^{place}:0: directory-size: ")
    world.write("nowhere/planted.c", "")
    named.append(r"^nowhere/planted\.c:1: directory: ")
    world.fails("layout.py", world.top, named=named)
    _, said = world.run("layout.py", world.top)
    for place in PLACES:
        for name, (_, rule) in layout_plants(world, place).items():
            if not rule and re.search(rf"^{place}/planted_{re.escape(name)}:\d+: (file-length|function-length)", said, re.MULTILINE):
                world.wrong.append(f"layout.py refuses {place}/planted_{name}, which is at the limit")
    for place in [*PLACES, "nowhere"]:
        for path in (world.top / place).glob("planted*"):
            path.unlink()
    page = world.top / "docs/ARCHITECTURE.md"
    text = page.read_text(encoding="utf-8")
    world.write("docs/ARCHITECTURE.md", text.replace("| `lib/keys` | ", "| `lib/keys` | other "))
    source = world.top / "tools/guards/layout.py"
    world.write("tools/guards/layout.py", source.read_text(encoding="utf-8").replace(
        "EXCEPTIONS = {", 'EXCEPTIONS = {("pam_jwt.c", "file-length"): "planted", '))
    world.fails("layout.py", world.top, named=[r"^docs/ARCHITECTURE\.md:1: table: ", r"^pam_jwt\.c:0: exception: "])
    shutil.copy2(TOP / "tools/guards/layout.py", source)
    world.write("docs/ARCHITECTURE.md", text)


def test_includes(world):
    """As if each directory had one dependency more."""
    commands = json.loads((world.build / "compile_commands.json").read_text(encoding="utf-8"))
    for entry in commands:
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        place = str(source.parent.relative_to(TOP)) if TOP in source.parents else ""
        entry["file"] = str(world.top / source.relative_to(TOP)) if TOP in source.parents else entry["file"]
        header = foreign_header(world, place) if place in PLACES else None
        if header:
            extra = next(other for other in PLACES if (world.top / other / header).exists())
            entry["command"] = entry["command"].replace(" -", f" -I{TOP / extra} -", 1)
    plan = world.work / "build"
    plan.mkdir()
    (plan / "compile_commands.json").write_text(json.dumps(commands), encoding="utf-8")
    world.fails("includes.py", plan, named=[rf"^{place}/meson\.build: {re.escape(foreign_header(world, place))} of " for place in PLACES])
    (plan / "compile_commands.json").write_text("[]", encoding="utf-8")
    world.fails("includes.py", plan, named=[rf"^{place}: .* has no file of it" for place in PLACES])


def test_headers(world):
    """A tree of one header for each directory: the others are compiled by the guard itself."""
    tree = world.work / "headers"
    for place in PLACES:
        (tree / place).mkdir(parents=True, exist_ok=True)
        (tree / place / "planted.h").write_text("#pragma once\nplanted_type planted(void);\n", encoding="utf-8")
        (tree / place / "twice.h").write_text("struct planted { int i; };\n", encoding="utf-8")
    world.fails("headers.sh", tree, world.build, *world.compiler,
                named=[rf"^{place}/{name} does not compile alone" for place in PLACES for name in ("planted.h", "twice.h")])
    empty = world.work / "empty"
    empty.mkdir()
    world.fails("headers.sh", empty, world.build, *world.compiler, named=["fewer headers were read"])


def test_pure(world):
    world.passes("pure.sh", world.top)
    named = []
    plants = {"env.c": ('const char *p = getenv("HOME");\n', "."), "file.c": ('int fd = open("/etc/passwd", O_RDONLY | O_CREAT);\n', "."),
              "switch.h": ("#ifdef PJWT_TEST\n#endif\n", "."), "clock.c": ("time_t t = time(NULL);\n", "lib/")}
    for place in LOADED:
        for name, (text, where) in plants.items():
            world.write(f"{place}/planted_{name}", text)
            if where == "." or place.startswith(where):
                named.append(rf"^{place}/planted_{name}\b")
    world.fails("pure.sh", world.top, named=named)
    for place in LOADED:
        for path in (world.top / place).glob("planted*"):
            path.unlink()
    (world.top / "lib/base/clock.c").rename(world.work / "clock.c")
    world.write("lib/base/safefile.c", "")
    world.fails("pure.sh", world.top, named=[r"lib/base/clock\.c is not there", r"lib/base/safefile\.c is pure"])
    (world.work / "clock.c").rename(world.top / "lib/base/clock.c")
    shutil.copy2(TOP / "lib/base/safefile.c", world.top / "lib/base/safefile.c")


def shared_object(world, name, code, *flags):
    path = world.work / name
    subprocess.run([*world.compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", path, *flags], input=code, text=True, check=True)
    return path


def test_binaries(world):
    bare = shared_object(world, "planted_bare.so", "int planted(void) { return 0; }\n", "-nostdlib", "-Wl,-z,norelro", "-Wl,-z,lazy")
    curl = shared_object(world, "planted_curl.so", "int planted(void) { return 0; }\n", "-Wl,--no-as-needed", "-lcurl", "-lcrypto")
    world.fails("exports.sh", world.top, world.build, bare, named=["planted_bare.so exports planted", "planted_bare.so lacks -z nodelete",
                                                                  r"pam_jwt\.so is installed, and not among"])
    world.fails("no-network.sh", world.build, curl, bare, named=["planted_curl.so loads a network library", "planted_bare.so: ldd shows no",
                                                                r"pam_jwt\.so is installed, and not among", r"libpamjwt\.so\S* is installed"])
    world.fails("hardening.sh", world.build, bare, named=[
        r"planted_bare.so: has no RELRO", "planted_bare.so: binds late", "planted_bare.so: has no stack protector",
        *[rf"/{name} is installed, and not among" for name in ("pamjwt", "pamjwt-token", "pamjwt-fetch", r"pam_jwt\.so")]])
    world.fails("symbols.sh", world.top, bare, named=["planted_bare.so: hardly a function", "planted_bare.so also exports",
                                                     r"lib/api/libpamjwt\.map lists something else", r"debian/libpamjwt0\.symbols lists"])
    (world.work / "build/meson-info").mkdir()
    (world.work / "build/meson-info/intro-installed.json").write_text("{}", encoding="utf-8")
    for guard, args in (("exports.sh", [world.top]), ("no-network.sh", []), ("hardening.sh", [])):
        world.fails(guard, *args, world.work / "build", named=["intro-installed.json names no"])


def test_pages(world):
    page = (world.build / "man/pam_jwt.8").read_text(encoding="utf-8")
    (world.work / "pam_jwt.8").write_text(page.replace(".It Sy expired\n", ".It Sy planted\n") + "@TABLE@\n", encoding="utf-8")
    world.fails("man.sh", world.top, world.work / "pam_jwt.8", named=[
        r"pam_jwt\.8 lists reason expired 0 times", r"pam_jwt\.8: a table was left out",
        *[rf"^man/{re.escape(name)}\S* is not among" for name in ("pamjwt.1", "libpamjwt.3", "pam_jwt.conf.5", "pamjwt-token.1")]])
    world.write("docs/planted.md", "# x\n\n[nowhere](nothing.md)\n\n```sh\nexit 7\n```\n\n```console\nx\n```\n")
    world.write("tests/cli/README.md", "[nowhere](nothing.md)\n")
    world.fails("docs.py", world.build / "cli/pamjwt", named=[
        r"docs/planted\.md: \(nothing\.md\)", r"docs/planted\.md: exit status 7", r"docs/planted\.md: 1 blocks are marked console",
        r"tests/cli/README\.md: \(nothing\.md\)"])
    texts = ["docs/recipes/planted.md", "man/planted.1", "debian/planted", "etc/planted.conf", "dist/planted", "tests/unit/planted.md"]
    for name in texts:
        world.write(name, "first\na folder\n")
    world.fails("words.py", world.top, named=[rf'^{re.escape(name)}:2: "folder"' for name in texts])
    for place in PLACES:
        world.write(f"{place}/planted.c", "/* a folder */\n")
    world.fails("words.py", "--code", world.top, named=[rf'^{place}/planted\.c:1: "folder"' for place in PLACES])
    world.write("NEWS", "planted\n")
    world.write("debian/changelog", "planted\n")
    world.fails("version.sh", world.top, "0.1", named=["0.1 is not a semantic", "^NEWS does not", "^debian/changelog does not"])
    (world.top / "NEWS").unlink()
    world.fails("version.sh", world.top, "0.1.0", named=["2 files that repeat the version"])


def test_interface(world):
    header = (world.build / "lib/base/pamjwt.h").read_text(encoding="utf-8")
    (world.work / "pamjwt.h").write_text(header + "void pjwt_planted(void);\n", encoding="utf-8")
    world.write("docs/planted.c", "")
    world.fails("api.sh", world.top, world.build, world.work / "pamjwt.h", world.top / "man/libpamjwt.3", *world.compiler, named=[
        r"libpamjwt\.map: pjwt_planted is in pamjwt\.h", r"libpamjwt\.3: pjwt_planted is in pamjwt\.h", "^docs/: every example"])
    baseline = (world.top / "dist/abi/libpamjwt.so.0.abi").read_text(encoding="utf-8")
    world.write("dist/abi/planted.abi", baseline.replace("pjwt_keys_free", "pjwt_planted"))
    if shutil.which("abidiff") and "pjwt_keys_free" in baseline:
        world.fails("abi.sh", "check", world.top / "dist/abi/planted.abi", next((world.build / "lib/api").glob("libpamjwt.so.?")),
                    world.build / "lib/base", named=["pjwt_planted|no debug information"])
    world.fails("abi.sh", "check", world.work / "nothing.abi", "x", "y", named=[r"nothing\.abi was not read"])


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as work:
        world = World(pathlib.Path(work), build, sys.argv[2:])
        for test in (test_layout, test_includes, test_headers, test_pure, test_binaries, test_pages, test_interface):
            test(world)
    print("\n".join(world.wrong) or f"{world.seen} planted violations in {len(PLACES)} directories, all seen")
    return 1 if world.wrong or world.seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
