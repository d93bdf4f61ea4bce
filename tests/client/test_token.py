"""pamjwt-token against the real oidc-provider and the stock ssh-agent: every key type, every flow."""
import base64
import json
import os
import pathlib
import struct
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization
from jwcrypto import jwk

import token_world as world
from token_world import host  # noqa: I001
from token_world import Browser, Machine, claims_of, thumbprint

ROOT = pathlib.Path(__file__).resolve().parents[2]
CREDENTIALS = {"flow": "client_credentials"}


@pytest.fixture(scope="module")
def robot_key():
    return jwk.JWK.generate(kty="EC", crv="P-256", alg="ES256", use="sig", kid="robot-1")


@pytest.fixture(scope="module")
def provider(tmp_path_factory, robot_key):
    running = world.start_provider(tmp_path_factory.mktemp("provider"), robot_key)
    yield running
    running.stop()


@pytest.fixture
def machine(tmp_path, provider):
    made = Machine(tmp_path, provider.ca.file)
    yield made
    made.stop_agent()


@pytest.fixture
def robot(machine, provider):
    """client.conf for client credentials by a secret; robot(key=...) writes it."""
    def write(client="robot", secret="s3cret/+ :", **section):
        machine.write_conf({"issuer": provider.issuer, "client_id": client, **CREDENTIALS,
                            "client_secret_file": machine.secret("secret", secret + "\n")}, prod=section)
    return write


def check(token, public_file, subject, audience="ssh://db1.acme.example"):
    claims = claims_of(token)
    assert claims["cnf"] == {"jkt": thumbprint(public_file)}
    assert (claims["sub"], claims["aud"]) == (subject, audience)


# ------------------------------------------------------------------------ key types x agent or file x flow: the table


@pytest.mark.parametrize("kind", world.KEY_TYPES)
def test_client_credentials_with_a_key_of_each_type_in_the_agent_and_in_a_file(machine, robot, kind):
    key = machine.key(kind)
    robot(key=key)  # the private file signs by itself
    check(machine.token(), f"{key}.pub", "robot")
    machine.start_agent()
    machine.add(key)
    key.unlink()
    robot(key=f"{key}.pub")
    check(machine.token("--renew"), f"{key}.pub", "robot")


def test_device_code_with_a_key_of_each_type_in_the_agent_and_in_a_file(machine, provider):
    """All at once, since each waits for the provider's interval; the browser approves one after the other."""
    machine.start_agent()
    sections, running = {}, {}
    for kind in world.KEY_TYPES:
        file, agent = machine.key(kind, "file"), machine.key(kind, "agent")
        machine.add(agent)
        agent.unlink()
        sections[f"file-{kind}"] = {"key": file, "match": f"file-{kind}.acme.example"}
        sections[f"agent-{kind}"] = {"key": f"{agent}.pub", "match": f"agent-{kind}.acme.example"}
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop", "scope": "openid"}, **sections)
    for name in sections:
        running[name] = machine.start("--host", f"{name}.acme.example", "--no-qr")
    for name, process in running.items():
        Browser(provider.ca.file).approve(*world.read_code(process), "alice")
    for name, process in running.items():
        out, err = world.finish(process)
        assert process.returncode == 0, err
        check(out.strip(), str(sections[name]["key"]).removesuffix(".pub") + ".pub", "alice", f"ssh://{name}.acme.example")
    assert len(machine.kept()) == len(sections)


@pytest.fixture(params=["client_credentials", "device"])
def refused(request, machine, provider):
    """refused(key): what is said about it, by this flow; one line, so no person was asked to open a URL."""
    def with_key(key):
        secret = {"client_secret_file": machine.secret("secret", "s3cret/+ :")} if request.param != "device" else {}
        client = {"client_id": "robot" if secret else "laptop", "flow": request.param, **secret}
        machine.write_conf({"issuer": provider.issuer, **client}, prod={"key": key})
        return machine.refused()
    return with_key


@pytest.mark.parametrize("kind", world.FIDO_TYPES)
def test_a_fido_key_is_refused_with_the_reason(machine, refused, kind):
    """In the agent, which would sign, and by the file that stands for the key in the hardware."""
    key = machine.key(kind)
    machine.start_agent()
    machine.add(key)
    assert "FIDO key signs a counter and flags along with the text, which no DPoP proof may hold" in refused(f"{key}.pub")
    assert "FIDO key signs a counter and flags along with the text, which no DPoP proof may hold" in refused(key)


