"""compare.py RUN_STACKS MODULE_DIRECTORY [--count N] [--seed N] [--build NAME]

Runs random PAM stacks through this host's libpam and through the evaluator of lib/pamstack. Every call has to return the
same and to have called the same modules. Prints the seed; a disagreement is made smaller and shown.
"""

import argparse
import random
import subprocess
import sys

import stacks

SKIP = 77
BATCH = 250


def run(command, cases):
    done = subprocess.run(command, input=b"".join(c.encode() for c in cases), stdout=subprocess.PIPE, timeout=600)
    if done.returncode == SKIP:
        sys.exit(SKIP)
    lines = done.stdout.decode().splitlines()
    if done.returncode != 0 or len(lines) != len(cases):
        sys.exit(f"{command[1]}: status {done.returncode}, {len(lines)} answers to {len(cases)} cases")
    return lines


class Judges:
    def __init__(self, args):
        self.real = [args.run_stacks, "real", args.modules]
        self.ours = [args.run_stacks, "ours", args.build]

    def ask(self, cases):
        return list(zip(run(self.real, cases), run(self.ours, cases)))

    def disagree(self, case):
        real, ours = self.ask([case])[0]
        return not ours.startswith("unknown ") and real != ours


def shrink(judges, case):
    going = True
    while going:
        going = False
        for smaller in case.smaller():
            if judges.disagree(smaller):
                case, going = smaller, True
                break
    return case


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run_stacks")
    parser.add_argument("modules")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--build", default="host", help="whose rules the evaluator applies (default: this host's)")
    parser.add_argument("--show", type=int, default=3, help="disagreements to show")
    args = parser.parse_args()
    judges = Judges(args)
    rules = subprocess.run([args.run_stacks, "rules"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    print(f"seed {args.seed}, libpam with {rules}", flush=True)
    bad, unknown, kinds = [], 0, {}
    for start in range(0, args.count, BATCH):
        numbers = range(start, min(start + BATCH, args.count))
        cases = [stacks.make(f"{args.seed}/{n}", "include_limit=1" in rules) for n in numbers]
        for number, case, (real, ours) in zip(numbers, cases, judges.ask(cases)):
            kind = real.split()[0]
            kinds[kind] = kinds.get(kind, 0) + 1
            if ours.startswith("unknown "):
                unknown += 1
            elif real != ours:
                bad.append((number, case))
    for number, case in bad[:args.show]:
        small = shrink(judges, case)
        real, ours = judges.ask([small])[0]
        print(f"\nstack {number}: libpam {real}\n{' ' * len(str(number))}         ours {ours}\n{small.show()}")
    starts = ", ".join(f"{k}: {n}" for k, n in sorted(kinds.items()))
    print(f"{args.count} stacks, {len(bad)} disagreements, {unknown} where libpam uses memory that it has not set ({starts})")
    if unknown > args.count / 100 + 10:
        print("too many stacks are not compared")
    return 1 if bad or unknown > args.count / 100 + 10 else 0


if __name__ == "__main__":
    sys.exit(main())
