"""Each page of docs/recipes: its own configuration judges its own claims, signed by a fresh key; and what it must refuse."""
import copy
import json
import os
import pathlib
import re
import subprocess

import jwt
import pytest
from jwcrypto import jwk

PAGES = pathlib.Path(__file__).resolve().parents[2] / "docs/recipes"
JUDGE = os.environ["PAMJWT_JUDGE"]
NOW = 1764000060
FETCHING = ("jwks", "ca_file", "bearer_file", "proxy", "timeout", "max_stale", "refresh", "min_refresh")
GONE = object()  # a claim that is taken away


def blocks(page, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", (PAGES / f"{page}.md").read_text(), re.M | re.S)


@pytest.fixture(scope="session")
def keys():
    made = {"RS256": jwk.JWK.generate(kty="RSA", size=2048, kid="1b94c-key-of-this-test"),
            "EdDSA": jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="break-glass-1"),
            "ES256": jwk.JWK.generate(kty="EC", crv="P-256", kid="es-1")}
    return made


def sign(keys, claims, alg="RS256", **header):
    return jwt.encode(claims, keys[alg].export_to_pem(private_key=True, password=None), alg,
                      {"kid": keys[alg]["kid"], **header})


def with_local_keys(text, key_file):
    """The page's configuration, but nothing is fetched: each issuer's keys are in a file."""
    lines = [line for line in text.splitlines() if not line.split("=")[0].strip() in FETCHING]
    return "\n".join(re.sub(r"^issuer( *)= (\S*:\S*)$", rf"issuer\1= \2\njwks = file://{key_file}", line)
                     for line in lines) + "\n"


class Recipe:
    def __init__(self, page, keys, folder):
        self.page, self.keys, self.folder = page, keys, folder
        self.claims = [json.loads(text) for text in blocks(page, "json")]
        self.text = "".join(blocks(page, "ini"))
        self.conf = folder / "pam_jwt.conf"
        key_file = folder / "keys.json"
        key_file.write_text(json.dumps({"keys": [key.export_public(as_dict=True) for key in keys.values()]}))
        self.conf.write_text(with_local_keys(self.text, key_file))
        for path in (self.conf, key_file):
            path.chmod(0o644)
        folder.chmod(0o755)

    def changed(self, which, **changes):
        claims = copy.deepcopy(self.claims[which])
        for name, value in changes.items():
            if value is GONE:
                del claims[name]
            else:
                claims[name] = value
        return claims

    def judge(self, claims, user, service="sshd", uid=1000, alg="RS256", times=1):
        """Result and reason, of the last of so many times."""
        token = sign(self.keys, claims, alg)
        done = subprocess.run([JUDGE, self.conf, self.folder, user, str(uid), service, str(NOW)] + [token] * times,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return re.search(r"reason=(\S+)", done.stdout.splitlines()[-1])[1]


@pytest.fixture
def recipe(keys, tmp_path):
    return lambda page: Recipe(page, keys, tmp_path)


# What pamjwt check warns of in a page that says so itself: (section's option, a piece of the warning).
WARNINGS = {
    "keycloak": [("user", "preferred_username can be reassigned")] * 2,
    "entra-id": [("audience", "accepts an audience without %h"), ("user", "preferred_username can be reassigned"),
                 ("audience", "accepts an audience without %h")],
    "okta": [("audience", "accepts an audience without %h")],
    "google": [("audience", "accepts an audience without %h"), ("user", "email can be reassigned")],
}
NAMES = sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "README")


