"""Whole decisions: configuration, keys, token, user, service, time -> the audit line. Rows of sections 1, 2, 4, 7 and 8
that only the stages together can meet."""
import jose
from jose import jwks, public
from kit import AUDIENCE, ISSUER, KEYS, NOW, NULL, claims, ring

CONF = f"""[issuer/acme]
issuer   = {ISSUER}
audience = {AUDIENCE}
jwks     = file://@KEYS@

[grant/staff]
issuer = acme
"""
TWO = f"""[issuer/acme]
issuer   = {ISSUER}
audience = {AUDIENCE}
jwks     = file://@KEYS@
[issuer/other]
issuer   = https://other.example
audience = {AUDIENCE}
jwks     = file://@KEYS2@
"""


def by(key="p256", alg="ES256", kid=True, payload=None, header=None):
    head = header or {"alg": alg, **({"kid": KEYS[key]["kid"]} if kid else {})}
    return jose.token(KEYS[key], head, payload or claims(), alg)


def conf(more="", grant="", issuer=""):
    """The usual configuration with lines added to the issuer or the grant, and sections behind."""
    text = CONF.replace("\n[grant", issuer + "\n[grant") if issuer else CONF
    return text + grant + ("\n" if grant and not grant.endswith("\n") else "") + more


def add(c, name, ids, about, expect, payload=None, **files):
    if "token" not in files:
        files["token"] = by(payload=payload)
    c.add(f"login/{name}", about, expect, ids, **files)


def algorithms(c):
    add(c, "good", "", "A good token, and the whole line that the log gets.",
        "ok\nresult=allow reason=ok stage=none user='alice' service='sshd' rhost='192.0.2.7' iss='https://issuer.example' "
        "sub='alice' kid='p256' alg='ES256' jti='j1' grant='staff' detail=''", claims(jti="j1"))
    pem = jose.pem(KEYS["rsa"])
    add(c, "hdr-06-hs256-under-pem", "HDR-06 HDR-09", "HS256 under the text of the public key file.",
        "alg-not-allowed\nclaimed_iss=", token=jose.token({"k": jose.b64u(pem)}, {"alg": "HS256"}, claims()), keys=pem)
    add(c, "hdr-06-hs256-under-pem-hmac-named", "HDR-06 HDR-09", "The same with HS256 listed for the issuer.",
        "no-fitting-key", token=jose.token({"k": jose.b64u(pem)}, {"alg": "HS256"}, claims()), keys=pem,
        conf=conf(issuer="algorithms = HS256 RS256\n"))
    for name, alg, key, allowed, expect in [
            ("rs512-where-rs256-is-allowed", "RS512", "rsa", "RS256", "alg-not-allowed"),
            ("ps256-where-rs256-is-allowed", "PS256", "rsa", "RS256", "alg-not-allowed"),
            ("rs256-allowed", "RS256", "rsa", "RS256", "ok"), ("es256k-not-named", "ES256K", "k256", None, "alg-not-allowed"),
            ("es256k-named", "ES256K", "k256", "ES256K", "ok"), ("ed25519-where-eddsa-is-allowed", "Ed25519", "ed25519", "EdDSA", "alg-not-allowed"),
            ("eddsa-allowed", "EdDSA", "ed25519", "EdDSA", "ok"), ("hs256-not-named", "HS256", "hs256", None, "alg-not-allowed")]:
        ids = "SIG-27" if alg == "ES256K" else "SIG-21" if key == "ed25519" else "HDR-10 HDR-11"
        keys = ring("hs256") if key == "hs256" else None
        add(c, f"alg-{name}", ids, f"alg {alg}; the issuer's algorithms: {allowed or 'the default'}.", expect,
            token=by(key, alg), keys=keys, conf=conf(issuer=f"algorithms = {allowed}\n") if allowed else None)
    for alg in ("none", "None"):
        add(c, f"hdr-01-{alg}" if alg == "none" else "hdr-02-None", "HDR-01 HDR-02", f"alg {alg}.", "unknown-alg",
            token=jose.join({"alg": alg}, claims(), b"x"))