def test_a_certificate_is_refused_and_its_plain_key_named(machine, refused):
    key, ca = machine.key("ed25519"), machine.key("ed25519", "ca")
    host.run("ssh-keygen", "-q", "-s", ca, "-I", "me", "-n", "alice", f"{key}.pub")
    assert "an ssh certificate signs no proof; name its plain public key" in refused(f"{key}-cert.pub")


def test_a_dsa_key_is_refused(machine, refused):
    """As older ssh-keygens wrote them."""
    blob = b"".join(struct.pack(">I", len(part)) + part for part in (b"ssh-dss", *[b"\x01" * 20] * 4))
    assert "DSA keys cannot sign JWTs" in refused(host.write(machine.folder / "dsa.pub", f"ssh-dss {base64.b64encode(blob).decode()} me\n"))


def test_a_short_rsa_key_is_refused(machine, refused):
    key = machine.folder / "short"
    host.run("ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", key)
    machine.start_agent()
    machine.add(key)
    for file in (key, f"{key}.pub"):
        assert "1024 bits" in refused(file)


def test_a_key_that_is_constrained_to_destinations_is_refused_with_the_likely_reason(machine, refused):
    """The agent does not show the constraint; it refuses to sign anything but logins (OpenSSH 8.9)."""
    key, server = machine.key("ed25519"), machine.key("ed25519", "server")
    known = host.write(machine.folder / "known", f"db1.acme.example {pathlib.Path(f'{server}.pub').read_text()}")
    machine.start_agent()
    machine.add("-H", known, "-h", "db1.acme.example", key)
    assert "constrained to destinations (ssh-add -h) and can then be used only for logins" in refused(f"{key}.pub")


def test_a_key_that_nobody_can_sign_with_is_refused(machine, refused):
    """Encrypted or public, without an agent or with one that does not hold it."""
    key = machine.key("ed25519", passphrase="long enough")
    for file in (key, f"{key}.pub"):
        assert "no ssh-agent: SSH_AUTH_SOCK is not set" in refused(file)
    machine.start_agent()
    for file in (key, f"{key}.pub"):
        assert "does not have this key; add it with ssh-add" in refused(file)


def test_an_encrypted_key_file_is_signed_for_by_the_agent_that_holds_it(machine, robot):
    key = machine.key("ed25519", passphrase="long enough")
    robot(key=key)
    assert "no ssh-agent: SSH_AUTH_SOCK is not set" in machine.refused()
    machine.start_agent()
    askpass = host.write(machine.folder / "askpass", "#!/bin/sh\necho long enough\n", 0o700)
    host.run("ssh-add", "-q", key, env={**machine.env, "SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force"})
    check(machine.token(), f"{key}.pub", "robot")


def test_pem_and_jwk_files_bind_too(machine, robot):
    key = jwk.JWK.generate(kty="EC", crv="P-256")
    for name, text in (("k.pem", key.export_to_pem(private_key=True, password=None).decode()), ("k.jwk", key.export())):
        robot(key=machine.secret(name, text))
        assert claims_of(machine.token("--renew"))["cnf"] == {"jkt": key.thumbprint()}


def test_a_private_key_that_others_can_read_is_refused(machine, robot):
    key = machine.key("ed25519")
    key.chmod(0o644)
    robot(key=key)
    assert str(key) in machine.refused(status=2)


# ------------------------------------------------------------------------------------------------------ who the client is


def test_the_nonce_of_the_server_is_put_into_the_proof(machine, robot):
    key = machine.key("ed25519")
    robot("nonce-robot", "s3cret", key=key)
    check(machine.token(), f"{key}.pub", "nonce-robot")


