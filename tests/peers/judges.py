"""What each peer library says of a case. A judge answers True (accepts), False (rejects) or None (the case is not for it).

Each library is called as its documentation shows: with the key set, the allowed algorithms, issuer, audience and leeway of
the case, at the time of the case. Where a library leaves a step to its caller (libjwt: which key, which algorithm, all
claims), the step is done here or the case is not for it.
"""
import base64
import ctypes
import ctypes.util
import datetime
import json
import os
import signal
import warnings

import jwcrypto
import jwcrypto.jwk
import jwcrypto.jws
import jwcrypto.jwt
import jwt
import jwt.api_jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms

warnings.simplefilter("ignore")
DEFAULT = [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in ("256", "384", "512")] + ["EdDSA", "Ed25519", "Ed448"]
now = 0


class FixedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now, tz)


jwt.api_jwt.datetime = FixedDatetime
jwcrypto.jwt.time = type("time", (), {"time": staticmethod(lambda: now)})


def algorithms(case):
    return case.options.get("algorithms", DEFAULT)


def listed(keys):
    """The JWKs of a key file, as dicts; None when it is not JSON."""
    try:
        value = json.loads(keys)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return value["keys"] if isinstance(value.get("keys"), list) else [value]


def any_holds(keys, verify):
    for key in keys:
        try:
            verify(key)
            return True
        except Exception:  # noqa: BLE001  (the libraries raise all kinds)
            pass
    return False


# --- PyJWT -------------------------------------------------------------------------------------------------------

def readable(make, keys):
    """What a key file gives; one key that the library cannot read is left out, as OpenID Connect's key sets need it."""
    out = []
    for key in keys:
        try:
            out.append(make(key))
        except Exception:  # noqa: BLE001
            pass
    return out


def pyjwt_keys(case, kid):
    """The key as PyJWKClient picks it: that of the kid; without a kid each key in turn."""
    if case.secret is not None:
        return [case.secret]
    jwks = listed(case.keys)
    if jwks is None:
        return [case.keys]
    return [key.key for key in readable(jwt.PyJWK.from_dict, jwks) if kid is None or key.key_id == kid]


def pyjwt_options(options):
    skip = options.get("skip", [])
    given = {f"verify_{name}": False for name in skip}
    required = {"exp": True, "iss": "issuer" in options, "aud": "audience" in options}
    if not options.get("if_present"):
        given["require"] = [name for name, wanted in required.items() if wanted and name not in skip]
    given["require"] = given.get("require", []) + options.get("require", [])
    return given


def pyjwt(case):
    global now
    options = case.options
    if set(options) & {"subject", "typ", "clients", "max_lifetime", "any_alg", "public_only"}:
        return None
    now = case.now or 0
    known = [name for name in algorithms(case) if name in get_default_algorithms()]

    def verify(key):
        if options.get("jws"):
            return jwt.PyJWS().decode(case.token, key, algorithms=known)
        return jwt.decode(case.token, key, algorithms=known, audience=options.get("audience"), issuer=options.get("issuer"),
                          leeway=options.get("leeway", 0), options=pyjwt_options(options))

    try:
        keys = pyjwt_keys(case, jwt.get_unverified_header(case.token).get("kid"))
    except Exception:  # noqa: BLE001
        return False
    return any_holds(keys, verify)


# --- jwcrypto ----------------------------------------------------------------------------------------------------

def jwcrypto_keys(case, kid):
    """The keys of the kid, in the order of the file; without a kid each in turn. (A JWKSet is a set: its order varies.)"""
    if case.secret is not None:
        return [jwcrypto.jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(case.secret).rstrip(b"=").decode())]
    jwks = listed(case.keys)
    if jwks is None:
        return [jwcrypto.jwk.JWK.from_pem(case.keys)]
    return readable(lambda jwk: jwcrypto.jwk.JWK(**jwk), [jwk for jwk in jwks if kid is None or jwk.get("kid") == kid])


def jwcrypto_claims(options):
    """check_claims: what must be there, and its value where that is given."""
    skip = options.get("skip", [])
    wanted = {name: None for name in options.get("require", [])}
    if not options.get("if_present") and "exp" not in skip:
        wanted["exp"] = None
    for name, claim in (("issuer", "iss"), ("audience", "aud"), ("subject", "sub")):
        if name in options and claim not in skip:
            wanted[claim] = options[name][0] if name == "audience" else options[name]
    return wanted


