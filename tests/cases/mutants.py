#!/usr/bin/python3
"""Does a test fail when its defence is gone? mutants.py [ID|FILE...]

mutants.py --stale  only checks that each row still matches its file; exit status 1 when one does not

Each row takes one defence out of lib/ (in a copy of the tree under build-mutants/), builds the case runners, and runs the
cases. A mutant that no case notices survives, and that is a hole in the tests. Takes some minutes; of this, only --stale is part
of the suites.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import casefile  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
COPY = TOP / "build-mutants"

# ids, file, what stands there, what it becomes
MUTANTS = [
    ("HDR-01 HDR-02 HDR-03", "alg.c", "return strlen(word) == len && memcmp(word, name, len) == 0;", "return strncasecmp(word, name, strlen(word)) == 0;"),
    ("HDR-04", "token.c", "if (!token->alg && !(flags & PJWT_TOKEN_ANY_ALG))", "if (!token->alg) token->alg = pjwt_alg_at(6);\n        if (0)"),
    ("HDR-05", "token.c", 'return pjwt_fail(reterr, PJWT_BAD_HEADER, "header alg is missing");', "{ token->alg = pjwt_alg_at(6); return PJWT_OK; }"),
    ("HDR-06 HDR-09", "key.c", "if (key->kty != alg->kty || (key->alg", "if ((key->alg"),
    ("HDR-06", "decide.c", "if (!(issuer->algorithms & run->token->alg->bit))", "if (0)"),
    ("HDR-07", "jwkread.c", "if (is_key_text(key->secret, len))", "if (0)"),
    ("HDR-07", "jwkread.c", 'memmem(secret, len, "-----BEGIN ", 11) || is_der(secret, len)', "is_der(secret, len)"),
    ("HDR-07", "jwkread.c", 'memmem(secret, len, "-----BEGIN ", 11) || is_der(secret, len)', 'memmem(secret, len, "-----BEGIN ", 11)'),
    ("HDR-07", "jwkread.c", "return is_jwk_text(s, len);", "return false;"),
    ("HDR-08 KEY-28", "jwkread.c", "if (len == 0 || len > PJWT_SECRET_BYTES_MAX)", "if (len > PJWT_SECRET_BYTES_MAX)"),
    ("HDR-10 HDR-11", "key.c", "(key->alg && key->alg != alg) ||", ""),
    ("HDR-13", "token.c", 'if (strcmp(name, "b64") != 0)', "if (0)"),
    ("HDR-14", "token.c", "json_object_array_length(crit) != 1 || ", ""),
    ("HDR-15", "token.c", "|| !json_object_get_boolean(b64))", ")"),
    ("HDR-15", "token.c", "!json_object_is_type(b64, json_type_boolean) || ", ""),
    ("HDR-16 HDR-24 PRS-21", "token.c", "if (len > PJWT_TOKEN_MAX)", "if (0)"),
    ("HDR-16 HDR-24 PRS-21", "token.c", "if (len > PJWT_TOKEN_MAX)", "if (len >= PJWT_TOKEN_MAX)"),
    ("HDR-17", "token.c", 'if (pjwt_json_find(header, "zip", NULL))', "if (0)"),
    ("HDR-18", "token.c", "if (cty && is_jwt_type(cty)", "if (0 && is_jwt_type(cty)"),
    ("HDR-21", "claims.c", "if (strcasecmp(without_application(token->typ), without_application(*typ)) == 0)", "if (strcmp(token->typ, *typ) == 0)"),
    ("HDR-21 CLM-19", "claims.c", "if (!has_items(policy->typ))", "if (1)"),
    ("HDR-22 KEY-08", "token.c", 'return *ret ? PJWT_OK : pjwt_fail(reterr, PJWT_BAD_HEADER, "header %s is not a string", name);', "return PJWT_OK;"),
    ("HDR-23 PRS-10", "strictjson.c", "if (ps->p == ps->end || *ps->p != '{')", "if (ps->p == ps->end || (*ps->p != '{' && *ps->p != '['))"),
    ("KEY-08", "token.c", "token->kid && (token->kid_len == 0 || ", "token->kid && (0 || "),
    ("KEY-09", "keyset.c", "if (kid && !set->nameless) {", "if (kid && !set->nameless && set->count > 1) {"),
    ("KEY-09 KEY-12", "keyset.c", "key->kid_len == kid_len && memcmp(key->kid, kid, kid_len) == 0", "strncasecmp(key->kid, kid, key->kid_len) == 0"),
    ("KEY-10", "keyset.c", "i < set->count && n < PJWT_KEYSET_TRIES; i++)", "i < set->count && n < 15; i++)"),
    ("KEY-11", "keyset.c", "if (compare_names(&sorted[i - 1], &sorted[i]) != 0)", "if (1)"),
    ("KEY-11", "keyset.c", "if (a->kty != b->kty)", "if (0)"),
    ("KEY-13", "keyset.c", "if (secret > 0 && (flags & PJWT_KEYS_PUBLIC_ONLY))", "if (0)"),
    ("KEY-13", "keyset.c", "if (secret > 0 && public > 0)", "if (0)"),
    ("KEY-15", "jwkread.c", 'if (use && strcmp(use, "sig") != 0)', "if (0)"),
    ("KEY-16", "jwkread.c", 'return verify || pjwt_key_fault(key, "key_ops does not contain verify");', "return true;"),
    ("KEY-16", "jwkread.c", 'else if (strcmp(op, "sign") != 0)', "else if (0)"),
    ("KEY-16 KEY-19", "jwkread.c", "if (!json_object_is_type(ops, json_type_array))", "if (0)"),
    ("KEY-17 SIG-20", "jwkread.c", "if (!pjwt_key_fits(key, alg))", "if (0)"),
    ("KEY-17 KEY-18", "key.c", "if (alg->curve && alg->curve != key->curve)", "if (0)"),
    ("KEY-20", "keyset.c", "if (set->usable > 0)\n                return PJWT_OK;", "return PJWT_OK;"),
    ("KEY-20 PRS-16", "keyset.c", "if (len > PJWT_KEYSET_BYTES_MAX)", "if (0)"),
    ("KEY-23", "jwkmember.c", "return len == size || pjwt_key_fault(key, \"%s has", "return true || pjwt_key_fault(key, \"%s has"),
    ("KEY-24 KEY-26 CLM-10", "issuer.c", "memcmp(conf->issuers[i].issuer, iss, len) == 0) {", "1) {"),
    ("KEY-28", "jwkread.c", "if (key->bits < SECRET_BITS_MIN && !key->weak)", "if (0)"),
    ("KEY-28", "key.c", "return key->bits >= alg->min_bits || key->weak;", "return true;"),
    ("PRS-01", "token.c", "if (ret->header_len == 0)", "if (0)"),
    ("PRS-01", "token.c", "if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))", "if (!second)"),
    ("PRS-06", "b64url.c", "if ((bad & NO) || (tail > 0", "if ((tail > 0"),
    ("PRS-03", "b64url.c", "if ((a | b | c) & NO)", "if (0)"),
    ("PRS-04", "b64url.c", "NO, NO, NO, 62, NO, NO, /* 20: only - */", "NO, 62, NO, 62, NO, NO, /* 20 */"),
    ("PRS-05", "b64url.c", "NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* 00 */", "NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 0, NO, NO, NO, NO, NO, /* 00 */"),
    ("PRS-07", "b64url.c", "return (b & 0x0f) == 0;", "return true;"),
    ("PRS-07", "b64url.c", "return (c & 0x03) == 0;", "return true;"),
    ("PRS-08", "b64url.c", "if (tail == 1)\n                return false;", "if (tail == 1)\n                tail = 0;"),
    ("PRS-12 PRS-11", "strictjson.c", "if (json_object_object_get_ex(object, name, NULL))", "if (0)"),
    ("PRS-13", "strictjson.c", "if (high == 0)", "if (0)"),
    ("PRS-13 PRS-17", "strictjson.c", "if (c < 0x20)", "if (0)"),
    ("PRS-14", "utf8.c", "c < least[n] || ", ""),
    ("PRS-14", "utf8.c", "(c >= 0xd800 && c <= 0xdfff)", "0"),
    ("PRS-14", "utf8.c", "c > 0x10ffff || ", ""),
    ("PRS-14", "utf8.c", "if ((p[i] & 0xc0) != 0x80)", "if (0)"),
    ("PRS-14", "strictjson.c", "if (low < 0xdc00 || low > 0xdfff)", "if (0)"),
    ("PRS-15", "strictjson.c", "if (ps->depth == PJWT_JSON_DEPTH)", "if (ps->depth == PJWT_JSON_DEPTH + 1)"),
    ("PRS-17 CLM-06", "strictjson.c", "if (over)", "if (0)"),
    ("PRS-17 CLM-04", "strictjson.c", "if (isfinite(d))\n                *ret = json_object_new_double_s(d, spelling);\n        free(spelling);\n        if (!isfinite(d))", "*ret = json_object_new_double_s(d, spelling);\n        free(spelling);\n        if (0)"),
    ("PRS-17", "strictjson.c", "if (ps->p == ps->end)\n                return true;\n        json_object_put(*ret);", "if (1)\n                return true;\n        json_object_put(*ret);"),
    ("CLM-01", "claims.c", "return policy->flags & PJWT_IF_PRESENT && policy->max_lifetime <= 0 ? PJWT_OK", "return 1 ? PJWT_OK"),
    ("CLM-02", "claims.c", "if (times->exp + leeway_of(policy) > now)", "if (times->exp + leeway_of(policy) >= now)"),
    ("CLM-02", "claims.c", "if (times->exp + leeway_of(policy) > now)", "if (1)"),
    ("CLM-03 CLM-04", "claims.c", "if (!pjwt_json_numericdate(value, ret, &fraction))", "*ret = json_object_get_int64(value);\n        if (0)"),
    ("CLM-04", "strictjson.c", "if (seconds < 0 || seconds > PJWT_TIME_MAX)", "if (seconds < 0)"),
    ("CLM-04", "strictjson.c", "if (seconds < 0 || seconds > PJWT_TIME_MAX)", "if (seconds > PJWT_TIME_MAX)"),
    ("CLM-05", "claims.c", "lifetime > policy->max_lifetime)", "0)"),
    ("CLM-05", "claims.c", "from_iat ? times->iat : now, &lifetime)", "times->iat, &lifetime)"),
    ("CLM-06", "claims.c", "return policy->leeway < PJWT_TIME_MAX ? policy->leeway : PJWT_TIME_MAX;", "return policy->leeway * 1000;"),
    ("CLM-07", "claims.c", "*ret += up && fraction;", ""),
    ("CLM-07", "claims.c", "(policy->flags & PJWT_SKIP_NBF) || times->nbf - leeway_of(policy) <= now)", "(policy->flags & PJWT_SKIP_NBF) || times->nbf - leeway_of(policy) <= now + 1)"),
    ("CLM-08", "claims.c", "times->iat - leeway_of(policy) <= now)", "1)"),
    ("CLM-09", "claims.c", "if (times->exp + leeway_of(policy) > now)", "if ((int32_t)(times->exp + leeway_of(policy)) > (int32_t)now)"),
    ("CLM-10", "claims.c", "if (len == strlen(policy->issuer) && memcmp(iss, policy->issuer, len) == 0)", "if (memcmp(iss, policy->issuer, len) == 0)"),
    ("CLM-10", "claims.c", "if (len == strlen(policy->issuer) && memcmp(iss, policy->issuer, len) == 0)", "if (strstr(policy->issuer, iss))"),
    ("CLM-11", "claims.c", 'return missing("aud", reterr);', "return PJWT_OK;"),
    ("CLM-11", "claims.c", "if (!has && !has_items(policy->audience) && (policy->flags & PJWT_IF_PRESENT))", "if (!has_items(policy->audience) && (policy->flags & PJWT_IF_PRESENT))"),
    ("CLM-12", "claims.c", 'return wrong("aud", "neither a string nor a list of strings", reterr);', "continue;"),
    ("CLM-14", "claims.c", "if (strlen(*list) == len && memcmp(*list, s, len) == 0)", "if (memcmp(*list, s, len) == 0)"),
    ("CLM-16 CLM-17", "claims.c", 'return *retlen > 0 ? PJWT_OK : wrong(name, "empty", reterr);', "return PJWT_OK;"),
    ("CLM-16", "claims.c", "if (len == strlen(policy->subject) && memcmp(sub, policy->subject, len) == 0)", "if (strncasecmp(sub, policy->subject, len) == 0)"),
    ("CLM-17", "claims.c", "if (!pjwt_json_member(token->claims, *name))", "if (0)"),
    ("CLM-18", "grant.c", "if (grant->issuer != s->issuer)", "if (0)"),
    ("CLM-19", "claims.c", "if (in_list(policy->clients, client, len))", "if (1)"),
    ("CLM-19", "claims.c", 'pjwt_json_find(token->claims, "azp", NULL) ? "azp" : "client_id"', 'pjwt_json_find(token->claims, "client_id", NULL) ? "client_id" : "azp"'),
    ("CLM-20 USR-16", "match.c", "return strlen(match->pattern) == len && memcmp(match->pattern, text, len) == 0;", "return memmem(text, len, match->pattern, strlen(match->pattern)) != NULL;"),
    ("SIG-01", "verify.c", "return verdict == 1 ? HOLDS", "return verdict >= 0 ? HOLDS"),
    ("SIG-24", "verify.c", "return verdict == 1 ? HOLDS", "return verdict != 0 ? HOLDS"),
    ("SIG-24 SIG-18", "verify.c", "return r == 1 ? HOLDS : DOES_NOT_HOLD;", "return r != 0 ? HOLDS : DOES_NOT_HOLD;"),
    ("SIG-02 SIG-03 SIG-04 SIG-15", "verify.c", "if (token->signature_len != size)", "if (0)"),
    ("SIG-09", "rsa.c", "if (e_len > 4 || ", "if ("),
    ("SIG-09", "rsa.c", "!(e[e_len - 1] & 1) || ", ""),
    ("SIG-09", "rsa.c", "|| (e_len == 1 && e[0] < 3))", ")"),
    ("SIG-10", "rsa.c", "if (bits < PJWT_RSA_BITS_MIN || ", "if ("),
    ("SIG-11", "rsa.c", "|| bits > PJWT_RSA_BITS_MAX)", ")"),
    ("SIG-12", "rsa.c", "if (!(n[n_len - 1] & 1))", "if (0)"),
    ("SIG-12", "jwkmember.c", "return (*retlen > 0 && out[0] != 0) ||", "return *retlen > 0 ||"),
    ("SIG-13", "rsa.c", "if (is_roca(n, n_len))", "if (0)"),
    ("SIG-16", "prepared.c", "EVP_PKEY_CTX_set_rsa_pss_saltlen(prepared->verify_ctx, RSA_PSS_SALTLEN_DIGEST) == 1)", "EVP_PKEY_CTX_set_rsa_pss_saltlen(prepared->verify_ctx, RSA_PSS_SALTLEN_AUTO) == 1)"),
    ("SIG-17", "key.c", "|| (key->pss_only && !alg->pss))", ")"),
    ("SIG-17", "pem.c", "if (EVP_PKEY_is_a(pkey, \"RSA-PSS\") && !add_pss_alg(jwk, pkey, key))", "if (0)"),
    ("SIG-19", "jwkread.c", "return !is_small_order(x, curve->public_size) ||", "return true ||"),
    ("SIG-19", "jwkread.c", "y[size - 1] &= 0x7f;", ""),
    ("SIG-25", "libctx.c", "{OSSL_LIB_CTX_new(), pid, inherited}", "{OSSL_LIB_CTX_get0_global_default(), pid, inherited}"),
    ("SIG-25", "verify.c", "(void)ERR_pop_to_mark();\n                if (r == PJWT_OK)", "if (r == PJWT_OK)"),
    ("SIG-27", "alg.c", "if (!rows[i].by_name_only)", "if (1)"),
    ("USR-01", "grant.c", "return strlen(s->user->name) == len && memcmp(s->user->name, name, len) == 0;", "return strncasecmp(s->user->name, name, len) == 0;"),
    ("USR-02 USR-03", "grant.c", "if (literal || !s->user->exists || !is_system_account(s->user))", "if (1)"),
    ("USR-05", "grant.c", "return !memchr(name, '@', *len);", "return true;"),
    ("USR-06 USR-07", "grant.c", "if (!name_is_legal(user->name))", "if (0)"),
    ("USR-09", "grant.c", "if (pjwt_email_used_by(grant) && !pjwt_email_counts(s->issuer, s->claims))", "if (0)"),
    ("USR-12", "audit.c", "if (c == '\\'' || c == '\"' || c == '\\\\' || n == 0 || n > len)", "if (n == 0 || n > len)"),
    ("REV-01", "sshkey.c", "else if (end)", "else if (0)"),
    ("REV-01", "sshkey.c", "return from->len == 0 ? PJWT_OK : bad(", "return 1 ? PJWT_OK : bad("),
    ("REV-05", "bind.c", "bool sshd = !proof->reuse && pjwt_list_has(conf->bind_services, proof->service);", "bool sshd = !proof->reuse;"),
    ("bound", "bind.c", "if (reason == PJWT_OK && strcmp(ret->bound, ret->proof.thumbprint) != 0)", "if (0)"),
    ("bound", "bind.c", "if (bound)", "if (1)"),
    ("bound", "grant.c", "if (grant->bind && !s->bound)", "if (0)"),
    ("bound", "bound.c", "if (unknown)", "if (0)"),
    ("PAM-25", "service.c", "if (!service->audience)", "if (1)"),
    ("REV-09", "service.c", "if (!known)", "if (0)"),
    ("REV-10", "service.c", "if (then + most + leeway < now)", "if (0)"),
]
CONF = {**os.environ, "OPENSSL_CONF": str(COPY / "tests/cases/openssl-without-algorithms.cnf")}


def sh(*args):
    return subprocess.run(args, capture_output=True, text=True)


def prepare():
    """A copy of the tree of its own, so that nothing here is ever changed."""
    COPY.mkdir(exist_ok=True)
    names = sh("git", "-C", str(TOP), "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    for name in names:
        here, there = TOP / name, COPY / name
        if here.is_file() and not (there.is_file() and there.read_bytes() == here.read_bytes()):
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(here, there)
    if not (COPY / "b/build.ninja").exists():
        done = sh("meson", "setup", str(COPY / "b"), str(COPY), "-Doptimization=1")
        if done.returncode:
            sys.exit(done.stdout[-2000:])


def build():
    return sh("ninja", "-C", str(COPY / "b"), "tests/cases/case_run", "tests/cases/case_faults")


def noticed(ids=""):
    """The first case that fails, or None."""
    cases, runner = COPY / "tests/cases", COPY / "b/tests/cases"
    runs = [[runner / "case_run", *(COPY / path.relative_to(TOP) for path in casefile.files())]]
    if "SIG-25" in ids:
        runs += [[runner / "case_run", cases / "header.json"]]
    if "SIG-24" in ids:
        runs += [[runner / "case_faults", "--faults", cases / "signature.json", "sig-01-rs256-rsa-last-bit", "sig-01-eddsa-ed25519-last-bit",
                  "sig-01-es256-p256-last-bit"]]
    for run in runs:
        done = subprocess.run(list(map(str, run)), capture_output=True, text=True, errors="replace",
                              env=CONF if "SIG-25" in ids and run is runs[1] else None)
        if done.returncode:
            failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
            found = re.search(r"[a-z0-9-]+/[A-Za-z0-9._+-]+", failed[0]) if failed else None
            return found[0] if found else "crash"
    return None


def source(top, name):
    """The file of that name in lib/; None unless there is exactly one."""
    found = list((top / "lib").rglob(name))
    return found[0] if len(found) == 1 else None


def stale():
    """Rows that would change nothing: without their file, without their text in it, or with a text that becomes itself."""
    bad = [] if MUTANTS else ["there are no rows"]
    for ids, name, old, new in MUTANTS:
        path = source(TOP, name)
        if path is None:
            bad.append(f"{ids}: lib/ must have exactly one file {name}")
        elif old not in path.read_text():
            bad.append(f"{ids}: {path.relative_to(TOP)} no longer holds: {old}")
        elif old == new:
            bad.append(f"{ids}: {name}: becomes what it is: {old}")
    print("\n".join(bad) or f"{len(MUTANTS)} rows, each of which matches its file")
    return 1 if bad else 0


def main():
    if sys.argv[1:] == ["--stale"]:
        return stale()
    prepare()
    done = build()
    if done.returncode:
        sys.exit("does not build as it is:\n" + done.stdout[-3000:])
    if (word := noticed()) is not None:
        sys.exit(f"fails as it is: {word}")
    survived = []
    for ids, name, old, new in MUTANTS:
        if (len(sys.argv) > 1 and not set(sys.argv[1:]) & {*ids.split(), name}):
            continue
        path = source(COPY, name)
        text = path.read_text() if path else ""
        if old not in text:
            print(f"STALE     {ids}: {name} no longer holds: {old[:60]}", flush=True)
            survived.append(ids)
            continue
        path.write_text(text.replace(old, new, 1))
        done = build()
        word = noticed(ids) if done.returncode == 0 else "NOT BUILT"
        print(f"{'SURVIVED' if word is None else word:60} {ids}: {name}: {new.splitlines()[0][:70] if new else 'removed'}", flush=True)
        survived += [ids] if word in (None, "NOT BUILT") else []
        if word == "NOT BUILT":
            print(done.stdout[-600:])
        path.write_text(text)
        os.utime(path)
    print(f"{len(survived)} of {len(MUTANTS)} survived, are stale or do not build")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
