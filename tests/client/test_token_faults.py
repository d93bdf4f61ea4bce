"""pamjwt-token and everything that can go wrong: one clear sentence each, and nothing is handed over."""
import base64
import http.server
import pathlib
import socket
import ssl
import struct
import threading
import time

import pytest

import token_world as world
from token_world import BrokenProvider, Machine, claims_of, host, unsigned

SECTION = {"client_id": "robot", "flow": "client_credentials"}
CONFIGURATION = "/.well-known/openid-configuration"


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return host.CertificateAuthority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def certificate(ca):
    return ca.certificate("127.0.0.1")


@pytest.fixture
def broken(certificate):
    made = BrokenProvider(certificate)
    yield made
    made.close()


@pytest.fixture
def machine(tmp_path, ca, broken):
    made = Machine(tmp_path, ca.file)
    made.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": made.secret("secret", "x")}, prod={})
    yield made
    made.stop_agent()


def good(ttl=300, **claims):
    return {"access_token": unsigned(ttl, **claims), "token_type": "Bearer", "expires_in": ttl}


def device_conf(machine, broken):
    machine.write_conf({"issuer": broken.issuer, "client_id": "laptop"}, prod={})
    return {"device_code": "d" * 43, "user_code": "ABCD-EFGH", "verification_uri": f"{broken.issuer}/device", "expires_in": 600, "interval": 1}


# ------------------------------------------------------------------------------------------------------- what is answered


@pytest.mark.parametrize("answer, says", [
    ((503, "out of order"), "HTTP status 503"),
    ((500, {"error": "server_error"}), "HTTP status 500 (server_error)"),
    ((400, {"error": "invalid_target"}), "issues no tokens for this resource or audience (invalid_target)"),
    ((400, {"error": "odd\x1b[31m", "error_description": "\u202eevil"}), "the provider refused the request (odd\\x1b[31m"),
    ((400, {"error": "invalid_dpop_proof", "error_description": "iat is not recent enough"}),
     "the provider rejects the proof of the key (invalid_dpop_proof: iat is not recent enough)"),
    ((400, {"error": "invalid_dpop_proof", "error_description": "DPoP proof has already been used"}),
     "the provider rejects the proof of the key (invalid_dpop_proof: DPoP proof has already been used)"),
    ((302, "", {"Location": "https://evil.example/"}), "HTTP status 302, and redirects are not followed"),
    ((200, "<html>"), "the provider's response"),
    ((200, '{"access_token":"a","access_token":"b","token_type":"Bearer"}'), "the provider's response"),
    ({"token_type": "Bearer"}, "the provider's response has no access_token"),
    ({"access_token": "a.b.c"}, "the provider's response has no token_type"),
    ({"access_token": "a b", "token_type": "Bearer"}, "an invalid access_token"),
    ({"access_token": 7, "token_type": "Bearer"}, "an invalid access_token"),
    ({**good(), "expires_in": "soon"}, "an invalid expires_in"),
    ({**good(), "token_type": "mac"}, "the token_type 'mac'"),
    ({**good(), "token_type": "DPoP"}, "bound to a key, though no key was used"),
    ({"access_token": "opaque-and-long", "token_type": "Bearer"}, "cannot log in"),
    ((200, '{"token_type":"Bearer","access_token":"' + "a" * 2_000_000 + '"}'), "more than 1048576 bytes"),
])
def test_an_answer_that_gives_no_token(machine, broken, answer, says):
    broken.says("/token", answer)
    said = machine.refused()
    assert says in said and "\x1b" not in said and "\u202e" not in said
    assert machine.kept() == []
    assert [r for r in broken.requests if "evil" in r[0]] == []


@pytest.mark.parametrize("shift, says", [(-600, "ahead of the provider's"), (600, "behind the provider's"), (5, None)])
def test_how_far_the_clocks_are_apart_is_said_when_that_may_be_why(machine, broken, shift, says):
    broken.date = time.time() + shift
    broken.says("/token", (400, {"error": "invalid_dpop_proof"}))
    said = machine.refused()
    assert (says in said and "the clock of this machine is " in said) if says else "clock" not in said


def test_a_provider_that_does_not_bind(machine, broken):
    key = machine.key("ed25519")
    machine.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": machine.folder / "secret"}, prod={"key": key})
    broken.says("/token", good())
    assert "not bound to a key (token_type Bearer)" in machine.refused()
    broken.says("/token", {**good(), "token_type": "DPoP"})
    assert "is bound to no key, not to the key" in machine.refused()
    broken.says("/token", {**good(cnf={"jkt": "A" * 43}), "token_type": "DPoP"})
    assert "is bound to another key, not to the key" in machine.refused()
    broken.says("/token", {**good(cnf={"jkt": world.thumbprint(f"{key}.pub")}), "token_type": "DPoP"})
    assert machine.token()