def issuers(c):
    other = claims(iss="https://other.example")
    grants = "[grant/a]\nissuer = acme\n[grant/b]\nissuer = other\n"
    same = jwks(public(KEYS["p256-other"], kid="p256"))
    add(c, "key-24-key-of-another-issuer", "KEY-24", "Issuer A's key signs a token with iss B.", "unknown-kid\nclaimed_iss='https://other.example'",
        token=by(payload=other), conf=TWO + grants, keys2=ring("p256-other"))
    add(c, "key-24-key-of-another-issuer-no-kid", "KEY-24", "The same without a kid.", "bad-signature", token=by(payload=other, kid=False),
        conf=TWO + grants, keys2=ring("p256-other"))
    add(c, "key-25-same-kid-issuer-a-for-b", "KEY-25 KEY-24", "Both issuers have a key of this kid; A's signs for B.", "bad-signature",
        token=by(payload=other), conf=TWO + grants, keys2=same)
    add(c, "key-25-same-kid-own-key", "KEY-25", "Each kid means the key of its own issuer.", "ok\ngrant='b'",
        token=by("p256-other", payload=other, header={"alg": "ES256", "kid": "p256"}), conf=TWO + grants, keys2=same)
    add(c, "clm-18-same-sub-of-another-issuer", "CLM-18", "alice of an issuer that no grant names is not alice.", "no-grant",
        token=by("p256-other", payload=other), conf=TWO + "[grant/a]\nissuer = acme\n", keys2=ring("p256-other"))
    for name, iss, expect in [("unknown", "https://evil.example", "unknown-issuer"), ("metadata-address", "http://169.254.169.254/", "unknown-issuer"),
                              ("path", "../../etc/passwd", "unknown-issuer"), ("slash", ISSUER + "/", "unknown-issuer"),
                              ("prefix", ISSUER[:-1], "unknown-issuer"), ("suffix", ISSUER + ".evil.example", "unknown-issuer"),
                              ("upper", ISSUER.upper(), "unknown-issuer"), ("section-name", "acme", "unknown-issuer"),
                              ("empty", "", "unknown-issuer"), ("array", [ISSUER], "claim-type"), ("number", 1, "claim-type"), ("missing", None, "claim-missing"),
                              ("null", NULL, "claim-missing")]:
        add(c, f"clm-10-iss-{name}", "CLM-10 KEY-26", f"iss {iss!r}: no key set is even looked at.", f"{expect}\nstage=", claims(iss=iss))
    for name, section, piece in [("audience-empty", "audience =", "audience"), ("issuer-empty", "issuer =", "issuer")]:
        text = "\n".join(section if line.startswith(section.split()[0] + " ") and i < 4 else line for i, line in enumerate(CONF.split("\n")))
        add(c, f"clm-15-{name}", "CLM-15", "An empty value in the configuration equals no claim: it is an error.", f"config\n{piece}", conf=text)
    add(c, "clm-15-audience-missing", "CLM-11 CLM-15", "An issuer without an audience.", "config\naudience",
        conf=CONF.replace(f"audience = {AUDIENCE}\n", ""))