def test_a_secret_goes_into_the_form_where_the_provider_takes_no_other_way(machine, tmp_path, robot_key):
    """client_secret_post, chosen by what the discovery document says."""
    post_only = world.start_provider(tmp_path / "post", robot_key, env={"AUTH_METHODS": "client_secret_post private_key_jwt none"})
    try:
        machine.ca_file = post_only.ca.file
        key = machine.key("ed25519")
        robot = {"issuer": post_only.issuer, "client_id": "posting-robot", **CREDENTIALS}
        machine.write_conf({**robot, "client_secret_file": machine.secret("secret", "s3cret")}, prod={"key": key})
        check(machine.token(), f"{key}.pub", "posting-robot")
        machine.secret("secret", "wrong")
        assert "rejects its secret or key (invalid_client" in machine.refused("--renew")
    finally:
        post_only.stop()


def test_private_key_jwt(machine, provider, robot_key):
    file = machine.secret("robot.pem", robot_key.export_to_pem(private_key=True, password=None).decode())
    key = machine.key("ed25519")
    machine.write_conf({"issuer": provider.issuer, "client_id": "key-robot", **CREDENTIALS, "client_key_file": file},
                       prod={"key": key})
    check(machine.token(), f"{key}.pub", "key-robot")
    other = jwk.JWK.generate(kty="EC", crv="P-256").export_to_pem(private_key=True, password=None).decode()
    machine.secret("robot.pem", other)
    assert "rejects its secret or key (invalid_client" in machine.refused("--renew")


def test_private_key_jwt_never_uses_an_ssh_key(machine, provider):
    machine.start_agent()
    key, second = machine.key("ecdsa-256"), machine.key("ecdsa-256", "second")
    machine.add(key)
    pem = machine.secret("bound.pem", key.read_text())
    host.run("ssh-keygen", "-q", "-p", "-m", "PKCS8", "-N", "", "-P", "", "-f", pem)

    def with_key(file):
        machine.write_conf({"issuer": provider.issuer, "client_id": "key-robot", **CREDENTIALS, "client_key_file": file},
                           prod={"key": key})
        return machine.refused()

    assert "an ssh key; client_key_file requires a separate key" in with_key(key)
    assert "an ssh key; client_key_file requires a separate key" in with_key(second)
    assert "the ssh key that the token is bound to" in with_key(pem)
    second.write_bytes(load_pkcs8(second))
    assert "an ssh key" in with_key(second), "it has a .pub beside it"


def load_pkcs8(path):
    key = serialization.load_ssh_private_key(path.read_bytes(), None)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def test_a_wrong_secret_is_one_sentence(machine, robot):
    robot(secret="wrong", key=machine.key("ed25519"))
    assert "the provider does not know the client, or rejects its secret or key (invalid_client" in machine.refused()


def test_without_a_key_the_token_is_a_bearer_token(machine, robot):
    robot()
    assert "cnf" not in claims_of(machine.token())


# --------------------------------------------------------------------------------------------------- what the token is for


def test_resource_and_audience_come_from_the_section_that_fits(machine, provider):
    issuer = {"issuer": provider.issuer, "client_id": "robot", **CREDENTIALS,
              "client_secret_file": machine.secret("secret", "s3cret/+ :")}
    machine.write_conf(issuer, prod={"match": "db?.acme.example", "resource": "ssh://fleet.acme.example"},
                       rest={"match": "*.acme.example"})
    assert claims_of(machine.token(name="db7.acme.example"))["aud"] == "ssh://fleet.acme.example"
    assert claims_of(machine.token(name="web.acme.example"))["aud"] == "ssh://web.acme.example"
    assert "no section for db1.acme.example.evil" in machine.refused(name="db1.acme.example.evil", status=2)
    assert "cannot be used in" in machine.refused(name="a b.acme.example", status=2)


def test_a_pattern_that_fits_all_names_puts_none_of_them_into_a_token(machine, provider):
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop"}, all={"match": "db1 *"})
    assert "a token would be requested for any host typed" in machine.refused(status=2)
    machine.write_conf({"issuer": provider.issuer, "client_id": "robot", **CREDENTIALS,
                        "client_secret_file": machine.secret("secret", "s3cret/+ :")}, all={"match": "*", "resource": "ssh://fixed"})
    assert claims_of(machine.token(name="evil.example"))["aud"] == "ssh://fixed"


