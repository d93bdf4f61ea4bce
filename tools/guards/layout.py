#!/usr/bin/python3
"""layout.py [SOURCE]: the tree shows the flow of the data, in pieces that a person can read.

Includes are plain names, each of one header; they lead only to directories to the left in LAYOUT, and in no circle. A
directory, a file, a function, a line has a size that fits a reader. Prints FILE:LINE, the rule and what to do.
includes.py tries with the compiler what is only read here.
"""
import os
import pathlib
import re
import subprocess
import sys

GUARDS = pathlib.Path(__file__).resolve().parent

# The directories in the order of the flow, what each is for, and those whose headers it may include.
LAYOUT = {
    "lib/base": ("reasons, secrets, encodings, safe files, tables of algorithms", ""),
    "lib/pamstack": ("PAM stacks, read and run as libpam does; never in a login", "lib/base"),
    "lib/keys": ("JWK and PEM become keys, key sets and OpenSSL's keys", "lib/base"),
    "lib/token": ("one token: form, signature, claims, the ssh key that it is bound to", "lib/base lib/keys"),
    "lib/conf": ("the configuration: options, reading, checks, patterns", "lib/base lib/keys lib/token"),
    "lib/policy": ("what it allows: issuers, grants, services, revocation", "lib/base lib/keys lib/token lib/conf"),
    "lib/host": ("what is on this host: cached keys, login records, used tokens", "lib/base lib/keys lib/token lib/conf lib/policy"),
    "lib/judge": ("the order of the stages, the line in the log", "lib/base lib/keys lib/token lib/conf lib/policy lib/host"),
    "lib/api": ("the functions of pamjwt.h", "lib/base lib/keys lib/token"),
    "module": ("what needs PAM", "lib/base lib/keys lib/token lib/conf lib/policy lib/host lib/judge"),
    "net": ("HTTP and discovery; never in a login", "lib/base"),
    "text": ("what a program prints; never in a login", "lib/base"),
    "sign": ("private keys and signing; never in a login", "lib/base lib/keys text"),
    "fetch": ("pamjwt-fetch", "lib/base lib/keys lib/token lib/conf lib/policy lib/host net"),
    "client": ("what runs on the user's machine", "lib/base lib/keys lib/token net text sign"),
    "cli/common": ("what subcommands share", "lib/base lib/pamstack lib/keys lib/token lib/conf lib/policy lib/host text"),
    "cli/doctor": ("pamjwt doctor", "lib/base lib/pamstack lib/keys lib/token lib/conf lib/policy lib/host text cli/common"),
    "cli/setup": ("pamjwt setup", "lib/base lib/pamstack lib/keys lib/token lib/conf lib/policy lib/host text cli/common cli/doctor"),
    "cli": ("the command", "lib/base lib/pamstack lib/keys lib/token lib/conf lib/policy lib/host lib/judge text sign cli/common cli/doctor cli/setup"),
}
# Headers of libraries that only some directories may include: a login process must not load the others.
LIBRARIES = {
    "curl/": "net fetch client",
    "qrencode.h": "client",
    "openssl/ssl.h": "",
    "security/": "module man tests tools",
}
FILES_IN_DIRECTORY, LINES_IN_FILE, LINES_IN_FUNCTION, COLUMNS, NESTING, INDENT = 40, 600, 50, 110, 4, 8

# (file, rule): why it may stay. A row that is not needed any more is an error too.
EXCEPTIONS = {}

