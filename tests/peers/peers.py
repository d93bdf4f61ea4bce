#!/usr/bin/python3
"""Runs the cases that concern any verifier through PyJWT, jwcrypto and libjwt, and writes the page docs/peers.md.

    peers.py --write PAGE    writes the page
    peers.py --check PAGE    exit status 1 when the page is not what this host's libraries give; 77 (skipped) when they have
                             other versions than those the page names, or when one is missing

A case concerns any verifier when its group's type is token: a token, keys and a policy. The rest of a library's work that
its interface leaves to the caller is not judged (judges.py).
"""
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests/cases"), str(pathlib.Path(__file__).resolve().parent)]
sys.dont_write_bytecode = True

import casefile  # noqa: E402

PACKAGES = {"PyJWT": "python3-jwt", "jwcrypto": "python3-jwcrypto", "libjwt": "libjwt-dev"}
# Reason of ours, where its rule is from, and whether the page lists the cases: not where keys and signatures decide.
RULES = [
    ("too-long", "our limit: 32 KiB", True),
    ("malformed", "RFC 7515 section 7.1: three parts; RFC 7519 section 3: no JSON serialization", True),
    ("bad-base64url", "RFC 7515 section 2; RFC 4648 sections 3.3 and 3.5 (spare bits: a choice it allows)", True),
    ("bad-json", "RFC 8259; RFC 7515 section 4 (duplicates: reject, or take the last); our limits on depth and numbers", True),
    ("bad-header", "RFC 7515 section 4 (types); our choices: kid up to 1024 bytes, no zip, no nested tokens", True),
    ("bad-crit", "RFC 7515 section 4.1.11", False),
    ("bad-b64", "RFC 7797 section 7", False),
    ("unknown-alg", "RFC 7515 section 4.1.1; RFC 8725 section 3.1", False),
    ("alg-not-allowed", "RFC 8725 section 3.1", False),
    ("unknown-kid", "our choice: a kid that is named must be found", False),
    ("no-fitting-key", "RFC 7517 section 4.4; RFC 7518 (curve of each alg, HMAC keys); RFC 8725 section 3.1", False),
    ("bad-key", "RFC 7517 section 4; RFC 7518 section 6; our choices: one key per kid, weak RSA and Edwards points", False),
    ("bad-keyset", "the same, where no key of the set is left; secrets that are public keys (RFC 8725 section 2.1)", False),
    ("bad-signature", "RFC 7515 section 5.2; RFC 7518 section 3; our choice: without kid at most 16 keys are tried", False),
    ("claim-missing", "the policy of the case: exp, and what it asks for", True),
    ("claim-type", "RFC 7519 sections 2 and 4.1; our choices: times from 1970 to 9999, nothing empty", True),
    ("expired", "RFC 7519 section 4.1.4: at exp the token has expired", True),
    ("not-yet-valid", "RFC 7519 section 4.1.5", True),
    ("issued-in-future", "our choice", True),
    ("bad-issuer", "RFC 7519 section 4.1.1: compared byte for byte", True),
    ("bad-audience", "RFC 7519 section 4.1.3", True),
    ("bad-subject", "the policy of the case", True),
    ("bad-typ", "RFC 8725 section 3.11", True),
    ("bad-client", "the policy of the case", True),
    ("lifetime", "the policy of the case", True),
    ("bound", "RFC 7800 section 3: a proof of the key is wanted; left to the application", True),
]


def missing():
    try:
        import judges
    except ImportError as error:
        return str(error)
    return None if judges.libjwt_library else "libjwt"


def versions():
    found = {}
    for name, package in PACKAGES.items():
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
        found[name] = done.stdout.split("-")[0] if done.returncode == 0 else None
    return found


def verdicts():
    """{case: {library: verdict}}"""
    import judges
    asks = {"PyJWT": judges.pyjwt, "jwcrypto": judges.jwcrypto_, "libjwt": judges.libjwt}
    cases = [case for path in casefile.files() for case in casefile.load(path) if case.type == "token"]
    return {case: {name: ask(case) for name, ask in asks.items()} for case in cases}


