#!/usr/bin/python3
"""The reader of ssh keys against python3-cryptography's load_ssh_public_key and jwcrypto.

sshkey_property.py LIBOURS.so [--count 300] [--seed 0]

Plain keys: the same thumbprint. Mutated blobs: what we accept, they read as the same key; a certificate and a FIDO key, which
they do not read, is made around a key by tests/cases/make/sshblob.py and must give the thumbprint of that key.
"""
import argparse
import ctypes
import pathlib
import random
import sys

from cryptography.hazmat.primitives.serialization import load_ssh_public_key

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cases" / "make"))
sys.dont_write_bytecode = True

import sshblob  # noqa: E402

# What they accept and we refuse, by a piece of our reason: sizes and exponents (SIG-09 to 13), small order (SIG-19), spellings.
STRICTER = ("RSA modulus", "RSA exponent", "small order", "shortest form", "base64", "after its end", "type", "8192 bits", "OpenSSL")


def theirs(line):
    try:
        return sshblob.thumbprint(load_ssh_public_key(line.encode()))
    except Exception:  # noqa: BLE001  (all kinds)
        return None


def mutate(data, pick):
    data, kind = bytearray(data), pick.randrange(5)
    at = pick.randrange(len(data))
    if kind == 0:
        data[at] ^= 1 << pick.randrange(8)
    elif kind == 1:
        del data[at]
    elif kind == 2:
        data.insert(at, pick.randrange(256))
    elif kind == 3:
        del data[at:]
    else:
        data += bytes(pick.randrange(1, 9))
    return bytes(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    lib, pick = ctypes.CDLL(args.library), random.Random(args.seed)
    thumbprint, detail = ctypes.create_string_buffer(44), ctypes.create_string_buffer(1024)
    keys = {name: [sshblob.new_key(name) for _ in range(2)] for name in sshblob.PLAIN}
    lib.ours_sshkey.restype = ctypes.c_bool
    wrong, same, stricter = [], 0, 0

    def ours(line):
        return thumbprint.value.decode() if lib.ours_sshkey(line.encode(), len(line), thumbprint, detail) else None

    for name in sshblob.TYPES:
        plain = next(p for p in sshblob.PLAIN if p.split("-")[-1] in name and p.split("-")[0] in (name.split("-")[0], name.split("-")[1]))
        for key in keys[plain]:
            if ours(sshblob.line(name, sshblob.blob(name, key))) != sshblob.thumbprint(key):
                wrong.append(f"{name}: {detail.value.decode()}")
    for i in range(args.count):
        name = pick.choice(sshblob.PLAIN)
        line = sshblob.line(name, mutate(sshblob.blob(name, pick.choice(keys[name])), pick))
        mine, other = ours(line), theirs(line)
        same += mine == other
        if mine is None and other is not None:
            stricter += 1
            if not any(piece in detail.value.decode() for piece in STRICTER):
                wrong.append(f"{i}: refused ({detail.value.decode()}), read by cryptography: {line}")
        elif mine is not None and mine != other:
            wrong.append(f"{i}: accepted as {mine}, cryptography says {other}: {line}")
    print("\n".join(wrong) or f"{len(sshblob.TYPES)} types as they should be; of {args.count} mutated keys {same} the same, {stricter} refused by us alone")
    assert len(sshblob.TYPES) == 14
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