def test_sudo_has_a_section_of_its_own(machine, provider):
    machine.write_conf({"issuer": provider.issuer, "client_id": "robot", **CREDENTIALS,
                        "client_secret_file": machine.secret("secret", "s3cret/+ :")},
                       section={"sudo": {"issuer": "acme", "resource": "sudo://db1.acme.example"}})
    done = machine.run("--sudo", "--json")
    answer = json.loads(done.stdout)
    assert answer["ok"] and claims_of(answer["token"])["aud"] == "sudo://db1.acme.example"
    exp = claims_of(answer["token"])["exp"]
    assert exp - 30 < answer["exp"] <= exp and "jkt" not in answer


# -------------------------------------------------------------------------------------------------------------- keeping it


def test_a_token_is_kept_for_its_owner_alone_and_used_again(machine, robot, provider):
    key = machine.key("ed25519")
    robot(key=key)
    first = machine.token()
    [file] = machine.kept()
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert machine.token() == first
    assert machine.token(name="db2.acme.example") != first, "another host is another token"
    assert machine.token("--renew") != first
    robot(key=machine.key("ecdsa-256"))
    assert claims_of(machine.token())["cnf"] != claims_of(first)["cnf"], "another key is another token"
    assert machine.run("--forget").returncode == 0 and machine.kept() == []


def test_nothing_is_kept_without_a_runtime_folder_of_ours(machine, robot):
    robot()
    machine.runtime.chmod(0o777)
    first = machine.token()
    assert machine.token() != first and machine.kept() == []
    assert machine.token(XDG_RUNTIME_DIR="") and machine.token(XDG_RUNTIME_DIR="relative")
    found = [p for p in machine.folder.rglob("*") if p.is_file() and first in p.read_text(errors="replace")]
    assert found == []


def test_a_kept_file_that_others_could_write_is_not_believed(machine, robot):
    robot()
    first = machine.token()
    machine.kept()[0].chmod(0o666)
    assert machine.token() != first


# -------------------------------------------------------------------------------------------------------------- the flows


def test_device_code_with_a_refresh_token_asks_the_person_once(machine, provider):
    key = machine.key("ed25519")
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop", "scope": "openid offline_access"}, prod={"key": key})
    process = machine.start("--host", "db1.acme.example", "--qr")
    url, code = world.read_code(process)
    assert url == f"{provider.issuer}/device"
    Browser(provider.ca.file).approve(url, code, "alice")
    out, err = world.finish(process)
    check(out.strip(), f"{key}.pub", "alice")
    assert "\u2580" in err and code not in out
    again = machine.token("--renew")  # with the refresh token: no prompt
    check(again, f"{key}.pub", "alice")
    check(machine.token("--renew"), f"{key}.pub", "alice")
    assert again != out.strip()


