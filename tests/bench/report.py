"""
The table, the charts and the page of a benchmark run (bench.py):

    report.py JSON                   prints the table; exit status 1 when something that must be reached is not
    report.py JSON --svg FILE        draws the charts
    report.py JSON --page FILE       writes the numbers into docs/performance.md, between its two marks
    report.py JSON --check FILE      exit status 1 when that page holds other numbers
"""
import argparse
import html
import json
import math
import re

TITLES = {"login": "1. A login through PAM, in a separate process", "repeat": "1. Further logins in the same process",
          "password": "1. A password through the token-or-password stack", "ssh": "1. A login through sshd",
          "verify": "2. Verifications per second in one process", "cold": "3. The first login, without a cache",
          "growth": "4. Growth", "storm": "5. Storm", "memory": "6. Memory",
          "wait": "7. System calls, context switches and page faults"}
BEGIN, END = "<!-- numbers: written by tests/bench/report.py -->", "<!-- end of numbers -->"


def number(value):
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def parts(run):
    return [part for part in TITLES if any(row["part"] == part for row in run["rows"])]


def first_of(rows, row):
    """What the ratio column is of: the first row of the same axis, algorithm or part."""
    if "axis" in row:
        return next(r for r in rows if r.get("axis") == row["axis"])
    if row["part"] == "verify":
        return next(r for r in rows if r["name"] == row["name"].split()[0] + " EVP")
    return rows[0]


def about(row):
    """The key, the token and the OpenSSL that a row is about; empty in runs that did not note it."""
    notes = [row.get("key", ""), f"{row['token']} bytes" if row.get("token") else "",
             f"libcrypto {row['libcrypto']}" if "libcrypto" in row else ""]
    return ", ".join(note for note in notes if note and note != "none")


def comparable(part):
    return part in ("login", "ssh", "verify", "cold", "growth")


def lines(run):
    """Part by part: (title, rows as tuples, limits as tuples)."""
    for part in parts(run):
        rows = [r for r in run["rows"] if r["part"] == part]
        table = []
        for row in rows:
            ratio = number(row["median"] / first_of(rows, row)["median"]) if comparable(part) else ""
            table.append((row["name"], f"{number(row['median'])} {row['unit']}".strip(),
                          f"{number(row['p25'])} to {number(row['p75'])}" if row["n"] > 1 else "", ratio, about(row)))
        limits = [(m["text"], number(m["value"]), ("at least " if m["at_least"] else "at most ") + number(m["limit"]),
                   "yes" if m["ok"] else "NO") for m in run["limits"] if m["part"] == part]
        yield TITLES[part], table, limits


def print_table(run):
    print(machine_line(run))
    for title, rows, limits in lines(run):
        print(f"\n{title}")
        for name, median, spread, ratio, notes in rows:
            print(f"  {name:60} {median:>26}  {spread:>22}  {ratio:>8}  {notes}".rstrip())
        for text, value, limit, ok in limits:
            print(f"  {'met' if ok == 'yes' else 'MISSED':8} {text:64} {value:>8}  {limit}")


def machine_line(run):
    m = run["machine"]
    return (f"{m['date']}, {m['processor']}, {m['processors']} processors, Linux {m['kernel']}, {m['system']}, "
            f"OpenSSL {m['openssl']}, load {m['load']:.1f} at the end")


def page(run):
    out = [BEGIN, "", machine_line(run) + ".", ""]
    for title, rows, limits in lines(run):
        width = 5 if any(row[4] for row in rows) else 4
        out += [f"### {title}", "", "| | median | quartiles | ratio |" + " key, token, OpenSSL |" * (width - 4), "|---" * width + "|"]
        out += [f"| {' | '.join(row[:width])} |" for row in rows] + [""]
        if limits:
            out += ["| requirement | measured | limit | met |", "|---|---|---|---|"]
            out += [f"| {' | '.join(row)} |" for row in limits] + [""]
    return "\n".join(out + [END])


def with_numbers(run, path):
    """What is in the page, and what should be."""
    with open(path, encoding="utf-8") as f:
        content = f.read()
    before, rest = content.split(BEGIN, 1)
    return content, before + page(run) + rest.split(END, 1)[1]