def jwcrypto_(case):
    global now
    options = case.options
    if set(options) & {"typ", "clients", "max_lifetime", "any_alg", "public_only", "if_present", "skip"}:
        return None
    if len(options.get("audience", [])) > 1:  # check_claims takes one
        return None
    now = case.now or 0
    text = case.token.decode("latin-1")

    def verify(key):
        if options.get("jws"):
            jws = jwcrypto.jws.JWS()
            jws.allowed_algs = algorithms(case)
            jws.deserialize(text, key)
            return
        for wanted in (jwcrypto_claims(options), None):  # None: exp and nbf where they are there, which a dict replaces
            token = jwcrypto.jwt.JWT(algs=algorithms(case), check_claims=wanted)
            token.leeway = options.get("leeway", 0)
            token.deserialize(text, key)

    try:
        jws = jwcrypto.jws.JWS()
        jws.deserialize(text)
        header = jws.jose_header  # a list of headers, where there are several signatures
        keys = jwcrypto_keys(case, header.get("kid") if isinstance(header, dict) else None)
    except Exception:  # noqa: BLE001
        return False
    return any_holds(keys, verify)


# --- libjwt ------------------------------------------------------------------------------------------------------

LIBJWT_ALGS = [f"{kind}{bits}" for kind in ("HS", "RS", "ES") for bits in ("256", "384", "512")]
LEFT_TO_THE_CALLER = {"claim-missing", "claim-type", "expired", "not-yet-valid", "issued-in-future", "lifetime", "bad-issuer",
                      "bad-audience", "bad-subject", "bad-typ", "bad-client", "bound", "bad-key", "bad-keyset"}


def load_libjwt():
    name = ctypes.util.find_library("jwt")
    if not name:
        return None
    lib = ctypes.CDLL(name)
    lib.jwt_decode.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
    lib.jwt_get_alg.argtypes = lib.jwt_free.argtypes = [ctypes.c_void_p]
    lib.jwt_alg_str.restype = ctypes.c_char_p
    return lib


libjwt_library = load_libjwt()


def libjwt_key(jwk):
    """libjwt 1 reads PEM, or the bytes of a secret."""
    if jwk["kty"] == "oct":
        return base64.urlsafe_b64decode(jwk["k"] + "==")
    public = jwcrypto.jwk.JWK(**{k: v for k, v in jwk.items() if k in ("kty", "n", "e", "crv", "x", "y")})
    return public.get_op_key("verify").public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def libjwt_keys(case, header):
    """The keys that a careful caller hands over: of the kid, and of the kind that the token's algorithm is for."""
    if case.secret is not None:
        return [case.secret]
    jwks = listed(case.keys)
    if jwks is None:
        return [case.keys] if b"PUBLIC KEY" in case.keys else []
    kinds = {"H": ("oct",), "R": ("RSA",), "E": ("EC",)}.get(str(header.get("alg"))[:1], ("RSA", "EC"))
    jwks = [jwk for jwk in jwks if isinstance(jwk, dict) and jwk.get("kty") in kinds]
    return readable(libjwt_key, [jwk for jwk in jwks if header.get("kid") in (None, jwk.get("kid"))])


def libjwt_decode(case, keys):
    for key in keys:
        token = ctypes.c_void_p()
        if libjwt_library.jwt_decode(ctypes.byref(token), case.token, key, len(key)) == 0:
            alg = libjwt_library.jwt_alg_str(libjwt_library.jwt_get_alg(token)).decode()
            libjwt_library.jwt_free(token)
            if alg in algorithms(case):
                return True
    return False


def in_a_child(ask):
    """The verdict of a C library; None when the process does not end by itself."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        os._exit(10 if ask() else 11)
    return {10: True, 11: False}.get(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def libjwt(case):
    if case.reason in LEFT_TO_THE_CALLER or case.options.get("jws") or case.options.get("any_alg") or b"\0" in case.token:
        return None
    try:
        header = json.loads(base64.urlsafe_b64decode(case.token.split(b".")[0] + b"=="))
    except ValueError:
        header = {}
    if not isinstance(header, dict):
        header = {}
    if case.result == "accept" and header.get("alg") not in LIBJWT_ALGS:
        return None
    keys = libjwt_keys(case, header)
    if not keys:  # without a key there is nothing to call it with
        return None if case.result == "accept" else False
    return in_a_child(lambda: libjwt_decode(case, keys))