def claims_of_the_policy(c):
    add(c, "clm-01-no-exp", "CLM-01", "A token without exp.", "claim-missing\nexp", claims(exp=None))
    add(c, "clm-02-expired", "CLM-02", "A token that has expired, leeway included; the whole line.",
        f"expired\nresult=deny reason=expired stage=claims user='alice' service='sshd' rhost='192.0.2.7' iss='{ISSUER}' sub='alice' "
        f"kid='p256' alg='ES256' jti='' grant='' detail='exp {NOW + 300}, now {NOW + 330}'", now=str(NOW + 330))
    add(c, "clm-02-last-second", "CLM-02 CLM-24", "The last second, leeway (default 30 s) included.", "ok", now=str(NOW + 329))
    add(c, "clm-05-lifetime", "CLM-05", "max_lifetime.", "lifetime", claims(exp=NOW + 7200), conf=conf(issuer="max_lifetime = 1h\n"))
    add(c, "clm-11-aud-missing", "CLM-11", "No aud.", "claim-missing\naud", claims(aud=None))
    add(c, "clm-14-aud-of-another-host", "CLM-14 CLM-13", "A token for the next host.", "bad-audience\nssh://", claims(aud="ssh://host2.example"))
    add(c, "clm-19-typ", "CLM-19 HDR-21", "typ is required.", "bad-typ", conf=conf(issuer="typ = at+jwt\n"))
    for name, more, expect in [("missing", {}, "claim-missing\njti"), ("null", {"jti": "j1", "nonce": NULL}, "claim-missing\nnonce"),
                               ("one-of-two", {"jti": "j1"}, "claim-missing\nnonce"), ("there", {"jti": "j1", "nonce": "n"}, "ok")]:
        add(c, f"clm-20-require-{name}", "CLM-20", f"The issuer requires jti and nonce; the token has {sorted(more)}.", expect, claims(**more),
            conf=conf(issuer="require = jti nonce\n"))
    add(c, "clm-19-azp", "CLM-19", "azp is required.", "bad-client", claims(azp="evil"), conf=conf(issuer="azp = good\n"))
    add(c, "clm-19-client-credentials", "CLM-19", "A token of a machine (sub is a client id) opens no login of that name.", "no-grant\nstaff",
        claims(sub="aW4Cca79xReLWUz0aE2H6kD0O3cXBVtC@clients", gty="client-credentials"))
    add(c, "clm-16-sub-missing", "CLM-16", "The user claim is absent.", "no-grant", claims(sub=None))
    for name, value, expect in [("number", 1000, "claim-type"), ("zero", 0, "claim-type"), ("array", ["alice"], "claim-type"),
                                ("empty", "", "claim-type"), ("long", "a" * 257, "no-grant"), ("object", {}, "claim-type"), ("true", True, "claim-type")]:
        add(c, f"clm-16-sub-{name}", "CLM-16 USR-07", f"sub is {str(value)[:20]!r}.", expect, claims(sub=value))
    for name, value in [("number", 1000), ("array", ["alice"]), ("array-of-two", ["bob", "alice"]), ("empty", ""), ("true", True), ("object", {"alice": 1})]:
        add(c, f"clm-20-user-claim-{name}", "CLM-20 USR-16", "The claim that names the user is not a string.", "no-grant", claims(preferred_username=value),
            conf=conf(grant="user = %{preferred_username}"))
    groups = conf(grant="match.groups = linux-users")
    for name, value, expect in [("array", ["x", "linux-users"], "ok"), ("string", "linux-users", "ok"), ("comma-list", "x,linux-users", "no-grant"),
                                ("blank-list", "x linux-users", "no-grant"), ("object", {"linux-users": True}, "no-grant"), ("prefix", ["linux-user"], "no-grant"),
                                ("suffix", ["linux-users2"], "no-grant"), ("case", ["Linux-Users"], "no-grant"), ("nested", [["linux-users"]], "no-grant"),
                                ("missing", None, "no-grant"), ("null", NULL, "no-grant"), ("empty", [], "no-grant"), ("true", True, "no-grant")]:
        add(c, f"usr-16-groups-{name}", "USR-16 CLM-20", f"groups is {value!r}.", f"{expect}" + ("\ngroups" if expect == "no-grant" else ""),
            claims(groups=value), conf=groups)
    add(c, "clm-21-groups-in-another-case", "CLM-21", "Groups is not groups.", "no-grant", claims(Groups=["linux-users"]), conf=groups)
    add(c, "clm-20-pointer-is-not-a-name", "CLM-20", "A claim named like a path is not the path.", "no-grant", claims(**{"/realm_access/roles": ["deploy"]}),
        conf=conf(grant="match./realm_access/roles = deploy"))
    add(c, "clm-20-pointer", "CLM-20", "The path itself.", "ok", claims(realm_access={"roles": ["x", "deploy"]}), conf=conf(grant="match./realm_access/roles = deploy"))
    add(c, "clm-20-dots-are-no-path", "CLM-20", "A dot in a name is a dot.", "no-grant", claims(realm_access={"roles": "deploy"}),
        conf=conf(grant="match.realm_access.roles = deploy"))