def write_page(run, path):
    _, wanted = with_numbers(run, path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(wanted)


def check_page(run, path):
    found, wanted = with_numbers(run, path)
    if found != wanted:
        raise SystemExit(f"{path}: other numbers than in the run beside it; write them by report.py --page")


# ------------------------------------------------------------------------------------------------------------- charts

COLOURS = ("#1b6ca8", "#c0392b", "#27814f", "#8e5aa8", "#b9770e", "#555555")
WIDTH = 760


def text(x, y, what, anchor="start", size=12, fill="#222"):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{html.escape(what)}</text>'


def bars(rows, title, top):
    """Horizontal bars with the quarters as a line; returns the drawing and the height that it takes."""
    most = max(row["p75"] for row in rows)
    out = [text(0, top + 14, title, size=14)]
    for i, row in enumerate(rows):
        y = top + 28 + 22 * i
        scale = (WIDTH - 360) / most
        out += [text(215, y + 12, row["name"], "end"),
                f'<rect x="225" y="{y}" width="{row["median"] * scale:.1f}" height="15" fill="{COLOURS[0 if "pam_jwt" in row["name"] or "token" in row["name"] else 3]}"/>',
                f'<line x1="{225 + row["p25"] * scale:.1f}" x2="{225 + row["p75"] * scale:.1f}" y1="{y + 7}" y2="{y + 7}" stroke="#222"/>',
                text(232 + row["p75"] * scale, y + 12, f"{number(row['median'])} {row['unit']}")]
    return out, 40 + 22 * len(rows)


def curves(rows, title, top):
    """Growth, both scales logarithmic; each curve relative to its smallest case."""
    height, left, right = 260, 60, WIDTH - 170
    most_x = math.log10(max(r["size"] for r in rows))
    most_y = max(0.7, max(math.log10(r["median"] / first_of(rows, r)["median"]) for r in rows))

    def place(size, ratio):
        return (left + math.log10(size) / most_x * (right - left),
                top + 30 + height - max(0.0, math.log10(ratio)) / most_y * height)

    out = [text(0, top + 14, title, size=14),
           f'<path d="M{left},{top + 30} V{top + 30 + height} H{right}" fill="none" stroke="#888"/>']
    for power in range(int(most_x) + 1):
        out.append(text(place(10 ** power, 1)[0], top + 48 + height, f"{10 ** power:,}", "middle", 11))
    for ratio in (1, 2, 3, 5, 10, 20, 50):
        if math.log10(ratio) <= most_y:
            y = place(1, ratio)[1]
            out += [text(left - 8, y + 4, f"{ratio}x", "end", 11),
                    f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>']
    for i, axis in enumerate(dict.fromkeys(r["axis"] for r in rows)):
        dots = [place(r["size"], r["median"] / first_of(rows, r)["median"]) for r in rows if r["axis"] == axis]
        out += [f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in dots)}" fill="none" stroke="{COLOURS[i]}" stroke-width="2"/>']
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[i]}"/>' for x, y in dots]
        out.append(text(right + 12, top + 44 + 18 * i, axis, fill=COLOURS[i]))
    return out, height + 70


def draw(run, path):
    out, top = [], 10
    for part, form in (("login", bars), ("ssh", bars), ("cold", bars), ("growth", curves)):
        rows = [r for r in run["rows"] if r["part"] == part]
        if rows:
            drawing, height = form(rows, re.sub(r"^\d\. ", "", TITLES[part]), top)
            out += drawing
            top += height + 14
    with open(path, "w", encoding="utf-8") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 {WIDTH + 20} {top}" font-family="sans-serif">'
                f'<rect x="-10" width="{WIDTH + 20}" height="{top}" fill="#fff"/>' + "\n".join(out) + "</svg>\n")


def main():
    parser = argparse.ArgumentParser(description="the table, the charts and the page of a benchmark run")
    parser.add_argument("json")
    parser.add_argument("--svg", help="draws the charts")
    parser.add_argument("--page", help="writes the numbers into this file, between its marks")
    parser.add_argument("--check", help="says whether this file holds the numbers of the run")
    options = parser.parse_args()
    with open(options.json, encoding="utf-8") as f:
        run = json.load(f)
    if options.svg:
        draw(run, options.svg)
    if options.page:
        write_page(run, options.page)
    if options.check:
        check_page(run, options.check)
    if not options.svg and not options.page and not options.check:
        print_table(run)
        raise SystemExit(any(not m["ok"] for m in run["limits"]))


if __name__ == "__main__":
    main()