INCLUDE = re.compile(r"^[ \t]*(?:#|%:|\?\?=)(?:[ \t]|\\\n)*(?:include|include_next|import)\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
DIRECTIVE = re.compile(r"^[ \t]*(?:#|%:)(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
NOISE = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
CONTROL = re.compile(r"(?:\} else |else )?(?:if|for|while|switch|do|else)\b")


def known(top, *patterns):
    """The names of the project's files of these kinds; none at all is an error."""
    names = subprocess.run(["sh", GUARDS / "known.sh", top, *patterns], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    names = [name for name in names if name]
    if not names:
        sys.exit(f"no file is named {' or '.join(patterns)}")
    return names


def blank(match):
    """A comment or literal, as blanks and lines; a quoted include keeps its name."""
    text = match.group()
    return re.sub(r"[^\n]", " ", text) if text[0] == "/" else text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


class Source:
    """One .c or .h file: its text, its code without comments and literals, its includes."""

    def __init__(self, top, name):
        self.name = name
        self.text = (top / name).read_text(encoding="utf-8")
        self.place = "module" if "/" not in name else os.path.dirname(name)
        base = os.path.basename(name)
        self.header = base.removesuffix(".in") if base.endswith((".h", ".h.in")) else None
        self.node = self.place + "/" + base.split(".")[0]
        self.code = NOISE.sub(blank, self.text)
        without_comments = NOISE.sub(lambda m: blank(m) if m.group()[0] == "/" else m.group(), self.text)
        self.includes = [(self.text.count("\n", 0, m.start()) + 1, m.group(1)) for m in INCLUDE.finditer(without_comments)]


class Report:
    def __init__(self):
        self.lines = []
        self.used = set()
        self.functions = 0

    def add(self, name, line, rule, text):
        if (name, rule) in EXCEPTIONS:
            self.used.add((name, rule))
        else:
            self.lines.append(f"{name}:{line}: {rule}: {text}")


def product(place):
    return place in LAYOUT


def check_include(source, line, what, headers, report):
    """One include: its form, the direction, the library."""
    quoted = re.fullmatch(r'"([^"]+)"', what)
    angled = re.fullmatch(r"<([^>]+)>", what)
    if not quoted and not angled:
        return report.add(source.name, line, "include-form", f'"#include {what}" hides what it includes: write the name of the header')
    name = (quoted or angled).group(1)
    if quoted and ("/" in name or "\\" in name) or ".." in name:
        return report.add(source.name, line, "include-path", f"{what}: write the plain name; meson.build gives the include path")
    if angled and name in headers and not source.name.startswith("docs/"):
        return report.add(source.name, line, "include-form", f'{what} is our own header: write "{name}"')
    for prefix, places in LIBRARIES.items():
        if name.startswith(prefix) and source.place.split("/")[0] not in places.split():
            report.add(source.name, line, "library", f"{what} is for {places or 'no directory'}: move the code that needs it")
    if quoted and product(source.place):
        check_direction(source, line, name, headers, report)
    return None


def check_direction(source, line, name, headers, report):
    places = headers.get(name, [])
    if not places:
        return report.add(source.name, line, "include-path", f'"{name}" is no header of ours: use <{name}>, or add the file')
    allowed = [source.place, *LAYOUT[source.place][1].split()]
    for place in places:
        if place not in allowed:
            report.add(source.name, line, "direction", f'"{name}" is in {place}, and {source.place} may include only '
                       f"{', '.join(allowed)}: move what is shared to the left, or pass it as an argument")
    return None


def check_functions(source, report):
    """The length of each function, from its first line to its closing brace, and how deep its statements are."""
    code = DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), source.code)
    depth, start, function = 0, None, None
    for match in re.finditer(r"[{};]|[^\s{};]+", code):
        token = match.group()
        if token == "{":
            if depth == 0 and code[:match.start()].rstrip().endswith(")"):
                function = start
            depth += 1
        elif token == "}":
            depth -= 1
            if depth == 0 and function is not None:
                one_function(source, code, function, match.start(), report)
                report.functions += 1
                function = start = None
        elif token != ";" and depth == 0 and start is None:
            start = match.start()
        if depth == 0 and token in ";}":
            start = None
        if depth < 0:
            break
    if depth != 0:
        report.add(source.name, 1, "braces", "a brace too many or too few outside #if; the functions cannot be told apart")


def one_function(source, code, start, end, report):
    first, last = code.count("\n", 0, start) + 1, code.count("\n", 0, end) + 1
    if last - first + 1 > LINES_IN_FUNCTION:
        report.add(source.name, first, "function-length",
                   f"a function of {last - first + 1} lines, at most {LINES_IN_FUNCTION}: split it by idea")
    for number, line in enumerate(code[start:end].split("\n"), first):
        indent = len(line) - len(line.lstrip(" "))
        if indent > NESTING * INDENT and indent % INDENT == 0 and CONTROL.match(line.lstrip(" ")):
            report.add(source.name, number, "nesting", f"nested more than {NESTING} deep: return early, or make it a function")
            break


def check_sizes(name, text, report):
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > LINES_IN_FILE:
        report.add(name, LINES_IN_FILE + 1, "file-length", f"{lines} lines, at most {LINES_IN_FILE}: split it by idea")
    if name.endswith((".c", ".h", ".h.in")):
        for number, line in enumerate(text.split("\n"), 1):
            if len(line.expandtabs(INDENT)) > COLUMNS:
                report.add(name, number, "line-length", f"over {COLUMNS} columns: split the literal, shorten the comment")


def check_tree(sources, report):
    """Directories that are too full or not in LAYOUT, and headers of one name."""
    places, headers = {}, {}
    for source in sources:
        places.setdefault(os.path.dirname(source.name), []).append(source)
        if source.header:
            headers.setdefault(source.header.lower(), []).append(source)
    for place, inside in sorted(places.items()):
        if len(inside) > FILES_IN_DIRECTORY:
            report.add(place, 0, "directory-size",
                       f"{len(inside)} .c and .h files, at most {FILES_IN_DIRECTORY}: give an idea its own directory")
        if place and not product(place) and place.split("/")[0] not in ("tests", "tools", "docs", "etc", "man"):
            report.add(inside[0].name, 1, "directory",
                       f"{place} is not in LAYOUT of tools/guards/layout.py: add it at its place in the flow")
    for same in headers.values():
        for source in same if len(same) > 1 else ():
            other = next(one for one in same if one is not source)
            report.add(source.name, 1, "one-name", f"{other.name} has the same name: rename one, an include takes either by chance")
    for place in LAYOUT:
        if place not in places:
            report.add(place, 0, "directory", "is in LAYOUT of tools/guards/layout.py, and has no .c or .h file")


def cycles(graph):
    """A shortest cycle through each knot: lists of nodes, the first repeated at the end."""
    reach = {}
    for node in graph:
        seen, todo = {}, [(node, None)]
        for at, _ in todo:
            for after in sorted(graph.get(at, ())):
                if after not in seen:
                    seen[after] = at
                    todo.append((after, at))
        reach[node] = seen
    done = set()
    for node in sorted(graph):
        if node not in reach[node] or node in done:
            continue
        done |= {other for other in reach[node] if node in reach.get(other, ())}
        path = [node, reach[node][node]]
        while path[-1] != node:
            path.append(reach[node][path[-1]])
        yield path[::-1]


def check_cycles(sources, headers, report):
    """By stem: a.c and a.h are one; that a.h may be included twice does not untie a knot."""
    graph, edges = {}, {}
    for source in sources:
        for line, what in source.includes:
            for place in headers.get(what.strip('"'), []) if what.startswith('"') else []:
                node = place + "/" + what.strip('"').split(".")[0]
                if node != source.node:
                    graph.setdefault(source.node, set()).add(node)
                    edges.setdefault((source.node, node), (source.name, line, what))
    for path in cycles(graph):
        name, line, what = edges[(path[0], path[1])]
        way = " -> ".join(f"{edges[edge][0]}:{edges[edge][1]}" for edge in zip(path[1:], path[2:]))
        report.add(name, line, "cycle", f"{what} leads back to this file by {way}: move what both need to a third one")


def table():
    """The section of docs/ARCHITECTURE.md that repeats LAYOUT."""
    rows = ["| directory | what it is for | may include |", "|---|---|---|"]
    for place, (what, sees) in LAYOUT.items():
        rows.append(f"| `{place}` | {what} | {', '.join(f'`{other}`' for other in sees.split()) or 'nothing of ours'} |")
    return "\n".join(rows) + "\n"


def check(top):
    names = known(top, "*.c", "*.h", "*.h.in")
    sources = [Source(top, name) for name in names]
    report = Report()
    headers = {}
    for source in sources:
        if source.header:
            headers.setdefault(source.header, []).append(source.place)
    for name in known(top, "*.def"):
        headers.setdefault(os.path.basename(name), []).append(os.path.dirname(name))
    check_tree(sources, report)
    check_cycles([s for s in sources if product(s.place)], headers, report)
    for source in sources:
        for line, what in source.includes:
            check_include(source, line, what, headers, report)
        check_functions(source, report)
        check_sizes(source.name, source.text, report)
    scripts = known(top, "*.py")
    for name in scripts:
        check_sizes(name, (top / name).read_text(encoding="utf-8"), report)
    if table() not in (top / "docs/ARCHITECTURE.md").read_text(encoding="utf-8"):
        report.add("docs/ARCHITECTURE.md", 1, "table", "the table of its section Layout is not that of tools/guards/layout.py --table")
    for name, rule in sorted(set(EXCEPTIONS) - report.used):
        report.lines.append(f"{name}:0: exception: no longer needed for {rule}: remove its row from tools/guards/layout.py")
    print("\n".join(sorted(report.lines)) or
          f"{len(sources)} C files with {report.functions} functions, {len(scripts)} Python files, {len(LAYOUT)} directories")
    return 1 if report.lines else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        print(table(), end="")
        sys.exit(0)
    sys.exit(check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else GUARDS.parents[1]).resolve()))
