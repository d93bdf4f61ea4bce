"""PRS: parsing (docs/attacks.md section 3), and how json-c would read what our scanner refuses (section 0)."""
import jose
from jose import b64u, compact_json
from kit import KEYS, claims, signed

HEADER = {"alg": "ES256", "kid": "p256"}


def raw(payload):
    """A well signed token with exactly this payload."""
    return jose.token(KEYS["p256"], HEADER, payload)


def parts(c):
    good = signed().decode()
    h, p, s = good.split(".")
    rows = {"one-part": h, "two-parts": f"{h}.{p}", "four-parts": f"{good}.{s}", "five-parts": f"{good}.{s}.{s}",
            "trailing-dot": good + ".", "leading-dot": "." + good, "empty-header": f".{p}.{s}",
            "empty-payload": f"{h}..{s}", "empty-signature": f"{h}.{p}.", "only-dots": "..", "empty": "",
            "no-dots": h + p + s, "one-dot": ".", "dots-doubled": f"{h}..{p}.{s}"}
    for name, text in rows.items():
        c.add(f"parse/prs-01-{name}", "Not three parts, none of them empty.", "malformed", "PRS-01", token=text)
    c.add("parse/prs-02-dots-up-to-the-limit", "32768 dots.", "malformed", "PRS-02", token="." * 32768)
    c.add("parse/prs-02-dots-over-the-limit", "100000 dots.", "too-long", "PRS-02", token="." * 100000)
    for name, text in {"flattened": {"protected": h, "payload": p, "signature": s},
                       "general": {"payload": p, "signatures": [{"protected": h, "signature": s}]},
                       "unprotected-alg": {"payload": p, "header": {"alg": "ES256", "kid": "p256"}, "signature": s}
                       }.items():
        ids = "PRS-09 HDR-12" if name == "unprotected-alg" else "PRS-09"
        text = compact_json(text)
        c.add(f"parse/prs-09-json-{name}", "JSON serialization is not accepted, whatever it contains.", "malformed", ids,
              token=text)
    text = compact_json({"protected": h, "x": f"{p}.", "y": ".", "signature": s})
    c.add("parse/prs-09-json-with-two-dots", "CVE-2022-39227: an object whose dots number two.", "bad-base64url",
          "PRS-09", token=text)
    text = '{"  ' + h + '."x":"' + p + "." + s + '"}'
    c.add("parse/prs-09-polyglot", "A text that is JSON for one reader and a compact token for the next.",
          "bad-base64url", "PRS-09", token=text)


