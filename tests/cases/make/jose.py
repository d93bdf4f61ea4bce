"""A second implementation of JOSE signing, for tests only: what it signs is what the library is judged by.

Everything is deterministic (ECDSA's nonce and PSS's salt are derived from key and message), so that a case or a seed
gives the same bytes on every run; and every rule can be broken on purpose: other salts, other paddings, other header
texts, r = 0, S + L. It never judges; the judging is done by the library, PyJWT and jwcrypto.
"""
import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "secp256k1": ec.SECP256K1()}
CURVE_ALG = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}
ORDERS = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    "P-521": int("01" + "ff" * 32 + "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16),
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
# DigestInfo in front of the hash in PKCS#1 v1.5 (RFC 8017 section 9.2)
DIGEST_INFO = {
    "256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(unb64u(text), "big")


def compact_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_bytes(value):
    """Bytes stay, text is UTF-8, anything else becomes compact JSON."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else compact_json(value)).encode()


def derived(key, message, size):
    """As many bytes as wanted from key and message, for nonces and salts that must be the same on every run."""
    out, i = b"", 0
    while len(out) < size:
        out += hashlib.sha512(b"%d|" % i + json.dumps(key, sort_keys=True).encode() + b"|" + message).digest()
        i += 1
    return out[:size]


# --- RSA ---------------------------------------------------------------------------------------------------------

def rsa_size(key):
    return (number(key["n"]).bit_length() + 7) // 8


def rsa_raw(key, block):
    """The private operation on a whole padded block: for paddings that no library would make."""
    n = number(key["n"])
    if "p" in key:
        p, q = number(key["p"]), number(key["q"])
        a, b = pow(block % p, number(key["dp"]), p), pow(block % q, number(key["dq"]), q)
        value = b + q * ((a - b) * number(key["qi"]) % p)
    else:
        value = pow(block, number(key["d"]), n)
    return value.to_bytes(rsa_size(key), "big")


def pkcs1_block(key, message, bits, prefix=None):
    t = (DIGEST_INFO[bits] if prefix is None else prefix) + HASHES[bits](message).digest()
    return b"\x00\x01" + b"\xff" * (rsa_size(key) - len(t) - 3) + b"\x00" + t


def mgf1(seed, size, hash_):
    out, i = b"", 0
    while len(out) < size:
        out += hash_(seed + i.to_bytes(4, "big")).digest()
        i += 1
    return out[:size]


def pss_block(key, message, bits, salt_len=None, mgf_bits=None):
    hash_, mgf_hash = HASHES[bits], HASHES[mgf_bits or bits]
    salt = derived(key, message, hash_().digest_size if salt_len is None else salt_len)
    em_bits = number(key["n"]).bit_length() - 1
    em_len = (em_bits + 7) // 8
    h = hash_(bytes(8) + hash_(message).digest() + salt).digest()
    db = bytes(em_len - len(salt) - len(h) - 2) + b"\x01" + salt
    masked = bytearray(a ^ b for a, b in zip(db, mgf1(h, len(db), mgf_hash)))
    masked[0] &= 0xFF >> (8 * em_len - em_bits)
    return bytes(masked) + h + b"\xbc"


# --- EC ----------------------------------------------------------------------------------------------------------

def ec_width(curve):
    return (ORDERS[curve].bit_length() + 7) // 8


def ecdsa_numbers(key, message, bits):
    curve, order = key["crv"], ORDERS[key["crv"]]
    digest = HASHES[bits](message).digest()
    z = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - order.bit_length())
    nonce = int.from_bytes(derived(key, message, 80), "big") % (order - 1) + 1
    r = ec.derive_private_key(nonce, CURVES[curve]).public_key().public_numbers().x % order
    return r, pow(nonce, -1, order) * (z + r * number(key["d"])) % order


def ecdsa_bytes(curve, r, s, width=None):
    width = width or ec_width(curve)
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def der(tag, body):
    size = len(body)
    head = bytes([size]) if size < 128 else bytes([0x80 + (size.bit_length() + 7) // 8]) + size.to_bytes(
        (size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + head + body


def der_integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


# --- every algorithm ---------------------------------------------------------------------------------------------

def sign(key, alg, message):
    """The signature of message by a private JWK. HMAC takes whatever bytes the key holds."""
    bits = alg[2:5]
    if alg.startswith("HS"):
        return hmac.new(unb64u(key["k"]), message, HASHES[bits]).digest()
    if alg.startswith("RS"):
        return rsa_raw(key, int.from_bytes(pkcs1_block(key, message, bits), "big"))
    if alg.startswith("PS"):
        return rsa_raw(key, int.from_bytes(pss_block(key, message, bits), "big"))
    if alg.startswith("ES"):
        return ecdsa_bytes(key["crv"], *ecdsa_numbers(key, message, bits))
    kind = ed25519.Ed25519PrivateKey if key["crv"] == "Ed25519" else ed448.Ed448PrivateKey
    return kind.from_private_bytes(unb64u(key["d"])).sign(message)


def join(header, payload, signature):
    """A compact JWS of three parts as they are, without asking whether they belong together."""
    return b".".join((b64u(as_bytes(header)).encode(), b64u(as_bytes(payload)).encode(), b64u(signature).encode()))


def signing_input(header, payload):
    return b64u(as_bytes(header)).encode() + b"." + b64u(as_bytes(payload)).encode()


def token(key, header, payload, alg=None):
    """A signed token. alg: what signs, when the header's text shall say something else."""
    alg = alg or header["alg"]
    return join(header, payload, sign(key, alg, signing_input(header, payload)))


# --- keys --------------------------------------------------------------------------------------------------------

PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth")


def public(key, **changes):
    """The public JWK (an oct key as it is) with members changed, or left out where the change is None."""
    out = {k: v for k, v in key.items() if k not in PRIVATE}
    out.update(changes)
    return {k: v for k, v in out.items() if v is not None}


def jwks(*keys):
    return {"keys": list(keys)}


def rsa_jwk(private, **more):
    n = private.private_numbers()
    num = lambda v: b64u(v.to_bytes((v.bit_length() + 7) // 8, "big"))  # noqa: E731
    return {"kty": "RSA", **more, "n": num(n.public_numbers.n), "e": num(n.public_numbers.e), "d": num(n.d),
            "p": num(n.p), "q": num(n.q), "dp": num(n.dmp1), "dq": num(n.dmq1), "qi": num(n.iqmp)}


def ec_jwk(curve, value, **more):
    n = ec.derive_private_key(value, CURVES[curve]).private_numbers()
    width = (CURVES[curve].key_size + 7) // 8
    field = lambda v: b64u(v.to_bytes(width, "big"))  # noqa: E731
    return {"kty": "EC", **more, "crv": curve, "x": field(n.public_numbers.x), "y": field(n.public_numbers.y),
            "d": field(n.private_value)}


def okp_jwk(curve, seed, **more):
    kind = ed25519.Ed25519PrivateKey if curve == "Ed25519" else ed448.Ed448PrivateKey
    raw = kind.from_private_bytes(seed).public_key().public_bytes(serialization.Encoding.Raw,
                                                                  serialization.PublicFormat.Raw)
    return {"kty": "OKP", **more, "crv": curve, "x": b64u(raw), "d": b64u(seed)}


def new_rsa(bits, exponent=65537, **more):
    """Not reproducible: for making the file of private keys once."""
    return rsa_jwk(rsa.generate_private_key(exponent, bits), **more)


def crypto_key(key, private=False):
    """The key as python-cryptography knows it; RSA and EC and OKP."""
    if key["kty"] == "RSA":
        nums = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"]))
        if not private:
            return nums.public_key()
        return rsa.RSAPrivateNumbers(*(number(key[k]) for k in ("p", "q", "d", "dp", "dq", "qi")), nums).private_key()
    if key["kty"] == "EC":
        if private:
            return ec.derive_private_key(number(key["d"]), CURVES[key["crv"]])
        return ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), CURVES[key["crv"]]).public_key()
    kinds = (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey) if key["crv"] == "Ed25519" else (
        ed448.Ed448PrivateKey, ed448.Ed448PublicKey)
    return kinds[0].from_private_bytes(unb64u(key["d"])) if private else kinds[1].from_public_bytes(unb64u(key["x"]))


def pem(key, form="spki"):
    """spki, pkcs1 (public), pkcs8, traditional (private), ssh."""
    s = serialization
    if form in ("spki", "pkcs1", "ssh"):
        encoding = s.Encoding.OpenSSH if form == "ssh" else s.Encoding.PEM
        fmt = {"spki": s.PublicFormat.SubjectPublicKeyInfo, "pkcs1": s.PublicFormat.PKCS1,
               "ssh": s.PublicFormat.OpenSSH}[form]
        return crypto_key(key).public_bytes(encoding, fmt)
    fmt = s.PrivateFormat.PKCS8 if form == "pkcs8" else s.PrivateFormat.TraditionalOpenSSL
    return crypto_key(key, True).private_bytes(s.Encoding.PEM, fmt, s.NoEncryption())


def pem_block(label, body):
    text = base64.b64encode(body).decode()
    lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()
