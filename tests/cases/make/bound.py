"""Tokens that are bound to the ssh key of the login (RFC 7800): token, what sshd said of the key, login record -> decision."""
import base64
import hashlib

import jose
import sshblob
from jose import public
from kit import KEYS, claims
from login import add, by, conf

INNER = {"rsa": "ssh-rsa", "p256": "ecdsa-sha2-nistp256", "p384": "ecdsa-sha2-nistp384", "p521": "ecdsa-sha2-nistp521", "ed25519": "ssh-ed25519"}


def bare(name):
    """The public JWK of a key, with what RFC 7638 counts and nothing else."""
    return {k: v for k, v in public(KEYS[name]).items() if k in ("kty", "crv", "x", "y", "n", "e")}


def jkt(name):
    return jose.b64u(hashlib.sha256(jose.compact_json(dict(sorted(bare(name).items()))).encode()).digest())


def proof(name, type_=None, **more):
    """The line that sshd puts into SSH_AUTH_INFO_0."""
    type_ = type_ or INNER[name]
    data = sshblob.blob(type_, jose.crypto_key(KEYS[name]), **more)
    return f"publickey {type_} {base64.b64encode(data).decode()}\n"


def bound(c, name, ids, about, expect, cnf, auth_info=None, **files):
    add(c, f"bound-{name}", ids, about, expect, claims(cnf=cnf), auth_info=auth_info, **files)


def beyond_check(c, name, ids, about, expect, cnf, auth_info=None, **files):
    """What `pamjwt check --ssh-key` has no words for: lines that sshd never writes, and login records. A topic of its own,
    which tests/cli/test_same.py leaves out."""
    c.add(f"proof/{name}", about, expect, ids, token=by(payload=claims(cnf=cnf)), auth_info=auth_info, **files)


def keys(c):
    for key, type_ in INNER.items():
        bound(c, f"{key}-jkt", "", f"cnf.jkt names the key that sshd verified: {type_}.", f"ok\ndetail='bound to the key {jkt(key)}'", {"jkt": jkt(key)}, proof(key))
        bound(c, f"{key}-jwk", "", f"cnf.jwk is the key that sshd verified: {type_}.", "ok", {"jwk": bare(key)}, proof(key))
        cert = sshblob.certificate_name(type_)
        bound(c, f"{key}-certificate", "", f"{cert}: the key inside of the certificate.", f"ok\n{jkt(key)}", {"jkt": jkt(key)}, proof(key, cert))
    for key, type_ in (("p256", sshblob.FIDO[0]), ("ed25519", sshblob.FIDO[1])):
        bound(c, f"{key}-fido", "", f"{type_}: its inner key.", "ok", {"jkt": jkt(key)}, proof(key, type_))
        cert = sshblob.certificate_name(type_)
        bound(c, f"{key}-fido-certificate", "", f"{cert}: the key inside.", "ok", {"jwk": bare(key)}, proof(key, cert))
    bound(c, "more-in-jwk", "", "kid, use and alg of cnf.jwk do not make it another key.", "ok", {"jwk": {**bare("p256"), "kid": "mine", "use": "sig", "alg": "ES256"}}, proof("p256"))


def refused(c):
    good = {"jkt": jkt("ed25519")}
    other = f"other-key\nstage=bind\ndetail='cnf identifies the key {jkt('ed25519')}, but this login used {jkt('p256')} (ecdsa-sha2-nistp256)'"
    bound(c, "other-key", "", "A stolen token: the login has proved another key. The line names both.", other, good, proof("p256"))
    bound(c, "other-key-jwk", "", "The same with cnf.jwk.", "other-key", {"jwk": bare("p256-other")}, proof("p256"))
    bound(c, "no-proof", "", "A stolen token in a login without a key.", "bound\nsshd has not verified a key", good)
    beyond_check(c, "rev-01-two-keys", "REV-01", "Two keys were verified: it is unclear which one counts.", "bad-proof\nmore than one", good, proof("ed25519") + proof("p256"))
    beyond_check(c, "rev-01-key-and-password", "REV-01", "A second method.", "bad-proof\nmore than one", good, proof("ed25519") + "password\n")
    beyond_check(c, "rev-02-password", "REV-02", "sshd has verified a password, and no key.", "bad-proof\npassword", good, "password\n")
    beyond_check(c, "rev-01-hostbased", "REV-01", "The key of the client's host is not the user's.", "bad-proof\nhostbased", good, proof("ed25519").replace("publickey", "hostbased"))
    beyond_check(c, "rev-01-publickey-something", "REV-01", "A method whose name only begins so.", "bad-proof", good, proof("ed25519").replace("publickey ", "publickey-x "))
    beyond_check(c, "blob-cut", "", "A truncated key.", "bad-proof", good, proof("ed25519")[:-9] + "\n")
    beyond_check(c, "blob-longer", "", "A key with extra bytes at its end.", "bad-proof\nafter its end", good, "publickey ssh-ed25519 "
          + base64.b64encode(sshblob.blob("ssh-ed25519", jose.crypto_key(KEYS["ed25519"])) + b"\0").decode() + "\n")
    beyond_check(c, "host-certificate", "", "A host certificate is not a user certificate.", "bad-proof\nnot a user", good, proof("ed25519", sshblob.certificate_name("ssh-ed25519"), who=2))
    for name, value, piece in [("empty", {}, "neither"), ("null", None, "not an object"), ("string", jkt("ed25519"), "not an object"), ("array", [good], "not an object"),
                               ("both", {**good, "jwk": bare("ed25519")}, "both"), ("kid", {"kid": "x"}, "cnf.kid"), ("x5t", {"x5t#S256": jkt("ed25519")}, "x5t#S256"),
                               ("jkt-and-more", {**good, "jku": "https://evil.example"}, "cnf.jku"), ("upper", {"JKT": jkt("ed25519")}, "cnf.JKT"),
                               ("jkt-short", {"jkt": jkt("ed25519")[:-1]}, "thumbprint"), ("jkt-padded", {"jkt": jkt("ed25519") + "="}, "thumbprint"),
                               ("jkt-hex", {"jkt": "ab" * 32}, "thumbprint"), ("jkt-number", {"jkt": 1}, "thumbprint"), ("jkt-array", {"jkt": [jkt("ed25519")]}, "thumbprint"),
                               ("jwk-string", {"jwk": "x"}, "not an object"), ("jwk-empty", {"jwk": {}}, "cnf.jwk"), ("jwks", {"jwk": {"keys": [bare("ed25519")]}}, "not a single JWK"),
                               ("jwk-private", {"jwk": {**bare("ed25519"), "d": "AAAA"}}, "private"), ("jwk-secret", {"jwk": {"kty": "oct", "k": "A" * 43}}, "HMAC"),
                               ("jwk-enc", {"jwk": {**bare("p256"), "use": "enc"}}, "use"), ("jwk-off-curve", {"jwk": {**bare("p256"), "y": bare("p256")["x"]}}, "cnf.jwk")]:
        payload = claims(cnf=1)
        payload["cnf"] = value
        add(c, f"bound-cnf-{name}", "", f"cnf is {str(value)[:60]}: not understood, though the key is there.", f"bad-cnf\nstage=bind\n{piece}", payload, auth_info=proof("ed25519"))