def letters(c):
    good = signed().decode()
    h, p, s = good.split(".")
    for part, (a, b, d) in {"header": ("{}", p, s), "payload": (h, "{}", s), "signature": (h, p, "{}")}.items():
        text = {"header": h, "payload": p, "signature": s}[part]
        put = lambda x: ".".join((a, b, d)).replace("{}", x)  # noqa: E731
        c.add(f"parse/prs-03-padding-in-{part}", "Padding at the end of a part.", "bad-base64url\nthe " + part, "PRS-03",
              token=put(text + "="))
        c.add(f"parse/prs-03-two-pads-in-{part}", "Two pads at the end of a part.", "bad-base64url\nthe " + part, "PRS-03",
              token=put(text + "=="))
        for name, char in {"blank": " ", "tab": "\t", "cr": "\r", "lf": "\n"}.items():
            c.add(f"parse/prs-05-{name}-in-{part}", "White space inside a part.", "bad-base64url\nthe " + part, "PRS-05",
                  token=put(text[:8] + char + text[8:]))
        for name, char in {"question": "?", "hash": "#", "backslash": "\\", "high": "\u00e4", "nul": "\x00",
                           "percent": "%41", "tilde": "~", "quote": "'", "brace": "{"}.items():
            c.add(f"parse/prs-06-{name}-in-{part}", "A character outside the alphabet, which a lax decoder would skip.",
                  "bad-base64url\nthe " + part, "PRS-06", token=put(text[:8] + char + text[8:]))
        c.add(f"parse/prs-08-stray-letter-in-{part}", "A length of 4n+1.", "bad-base64url\nthe " + part, "PRS-08",
              token=put(text + "A" * ((1 - len(text)) % 4 or 4)))
    c.add("parse/prs-04-plus-slash", "The alphabet of plain base64 (a payload with both characters).", "bad-base64url",
          "PRS-04", token=plain_alphabet())
    for name, ours, theirs in (("plus", "-", "+"), ("slash", "_", "/")):
        h = b64u(compact_json(HEADER).encode())
        p = b64u(compact_json(claims(x="?>~\u07ff" * 3, y="\u00fb\u00ff\u07bf>>>???")).encode())
        assert ours in p
        message = f"{h}.{p.replace(ours, theirs)}"
        c.add(f"parse/prs-04-{name}-alone", f"{theirs} for {ours} in the payload, and signed so.", "bad-base64url\nthe payload", "PRS-04",
              token=message + "." + b64u(jose.sign(KEYS["p256"], "ES256", message.encode())))
    c.add("parse/prs-05-blank-before", "A blank before the token.", "bad-base64url", "PRS-05", token=" " + good)
    c.add("parse/prs-05-blank-behind", "A blank after the token.", "bad-base64url", "PRS-05", token=good + " ")
    c.add("parse/prs-05-newline-behind", "A newline after the token: the prompt trims, the parser does not.",
          "bad-base64url", "PRS-05", token=good + "\n")
    c.add("parse/prs-05-crlf-behind", "CR LF after the token.", "bad-base64url", "PRS-05", token=good + "\r\n")
    c.add("parse/prs-05-bearer", "`Bearer ` in front.", "bad-base64url", "PRS-05", token="Bearer " + good)
    for part, i in (("header", 0), ("payload", 1), ("signature", 2)):
        c.add(f"parse/prs-07-spare-bits-in-{part}", "The same bytes in another spelling: a spare bit is set.",
              "bad-base64url\nthe " + part, "PRS-07 SIG-07", token=spare_bits(i))


def plain_alphabet():
    payload = compact_json(claims(x="\u00bf\u00fe\u00ff?>~~\u07ff"))
    for pad in range(8):
        text = jose.token(KEYS["p256"], HEADER, payload[:-1] + ',"y":"' + "a" * pad + "\u00fb\u00ff\u07bf" + '"}').decode()
        if "-" in text.split(".")[1] and "_" in text.split(".")[1]:
            return text.replace("-", "+").replace("_", "/")
    raise AssertionError("no payload with both letters")


