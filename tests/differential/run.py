#!/usr/bin/python3
"""Compares the library with PyJWT and jwcrypto on tokens made by seed.

run.py LIBOURS.so [--count 2000] [--seed 0] [--command PATH --sample 500] [--show SEED]
Exit status 1 on a disagreement that no rule of rules.py allows; the seed of each is printed.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import generate  # noqa: E402
import judges  # noqa: E402
import rules  # noqa: E402
from kit import AUDIENCE, ISSUER, NOW  # noqa: E402

IF_PRESENT = 32  # PJWT_IF_PRESENT


def compare(seed, ours, tally):
    case = generate.generate(seed)
    mine = ours.judge(case)
    tally["accepted" if mine[0] else "refused: " + mine[1]] += 1
    wrong = []
    if not case.labels and not mine[0]:
        wrong.append(("good token refused", mine))
    for name, judge in (("pyjwt", judges.pyjwt), ("jwcrypto", judges.jwcrypto_)):
        other = judge(case)
        if other[0] == mine[0]:
            tally[f"{name} agrees"] += 1
            if mine[0] and other[2] != mine[2]:
                wrong.append((name + " reads other claims", other))
            continue
        rule = rules.excuse(case, mine, name, other)
        tally[f"{name}: rule {rule}"] += 1
        if rule is None:
            wrong.append((name, other))
    return case, mine, wrong


def command(case, ours, path):
    """`pamjwt decode --json` must answer what the library does; it checks exp and aud when they are there."""
    mine = ours.judge(case, IF_PRESENT)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as keys:
        json.dump(case.jwks, keys)
        keys.flush()
        args = [path, "decode", "-", "--key", keys.name, "--alg", ",".join(case.allowed), "--issuer", ISSUER, "--audience", AUDIENCE, "--leeway",
                f"{generate.LEEWAY}s", "--now", str(NOW), "--json"]
        done = subprocess.run(args, input=case.token, capture_output=True, env={"PATH": "/usr/bin:/bin"})
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return f"no JSON: {done.stdout[:200]} {done.stderr[:200]}"
    word = "ok" if done.returncode == 0 else answer.get("reason")
    if word == "bad-keyset" and not mine[0]:
        return None  # the command reads the keys before the token, so a bad key set is its reason
    return None if word == mine[1] else f"command {word} ({answer.get('detail')}), library {mine[1]} ({mine[2]})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--command")
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--show", type=int)
    args = parser.parse_args()
    ours = judges.Ours(os.path.abspath(args.library))
    tally, bad = collections.Counter(), 0
    if args.show is not None:
        case, mine, wrong = compare(args.show, ours, tally)
        print(case.labels, case.token, json.dumps(case.jwks), mine, judges.pyjwt(case), judges.jwcrypto_(case), sep="\n")
        return 0
    for seed in range(args.seed, args.seed + args.count):
        case, mine, wrong = compare(seed, ours, tally)
        if args.command and seed - args.seed < args.sample and case.token and "encoding:around" not in case.labels:  # it trims
            tally["asked the command"] += 1
            said = command(case, ours, args.command)
            wrong += [("command", (said,))] if said else []
        for who, other in wrong:
            bad += 1
            if bad <= 40:
                print(f"seed {seed} {case.labels}: we say {mine[0]} {mine[1]} ({str(mine[2])[:80]}); {who}: {other}")
    for word, count in sorted(tally.items()):
        print(f"{count:7} {word}")
    print(f"{args.count} tokens, {bad} disagreements without a rule")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
