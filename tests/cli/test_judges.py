"""Independent judges, PyJWT and jwcrypto, in both directions for every algorithm."""

import json

import jwt as pyjwt
import pytest
from jwcrypto import jwk, jws
from conftest import ALGS

CLAIMS = {"sub": "alice", "iss": "https://idp.example", "exp": 4102444800, "name": "Zoë \"q\" \\ 𝄞"}
NAMED_EDDSA = {"Ed25519": "EdDSA", "Ed448": "EdDSA"}


def pyjwt_key(path, private):
    text = path.read_text()
    if json.loads(text)["kty"] == "oct":
        return pyjwt.algorithms.HMACAlgorithm.from_jwk(text)
    key = jwk.JWK.from_json(text)
    return key.export_to_pem(private, None)


@pytest.mark.parametrize("alg", ALGS)
def test_pyjwt_accepts_ours(pamjwt, keys, alg):
    token = pamjwt("encode", json.dumps(CLAIMS), "--key", keys[alg]).line
    header = pyjwt.get_unverified_header(token)
    assert header == {"typ": "JWT", "alg": alg, "kid": f"key-{alg}"}
    if alg in NAMED_EDDSA:
        algorithm = pyjwt.algorithms.OKPAlgorithm()
        key = algorithm.prepare_key(pyjwt_key(keys[alg], False))
        signing_input, _, signature = token.rpartition(".")
        assert algorithm.verify(signing_input.encode(), key, pyjwt.utils.base64url_decode(signature))
    else:
        assert pyjwt.decode(token, pyjwt_key(keys[alg], False), algorithms=[alg]) == CLAIMS


@pytest.mark.parametrize("alg", [a for a in ALGS if a not in NAMED_EDDSA])
def test_ours_accepts_pyjwt(pamjwt, keys, alg):
    token = pyjwt.encode(CLAIMS, pyjwt_key(keys[alg], True), algorithm=alg, headers={"kid": f"key-{alg}"})
    assert pamjwt("decode", token, "--key", keys[alg]).json == CLAIMS
    assert pamjwt("decode", token, "--key", keys[alg], "--alg", alg).json == CLAIMS
    broken = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert pamjwt("decode", broken, "--key", keys[alg], status=1).err.count("bad-signature: ") == 1


@pytest.mark.parametrize("alg", [a for a in ALGS if a not in NAMED_EDDSA])
def test_jwcrypto_both_ways(pamjwt, keys, alg):
    key = jwk.JWK.from_json(keys[alg].read_text())
    token = pamjwt("encode", json.dumps(CLAIMS), "--key", keys[alg]).line
    judge = jws.JWS()
    judge.allowed_algs = [alg]
    judge.deserialize(token, key)
    assert json.loads(judge.payload) == CLAIMS

    made = jws.JWS(json.dumps(CLAIMS).encode())
    made.allowed_algs = [alg]
    made.add_signature(key, None, json.dumps({"alg": alg}), None)
    assert pamjwt("decode", made.serialize(compact=True), "--key", keys[alg]).json == CLAIMS


@pytest.mark.parametrize("alg", [a for a in ALGS if not a.startswith("HS")])
def test_thumbprint_is_that_of_jwcrypto(pamjwt, keys, alg):
    assert pamjwt("keys", keys[alg], "--thumbprint").line == jwk.JWK.from_json(keys[alg].read_text()).thumbprint()


@pytest.mark.parametrize("alg", [a for a in ALGS if not a.startswith("HS")])
def test_pem_keys_of_others_sign_and_verify(pamjwt, keys, alg, tmp_path):
    key = jwk.JWK.from_json(keys[alg].read_text())
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(key.export_to_pem(True, None))
    public.write_bytes(key.export_to_pem(False, None))
    token = pamjwt("encode", json.dumps(CLAIMS), "--key", private, "--alg", alg).line
    assert pamjwt("decode", token, "--key", public).json == CLAIMS
    assert pamjwt("decode", token, "--key", private).json == CLAIMS, "the public half of a private key serves"
    assert "a public key cannot sign" in pamjwt("encode", "{}", "--key", public, status=2).err