def spare_bits(part):
    """A token whose part has spare bits, one of them set. Its signature is over this very spelling."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bump = lambda t: t[:-1] + alphabet[alphabet.index(t[-1]) + 1]  # noqa: E731
    for pad in range(1, 4):
        h = b64u(compact_json({**HEADER, "x": "a" * pad}).encode())
        p = b64u(compact_json(claims(x="a" * pad)).encode())
        if len([h, p, "AA"][part]) % 4:
            break
    h, p = (bump(h), p) if part == 0 else (h, bump(p)) if part == 1 else (h, p)
    s = b64u(jose.sign(KEYS["p256"], "ES256", f"{h}.{p}".encode()))
    return f"{h}.{p}.{bump(s) if part == 2 else s}"


def payloads(c):
    rows = {"array": ("[1]", "PRS-10"), "string": ('"x"', "PRS-10"), "number": ("1", "PRS-10"),
            "null": ("null", "PRS-10"), "text": ("hello world", "PRS-10"), "blank": (" ", "PRS-10"),
            "cut": ('{"iss":"https://issuer.example"', "PRS-10"), "two-objects": ("{}{}", "PRS-10")}
    body = compact_json(claims())
    inner = body[1:-1]
    for name, (text, ids) in rows.items():
        c.add(f"parse/{ids.lower()}-payload-{name}", "The payload is not a JSON object.", "bad-json\nclaims", ids,
              token=raw(text))
    for name in ("sub", "exp", "aud", "iss", "nbf", "x"):
        again = {"sub": '"root"', "exp": "1999999999", "aud": '"other"', "iss": '"https://other.example"',
                 "nbf": "1", "x": "1"}[name]
        first = {"nbf": ',"nbf":1', "x": ',"x":1'}.get(name, "")
        c.add(f"parse/prs-12-{name}-twice", f"{name} appears twice; json-c would take the last.",
              "bad-json\nclaims", "PRS-12", token=raw(f'{{{inner}{first},"{name}":{again}}}'))
    for name, spelling in {"escaped": "s\\u0075b", "escaped-upper": "\\u0073ub", "all-escaped": "\\u0073\\u0075\\u0062"
                           }.items():
        c.add(f"parse/prs-12-sub-twice-{name}", f'sub again, spelt "{spelling}".', "bad-json\nclaims", "PRS-12",
              token=raw(f'{{{inner},"{spelling}":"root"}}'))
    c.add("parse/prs-12-nested-twice", "A duplicate two levels down.", "bad-json\nclaims", "PRS-12",
          token=raw(f'{{{inner},"a":[{{"b":1,"b":2}}]}}'))
    c.add("parse/prs-12-same-name-in-two-objects", "The same name in two objects is not a duplicate.", "ok", "PRS-12",
          token=raw(f'{{{inner},"a":{{"sub":"x"}},"b":[{{"sub":"y"}},{{"sub":"z"}}]}}'))
    c.add("parse/prs-12-case-is-another-name", "Sub is not sub.", "ok", "PRS-12 CLM-21",
          token=raw(f'{{{inner},"Sub":"root","EXP":1}}'))
    nul = {"key": f'{{{inner},"sub\\u0000x":"root"}}', "value": body.replace('"alice"', '"root\\u0000x"'),
           "raw-value": body.replace('"alice"', '"ro\x00ot"'), "raw-behind": body + "\x00",
           "raw-between": body.replace(",", ",\x00", 1), "raw-behind-garbage": body + '\x00,"sub":"root"}'}
    for name, text in nul.items():
        c.add(f"parse/prs-13-nul-{name}", "A NUL, where C would see the end.", "bad-json\nclaims", "PRS-13 CLM-16",
              token=raw(text))
    bad = {"ff-fe": b"\xff\xfe", "overlong-slash": b"\xc0\xaf", "overlong-3": b"\xe0\x80\xaf",
           "overlong-4": b"\xf0\x80\x80\xaf", "surrogate": b"\xed\xa0\x80", "over-10ffff": b"\xf4\x90\x80\x80",
           "cut-2": b"\xc3", "cut-3": b"\xe2\x82", "cut-4": b"\xf0\x9f\x98", "lone-tail": b"\x80", "f5": b"\xf5\x80\x80\x80"}
    for name, seq in bad.items():
        c.add(f"parse/prs-14-utf8-{name}", f"Bytes {seq.hex()} are no UTF-8.", "bad-json\nclaims", "PRS-14",
              token=raw(body.encode().replace(b"alice", b"al" + seq + b"ice")))
    c.add("parse/prs-14-utf8-in-header", "Bad UTF-8 in the header.", "bad-json\nheader", "PRS-14",
          token=jose.token(KEYS["p256"], b'{"alg":"ES256","kid":"p256","x":"\xc0\xaf"}', claims(), "ES256"))
    for name, text in {"high": "\\ud800", "low": "\\udc00", "reversed": "\\udc00\\ud800", "high-letter": "\\ud800a",
                       "high-high": "\\ud800\\ud800"}.items():
        c.add(f"parse/prs-14-surrogate-{name}", f"The lone surrogate {text}; json-c would put U+FFFD.",
              "bad-json\nclaims", "PRS-14", token=raw(body.replace("alice", text)))
    c.add("parse/prs-14-surrogate-pair", "A proper pair is a letter.", "ok", "PRS-14",
          token=raw(f'{{{inner},"x":"\\ud83d\\ude00"}}'))
    c.add("parse/prs-14-utf8-good", "Letters of two, three and four bytes.", "ok", "PRS-14",
          token=raw(f'{{{inner},"x":"\u00e4\u20ac\U0001f600\U0010ffff\ue000"}}'))
    for name, data in {"bom": b"\xef\xbb\xbf" + body.encode(), "utf-16": body.encode("utf-16"),
                       "utf-16-le": body.encode("utf-16-le"), "utf-32": body.encode("utf-32")}.items():
        c.add(f"parse/prs-14-{name}", "Another encoding than plain UTF-8.", "bad-json\nclaims", "PRS-14",
              token=raw(data))
    c.add("parse/prs-11-alg-twice", "alg appears twice: none, then ES256.", "bad-json\nheader", "PRS-11",
          token=jose.token(KEYS["p256"], '{"alg":"none","kid":"p256","alg":"ES256"}', claims(), "ES256"))
    c.add("parse/prs-11-alg-twice-escaped", "The second alg is spelt with an escape.", "bad-json\nheader", "PRS-11",
          token=jose.token(KEYS["p256"], '{"alg":"ES256","kid":"p256","\\u0061lg":"none"}', claims(), "ES256"))
    c.add("parse/prs-11-kid-twice", "kid appears twice.", "bad-json\nheader", "PRS-11",
          token=jose.token(KEYS["p256"], '{"alg":"ES256","kid":"x","kid":"p256"}', claims(), "ES256"))


def nest(depth, inner, open_="[", close="]"):
    """claims with x nested so that the innermost value stands at this depth; the object itself is depth 1."""
    return f'{{{inner},"x":{open_ * (depth - 1)}{close * (depth - 1)}}}'


def bombs(c):
    inner = compact_json(claims())[1:-1]
    c.add("parse/prs-15-depth-16", "Nested as deep as is allowed.", "ok", "PRS-15", token=raw(nest(16, inner)))
    c.add("parse/prs-15-depth-17", "One level deeper.", "bad-json\nclaims", "PRS-15", token=raw(nest(17, inner)))
    c.add("parse/prs-15-depth-17-objects", "One level deeper, of objects.", "bad-json\nclaims", "PRS-15",
          token=raw(f'{{{inner},"x":{chr(123)}' + '"a":{' * 15 + "}" * 16 + "}"))
    c.add("parse/prs-15-depth-12000", "A bomb of 12000 open brackets.", "bad-json\nclaims", "PRS-15",
          token=raw(f'{{{inner},"x":' + "[" * 12000))
    c.add("parse/prs-15-depth-12000-closed", "The same, closed.", "bad-json\nclaims", "PRS-15",
          token=raw(nest(6000, inner)))
    wide = ",".join(f'"{i:x}":0' for i in range(2500))
    c.add("parse/prs-16-wide-object", "As many members as fit.", "ok", "PRS-16 PRS-18", token=raw(f"{{{inner},{wide}}}"))
    c.add("parse/prs-16-wide-array", "As many items as fit.", "ok", "PRS-16",
          token=raw(f'{{{inner},"x":[{"0," * 11000}0]}}'))
    wide = ",".join(f'"{i:x}":0' for i in range(6000))
    c.add("parse/prs-16-too-wide", "More members than fit into a token.", "too-long", "PRS-16",
          token=raw(f"{{{inner},{wide}}}"))
    for name, text in {"nan": "NaN", "infinity": "Infinity", "minus-infinity": "-Infinity", "hex": "0x10",
                       "plus": "+1", "dot-first": ".5", "dot-last": "1.", "leading-zero": "01", "minus": "-",
                       "minus-zero-one": "-01", "exponent-empty": "1e", "exponent-sign": "1e+", "double-dot": "1.2.3",
                       "huge-exponent": "1e400", "minus-huge": "-1e400", "two-63": "9223372036854775808",
                       "two-64": "18446744073709551616", "all-nines": "9" * 200, "minus-two-63": "-9223372036854775809",
                       "underscore": "1_000", "true-upper": "TRUE", "nan-lower": "nan", "inf": "inf", "undefined":
                       "undefined", "octal": "0o7", "arabic": "\u0661"}.items():
        c.add(f"parse/prs-17-number-{name}", f"{text[:30]} is not a JSON number, or is out of range.",
              "bad-json\nclaims", "PRS-17", token=raw(f'{{{inner},"x":{text}}}'))
    for name, text in {"max": "9223372036854775807", "min": "-9223372036854775808", "fraction": "-0.5e-3",
                       "minus-zero": "-0", "exponent": "1E+2", "tiny": "1e-400"}.items():
        c.add(f"parse/prs-17-number-good-{name}", f"{text} is a number that fits.", "ok", "PRS-17",
              token=raw(f'{{{inner},"x":{text}}}'))
    for name, text in {"single-quotes": "{'x':1}", "unquoted": "{x:1}", "trailing-comma": f"{{{inner},}}",
                       "trailing-comma-array": f'{{{inner},"x":[1,]}}', "comment": f"{{{inner}/**/}}",
                       "line-comment": f"{{{inner}//\n}}", "control": f'{{{inner},"x":"\x01"}}',
                       "tab-in-string": f'{{{inner},"x":"\t"}}', "newline-in-string": f'{{{inner},"x":"\n"}}',
                       "bad-escape": f'{{{inner},"x":"\\x41"}}', "short-unicode": f'{{{inner},"x":"\\u41"}}',
                       "escape-at-end": f'{{{inner},"x":"\\', "garbage-behind": f"{{{inner}}} x",
                       "comma-first": f"{{,{inner}}}", "colon-missing": f'{{{inner},"x" 1}}',
                       "two-commas": f'{{{inner},,"x":1}}', "value-missing": f'{{{inner},"x":}}',
                       "key-number": f"{{{inner},1:1}}", "mixed-brackets": f'{{{inner},"x":[}}]',
                       "form-feed": f"{{\f{inner}}}", "nbsp": f"{{\u00a0{inner}}}", "true-cut": f'{{{inner},"x":tru}}',
                       "truex": f'{{{inner},"x":truex}}'}.items():
        c.add(f"parse/prs-17-not-json-{name}", "Not what RFC 8259 calls JSON.", "bad-json\nclaims", "PRS-17 PRS-10",
              token=raw(text))
    c.add("parse/prs-17-json-with-white-space", "Blank, tab, CR and LF between the parts are JSON.", "ok", "PRS-17",
          token=raw("\r\n\t {\r\n" + inner.replace(",", " ,\t") + "\n}\r\n "))
    hashy = ",".join(f'"{"a" * (i % 40)}{i}":0' for i in range(700))
    c.add("parse/prs-18-many-alike-names", "Many names that look alike; the size limits what a collision can cost.",
          "ok", "PRS-18", token=raw(f"{{{inner},{hashy}}}"))


def sized(total):
    """A good token of exactly this many bytes."""
    for extra in range(8):
        for pad in range(max(0, total * 3 // 4 - 420), total):
            h = {**HEADER, **({"x": "a" * extra} if extra else {})}
            body = compact_json(claims(x="a" * pad))
            size = len(jose.signing_input(h, body)) + 87
            if size == total:
                return jose.token(KEYS["p256"], h, body)
            if size > total:
                break
    raise AssertionError(total)


def boundaries(c):
    for total in (511, 512, 513, 1022, 1023, 1024, 4095, 4096, 8191, 8192, 16384, 32767, 32768):
        c.add(f"parse/prs-21-{total}-bytes", f"A good token of exactly {total} bytes.", "ok", "PRS-21 PRS-19",
              token=sized(total))
    c.add("parse/prs-21-32769-bytes", "One byte more than the limit.", "too-long", "PRS-21 HDR-24", token=sized(32769))


def make(c):
    parts(c)
    letters(c)
    payloads(c)
    bombs(c)
    boundaries(c)
