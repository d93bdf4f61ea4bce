"""CLM: claims (docs/attacks.md section 4). Every token here is well signed."""
import jose
from jose import compact_json
from kit import AUDIENCE, ISSUER, KEYS, NOW, NULL, claims, signed

POLICY = f"issuer {ISSUER}\naudience {AUDIENCE}"
DECODE = "if_present"  # as `pamjwt decode` without options


def text(**raw):
    """The usual claims with some given as JSON text, for what Python's json would not write."""
    body = compact_json(claims(**{name: None for name in raw}))[:-1]
    return body + "".join(f',"{name}":{value}' for name, value in raw.items()) + "}"


def case(c, name, ids, about, expect, payload, options=None, now=None):
    c.add(f"claims/{name}", about, expect, ids, token=signed(payload), options=options,
          now=None if now is None else str(now))


def times(c):
    case(c, "clm-01-no-exp", "CLM-01", "A token without exp never ends.", "claim-missing\nexp", claims(exp=None))
    case(c, "clm-01-no-exp-decode", "CLM-01", "decode checks exp when it is there, as PyJWT does.", "ok",
         claims(exp=None, aud=None), DECODE)
    exp = NOW + 300
    for name, now, leeway, expect in [("one-second-before", exp - 1, 0, "ok"), ("exactly", exp, 0, "expired"),
                                      ("one-second-after", exp + 1, 0, "expired"),
                                      ("leeway-last-second", exp + 29, 30, "ok"),
                                      ("leeway-over", exp + 30, 30, "expired"), ("years-after", 2**33, 30, "expired")]:
        case(c, f"clm-02-exp-{name}", "CLM-02", f"now - exp = {now - exp}, leeway {leeway}: valid means now < exp + leeway.",
             expect + (f"\nexp {exp}" if expect == "expired" else ""), claims(), f"{POLICY}\nleeway {leeway}", now)
    case(c, "clm-02-exp-decode", "CLM-02", "decode refuses an expired token too.", "expired", claims(aud=None), DECODE,
         exp)
    case(c, "clm-02-exp-skipped", "CLM-02", "exp skipped on request.", "ok", claims(), f"{POLICY}\nskip exp", exp + 9)
    wrong = {"string": '"1700000300"', "true": "true", "false": "false", "null": "null", "array": "[1700000300]",
             "object": '{"a":1}', "empty-string": '""', "string-never": '"99999999999"'}
    for claim, ids in (("exp", "CLM-03"), ("nbf", "CLM-07"), ("iat", "CLM-08")):
        for name, value in wrong.items():
            case(c, f"{ids.lower()}-{claim}-{name}", ids, f"{claim} is {value}: no number.", f"claim-type\n{claim}",
                 text(**{claim: value}))
            if claim == "exp":
                case(c, f"{ids.lower()}-{claim}-{name}-decode", ids, "The same for decode.", f"claim-type\n{claim}",
                     text(aud=f'"{AUDIENCE}"', exp=value), f"{DECODE}\naudience {AUDIENCE}")
    for claim, ids in (("exp", "CLM-04"), ("nbf", "CLM-04 CLM-07"), ("iat", "CLM-04 CLM-08")):
        for name, value in {"1e300": "1e300", "negative": "-1", "minus-half": "-0.5", "year-10000": "253402300800",
                            "year-10000-float": "253402300800.0", "2-63-1": "9223372036854775807",
                            "min": "-9223372036854775808"}.items():
            more = " CLM-06" if name == "2-63-1" else ""
            case(c, f"clm-04-{claim}-{name}", ids + more, f"{claim} is {value}: out of range.",
                 f"claim-type\n{claim}", text(**{claim: value}))
    case(c, "clm-04-exp-fraction", "CLM-04", "A NumericDate may have a fraction (RFC 7519 section 2).", "ok",
         text(exp=f"{NOW}.5"), now=NOW - 1)
    case(c, "clm-04-exp-fraction-over", "CLM-04", "exp is rounded down: now counts as a whole second.",
         f"expired\nexp {NOW}", text(exp=f"{NOW}.5"), now=NOW)
    case(c, "clm-04-exp-exponent", "CLM-04", "An integer written with an exponent.", "ok", text(exp="17000003e2"))
    case(c, "clm-04-exp-minus-zero", "CLM-04", "-0 is 0, which has passed.", "expired", text(exp="-0"))
    case(c, "clm-04-exp-zero", "CLM-04", "exp 0 is not \"no exp\".", "expired", text(exp="0"))
    case(c, "clm-04-exp-zero-decode", "CLM-04", "exp 0 is not \"no exp\" for decode either.", "expired",
         text(exp="0", aud=f'"{AUDIENCE}"'), f"{DECODE}\naudience {AUDIENCE}")
    case(c, "clm-04-exp-zero-float", "CLM-04", "exp 0.0.", "expired", text(exp="0.0"))
    case(c, "clm-04-exp-1e400", "CLM-04", "A number whose double is infinite.", "bad-json", text(exp="1e400"))
    case(c, "clm-04-exp-last-second-of-9999", "CLM-04", "The last second that a claim may name.", "ok",
         text(exp="253402300799"))
    case(c, "clm-05-exp-milliseconds", "CLM-05", "exp in milliseconds: in the year 55840.", "claim-type\nexp",
         text(exp=str((NOW + 300) * 1000)))
    case(c, "clm-05-lifetime-from-iat", "CLM-05", "A token for 26 hours where 24 are allowed.", "lifetime",
         claims(iat=NOW - 3600, exp=NOW + 25 * 3600), f"{POLICY}\nmax_lifetime 86400")
    case(c, "clm-05-lifetime-exactly", "CLM-05", "A token for exactly 24 hours.", "ok",
         claims(iat=NOW - 3600, exp=NOW + 23 * 3600), f"{POLICY}\nmax_lifetime 86400")
    case(c, "clm-05-lifetime-one-second-over", "CLM-05", "A token for 24 hours and a second.", "lifetime",
         claims(iat=NOW - 3600, exp=NOW + 23 * 3600 + 1), f"{POLICY}\nmax_lifetime 86400")
    case(c, "clm-05-lifetime-without-iat", "CLM-05", "Without iat the life is counted from now.", "lifetime",
         claims(iat=None, exp=NOW + 86401), f"{POLICY}\nmax_lifetime 86400")
    case(c, "clm-05-lifetime-without-iat-exactly", "CLM-05", "Without iat, exactly 24 hours from now.", "ok",
         claims(iat=None, exp=NOW + 86400), f"{POLICY}\nmax_lifetime 86400")
    for name, value in {"2-63": str(2**63), "2-64": str(2**64), "nines": "9" * 30, "minus-2-63-1": str(-2**63 - 1)
                        }.items():
        case(c, f"clm-06-exp-{name}", "CLM-06 PRS-17", "json-c would saturate to the largest number: a token for ever.",
             "bad-json", text(exp=value))
    case(c, "clm-06-leeway-does-not-overflow", "CLM-06 CLM-09", "The largest exp with a large leeway.", "ok",
         text(exp="253402300799"), f"{POLICY}\nleeway 9223372036854775", 253402300799)
    for name, nbf, leeway, expect in [("future", NOW + 1, 0, "not-yet-valid"), ("now", NOW, 0, "ok"),
                                      ("leeway", NOW + 30, 30, "ok"), ("leeway-over", NOW + 31, 30, "not-yet-valid"),
                                      ("past", 0, 0, "ok"), ("far", 253402300799, 30, "not-yet-valid")]:
        case(c, f"clm-07-nbf-{name}", "CLM-07", f"nbf - now = {nbf - NOW}, leeway {leeway}: valid from now >= nbf - leeway.",
             expect + (f"\nnbf {nbf}" if expect != "ok" else ""), claims(nbf=nbf), f"{POLICY}\nleeway {leeway}")
    case(c, "clm-07-nbf-fraction", "CLM-07", "nbf half a second from now has not come.", "not-yet-valid",
         text(nbf=f"{NOW}.5"))
    case(c, "clm-07-nbf-decode", "CLM-07", "decode looks at nbf too.", "not-yet-valid",
         claims(nbf=NOW + 1, aud=None), DECODE)
    case(c, "clm-07-nbf-skipped", "CLM-07", "nbf skipped on request.", "ok", claims(nbf=NOW + 9), f"{POLICY}\nskip nbf")
    for name, iat, leeway, expect in [("future", NOW + 1, 0, "issued-in-future"), ("now", NOW, 0, "ok"),
                                      ("leeway", NOW + 30, 30, "ok"), ("leeway-over", NOW + 31, 30, "issued-in-future"),
                                      ("missing", None, 0, "ok"), ("very-old", 1, 0, "ok")]:
        case(c, f"clm-08-iat-{name}", "CLM-08", f"iat {iat}, leeway {leeway}.", expect, claims(iat=iat),
             f"{POLICY}\nleeway {leeway}")
    case(c, "clm-08-iat-very-old-with-max-lifetime", "CLM-08 CLM-05", "An old iat makes the life long.", "lifetime",
         claims(iat=1), f"{POLICY}\nmax_lifetime 86400")
    case(c, "clm-08-iat-fraction", "CLM-08", "iat half a second from now is rounded down.", "ok", text(iat=f"{NOW}.5"))
    case(c, "clm-08-iat-skipped", "CLM-08", "iat skipped on request.", "ok", claims(iat=NOW + 9), f"{POLICY}\nskip iat")
    case(c, "clm-08-iat-required", "CLM-08", "iat is required and missing.", "claim-missing\niat", claims(iat=None),
         f"{POLICY}\nrequire iat")
    case(c, "clm-09-after-2038", "CLM-09", "Seconds beyond 2^31.", "ok", claims(iat=2**31 + 5, exp=2**31 + 99),
         now=2**31 + 10)
    case(c, "clm-09-after-2038-expired", "CLM-09", "2^32 + 1 is not 1.", "expired", claims(exp=2**32 + 1), now=2**32 + 1)
    case(c, "clm-09-after-2106", "CLM-09", "Seconds beyond 2^32.", "ok", claims(exp=2**32 + 2), now=2**32 + 1)
    case(c, "clm-09-clock-at-zero", "CLM-09 CLM-08", "A clock that was never set: the token comes from the future.",
         "issued-in-future", claims(), now=0)
    case(c, "clm-09-clock-before-1970", "CLM-09", "A clock before 1970.", "issued-in-future", claims(), now=-1)
    case(c, "clm-24-good-a-moment-ago", "CLM-24", "The same token a second before its end.", "ok", claims(), now=exp - 1)


