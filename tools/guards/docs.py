#!/usr/bin/python3
"""docs.py PAMJWT: the documentation keeps its word.

Every block of commands is marked: `sh` blocks are run here, `console` blocks need another host, a provider or root, and
are counted, so that none is marked so by the way. Relative links and anchors lead somewhere, external ones have a form
that can. troubleshooting.md has a row for each reason of lib/base/reasons.def, and no other.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

import layout

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGES = [TOP / name for name in layout.known(TOP, "*.md")]
LANGUAGES = {"sh", "console", "ini", "json", "yaml", "python", "bat", "c", "text", "toml"}
CONSOLE = {"README.md": 3, "docs/audit-line.md": 1, "docs/HACKING.md": 3, "docs/bound-tokens.md": 1, "docs/clients.md": 3,
           "docs/performance.md": 1, "docs/troubleshooting.md": 1}


def blocks(text):
    """(language, code) of each fenced block."""
    return re.findall(r"^ *```(\w*)[^\n]*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def without_blocks(text):
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def slug(heading):
    """The anchor that a forge makes of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(path):
    return {slug(h) for h in re.findall(r"^#+ +(.*)$", without_blocks(path.read_text()), re.MULTILINE)}


def run_blocks(pamjwt, page):
    """Runs the sh blocks of a page in order, in a directory of their own; returns what is wrong."""
    wrong = []
    env = {"PATH": f"{pathlib.Path(pamjwt).resolve().parent}:/usr/bin:/bin", "HOME": "/nonexistent", "ASAN_OPTIONS": "detect_leaks=0"}
    with tempfile.TemporaryDirectory() as folder:
        for language, code in blocks(page.read_text()):
            if language != "sh":
                continue
            done = subprocess.run(["sh", "-eu", "-c", code], cwd=folder, env=env, stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            if done.returncode != 0:
                wrong.append(f"{page.relative_to(TOP)}: exit status {done.returncode}\n{code}{done.stdout}")
    return wrong


def check_blocks(page):
    name = str(page.relative_to(TOP))
    languages = [language for language, _ in blocks(page.read_text())]
    wrong = [f"{name}: a block is marked {language}" for language in languages if language and language not in LANGUAGES]
    if languages.count("console") != CONSOLE.get(name, 0):
        wrong.append(f"{name}: {languages.count('console')} blocks are marked console, {CONSOLE.get(name, 0)} are known "
                     "(tools/guards/docs.py); could it be run?")
    for language, code in blocks(page.read_text()):
        if not language and re.match(r"(\$|#|sudo|pamjwt|\./dev|ssh) ", code) and not code.startswith("# "):
            wrong.append(f"{name}: a block of commands has no mark: {code.splitlines()[0]}")
    return wrong


def check_link(page, target):
    if re.match(r"[a-z]+:", target):
        url = urllib.parse.urlsplit(target)
        good = url.scheme in ("https", "mailto") and (url.netloc or url.scheme == "mailto") and not re.search(r"[\s<>\"]", target)
        return None if good else "is not an https URL"
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return "leads nowhere"
    if TOP not in (file, *file.parents):
        return "leads out of the project"
    if anchor and (file.suffix != ".md" or anchor not in anchors(file)):
        return "has no such heading"
    return None


def check_links(page):
    text = re.sub(r"`[^`\n]*`", "", without_blocks(page.read_text()))
    found = [(t, check_link(page, t)) for t in re.findall(r"\]\(([^)\s]+)\)", text)]
    return [f"{page.relative_to(TOP)}: ({target}) {problem}" for target, problem in found if problem]


def check_troubleshooting():
    reasons = re.findall(r'^PJWT_REASON\(\w+, "([^"]+)"', (TOP / "lib/base/reasons.def").read_text(), re.MULTILINE)
    rows = re.findall(r"^\| `([^`]+)` \| \S", (TOP / "docs/troubleshooting.md").read_text(), re.MULTILINE)
    wrong = [f"docs/troubleshooting.md: no row for {r}" for r in reasons if r not in rows]
    wrong += [f"docs/troubleshooting.md: {r} is not a reason, or is listed twice" for r in rows
              if r not in reasons or rows.count(r) > 1]
    return wrong if len(reasons) > 40 else ["lib/base/reasons.def could not be read"]


def main():
    wrong = check_troubleshooting()
    for page in PAGES:
        wrong += check_blocks(page) + check_links(page) + run_blocks(sys.argv[1], page)
    wrong += [f"{name} is not there" for name in CONSOLE if not (TOP / name).exists()]
    ran = sum(language == "sh" for page in PAGES for language, _ in blocks(page.read_text()))
    print("\n".join(wrong) or f"{len(PAGES)} pages, {ran} blocks run, {sum(CONSOLE.values())} that need more than this")
    return 1 if wrong or ran == 0 else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