@pytest.mark.parametrize("alg", [a for a in ALGS if not a.startswith("HS")])
def test_keygen_pem_is_read_by_cryptography(pamjwt, alg, tmp_path):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    path = tmp_path / "key.pem"
    bits = ["--bits", "2048"] if alg[:2] in ("RS", "PS") else []
    public = json.loads(pamjwt("keygen", "--alg", alg, "--pem", "--out", path, *bits).out)
    load_pem_private_key(path.read_bytes(), None)
    assert "d" not in public["keys"][0]
    token = pamjwt("encode", "{}", "--key", path, "--alg", alg).line
    (tmp_path / "jwks.json").write_text(json.dumps(public))
    pamjwt("decode", token, "--key", tmp_path / "jwks.json")


def test_every_key_against_every_token(pamjwt, keys, tmp_path):
    """HDR-06, HDR-09, HDR-10, HDR-11: only the pairs that belong together hold."""
    public = {a: json.loads(pamjwt("keys", keys[a], "--public").out)["keys"][0] for a in ALGS if a[0] != "H"}
    others = tmp_path / "others.json"
    for alg in ALGS:
        token = pamjwt("encode", "{}", "--key", keys[alg], "--kid", "").line
        others.write_text(json.dumps({"keys": [key for a, key in public.items() if a != alg]}))
        for wrong in [others, *(keys[a] for a in ALGS if a[0] == "H" and a != alg)]:
            assert pamjwt("decode", token, "--key", wrong, status=1).out == ""
        pamjwt("decode", token, "--key", keys[alg])


def test_rsa_key_without_factors_signs(pamjwt, keys, tmp_path):
    key = json.loads(keys["RS256"].read_text())
    path = tmp_path / "ned.jwk"
    path.write_text(json.dumps({k: v for k, v in key.items() if k not in ("p", "q", "dp", "dq", "qi")}))
    pamjwt("decode", pamjwt("encode", "{}", "--key", path).line, "--key", keys["RS256"])


@pytest.mark.parametrize("alg, member", [("ES256", "d"), ("EdDSA", "d"), ("RS256", "d"), ("ES384", "x")])
def test_halves_that_do_not_belong_together_are_refused(pamjwt, keys, alg, member, tmp_path):
    key = json.loads(keys[alg].read_text())
    other = json.loads(pamjwt("keygen", "--alg", alg, *(["--bits", "2048"] if alg == "RS256" else [])).out)
    key[member] = other[member]
    path = tmp_path / "mixed.jwk"
    path.write_text(json.dumps(key))
    assert "bad-key: " in pamjwt("encode", "{}", "--key", path, status=2).err


@pytest.mark.parametrize("alg", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
def test_ml_dsa_where_openssl_has_it(pamjwt, alg, tmp_path):
    """RFC 9964. The judge is OpenSSL itself: neither PyJWT nor jwcrypto knows these."""
    import subprocess
    from conftest import PAMJWT
    key, pem, jwks = (tmp_path / name for name in ("key.jwk", "key.pem", "jwks.json"))
    made = subprocess.run([PAMJWT, "keygen", "--alg", alg, "--out", key], capture_output=True, text=True)
    if made.returncode == 2:
        assert alg in made.stderr
        pytest.skip("this OpenSSL has no ML-DSA")
    jwks.write_text(made.stdout)
    private = json.loads(key.read_text())
    assert private["kty"] == "AKP" and private["alg"] == alg and "priv" in private
    token = pamjwt("encode", json.dumps(CLAIMS), "--key", key).line
    assert pamjwt("decode", token, "--key", jwks).json == CLAIMS
    pamjwt("keygen", "--alg", alg, "--pem", "--out", pem)
    subprocess.run(["openssl", "pkey", "-in", pem, "-noout"], check=True)
    other = pamjwt("encode", "{}", "--key", pem).line
    assert pamjwt("decode", other, "--key", pem).json == {}
    assert "bad-signature" in pamjwt("decode", other, "--key", jwks, status=1).err