def test_a_provider_that_takes_other_algorithms(machine, broken):
    machine.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": machine.folder / "secret"}, prod={"key": machine.key("ed25519")})
    broken.says(CONFIGURATION, broken.document(dpop_signing_alg_values_supported=["ES256"]))
    assert 'does not accept proofs in EdDSA, only in ["ES256"]' in machine.refused()
    assert broken.asked("/token") == []


def test_a_nonce_is_answered_once_and_an_endless_demand_ends(machine, broken):
    key = machine.key("ecdsa-256")
    machine.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": machine.folder / "secret"}, prod={"key": key})
    broken.says("/token", (400, {"error": "use_dpop_nonce"}, {"DPoP-Nonce": "n-1"}))
    assert "requires another nonce each time" in machine.refused()
    first, second = broken.asked("/token")
    assert "nonce" not in claims_of(first[2]["DPoP"])
    proof = claims_of(second[2]["DPoP"])
    assert (proof["nonce"], proof["htm"], proof["htu"]) == ("n-1", "POST", f"{broken.issuer}/token")
    assert proof["jti"] != claims_of(first[2]["DPoP"])["jti"] and abs(proof["iat"] - time.time()) < 60
    assert sorted(proof) == ["htm", "htu", "iat", "jti", "nonce"]


@pytest.mark.parametrize("document, says", [
    ({"issuer": "https://other.example", "token_endpoint": "https://other.example/token"}, "has the issuer 'https://other.example'"),
    ({"token_endpoint": None}, "no valid token_endpoint"),
    ({"token_endpoint": "http://127.0.0.1:80/token"}, "its token_endpoint is not https"),
    ({"token_endpoint": "https://user:pw@127.0.0.1/token"}, "not an https URL"),
])
def test_a_discovery_document_that_is_not_believed(machine, broken, document, says):
    broken.says(CONFIGURATION, {**broken.document(), **document})
    assert says in machine.refused() and broken.asked("/token") == []


def test_rfc_8414_where_there_is_no_openid_document(machine, broken):
    broken.replies[CONFIGURATION] = [(404, {}, "no")]
    broken.says("/.well-known/oauth-authorization-server", broken.document())
    broken.says("/token", good())
    assert machine.token()


def test_a_stranger_s_certificate_and_no_server_at_all(machine, broken, tmp_path_factory):
    other = host.CertificateAuthority(tmp_path_factory.mktemp("other"))
    machine.ca_file = other.file
    machine.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": machine.folder / "secret"}, prod={})
    assert "certificate" in machine.refused() and broken.requests == []
    machine.write_conf({"issuer": f"https://127.0.0.1:{world.free_port()}", **SECTION, "client_secret_file": machine.folder / "secret"}, prod={})
    assert "connect" in machine.refused().lower()


def test_tls_1_1_is_not_spoken(machine, broken):
    """A client that allows it is served; ours says why it goes no further, and its secret stays here."""
    server = broken.server.socket.context
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.minimum_version, server.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old = ssl.create_default_context(cafile=machine.ca_file)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    with old.wrap_socket(socket.create_connection(("127.0.0.1", broken.port)), server_hostname="127.0.0.1") as client:
        client.sendall(f"GET {CONFIGURATION} HTTP/1.0\r\n\r\n".encode())
        assert (client.version(), client.recv(12)) == ("TLSv1.1", b"HTTP/1.1 200")
    asked = len(broken.requests)
    assert "protocol version" in machine.refused() and len(broken.requests) == asked


@pytest.mark.parametrize("methods, header", [
    (None, True), (["client_secret_basic", "client_secret_post"], True), (["client_secret_basic"], True),
    (["private_key_jwt"], True), (["client_secret_post"], False), (["none", "client_secret_post"], False), ([], True),
])
def test_where_a_secret_is_put(machine, broken, methods, header):
    """In the form only where the provider says that it takes it there and in no header (RFC 6749 section 2.3.1)."""
    broken.says(CONFIGURATION, broken.document(**({} if methods is None else {"token_endpoint_auth_methods_supported": methods})))
    broken.says("/token", good())
    machine.secret("secret", "s3cret/+ :\n")
    machine.token()
    [(_, form, headers, _)] = broken.asked("/token")
    basic = "Basic " + base64.b64encode(b"robot:s3cret%2F%2B%20%3A").decode()
    assert headers.get("Authorization") == (basic if header else None)
    assert form == {"grant_type": "client_credentials", "resource": "ssh://db1.acme.example",
                    **({} if header else {"client_id": "robot", "client_secret": "s3cret/+ :"})}


