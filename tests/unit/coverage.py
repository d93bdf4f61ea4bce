"""Adds up what gcov counted for lib/*.c in build-cov/: a table, and the lines that were never run of the files named."""
import collections
import gzip
import json
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build-cov"


def counted():
    """{file: {line: times}} over all objects that lib/*.c was compiled into."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for data in BUILD.glob("lib/**/*.gcda"):
        out = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], capture_output=True, cwd=BUILD).stdout
        if out[:2] == b"\x1f\x8b":
            out = gzip.decompress(out)
        for part in out.splitlines():
            for file in json.loads(part)["files"]:
                path = (BUILD / file["file"]).resolve()
                if path.suffix == ".c" and TOP / "lib" in path.parents:
                    for line in file["lines"]:
                        lines[path.name][line["line_number"]] += line["count"]
    return lines


def main():
    lines = counted()
    total = hit = 0
    for name in sorted(lines):
        run = sum(1 for n in lines[name].values() if n)
        total, hit = total + len(lines[name]), hit + run
        print(f"{name:16} {len(lines[name]):5} lines {100 * run / len(lines[name]):6.1f} %")
    print(f"{'lib/':16} {total:5} lines {100 * hit / max(total, 1):6.1f} %")
    for name in sys.argv[1:]:
        text = next((TOP / "lib").rglob(name)).read_text().splitlines()
        for number in sorted(n for n, count in lines[name].items() if not count):
            print(f"{name}:{number}: {text[number - 1]}")


if __name__ == "__main__":
    main()