def users(c):
    add(c, "usr-01-other-user", "USR-01", "A token for alice, a login as root.", "no-grant\nuser='root'", user="root 0")
    add(c, "usr-01-other-user-bob", "USR-01", "A token for alice, a login as bob.", "no-grant", user="bob 1001")
    add(c, "usr-02-root-by-template", "USR-02", "sub root does not give root.", "system-account\ntemplate", claims(sub="root"), user="root 0")
    add(c, "usr-02-uid-0-by-another-name", "USR-02", "toor is uid 0 too.", "system-account", claims(sub="toor"), user="toor 0")
    add(c, "usr-02-root-spelt", "USR-02", "A grant that spells root.", "ok", claims(sub="alice"), user="root 0", conf=conf(grant="user = root"))
    add(c, "usr-02-root-by-capture", "USR-02", "A capture never spells.", "system-account", claims(sub="x:root"), user="root 0",
        conf=conf(grant="match.sub = regex:x:(.*)\nuser = \\1"))
    for name, user, sub, expect in [("daemon", "daemon 1", "daemon", "system-account"), ("uid-999", "svc 999", "svc", "system-account"),
                                    ("uid-1000", "alice 1000", "alice", "ok"), ("nobody", "nobody 65534", "nobody", "system-account"),
                                    ("dynamic", "dyn 61184", "dyn", "system-account"), ("dynamic-last", "dyn 65519", "dyn", "system-account"),
                                    ("behind-dynamic", "dyn 65520", "dyn", "ok"), ("before-dynamic", "dyn 61183", "dyn", "ok"),
                                    ("last-uid", "max 4294967295", "max", "system-account")]:
        add(c, f"usr-03-{name}", "USR-03", f"{user}.", expect, claims(sub=sub), user=user)
    for name, sub, user in [("dotless-i", "m\u0131ke", "mike"), ("case", "Alice", "alice"), ("fullwidth", "\uff41lice", "alice"), ("cyrillic", "\u0430lice", "alice"),
                            ("combining", "ali\u0301ce", "al\u00edce"), ("zero-width", "ali\u200bce", "alice")]:
        add(c, f"usr-04-{name}", "USR-04", "Characters that look alike or fold to each other are different.", "no-grant", claims(sub=sub), user=f"{user} 1000")
    mail = "user = %{upn}\nstrip_suffix = @acme.example"
    for name, upn, expect in [("good", "alice@acme.example", "ok"), ("other-domain", "alice@evil.example", "no-grant"), ("sub-domain", "alice@x.acme.example", "no-grant"),
                              ("longer", "alice@acme.example.evil", "no-grant"), ("two-at", "alice@evil@acme.example", "no-grant"), ("none", "alice", "no-grant"),
                              ("twice", "alice@acme.example@acme.example", "no-grant"), ("case", "alice@ACME.example", "no-grant"), ("only", "@acme.example", "no-grant")]:
        add(c, f"usr-05-suffix-{name}", "USR-05", f"upn {upn}, strip_suffix @acme.example.", expect, claims(upn=upn), conf=conf(grant=mail))
    add(c, "usr-05-suffix-two-at-and-such-a-user", "USR-05", "A name with a second @ is refused, even if such a user exists.", "no-grant",
        claims(upn="alice@evil@acme.example"), conf=conf(grant=mail), user="alice@evil 1000")
    for name, bad in [("path", "../x"), ("slash", "a/b"), ("dash", "-x"), ("colon", "a:b"), ("blank", "a b"), ("newline", "a\nb"), ("dot", ".x"), ("tab", "a\tb")]:
        add(c, f"usr-06-{name}", "USR-06", f"The name {bad!r} is not accepted, even if NSS knows it.", "bad-user", claims(sub=bad), user=f"{bad} 1000")
    add(c, "usr-06-dots-and-at-are-names", "USR-06", "first.last@ad.example is a name of SSSD.", "ok", claims(sub="first.last@ad.example"), user="first.last@ad.example 1000")
    for name in ("0", "1000", "-1", "4294967295", "00"):
        add(c, f"usr-07-digits-{name}", "USR-07", f"The name {name} would be taken for a uid.", "bad-user", claims(sub=name), user=f"{name} 1000")
    email = conf(grant="user = %{email}")
    for name, verified, expect in [("true", True, "ok"), ("false", False, "email-unverified"), ("missing", None, "email-unverified"), ("string", "true", "email-unverified"),
                                   ("one", 1, "email-unverified"), ("null", NULL, "email-unverified")]:
        add(c, f"usr-09-email-verified-{name}", "USR-09", f"email_verified is {verified!r}.", expect, claims(email="alice", email_verified=verified), conf=email)
    add(c, "usr-09-email-in-match", "USR-09", "email in a match needs it as well.", "email-unverified", claims(email="a@acme.example"), conf=conf(grant="match.email = a@acme.example"))
    add(c, "usr-09-email-trusted", "USR-09", "An issuer whose email is trusted.", "ok", claims(email="alice"), conf=conf(grant="user = %{email}", issuer="email_trusted = yes\n"))
    add(c, "usr-11-unknown-user", "USR-11", "A user who does not exist here; the line does not print the name.", "unknown-user\nuser='?'", user="alice")
    add(c, "usr-12-log-injection", "USR-12", "Newline, quote, escape and % in a claim.",
        "no-grant\nsub='al\\x27\\x0aice \\x1b[31m%n\\x5c'\nuser='alice'", claims(sub="al'\nice \x1b[31m%n\\"))
    add(c, "usr-12-log-injection-unverified", "USR-12", "The same in a token whose signature does not hold.", "bad-signature\nclaimed_sub='\\x0aresult=allow'",
        token=by("p256-other", payload=claims(sub="\nresult=allow"), header={"alg": "ES256", "kid": "p256"}))
    add(c, "usr-13-the-line-has-no-token", "USR-13", "What the line may hold: words and claims, never the token.", "bad-signature\nclaimed_kid='p256'\nwithout eyJ",
        token=by("p256-other", header={"alg": "ES256", "kid": "p256"}))
    add(c, "key-07-kid-in-the-log", "KEY-07 USR-12", "A kid that would break the line.", "unknown-kid\nclaimed_kid='\\x27 result=allow\\x0a'",
        token=by(header={"alg": "ES256", "kid": "' result=allow\n"}))