def names(c):
    rows = {"missing": (None, "claim-missing"), "array": ([ISSUER], "claim-type"), "number": (1, "claim-type"),
            "null": (NULL, "claim-type"), "object": ({}, "claim-type"), "true": (True, "claim-type"),
            "empty": ("", "claim-type"), "prefix": (ISSUER[:-1], "bad-issuer"), "suffix": (ISSUER + ".evil.example", "bad-issuer"),
            "substring": ("issuer", "bad-issuer"), "upper": (ISSUER.upper(), "bad-issuer"),
            "trailing-slash": (ISSUER + "/", "bad-issuer"), "blank-behind": (ISSUER + " ", "bad-issuer"),
            "http": (ISSUER.replace("https", "http"), "bad-issuer"), "port": (ISSUER + ":443", "bad-issuer"),
            "first-letter": (ISSUER[:1], "bad-issuer")}
    for name, (value, expect) in rows.items():
        case(c, f"clm-10-iss-{name}", "CLM-10", f"iss is {value!r}.", f"{expect}\niss", claims(iss=value))
    case(c, "clm-10-iss-skipped", "CLM-10", "iss skipped on request.", "ok", claims(iss="x"), f"{POLICY}\nskip iss")
    case(c, "clm-10-iss-decode-not-asked", "CLM-10", "decode without --issuer does not compare iss.", "ok",
         claims(iss="x", aud=None), DECODE)
    case(c, "clm-10-iss-decode-asked-and-missing", "CLM-10", "decode --issuer and no iss.", "claim-missing\niss",
         claims(iss=None, aud=None), f"{DECODE}\nissuer {ISSUER}")
    rows = {"missing": (None, "claim-missing"), "empty": ("", "claim-type"), "empty-array": ([], "claim-type"),
            "object": ({}, "claim-type"), "zero": (0, "claim-type"), "null": (NULL, "claim-type"),
            "false": (False, "claim-type"), "array-of-empty": ([""], "claim-type"), "ours-and-empty": ([AUDIENCE, ""], "claim-type")}
    for name, (value, expect) in rows.items():
        case(c, f"clm-11-aud-{name}", "CLM-11", f"aud is {value!r}.", f"{expect}\naud", claims(aud=value))
    for name, value in {"empty": "", "empty-array": [], "zero": 0, "false": False, "null": NULL, "object": {}}.items():
        case(c, f"clm-11-aud-decode-{name}", "CLM-11", f"decode without --audience, aud is {value!r}: present, so checked.",
             "claim-type\naud", claims(aud=value), DECODE)
    case(c, "clm-11-aud-decode-not-asked", "CLM-11", "decode of a token with aud needs --audience.", "bad-audience\naud",
         claims(), DECODE)
    case(c, "clm-11-aud-decode-asked-and-missing", "CLM-11", "decode --audience and no aud.", "claim-missing\naud",
         claims(aud=None), f"{DECODE}\naudience {AUDIENCE}")
    case(c, "clm-11-no-audience-configured", "CLM-11", "A policy without an audience accepts no token.", "bad-audience",
         claims(), f"issuer {ISSUER}")
    case(c, "clm-11-aud-skipped", "CLM-11", "aud skipped on request.", "ok", claims(aud=None), f"{POLICY}\nskip aud")
    for name, value in {"number": [AUDIENCE, 1], "null": [AUDIENCE, None], "nested": [[AUDIENCE]],
                        "nested-behind": [AUDIENCE, [AUDIENCE]], "object": [AUDIENCE, {}]}.items():
        case(c, f"clm-12-aud-array-with-{name}", "CLM-12", f"aud is {value!r}: not all strings.", "claim-type\naud",
             claims(aud=value))
    case(c, "clm-12-aud-long-array", "CLM-12", "Many audiences, ours the last.", "ok",
         claims(aud=["a"] * 4000 + [AUDIENCE]))
    case(c, "clm-12-aud-long-array-without-ours", "CLM-12", "Many audiences, none ours.", "bad-audience",
         claims(aud=["a"] * 4000))
    case(c, "clm-13-aud-several", "CLM-13", "One of several audiences is ours.", "ok", claims(aud=["other", AUDIENCE]))
    case(c, "clm-13-policy-several", "CLM-13", "One of several audiences of the policy.", "ok", claims(aud="b"),
         f"issuer {ISSUER}\naudience a b")
    for name, value in {"prefix": AUDIENCE[:-1], "suffix": AUDIENCE + "x", "case": AUDIENCE.upper(),
                        "substring": "host", "blank": AUDIENCE + " ", "list-in-a-string": f"other {AUDIENCE}",
                        "comma-list": f"other,{AUDIENCE}", "slash": AUDIENCE + "/"}.items():
        case(c, f"clm-14-aud-{name}", "CLM-14", f"aud is {value!r}.", "bad-audience\naud", claims(aud=value))
        case(c, f"clm-14-aud-{name}-in-array", "CLM-14", f"aud is [{value!r}].", "bad-audience\naud", claims(aud=[value]))
    case(c, "clm-16-sub-required", "CLM-16", "sub is required and missing.", "claim-missing\nsub", claims(sub=None),
         f"{POLICY}\nrequire sub")
    for name, value in {"number": 1000, "zero": 0, "array": ["alice"], "true": True, "object": {}, "null": NULL, "empty": ""}.items():
        case(c, f"clm-16-sub-{name}", "CLM-16", f"sub is {value!r}, no string or an empty one.", "claim-type\nsub", claims(sub=value))
    for name, value in {"other": "bob", "prefix": "alic", "suffix": "alicex", "case": "Alice"}.items():
        case(c, f"clm-16-subject-asked-{name}", "CLM-16", f"--subject alice and sub {value!r}.", "bad-subject\nsub",
             claims(sub=value), f"{POLICY}\nsubject alice")
    case(c, "clm-16-subject-asked-good", "CLM-16", "--subject alice and sub alice.", "ok", claims(),
         f"{POLICY}\nsubject alice")
    case(c, "clm-16-subject-asked-missing", "CLM-16", "--subject alice and no sub.", "claim-missing\nsub",
         claims(sub=None), f"{POLICY}\nsubject alice")
    for name, value in {"number": 1, "null": NULL, "array": [], "empty": ""}.items():
        case(c, f"clm-17-jti-{name}", "CLM-17", f"jti is {value!r}, no string.", "claim-type\njti", claims(jti=value))
    case(c, "clm-17-jti-required", "CLM-17", "jti is required and missing.", "claim-missing\njti", claims(),
         f"{POLICY}\nrequire jti")
    case(c, "clm-17-jti-required-present", "CLM-17", "jti is required and present.", "ok", claims(jti="x"),
         f"{POLICY}\nrequire jti")
    case(c, "clm-17-jti-required-null", "CLM-17", "jti is required and JSON null.", "claim-type\njti", claims(jti=NULL),
         f"{POLICY}\nrequire jti")
    case(c, "clm-20-required-other-claim", "CLM-20", "A required claim of any name is missing.", "claim-missing\nacr", claims(),
         f"{POLICY}\nrequire acr")
    case(c, "clm-20-required-is-null", "CLM-20", "A required claim that is null counts as missing.", "claim-missing\nacr", claims(acr=NULL),
         f"{POLICY}\nrequire acr")
    clients = f"{POLICY}\nclients good other"
    rows = {"azp": ({"azp": "good"}, "ok"), "azp-other": ({"azp": "other"}, "ok"), "azp-wrong": ({"azp": "evil"}, "bad-client"),
            "client-id": ({"client_id": "good"}, "ok"), "client-id-wrong": ({"client_id": "evil"}, "bad-client"),
            "azp-goes-first": ({"azp": "evil", "client_id": "good"}, "bad-client"), "none": ({}, "claim-missing"),
            "azp-number": ({"azp": 1, "client_id": "good"}, "claim-type"), "azp-array": ({"azp": ["good"]}, "claim-type"),
            "azp-null": ({"azp": NULL, "client_id": "good"}, "claim-type"), "azp-empty": ({"azp": ""}, "claim-type"),
            "client-id-number": ({"client_id": 1}, "claim-type")}
    for name, (more, expect) in rows.items():
        case(c, f"clm-19-clients-{name}", "CLM-19", f"Only good and other may bring tokens; this one: {more}.",
             expect, claims(**more), clients)
    for name, more in {"Exp": {"Exp": NOW + 300, "exp": None}, "EXP": {"EXP": NOW + 300, "exp": None},
                       "Iss": {"Iss": ISSUER, "iss": None}, "Aud": {"Aud": AUDIENCE, "aud": None}}.items():
        case(c, f"clm-21-{name.lower()}-{'upper' if name.isupper() else 'capital'}", "CLM-21",
             f"{name} is another claim than {name.lower()}.", f"claim-missing\n{name.lower()}", claims(**more))
    for name, value in {"jwk": {"jwk": {"kty": "EC"}}, "jkt": {"jkt": "x"}, "x5t": {"x5t#S256": "x"}, "empty": {},
                        "null": NULL, "string": "x", "false": False}.items():
        case(c, f"bound-cnf-{name}", "", f"cnf is {value!r}: bound to a key whose proof is not here.", "bound\ncnf",
             claims(cnf=value))


def orders(c):
    """The signature is judged before any claim: what a forged token would say is never looked at."""
    for name, body in {"expired": claims(exp=1), "other-issuer": claims(iss="x"), "wrong-type": claims(exp="x"),
                       "bound": claims(cnf={})}.items():
        c.add(f"claims/clm-17-signature-before-{name}", "A bad signature is the reason, whatever the claims are.",
              "bad-signature", "CLM-17", token=jose.token(KEYS["p256-other"], {"alg": "ES256", "kid": "p256"}, body))


def make(c):
    times(c)
    names(c)
    orders(c)