def cell(cases, found, name, verdict):
    """`3 of 12`: the other verdict in three of the twelve cases that the library was asked about."""
    judged = [case for case in cases if found[case][name] is not None]
    other = sum(found[case][name] is verdict for case in judged)
    return f"{other} of {len(judged)}" if judged else "–"


def wrapped(words):
    lines, line = [], "  "
    for word in words:
        if len(line) + len(word) > 108:
            lines.append(line.rstrip())
            line = "  "
        line += word + " "
    return "\n".join(lines + [line.rstrip()])


def listing(found, cases, verdict):
    out = []
    for name in PACKAGES:
        ids = [str(case) for case in cases if found[case][name] is verdict]
        if ids:
            out.append(f"- {name}:\n" + wrapped([f"`{i}`" for i in ids]))
    return "\n".join(out)


def page():
    found = verdicts()
    by_reason = {}
    for case in found:
        by_reason.setdefault(case.reason, []).append(case)
    assert set(by_reason) == {"ok", *(reason for reason, _, _ in RULES)}, set(by_reason) ^ {reason for reason, _, _ in RULES}
    names = list(PACKAGES)
    rows = [f"| `{reason}` | {len(by_reason[reason])} | {source} | "
            + " | ".join(cell(by_reason[reason], found, name, True) for name in names) + " |" for reason, source, _ in RULES]
    rows.append(f"| valid (`ok`) | {len(by_reason['ok'])} | rejected by the library | "
                + " | ".join(cell(by_reason["ok"], found, name, False) for name in names) + " |")
    lists = [(reason, listing(found, by_reason[reason], True)) for reason, _, shown in RULES if shown]
    lists = [f"### {reason}\n\n{text}" for reason, text in lists if text]
    text = HEAD.format(count=len(found), versions=", ".join(f"{n} {v}" for n, v in versions().items()), names=" | ".join(names))
    return (text + "\n".join(rows) + "\n\n" + MIDDLE + "\n\n".join(lists) + "\n\n## Valid tokens that a library rejects\n\n"
            + listing(found, by_reason["ok"], False) + "\n")


HEAD = """# Other libraries over the same cases

Made by `tests/peers/peers.py --write docs/peers.md`; a test compares it. {count} cases concern any verifier
([vectors.md](vectors.md)). Each library is called as its documentation shows, with the keys, algorithms, issuer, audience and
leeway of the case, at the time of the case: {versions}, as Debian 12 has them.

A number is not a verdict on a library. Most rows hold choices of pam_jwt that are stricter than the RFC, and much of the rest
is what these libraries leave to their caller on purpose: which key of a set is used, whether a key fits an algorithm, which
claims count. pam_jwt has no such caller, so it decides all of it itself.

`3 of 12`: the library accepts three of the twelve cases that could be put to it. `–`: none could be; libjwt 1 leaves claims
and key sets to its caller altogether.

| our reason | cases | where the rule is from | {names} |
|---|---|---|---|---|---|
"""
MIDDLE = """## Cases that a library accepts

By name where the case is about form or claims. Where keys and signatures decide, the table above has the count alone.

"""


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("--write", "--check"):
        print(__doc__)
        return 2
    path = pathlib.Path(sys.argv[2])
    text = path.read_text() if sys.argv[1] == "--check" else ""
    other = [f"{name} {version}" for name, version in versions().items() if f"{name} {version}" not in text]
    if text and other:
        print(f"skipped: the page is about other versions than {', '.join(other)}")
        return 77
    if (without := missing()) is not None:
        print(f"skipped: {without} is missing")
        return 77
    if sys.argv[1] == "--write":
        path.write_text(page())
        return 0
    if text == page():
        return 0
    print(f"{path} is not what these libraries give: run tests/peers/peers.py --write docs/peers.md, and read what changed")
    return 1


if __name__ == "__main__":
    sys.exit(main())