def services(c):
    sudo = "[service/sudo]\nalso = sudo-i\nmax_age = 5m\naudience = sudo://host.example\nmatch.acr = mfa\n"
    both = conf(grant="services = sshd sudo sudo-i", more=sudo)
    good = dict(aud=[AUDIENCE, "sudo://host.example"], auth_time=NOW - 299, acr="mfa")
    add(c, "pam-25-good", "PAM-25", "Everything that sudo requires.", "ok", claims(**good), conf=both, service="sudo")
    add(c, "pam-25-token-for-ssh-at-sudo", "PAM-25 CLM-13", "A token for ssh at sudo.", "bad-audience\nsudo://", claims(**{**good, "aud": AUDIENCE}), conf=both, service="sudo")
    add(c, "pam-25-also", "PAM-25 REV-09", "sudo-i has the requirements of sudo.", "bad-audience", claims(**{**good, "aud": AUDIENCE}), conf=both, service="sudo-i")
    add(c, "rev-09-unnamed-service", "REV-09", "A service that nothing names.", "service\nsu", conf=both, service="su")
    add(c, "rev-09-default-is-sshd", "REV-09", "A grant without services is for sshd only.", "service\nsudo", service="sudo")
    add(c, "rev-10-no-auth-time", "REV-10 CLM-08", "max_age needs auth_time; iat does not count.", "claim-missing\nauth_time", claims(**{**good, "auth_time": None}), conf=both, service="sudo")
    add(c, "rev-10-auth-time-string", "REV-10", "auth_time is a string.", "claim-type\nauth_time", claims(**{**good, "auth_time": str(NOW)}), conf=both, service="sudo")
    add(c, "rev-10-too-old", "REV-10", "A login at the issuer five minutes and more ago, leeway included.", "too-old", claims(**{**good, "auth_time": NOW - 331}), conf=both, service="sudo")
    add(c, "rev-10-future", "REV-10", "A login in the future.", "issued-in-future\nauth_time", claims(**{**good, "auth_time": NOW + 31}), conf=both, service="sudo")
    add(c, "rev-10-absurd", "REV-10", "A login after the year 9999.", "claim-type\nauth_time", claims(**{**good, "auth_time": 2**62}), conf=both, service="sudo")
    age = conf(grant="services = sudo", more="[service/sudo]\nmax_token_age = 5m\n")
    add(c, "clm-23-max-token-age", "CLM-23 CLM-08", "max_token_age counts from iat.", "too-old\niat", claims(iat=NOW - 331), conf=age, service="sudo")
    add(c, "clm-23-max-token-age-no-iat", "CLM-23 CLM-08", "max_token_age and no iat.", "claim-missing\niat", claims(iat=None), conf=age, service="sudo")
    add(c, "service-match", "CLM-20", "A claim that the service requires.", "service-match\nacr", claims(**{**good, "acr": "pwd"}), conf=both, service="sudo")
    add(c, "service-match-missing", "CLM-20", "A claim that the service requires is missing.", "service-match\nacr", claims(**{**good, "acr": None}), conf=both, service="sudo")