def demands(c):
    good, service = {"jkt": jkt("ed25519")}, "\n[service/sshd]\nbind = ssh-key\n"
    for name, text in [("issuer", conf(issuer="bind = ssh-key\n")), ("grant", conf(grant="bind = ssh-key")), ("service", conf(more=service))]:
        what = "acme" if name == "issuer" else "staff" if name == "grant" else "sshd"
        bound(c, f"demanded-by-{name}", "", f"bind of the {name}, and a bound token.", "ok", good, proof("ed25519"), conf=text)
        add(c, f"bound-demanded-by-{name}-and-unbound", "", f"bind of the {name}, and a token that is bound to nothing.", f"unbound\nstage=bind\n{name} {what}",
            conf=text, auth_info=proof("ed25519"))
        bound(c, f"demanded-by-{name}-other-key", "", f"bind of the {name}, and another key.", "other-key", good, proof("p256"), conf=text)
    add(c, "bound-not-demanded", "", "Without bind an unbound token counts, whatever sshd said.", "ok\ndetail=''", auth_info=proof("ed25519"))
    beyond_check(c, "not-demanded-odd-line", "", "The line is not even looked at for a token without cnf.", "ok", None, "\n\n")
    two = conf(grant="bind = ssh-key", more="\n[grant/guests]\nissuer = acme\n")
    add(c, "bound-next-grant", "", "A grant with bind is not for unbound tokens; the next one is.", "ok\ngrant='guests'", conf=two, auth_info=proof("ed25519"))
    bound(c, "first-grant", "", "It is for bound ones.", "ok\ngrant='staff'", good, proof("ed25519"), conf=two)
    add(c, "bound-no", "", "bind = no is the default.", "ok", conf=conf(issuer="bind = no\n"))


def services(c):
    good, both = {"jkt": jkt("ed25519")}, conf(grant="services = sshd sudo ssh-internal")
    beyond_check(c, "rev-05-not-believed-at-sudo", "REV-05", "In a service that is not one of sshd's, the environment variable proves nothing.", "bound\nservice sudo", good,
          proof("ed25519"), service="sudo", conf=both)
    beyond_check(c, "at-sudo-by-the-login-record", "", "The ssh login that the caller came by proved the key.", "ok", good, service="sudo", conf=both, login_key=jkt("ed25519"))
    beyond_check(c, "at-sudo-other-key", "", "The login proved another key.", f"other-key\n{jkt('p256')} (login record)", good, service="sudo", conf=both, login_key=jkt("p256"))
    beyond_check(c, "at-sudo-unbound-login", "", "The login's token was bound to no key.", "bound\ndoes not contain a key", good, service="sudo", conf=both, login_key="")
    beyond_check(c, "at-sshd-no-login-record", "", "In sshd itself a login record proves nothing.", "bound\nsshd has not verified a key", good, login_key=jkt("ed25519"))
    own = "[host]\nbind_services = ssh-internal\n" + both
    bound(c, "another-service-of-sshd", "", "bind_services names an sshd of another name.", "ok", good, proof("ed25519"), service="ssh-internal", conf=own)
    beyond_check(c, "rev-05-bind-services-replaces", "REV-05", "A service that bind_services does not list is not one of sshd's.", "bound\nservice sshd", good, proof("ed25519"), conf=own)


def make(c):
    keys(c)
    refused(c)
    demands(c)
    services(c)