def test_a_token_is_asked_for_again_shortly_before_it_expires(machine, broken):
    broken.says("/token", good(ttl=40), good(ttl=25, jti="2"), good(jti="3"))
    first = machine.token()
    assert machine.token() == first, "kept"
    host.wait_for("the margin", lambda: machine.token() != first, 20)
    assert len(broken.asked("/token")) == 2
    assert claims_of(machine.token()) == {**claims_of(machine.token()), "jti": "3"}, "25 seconds are not kept"


# ------------------------------------------------------------------------------------------------------------ device code


def test_slow_down_is_honoured(machine, broken):
    broken.says("/device", device_conf(machine, broken))
    broken.says("/token", (400, {"error": "authorization_pending"}), (400, {"error": "slow_down"}), good())
    assert machine.token()
    times = [request[3] for request in broken.asked("/token")]
    assert len(times) == 3
    assert times[1] - times[0] < 5 <= times[2] - times[1], "five seconds more (RFC 8628 section 3.5)"


def test_what_a_device_code_asks_for(machine, broken):
    broken.says("/device", device_conf(machine, broken))
    broken.says("/token", good())
    machine.write_conf({"issuer": broken.issuer, "client_id": "laptop", "scope": "openid x"}, prod={"audience": "ssh://%h"})
    machine.token()
    [(_, asked, headers, _)], [(_, form, _, _)] = broken.asked("/device"), broken.asked("/token")
    wanted = {"client_id": "laptop", "scope": "openid x", "resource": "ssh://db1.acme.example", "audience": "ssh://db1.acme.example"}
    assert asked == wanted and "Authorization" not in headers
    assert form == {**wanted, "grant_type": world.DEVICE, "device_code": "d" * 43}


@pytest.mark.parametrize("answers, says, count", [
    ([(400, {"error": "access_denied"})], "the request was denied at the provider (access_denied)", 1),
    ([(400, {"error": "expired_token"})], "the code expired before it was entered; try again", 1),
    ([(502, "bad gateway"), (400, {"error": "access_denied"})], "denied", 2),
    ([(502, "bad gateway")], "HTTP status 502", 3),
])
def test_how_waiting_for_a_person_ends(machine, broken, answers, says, count):
    broken.says("/device", device_conf(machine, broken))
    broken.says("/token", *answers)
    done = machine.run("--host", "db1.acme.example")
    assert done.returncode == 1 and done.stdout == ""
    assert says in done.stderr.strip().split("\n")[-1] and len(broken.asked("/token")) == count


def test_a_code_that_runs_out_while_nobody_enters_it(machine, broken):
    broken.says("/device", {**device_conf(machine, broken), "expires_in": 2})
    broken.says("/token", (400, {"error": "authorization_pending"}))
    done = machine.run("--host", "db1.acme.example")
    assert done.returncode == 1 and "the code expired before it was entered; try again" in done.stderr


@pytest.mark.parametrize("qr", ["--qr", "--no-qr"])
@pytest.mark.parametrize("complete", [None, "https://login.acme.example/device?user_code=ABCD-EFGH"])
def test_the_text_has_all_that_the_qr_code_has_and_whom_it_is_for(machine, broken, qr, complete):
    """RVW-13: the QR code held a URL that was not shown, and nothing told a person whose code this is."""
    more = {"verification_uri_complete": complete} if complete else {}
    broken.says("/device", {**device_conf(machine, broken), **more})
    broken.says("/token", good())
    done = machine.run("--host", "db1.acme.example", qr)
    assert done.returncode == 0
    lines = done.stderr.split("\n")
    assert lines[0] == "To get a token for db1.acme.example, open" and f"    {broken.issuer}/device" in lines
    assert "    ABCD-EFGH" in lines and "which expires in 10 minutes:" in done.stderr
    assert (f"    {complete}" in lines) == bool(complete) and ("\u2580" in done.stderr) == (qr == "--qr")


def test_a_code_for_sudo_says_so(machine, broken):
    broken.says("/device", device_conf(machine, broken))
    broken.says("/token", good())
    machine.write_conf({"issuer": broken.issuer, "client_id": "laptop"}, section={"sudo": {"issuer": "acme"}})
    done = machine.run("--sudo", "--no-qr")
    assert done.returncode == 0 and done.stderr.startswith("To get a token for sudo on this machine, open\n")


