#!/usr/bin/python3
"""SSH public keys as bytes: plain, certificates and FIDO keys of any of our types, from python3-cryptography's keys.

sshblob.py writes tests/unit/sshkeys.h: one key of each type with the thumbprint that jwcrypto gives its inner key.
"""
import base64
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVES = {"nistp256": (ec.SECP256R1, 32, "P-256"), "nistp384": (ec.SECP384R1, 48, "P-384"), "nistp521": (ec.SECP521R1, 66, "P-521")}
PLAIN = ["ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-ed25519"]
FIDO = ["sk-ecdsa-sha2-nistp256@openssh.com", "sk-ssh-ed25519@openssh.com"]


def certificate_name(name):
    return name.removesuffix("@openssh.com") + "-cert-v01@openssh.com"


TYPES = PLAIN + FIDO + [certificate_name(name) for name in PLAIN + FIDO]


def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


def new_key(name, bits=2048):
    """A key that fits an SSH type, whatever stands around it."""
    if "rsa" in name:
        return rsa.generate_private_key(65537, bits).public_key()
    if "ed25519" in name:
        return ed25519.Ed25519PrivateKey.generate().public_key()
    return ec.generate_private_key(next(CURVES[c][0] for c in CURVES if c in name)()).public_key()


def fields(name, key):
    """What the blob holds of the key itself, with the application of a FIDO key."""
    if isinstance(key, rsa.RSAPublicKey):
        body = mpint(key.public_numbers().e) + mpint(key.public_numbers().n)
    elif isinstance(key, ed25519.Ed25519PublicKey):
        body = string(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    else:
        curve = next(c for c in CURVES if c in name)
        body = string(curve) + string(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return body + (string("ssh:") if name.startswith("sk-") else b"")


def blob(name, key, *, nonce=b"n" * 32, who=1, serial=7, principals=("alice", "bob"), critical=((b"force-command", string("id")),),
         extensions=((b"permit-pty", b""),), ca=b"", signature=b""):
    """The whole blob. A certificate's CA and signature are made up: nobody but sshd looks at them."""
    if "-cert-" not in name:
        return string(name) + fields(name, key)
    pairs = lambda items: b"".join(string(k) + string(v) for k, v in items)  # noqa: E731
    return (string(name) + string(nonce) + fields(name, key) + struct.pack(">QI", serial, who) + string("key id")
            + string(b"".join(map(string, principals))) + struct.pack(">QQ", 0, 2**64 - 1) + string(pairs(critical)) + string(pairs(extensions))
            + string("") + string(ca or string("ssh-ed25519") + string(b"c" * 32)) + string(signature or string("ssh-ed25519") + string(b"s" * 64)))


def thumbprint(key):
    """RFC 7638, by jwcrypto."""
    from jwcrypto import jwk  # the cases do without

    return jwk.JWK.from_pyca(key).thumbprint()


def line(name, data):
    return name + " " + base64.b64encode(data).decode()


def main():
    rows = []
    for name in TYPES:
        key = new_key(name)
        rows.append(f'        {{"{name}",\n         "{base64.b64encode(blob(name, key)).decode()}",\n         "{thumbprint(key)}"}},\n')
    text = "/* Made by tests/differential/sshblob.py: a key of each type, and jwcrypto's thumbprint of its inner key. */\n"
    text += "static const struct {\n        const char *type, *base64, *thumbprint;\n} sshkeys[] = {\n" + "".join(rows) + "};\n"
    (pathlib.Path(__file__).resolve().parents[2] / "unit" / "sshkeys.h").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
