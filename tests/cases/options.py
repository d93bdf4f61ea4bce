#!/usr/bin/python3
"""No option of the configuration without a test that shows its effect and one that shows its refusal.

options.py         checks; exit status 1 when an option is without
options.py --list  every option with its tests

The options are the rows of lib/conf/rows.c. A refusal is an error in one of REFUSALS that names the option, in its
kind of section. An effect is named here: FILE.json:ID of a case, FILE:FUNCTION, or a directory.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import casefile  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
LOGIN = "tests/cases/login.json:"
ANSWERS = "tests/fetch/test_answers.py:"
FRESH = "tests/unit/test_freshness.c:"
GRANT = "tests/unit/test_grant.c:"
CONF = "tests/unit/conf/"
REFUSALS = [CONF + name for name in ("test_confvalue.c", "test_whole.c", "test_hostname.c", "test_conf.c")]
EFFECTS = {
    "host/host_name": CONF + "test_hostname.c:the_host_name_stands_for_h",
    "host/bind_services": LOGIN + "bound-another-service-of-sshd",
    "issuer/bind": LOGIN + "bound-demanded-by-issuer-and-unbound",
    "grant/bind": LOGIN + "bound-demanded-by-grant-and-unbound",
    "service/bind": LOGIN + "bound-demanded-by-service-and-unbound",
    "host/machine_id": "tests/cli/test_doctor_files.py:test_clone",
    "issuer/issuer": LOGIN + "clm-10-iss-unknown",
    "issuer/audience": LOGIN + "clm-14-aud-of-another-host",
    "issuer/jwks": ANSWERS + "test_a_jwks_url_needs_no_discovery",
    "issuer/algorithms": LOGIN + "alg-rs512-where-rs256-is-allowed",
    "issuer/leeway": "tests/unit/test_claims.c:exp_and_leeway_to_the_second",
    "issuer/max_lifetime": LOGIN + "clm-05-lifetime",
    "issuer/typ": LOGIN + "clm-19-typ",
    "issuer/require": LOGIN + "clm-20-require-missing",
    "issuer/azp": LOGIN + "clm-19-azp",
    "issuer/email_trusted": LOGIN + "usr-09-email-trusted",
    "issuer/ca_file": ANSWERS + "test_ca_file_replaces_the_system_s_authorities",
    "issuer/bearer_file": ANSWERS + "test_a_bearer_token_goes_to_the_configured_origin_only",
    "issuer/proxy": ANSWERS + "test_the_keys_are_asked_for_through_the_proxy",
    "issuer/private_jwks": ANSWERS + "test_a_public_issuer_s_keys_are_not_asked_for_in_private_networks",
    "issuer/timeout": "tests/fetch/test_service.py:test_a_service_that_hangs_costs_the_deadline",
    "issuer/max_stale": FRESH + "keys_serve_until_max_stale_and_no_second_longer",
    "issuer/refresh": FRESH + "what_the_server_says_counts_within_limits",
    "issuer/min_refresh": FRESH + "an_unknown_kid_asks_from_min_refresh_on",
    "grant/issuer": GRANT + "the_same_sub_of_another_issuer_is_another_person",
    "grant/user": GRANT + "a_literal_name_a_template_and_several_names",
    "grant/strip_suffix": LOGIN + "usr-05-suffix-good",
    "grant/match.": LOGIN + "usr-16-groups-case",
    "grant/services": GRANT + "a_grant_is_for_its_services_only",
    "grant/hosts": GRANT + "a_grant_is_for_its_hosts_only",
    "service/also": LOGIN + "pam-25-also",
    "service/match.": LOGIN + "service-match-missing",
    "service/max_age": LOGIN + "rev-10-too-old",
    "service/max_token_age": LOGIN + "clm-23-max-token-age",
    "service/audience": LOGIN + "pam-25-token-for-ssh-at-sudo",
    "service/one_use": "tests/system/test_policy.py:test_a_token_counts_once",
    "service/reuse_login": "tests/system/test_sessions.py:test_sudo_inside_of_the_session_asks_nothing",
    "service/session_until_exp": "tests/module/scripts/session/ends-with-token",
}


def options():
    found = []
    for kind, rows in re.findall(r"^static const struct pjwt_row (\w+)_rows\[\] = \{(.*?)^\};", (TOP / "lib/conf/rows.c").read_text(), re.M | re.S):
        found += [f"{kind}/{name}" for name in re.findall(r'^\s*\{"([a-z_]+\.?)",\s+PJWT_TYPE_', rows, re.M)]
    return found


def is_there(test):
    path, _, function = test.partition(":")
    file = TOP / path
    if not function:
        return file.exists()
    if file.suffix == ".json":
        return file.is_file() and any(case.id == function for case in casefile.load(file))
    return file.is_file() and re.search(rf"\b{function}\(", file.read_text()) is not None


def refusals():
    """Option -> the first refusal that names it: a call of refuses, whose arguments are a text and the error."""
    found = {}
    macros = {"ISSUER": "[issuer/acme]", "GRANT": "[grant/staff]"}
    calls = re.compile(r"\brefuses(?:_(issuer|grant|service|on))?\(((?:[^;\"]|\"(?:[^\"\\]|\\.)*\")*)\);")
    for name, kind, call in [(name, *call) for name in REFUSALS for call in calls.findall((TOP / name).read_text())]:
        for macro, section in macros.items():
            call = re.sub(rf"\b{macro}\b", f'"{section}"', call)
        error = re.search(r'f:\d+: ([a-z_]+\.?)[^" ]*:? ', call)
        kind = "" if kind == "on" else kind
        sections = re.findall(r"\[(host|issuer|grant|service)[/\]]", call.partition('"f:')[0])
        if error and (kind or sections):
            found.setdefault(f"{kind or sections[-1]}/{error[1]}", f"{name}: {' '.join(call.split())}")
    return found


def main():
    refused, rows = refusals(), options()
    if "--list" in sys.argv:
        for option in rows:
            print(f"{option}\n    effect   {EFFECTS.get(option, '-')}\n    refusal  {refused.get(option, '-')}")
        return 0
    bad = [f"{option}: no test shows its effect" for option in rows if option not in EFFECTS]
    bad += [f"{option}: {test} is not there" for option, test in EFFECTS.items() if not is_there(test)]
    bad += [f"{option}: no such option" for option in EFFECTS if option not in rows]
    bad += [f"{option}: no test shows its refusal" for option in rows if option not in refused]
    print("\n".join(bad) or f"{len(rows)} options, each with a test of its effect and one of its refusal")
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