@pytest.mark.parametrize("letter", ["\u00ad", "\u200b", "\u200f", "\u2060", "\u2064", "\ufeff", "\U000e0041", "\u3164"])
def test_letters_that_nobody_sees_are_escaped_in_what_a_provider_says(machine, broken, letter):
    """RVW-13"""
    broken.says("/token", (400, {"error": "access_denied", "error_description": f"a{letter}b \u00e9"}))
    said = machine.refused()
    assert letter not in said and "a" + "".join(f"\\x{byte:02x}" for byte in letter.encode()) + "b \u00e9" in said


@pytest.mark.parametrize("change, says", [
    ({"user_code": "\x1b]0;evil\x07"}, "invalid user_code"), ({"verification_uri": None}, "no verification_uri"),
    ({"verification_uri": "https://x/\u202e"}, "invalid verification_uri"), ({"device_code": 1}, "invalid device_code"),
    ({"expires_in": 0}, "no expires_in"), ({"interval": -1}, "invalid interval"),
    ({"verification_uri": "http://login.acme.example/device"}, "verification_uri is not an https URL"),  # RVW-13
    ({"verification_uri": "javascript:alert(1)"}, "verification_uri is not an https URL"),
    ({"verification_uri": "https:///device"}, "verification_uri is not an https URL"),
    ({"verification_uri": "https://login.acme.example@evil.example/device"}, "verification_uri is not an https URL"),
    ({"verification_uri": "https://evil.example\\@login.acme.example/"}, "verification_uri is not an https URL"),
    ({"verification_uri_complete": "http://login.acme.example/device?c=1"}, "verification_uri_complete is not an https URL"),
    ({"verification_uri": "https://x/\u00ad"}, "invalid verification_uri"), ({"user_code": "AB\u200bCD"}, "invalid user_code"),
])
def test_a_device_answer_that_is_not_shown(machine, broken, change, says):
    broken.says("/device", {**device_conf(machine, broken), **change})
    assert says in machine.refused()


def test_a_provider_without_a_device_flow(machine, broken):
    device_conf(machine, broken)
    broken.says(CONFIGURATION, {**broken.document(), "device_authorization_endpoint": None})
    assert "the provider has no device flow" in machine.refused()


# -------------------------------------------------------------------------------------------------------------- the agent


class Agent(threading.Thread):
    """An agent that answers what a test wants to a request for a signature."""

    def __init__(self, path, blob, answer):
        super().__init__(daemon=True)
        self.blob, self.answer = blob, answer
        self.signed = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.start()

    @staticmethod
    def string(data):
        return struct.pack(">I", len(data)) + data

    def run(self):
        while True:
            one, _ = self.socket.accept()
            with one:
                while head := one.recv(4):
                    message = one.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)
                    if message[0] == 11:
                        reply = b"\x0c" + struct.pack(">I", 1) + self.string(self.blob) + self.string(b"comment")
                    else:
                        self.signed.append(message)
                        reply = self.answer
                    one.sendall(self.string(reply) if reply is not None else b"\xff\xff\xff\xff")


def signature(name, raw):
    return b"\x0e" + Agent.string(Agent.string(name) + Agent.string(raw))


@pytest.mark.parametrize("answer, says", [
    (b"\x05", "refuses to sign with this key: the agent is locked, the use was not confirmed"),
    (b"\x0e", "response is malformed"), (b"\x06", "response is malformed"), (b"", "closed the connection"), (None, "closed the connection"),
    (signature(b"ssh-ed25519", b"x" * 63), "response is malformed"),
    (signature(b"ssh-ed25519", b"x" * 64) + b"!", "response is malformed"),
    (signature(b"ssh-rsa", b"x" * 64), "another algorithm than ssh-ed25519"),
    (signature(b"ssh-ed25519", b"x" * 64), "the signature cannot be verified with this key"),
])
def test_an_agent_that_answers_nonsense(machine, broken, answer, says):
    import base64
    key = machine.key("ed25519")
    blob = base64.b64decode(pathlib.Path(f"{key}.pub").read_text().split()[1])
    agent = Agent(machine.folder / "odd-agent", blob, answer)
    machine.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": machine.folder / "secret"}, prod={"key": f"{key}.pub"})
    said = machine.refused(SSH_AUTH_SOCK=str(machine.folder / "odd-agent"))
    assert says in said and broken.asked("/token") == []
    assert all(b"eyJ0eXAiOiJkcG9wK2p3dCIs" in message for message in agent.signed), "only a proof is ever given to an agent"