@pytest.mark.parametrize("page", NAMES)
def test_the_page_is_a_complete_configuration_and_says_what_check_warns_of(page, tmp_path):
    conf = tmp_path / "pam_jwt.conf"
    conf.write_text("".join(blocks(page, "ini")))
    conf.chmod(0o644)
    done = subprocess.run([JUDGE, conf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    seen = sorted(re.match(r"warning \d+ (\S+): (.*)", line).groups() for line in done.stdout.splitlines())
    expected = sorted(WARNINGS.get(page, []))
    assert len(seen) == len(expected), done.stdout
    for (key, text), (expected_key, piece) in zip(seen, expected):
        assert key == expected_key and piece in text


@pytest.mark.parametrize("page", NAMES)
def test_the_page_begins_with_the_audience(page):
    text = (PAGES / f"{page}.md").read_text()
    assert 0 < text.index("**Audience.**") < text.index("```ini")


# page, which token, user, service, further arguments
ACCEPTED = [
    ("github-actions", 0, "deploy", "sshd", {}),
    ("gitlab-ci", 0, "deploy", "sshd", {}),
    ("kubernetes", 0, "deploy", "sshd", {}),
    ("keycloak", 0, "alice", "sshd", {}),
    ("entra-id", 0, "alice", "sshd", {}),
    ("entra-id", 1, "alice", "sshd", {}),
    ("auth0", 0, "alice", "sshd", {}),
    ("okta", 0, "alice", "sshd", {}),
    ("google", 0, "deploy", "sshd", {}),
    ("google", 1, "alice", "sshd", {}),
    ("mfa-sudo", 0, "alice", "sudo", {}),
    ("mfa-sudo", 0, "alice", "sudo-i", {}),
    ("break-glass", 0, "root", "sshd", {"uid": 0, "alg": "EdDSA"}),
]


@pytest.mark.parametrize("page, which, user, service, more", ACCEPTED)
def test_the_token_of_the_page_gets_in(recipe, page, which, user, service, more):
    asked = recipe(page)
    assert asked.judge(asked.claims[which], user, service, **more) == "ok"


@pytest.mark.parametrize("page, which, user, service, more", ACCEPTED)
def test_and_nobody_else_elsewhere_or_later(recipe, page, which, user, service, more):
    asked = recipe(page)
    claims = asked.claims[which]
    other = {**more, "uid": 1001}
    assert asked.judge(claims, "mallory", service, **other) == "no-grant"
    assert asked.judge(claims, user, "login", **more) == "service"
    late = {**claims, "exp": NOW - 600, "iat": NOW - 900}
    assert asked.judge(late, user, service, **more) in ("expired", "not-yet-valid")
    assert asked.judge({**claims, "aud": "ssh://web1.acme.example"}, user, service, **more) == "bad-audience"
    assert asked.judge({**claims, "iss": claims["iss"] + "/evil"}, user, service, **more) == "unknown-issuer"
    assert asked.judge({**claims, "exp": NOW + 90000}, user, service, **more) == "lifetime"
    if user != "root":
        assert asked.judge(claims, "root", service, **{**more, "uid": 0}) == "no-grant"


# page, which token, user, service, changed claims, reason
REFUSED = [
    ("github-actions", 0, "deploy", "sshd", {"repository_id": "1"}, "no-grant"),
    ("github-actions", 0, "deploy", "sshd", {"environment": GONE}, "no-grant"),
    ("github-actions", 0, "deploy", "sshd", {"environment": "production2"}, "no-grant"),
    ("github-actions", 0, "deploy", "sshd", {"ref": "refs/pull/7/merge"}, "no-grant"),
    ("github-actions", 0, "deploy", "sshd", {"ref": "refs/heads/refs/tags/v1"}, "no-grant"),
    ("gitlab-ci", 0, "deploy", "sshd", {"ref_protected": "false"}, "no-grant"),
    ("gitlab-ci", 0, "deploy", "sshd", {"ref_type": "branch"}, "no-grant"),
    ("gitlab-ci", 0, "deploy", "sshd", {"ref": "v1.4.2-rc1"}, "no-grant"),
    ("gitlab-ci", 0, "deploy", "sshd", {"project_id": "4657335"}, "no-grant"),
    ("gitlab-ci", 0, "deploy", "sshd", {"jti": GONE}, "claim-missing"),
    ("kubernetes", 0, "deploy", "sshd", {"sub": "system:serviceaccount:ci:default"}, "no-grant"),
    ("kubernetes", 0, "deploy", "sshd", {"kubernetes.io": {"serviceaccount": {"uid": "another"}}}, "no-grant"),
    ("kubernetes", 0, "deploy", "sshd", {"exp": GONE}, "claim-missing"),
    ("keycloak", 0, "alice", "sshd", {"realm_access": {"roles": ["offline_access"]}}, "no-grant"),
    ("keycloak", 0, "alice", "sshd", {"typ": "ID"}, "no-grant"),
    ("keycloak", 0, "alice", "sshd", {"azp": "some-web-shop"}, "bad-client"),
    ("keycloak", 0, "alice", "sudo", {}, "no-grant"),
    ("entra-id", 0, "alice", "sshd", {"oid": "0", "groups": []}, "no-grant"),
    ("entra-id", 0, "alice", "sshd", {"scp": GONE}, "no-grant"),
    ("entra-id", 0, "alice", "sshd", {"azp": "another-client"}, "bad-client"),
    ("entra-id", 0, "alice", "sshd", {"aud": "00000003-0000-0000-c000-000000000000"}, "bad-audience"),
    ("entra-id", 0, "bob", "sshd", {"preferred_username": "bob@evil.example"}, "no-grant"),
    ("entra-id", 1, "alice", "sshd", {"appid": "another-client"}, "no-grant"),
    ("entra-id", 1, "alice", "sshd", {"oid": "another-person"}, "no-grant"),
    ("auth0", 0, "alice", "sshd", {"permissions": []}, "no-grant"),
    ("auth0", 0, "alice", "sshd", {"permissions": "ssh:login2"}, "no-grant"),
    ("auth0", 0, "alice", "sshd", {"https://acme.example/linux_name": GONE}, "no-grant"),
    ("auth0", 0, "alice", "sshd", {"azp": "another"}, "bad-client"),
    ("okta", 0, "alice", "sshd", {"groups": ["everyone"]}, "no-grant"),
    ("okta", 0, "alice", "sshd", {"scp": ["openid"]}, "no-grant"),
    ("okta", 0, "alice", "sshd", {"cid": "another"}, "no-grant"),
    ("okta", 0, "alice", "sshd", {"sub": "alice@evil.example"}, "no-grant"),
    ("okta", 0, "alice", "sshd", {"iat": NOW - 1200, "exp": NOW + 600}, "too-old"),
    ("google", 0, "deploy", "sshd", {"sub": "1"}, "no-grant"),
    ("google", 1, "deploy", "sshd", {}, "no-grant"),
    ("google", 1, "deploy", "sshd", {"sub": "104815573839272517712"}, "no-grant"),
    ("google", 1, "alice", "sshd", {"hd": GONE}, "no-grant"),
    ("google", 1, "alice", "sshd", {"hd": "evil.example"}, "no-grant"),
    ("google", 1, "alice", "sshd", {"email_verified": False}, "email-unverified"),
    ("google", 1, "alice", "sshd", {"aud": "another.apps.googleusercontent.com"}, "bad-audience"),
    ("mfa-sudo", 0, "alice", "sudo", {"acr": "1"}, "service-match"),
    ("mfa-sudo", 0, "alice", "sudo", {"acr": GONE}, "service-match"),
    ("mfa-sudo", 0, "alice", "sudo", {"auth_time": NOW - 600}, "too-old"),
    ("mfa-sudo", 0, "alice", "sudo-i", {"auth_time": NOW - 600}, "too-old"),
    ("mfa-sudo", 0, "alice", "sudo", {"auth_time": GONE}, "claim-missing"),
    ("mfa-sudo", 0, "alice", "sudo", {"aud": "ssh://db1.acme.example"}, "bad-audience"),
    ("mfa-sudo", 0, "alice", "sshd", {}, "service-match"),
    ("break-glass", 0, "root", "sshd", {"sub": "machine:ci"}, "no-grant"),
    ("break-glass", 0, "root", "sshd", {"reason": GONE}, "claim-missing"),
    ("break-glass", 0, "root", "sshd", {"exp": NOW + 1800}, "lifetime"),
]


@pytest.mark.parametrize("page, which, user, service, changes, reason", REFUSED)
def test_what_the_page_must_refuse(recipe, page, which, user, service, changes, reason):
    asked = recipe(page)
    root = user == "root"
    assert asked.judge(asked.changed(which, **changes), user, service, uid=0 if root else 1000,
                       alg="EdDSA" if root else "RS256") == reason


def test_a_token_for_sudo_counts_once(recipe):
    asked = recipe("mfa-sudo")
    assert asked.judge(asked.claims[0], "alice", "sudo", times=2) == "replayed"


def test_the_login_token_of_the_mfa_page_opens_ssh(recipe):
    asked = recipe("mfa-sudo")
    assert asked.judge(asked.changed(0, aud="ssh://db1.acme.example", acr="1"), "alice", "sshd") == "ok"


def test_an_alg_that_the_page_does_not_name_is_refused(recipe):
    asked = recipe("github-actions")
    assert asked.judge(asked.claims[0], "deploy", alg="ES256") == "alg-not-allowed"
    asked = recipe("break-glass")
    assert asked.judge(asked.claims[0], "root", uid=0) == "alg-not-allowed"


# What the tokens of these providers really measure, signed with RSA-2048.
SIZES = {"github-actions": (1700, 2400), "gitlab-ci": (1500, 2300), "kubernetes": (1000, 1500), "keycloak": (1300, 2000),
         "entra-id": (1500, 6900), "auth0": (700, 1100), "okta": (750, 1200), "google": (600, 1300)}


@pytest.mark.parametrize("page", SIZES)
def test_the_token_has_the_size_of_a_real_one(recipe, keys, page):
    asked = recipe(page)
    for claims in asked.claims:
        assert SIZES[page][0] <= len(sign(keys, claims)) <= SIZES[page][1]


def test_the_small_token_fits_sudos_prompt(recipe, keys):
    asked = recipe("mfa-sudo")
    small = {name: asked.claims[0][name] for name in ("iss", "aud", "azp", "acr", "auth_time", "iat", "exp", "linux_name")}
    assert len(sign(keys, small, "ES256")) < 512