def test_the_qr_code_says_the_url(machine, provider):
    """A scanner reads what the terminal shows."""
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop"}, prod={})
    process = machine.start("--host", "db1.acme.example", "--qr")
    _, code = world.read_code(process)
    rows, started = [], False
    while True:
        line = process.stderr.readline()
        if "\033[30;107m" in line:
            started = True
            rows.append(line.split("\033[30;107m")[1].split("\033[0m")[0])
        elif started:
            break
    process.kill()
    process.communicate()
    picture = [[cell in pair for cell in row] for row in rows for pair in ("\u2580\u2588", "\u2584\u2588")]
    width = len(picture[0]) + 8
    lines = [[False] * width] * 4 + [[False] * 4 + row + [False] * 4 for row in picture] + [[False] * width] * 4
    pixels = [" ".join("0" if dark else "255" for dark in row for _ in range(6)) for row in lines for _ in range(6)]
    image = machine.folder / "qr.pgm"
    image.write_text(f"P2 {width * 6} {len(pixels)} 255\n" + "\n".join(pixels) + "\n")
    done = subprocess.run(["zbarimg", "-q", "--raw", image], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == f"{provider.issuer}/device?user_code={code}"


def test_a_denied_code_is_one_sentence(machine, provider):
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop"}, prod={})
    process = machine.start("--host", "db1.acme.example", "--no-qr")
    Browser(provider.ca.file).deny(*world.read_code(process))
    out, err = world.finish(process)
    assert process.returncode == 1 and out == ""
    assert err.strip().split("\n")[-1].startswith("pamjwt-token: the request was denied at the provider (access_denied")


def test_token_exchange_and_its_refusal(machine, provider):
    key = machine.key("ed25519")
    subject = provider.token("alice", audience="urn:broker")
    machine.write_conf({"issuer": provider.issuer, "client_id": "broker", "flow": "token_exchange",
                        "client_secret_file": machine.secret("secret", "s3cret"),
                        "subject_token_file": machine.secret("subject", subject + "\n")}, prod={"key": key})
    check(machine.token(), f"{key}.pub", "broker")
    machine.secret("subject", "e30.e30.e30")
    assert "rejects this code, token or proof; it may have expired or been used (invalid_grant" in machine.refused("--renew")


def test_a_refresh_token_from_a_file(machine, provider):
    """It is used once; its replacement is kept in the runtime directory, never in the file."""
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop", "scope": "openid offline_access"}, prod={})
    process = machine.start("--host", "db1.acme.example", "--no-qr")
    Browser(provider.ca.file).approve(*world.read_code(process), "alice")
    world.finish(process)
    refresh = json.loads(machine.kept()[0].read_text())["refresh_token"]
    machine.run("--forget")
    file = machine.secret("refresh", refresh)
    machine.write_conf({"issuer": provider.issuer, "client_id": "laptop", "flow": "refresh_token", "refresh_token_file": file}, prod={})
    assert claims_of(machine.token())["sub"] == "alice"
    assert claims_of(machine.token("--renew"))["sub"] == "alice"
    assert file.read_text() == refresh


# -------------------------------------------------------------------------------------------------- clocks, proofs, servers


def test_a_wrong_clock_is_named_when_a_proof_or_an_assertion_is_refused_for_it(machine, tmp_path, robot_key):
    """The provider's clock is the one that is moved, since certificates have dates too."""
    with world.shifted_provider(tmp_path, robot_key, "+10m") as provider:
        machine.ca_file = provider.ca.file
        key = machine.key("ed25519")
        secret = {"client_id": "robot", "client_secret_file": machine.secret("secret", "s3cret/+ :")}
        pem = machine.secret("robot.pem", robot_key.export_to_pem(private_key=True, password=None).decode())
        assertion = {"client_id": "key-robot", "client_key_file": pem}
        for client, error in ((secret, "invalid_dpop_proof"), (assertion, "invalid_client")):
            machine.write_conf({"issuer": provider.issuer, **CREDENTIALS, **client}, prod={"key": key})
            said = machine.refused()
            assert error in said and "the clock of this machine is " in said and "seconds behind the provider's" in said, said


def test_a_nonce_makes_up_for_a_wrong_clock(machine, robot):
    """Then the provider knows that the proof is new, whatever iat says."""
    key = machine.key("ed25519")
    robot(key=key)
    done = machine.run("--host", "db1.acme.example", wrapper=["faketime", "-f", "+10m"], ASAN_OPTIONS="verify_asan_link_order=0")
    assert done.returncode == 0, done.stderr


def test_a_replayed_proof_is_one_sentence(machine, provider, robot):
    """A proxy that breaks TLS open (it has the provider's certificate) sends each POST twice; the second answer comes back."""
    with world.RepeatingProxy(provider) as proxy:
        robot(key=machine.key("ed25519"))
        text = machine.conf.read_text().replace("[issuer/acme]\n", f"[issuer/acme]\nproxy = http://127.0.0.1:{proxy.port}\n")
        host.write(machine.conf, text, 0o600)
        said = machine.refused()
    assert "rejects this code, token or proof; it may have expired or been used (invalid_grant" in said


def test_the_completions_are_made_from_the_rows():
    for shell, file in (("bash", "pamjwt-token.bash"), ("zsh", "_pamjwt-token"), ("fish", "pamjwt-token.fish")):
        done = subprocess.run([world.TOKEN, "--completion", shell], stdout=subprocess.PIPE, text=True, check=True)
        assert (ROOT / "etc" / "completion" / file).read_text() == done.stdout, f"pamjwt-token --completion {shell} > etc/completion/{file}"


def test_the_help_names_every_option_and_key():
    done = subprocess.run([world.TOKEN, "--help"], stdout=subprocess.PIPE, text=True, check=True)
    for word in ("--host", "--sudo", "--renew", "client_key_file", "subject_token_file", "match", "resource"):
        assert word in done.stdout
    assert all(len(line) <= 110 for line in done.stdout.split("\n"))