def test_no_agent_and_one_that_is_gone(machine, broken):
    key = machine.key("ed25519")
    machine.write_conf({"issuer": broken.issuer, **SECTION, "client_secret_file": machine.folder / "secret"}, prod={"key": f"{key}.pub"})
    assert "no ssh-agent: SSH_AUTH_SOCK is not set" in machine.refused()
    assert "does not respond" in machine.refused(SSH_AUTH_SOCK=str(machine.folder / "nowhere"))


# ----------------------------------------------------------------------------------------------------------- client.conf

ISSUER = "[issuer/acme]\nissuer = https://login.acme.example\nclient_id = x\n"


@pytest.mark.parametrize("text, says", [
    ("[isuer/acme]\n", ":1: a section must be [issuer/NAME], [host/NAME] or [sudo]"),
    ("[issuer]\n", ":1: [issuer/NAME] requires a name"), ("[host]\n", ":1: [host/NAME] requires a name"), ("[sudo/x]\n", ":1: [sudo] cannot have a name"),
    (ISSUER + "flow = magic\n", "flow must be device, client_credentials"), (ISSUER + "clientid = x\n", ":4: clientid: unknown key in this section; did you mean client_id?"),
    (ISSUER + "client_id = y\n", ":4: client_id: duplicate key"), (ISSUER + ISSUER, ":4: acme: duplicate section"),
    ("[issuer/acme]\nissuer = http://login.acme.example\n", ":2: issuer: http is not allowed"),
    ("[issuer/acme]\nissuer = https://a.example\n", ":1: issuer and client_id are required"),
    (ISSUER + "flow = client_credentials\n", "client_credentials requires client_secret_file or client_key_file"),
    (ISSUER + "client_secret_file = /a\nclient_key_file = /b\n", "cannot be combined"),
    (ISSUER + "client_secret_file = secret\n", ":4: client_secret_file: the path must begin with / or ~/"),
    (ISSUER + "flow = refresh_token\n", "require each other"), (ISSUER + "subject_token_file = /a\n", "require each other"),
    (ISSUER + "timeout = 1h\n", "timeout must be a time from 1s to 5m"),
    (ISSUER + "[host/a]\nissuer = acme\n", ":4: [host/NAME] requires match"), (ISSUER + "[sudo]\nissuer = acme\nmatch = *\n", "match is not allowed in [sudo]"),
    (ISSUER + "[sudo]\nissuer = acme\nkey = /k\n", "sudo cannot use ssh keys"),
    (ISSUER + "[host/a]\nmatch = a\nissuer = acme\ncommand = x\n", "only one of issuer, command and file"),
    ("[host/a]\nmatch = a\nissuer = nobody\n", "issuer does not name an [issuer/...] section"),
    ("[host/a]\nmatch = a\nkey = /k\ncommand = x\n", "key and resource require issuer"),
    ("[host/a]\nmatch = db1.acme.example\ncommand = x\n", "this section does not set issuer"),
])
def test_a_configuration_that_is_refused_with_its_line(machine, text, says):
    host.write(machine.conf, text, 0o600)
    said = machine.refused(status=2)
    assert f"{machine.conf}:" in said and says in said


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_configuration_that_others_can_write_is_refused(machine, mode):
    machine.conf.chmod(mode)
    assert str(machine.conf) in machine.refused(status=2)


@pytest.mark.parametrize("args", [[], ["--host"], ["--host", "a", "--sudo"], ["--nonsense"], ["--sudo=x"], ["word"], ["--host", "a", "--qr", "--no-qr"]])
def test_a_command_line_that_is_refused(machine, args):
    done = machine.run(*args)
    assert done.returncode == 2 and done.stdout == "" and "usage" in done.stderr


def test_a_mistyped_option_is_told_the_nearest(machine):
    done = machine.run("--host", "a", "--no-qe")
    assert done.returncode == 2 and "unknown option --no-qe; did you mean --no-qr?" in done.stderr
    assert "did you mean" not in machine.run("--nonsense").stderr


def test_json_says_no_in_one_object(machine, broken):
    import json
    broken.says("/token", (400, {"error": "access_denied"}))
    done = machine.run("--host", "db1.acme.example", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and answer["ok"] is False and "denied" in answer["detail"] and done.stderr == ""


def test_no_variable_of_the_environment_redirects_a_request(machine, broken):
    broken.says("/token", good())
    nowhere = f"http://127.0.0.1:{world.free_port()}"
    assert machine.token(https_proxy=nowhere, HTTPS_PROXY=nowhere, all_proxy=nowhere, CURL_HOME="/nowhere")
