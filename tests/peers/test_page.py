#!/usr/bin/python3
"""The runner that docs/vectors.md prints runs, and counts every test of its file: test_page.py docs/vectors.md"""
import ast
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def main():
    try:
        import jwt  # noqa: F401
    except ImportError:
        return 77
    code, = re.findall(r"^```python\n(.*?)^```$", pathlib.Path(sys.argv[1]).read_text(), re.M | re.S)
    done = subprocess.run([sys.executable, "-B", "-W", "ignore", "-c", code], cwd=TOP, capture_output=True, text=True, timeout=120)
    counts = ast.literal_eval(done.stdout or "{}")
    wanted = json.loads((TOP / "tests/cases/signature.json").read_text())["numberOfTests"]
    print(counts, done.stderr)
    # PyJWT does not judge keys as we do, so some tests end otherwise; a runner that reads nothing would be far off.
    return 0 if sum(counts.values()) == wanted and counts["as expected"] > wanted * 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