def keys(c):
    add(c, "key-11-kid-twice", "KEY-11", "Two keys of one kid in the issuer's file.", "bad-key\nkid", keys=jwks(public(KEYS["p256"]), public(KEYS["p256-other"], kid="p256"), public(KEYS["rsa"])))
    add(c, "key-13-mixed-file", "KEY-13", "HMAC and public keys in one file.", "bad-keyset", keys=ring("hs256", "p256"))
    add(c, "key-20-empty-file", "KEY-20", "A key file without keys.", "bad-keyset", keys="{}")
    add(c, "key-28-hmac", "KEY-28", "HMAC, named, with a local key that is long enough.", "ok\nalg='HS256'", token=by("hs256", "HS256"), keys=ring("hs256"), conf=conf(issuer="algorithms = HS256\n"))
    add(c, "sig-01-payload", "SIG-01", "A payload that was not signed: fields are claimed only, the whole line.",
        "bad-signature\nresult=deny reason=bad-signature stage=verify user='alice' service='sshd' rhost='192.0.2.7' claimed_iss='https://issuer.example' "
        "claimed_sub='alice' claimed_kid='p256' claimed_alg='ES256' claimed_jti='' grant='' detail='the ES256 signature is not valid'",
        token=jose.join({"alg": "ES256", "kid": "p256"}, claims(), b"\x01" * 64))
    add(c, "prs-01-no-token", "PRS-01", "Nothing of a token that is none is shown.", "malformed\nclaimed_iss=''", token="a.b")


def make(c):
    for topic in ("login", "proof"):
        c.default(topic, conf=CONF, user="alice 1000", service="sshd", rhost="192.0.2.7")
    algorithms(c)
    issuers(c)
    claims_of_the_policy(c)
    users(c)
    services(c)
    keys(c)
