"""What a server that works is asked, and what is made of its answers (issue 5, attacks NET-01 to NET-27)."""

import http.server
import json
import select
import socket
import stat
import subprocess
import threading

import pytest
from conftest import needs_root
from world import HELPER, PUBLIC, Answer, Idp, jwks, new_key


def test_discovery_brings_the_keys_and_the_cache_holds_them(host, idp):
    got = host.get(now=1000)
    assert (got["reason"], got["kids"], got["fetched"], got["stored"]) == ("ok", ["k1"], True, True)
    assert got["source"] == idp.url + "/jwks"
    assert got["asked_at"] == 1000
    assert host.cached_kids() == ["k1"]
    assert stat.S_IMODE(host.file.stat().st_mode) == 0o644
    assert [p for p, _ in idp.requests] == ["/.well-known/openid-configuration", "/jwks"]


def test_a_jwks_url_needs_no_discovery(host, idp):
    assert host.get(jwks=idp.url + "/jwks")["kids"] == ["k1"]
    assert [p for p, _ in idp.requests] == ["/jwks"]


def test_fresh_keys_are_used_without_asking(host, idp):
    host.get(now=1000)
    got = host.get(now=4599)
    assert (got["reason"], got["fetched"]) == ("ok", False)
    assert idp.asked() == 1
    host.forget_attempts()
    assert host.get(now=4600)["fetched"]
    assert idp.asked() == 2


@pytest.mark.parametrize(
    "control, seconds",
    [
        ("max-age=600", 600),
        ("public, max-age=600, must-revalidate", 600),
        ("max-age=1", 60),  # min_refresh
        ("max-age=31536000", 86400),  # NET-11: a day at most
        ("no-store", 60),
        ("no-cache, max-age=600", 60),
        ("max-age=99999999999999999999999", 86400),
        ("max-age=-5", 3600),
        ("max-age=6 00", 3600),
        ("", 3600),
    ],
)
def test_cache_control_within_limits(host, idp, control, seconds):
    idp.keys("k1", headers={"Cache-Control": control})
    got = host.get(now=1000)
    assert got["fresh_until"] - got["asked_at"] == seconds


def test_age_counts_against_max_age(host, idp):
    idp.keys("k1", headers={"Cache-Control": "max-age=600", "Age": "200"})
    got = host.get(now=1000)
    assert got["fresh_until"] == 1400


def test_not_modified_keeps_the_keys_and_makes_them_fresh(host, idp):
    idp.keys("k1", headers={"ETag": '"v1"'})
    host.get(now=1000)
    host.forget_attempts()
    got = host.get(now=5000)
    assert (got["reason"], got["kids"], got["fetched"], got["asked_at"]) == ("ok", ["k1"], True, 5000)
    assert idp.requests[-1][1]["if-none-match"] == '"v1"'
    assert host.cached()[0]["etag"] == '"v1"'
    assert host.get(now=5001)["fetched"] is False


def test_not_modified_without_anything_to_keep_is_a_failure(host, idp):
    """NET-26"""
    idp.answer(b"", 304, {"ETag": '"v1"'})
    got = host.get(now=1000)
    assert got["reason"] == "fetch-failed"
    assert "304" in got["detail"]
    assert not host.file.exists()


@pytest.mark.parametrize("etag", ['"' + "x" * 300 + '"', '"a b"'])
def test_an_etag_that_is_none_is_forgotten(host, idp, etag):
    idp.keys("k1", headers={"ETag": etag})
    host.get()
    assert "etag" not in host.cached()[0]


def test_the_discovery_document_must_name_the_same_issuer(host, idp):
    """NET-19"""
    for other in (idp.url + "/", idp.url.upper(), "https://other.example", None):
        idp.describe(issuer=other)
        host.forget_attempts()
        got = host.get()
        assert got["reason"] == "fetch-failed", other
        assert "has the issuer" in got["detail"]
        assert idp.asked() == 0


def test_rfc_8414_when_there_is_no_openid_configuration(host, idp):
    document = json.loads(idp.answers.pop("/.well-known/openid-configuration").body)
    idp.answers["/.well-known/oauth-authorization-server"] = Answer(document)
    assert host.get()["kids"] == ["k1"]


def test_rfc_8414_puts_the_path_of_the_issuer_behind(host, idp):
    document = {"issuer": idp.url + "/realms/staff", "jwks_uri": idp.url + "/jwks"}
    idp.answers["/.well-known/oauth-authorization-server/realms/staff"] = Answer(document)
    assert host.get(issuer=idp.url + "/realms/staff")["kids"] == ["k1"]
    assert idp.requests[0][0] == "/realms/staff/.well-known/openid-configuration"


def test_a_slash_at_the_end_of_the_issuer_is_not_doubled(host, idp):
    idp.describe(issuer=idp.url + "/")
    assert host.get(issuer=idp.url + "/")["kids"] == ["k1"]


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:80/jwks", "file:///etc/passwd", "ftp://127.0.0.1/jwks", "https://u:p@127.0.0.1/", "gopher://x/", 7],
)
def test_discovery_cannot_lead_elsewhere_than_to_https(host, idp, uri):
    """NET-03, NET-20"""
    idp.describe(jwks_uri=uri)
    assert host.get()["reason"] == "fetch-failed"
    assert not host.file.exists()


def test_keys_are_minimal_and_public(host, idp):
    """KEY-14: what an issuer discloses by mistake is not spread further."""
    key = new_key("leaked")
    full = key.export_private(as_dict=True) | {"x5c": ["AAAA"], "x5u": "https://evil.example", "extra": {"a": 1}}
    idp.answer({"keys": [full]})
    assert host.get()["kids"] == ["leaked"]
    stored = host.cached()[1]["keys"][0]
    assert not {"d", "x5c", "x5u", "extra"} & set(stored)
    assert stored["x"] == full["x"]


def test_what_the_helper_prints_is_minimal_and_checked_before_root_sees_it(host, idp, authority):
    """Two lines: what root must know of the answer, and public keys that it could read."""
    full = new_key("leaked").export_private(as_dict=True) | {"x5c": ["AAAA"], "extra": 1}
    bad = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "bad"}
    idp.answer({"keys": [full, bad], "more": "x" * 1000})
    request = {"name": "acme", "issuer": idp.url, "timeout_ms": 5000, "ca_fd": 3}
    command = ["sh", "-c", 'exec "$0" 3<"$1"', HELPER, authority.file]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert json.loads(first)["ok"] and json.loads(first)["issuer"] == idp.url
    assert set(json.loads(second)) == {"keys"}
    assert [set(key) for key in json.loads(second)["keys"]] == [{"kty", "crv", "x", "y", "kid"}]
    assert len(done.stdout) < 1000 and done.stderr == ""


def test_one_bad_key_does_not_spoil_the_others(host, idp):
    """KEY-21"""
    idp.answer({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "bad"}, *jwks("good")["keys"]]})
    assert host.get()["kids"] == ["good"]


def test_the_request_names_us_and_carries_nothing_else(host, idp):
    """NET-22, NET-23"""
    host.get()
    headers = idp.requests[-1][1]
    assert headers["user-agent"].startswith("pamjwt-fetch/")
    assert headers["accept"] == "application/json"
    assert set(headers) == {"host", "user-agent", "accept"}


def test_cookies_are_not_kept_between_requests(host, idp):
    idp.answers["/.well-known/openid-configuration"].headers["Set-Cookie"] = "a=b"
    host.get()
    assert "cookie" not in idp.requests[-1][1]


def test_a_bearer_token_goes_to_the_configured_origin_only(host, idp, server_pem):
    token = host.folder / "token"
    token.write_text("abc.DEF-123\n")
    token.chmod(0o600)
    host.get(bearer_file=token)
    assert [h.get("authorization") for _, h in idp.requests] == ["Bearer abc.DEF-123"] * 2
    other = Idp(server_pem)
    idp.describe(jwks_uri=other.url + "/jwks")
    host.forget_attempts()
    assert host.get("force", bearer_file=token)["fetched"]
    assert other.requests[-1][0] == "/jwks"
    assert "authorization" not in other.requests[-1][1]
    other.stop()


@pytest.mark.parametrize("content", ["two words", "a\r\nX-Evil: 1", "", "\n", "caf\u00e9"])
def test_a_bearer_token_that_is_none_is_not_sent(host, idp, content):
    """NET-24"""
    token = host.folder / "token"
    token.write_text(content)
    token.chmod(0o600)
    got = host.get(bearer_file=token)
    assert (got["reason"], idp.requests) == ("fetch-failed", [])
    assert "bearer_file" in got["detail"]


def test_ca_file_replaces_the_system_s_authorities(host, idp):
    got = host.get(ca_file=None)
    assert got["reason"] == "fetch-failed"
    assert "certificate" in got["detail"]
    assert idp.requests == []
    host.forget_attempts()
    got = host.get(ca_file=host.folder / "missing")
    assert (got["reason"], "ca_file" in got["detail"]) == ("fetch-failed", True)


def test_a_ca_file_behind_a_link_is_found(host, authority):
    link = host.folder / "ca"
    link.symlink_to(authority.file)
    assert host.get(ca_file=link)["kids"] == ["k1"]


class Proxy(http.server.BaseHTTPRequestHandler):
    """Connects to what it is asked for and copies bytes both ways; or says no."""

    def log_message(self, *args):
        pass

    def do_CONNECT(self):
        self.server.asked.append(self.path)
        if self.server.says_no:
            self.send_error(403)
            return
        name, port = self.path.rsplit(":", 1)
        self.send_response(200)
        self.end_headers()
        with socket.create_connection((name, int(port))) as peer:
            while ready := select.select([peer, self.connection], [], [], 10)[0]:
                data = ready[0].recv(65536)
                if not data:
                    return
                (self.connection if ready[0] is peer else peer).sendall(data)


@pytest.fixture
def proxy():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads, server.asked, server.says_no = True, [], False
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_keys_are_asked_for_through_the_proxy(host, idp, proxy):
    assert host.get(proxy=proxy.url)["kids"] == ["k1"]
    assert set(proxy.asked) == {idp.url.removeprefix("https://")}


def test_where_the_proxy_says_no_nobody_else_is_asked(host, idp, proxy):
    proxy.says_no = True
    got = host.get(proxy=proxy.url)
    assert got["reason"] == "fetch-failed"
    assert "proxy" in got["detail"].lower() or "403" in got["detail"]
    assert idp.requests == []


def test_no_variable_of_the_environment_decides(host, idp):
    """NET-21, PAM-01"""
    variables = [
        "https_proxy=http://127.0.0.1:1",
        "ALL_PROXY=http://127.0.0.1:1",
        "SSL_CERT_FILE=/dev/null",
        "CURL_CA_BUNDLE=/dev/null",
        "OPENSSL_CONF=/nonexistent",
        "HOME=/nonexistent",
    ]
    assert host.get(prefix=["env", *variables])["kids"] == ["k1"]


@needs_root
def test_http_only_to_loopback_below_port_1024(host):
    """NET-01, REV-14"""
    low = Idp(tls=False, port=1000)
    assert host.get(issuer=low.url)["kids"] == ["k1"]
    low.stop()
    high = Idp(tls=False)
    host.forget_attempts()
    got = host.get(issuer=high.url)
    assert got["reason"] == "fetch-failed"
    assert "port below 1024" in got["detail"]
    assert high.requests == []
    high.stop()


@pytest.mark.parametrize("url", ["http://localhost:80/", "http://127.0.0.2:80/", "http://10.0.0.1/", "https://", "x", "https://a b/"])
def test_other_urls_are_not_asked(host, url):
    assert host.get(jwks=url)["reason"] == "fetch-failed"


def test_a_cache_of_another_setting_counts_as_none(host, idp, server_pem):
    host.get()
    other = Idp(server_pem)
    other.keys("other")
    got = host.get(issuer=other.url)
    assert (got["kids"], got["fetched"]) == (["other"], True)
    assert "another issuer" in got["warning"]["detail"]
    got = host.get(issuer=other.url, jwks=other.url + "/jwks", helper="")
    assert got["reason"] == "no-keys"
    other.stop()


@needs_root
@pytest.mark.parametrize("where", ["127.0.0.1", "10.9.8.7", "169.254.169.254", "fd00:9:8::7"])
def test_a_public_issuer_s_keys_are_not_asked_for_in_private_networks(host, server_pem, where):
    """RVW-36: the internet has no say about what this host asks in its own networks."""
    public, inside = Idp(server_pem, address=PUBLIC), Idp(server_pem, address=where)
    public.describe(jwks_uri=inside.url + "/jwks")
    got = host.get(issuer=public.url)
    assert (got["reason"], inside.requests, inside.connections) == ("fetch-failed", [], 0)
    assert "although the issuer's is public; private_jwks = yes allows that" in got["detail"]
    assert host.get("force", issuer=public.url, private_jwks="yes")["kids"] == ["k1"]
    assert host.get("force", issuer=public.url, jwks=inside.url + "/jwks")["kids"] == ["k1"]
    public.stop()
    inside.stop()


@needs_root
def test_a_name_that_leads_into_a_private_network_is_seen_by_its_address(host, server_pem):
    """RVW-36: checked on the address that is connected to, not on the name."""
    public, inside = Idp(server_pem, address=PUBLIC), Idp(server_pem)
    public.describe(jwks_uri=f"https://localhost:{inside.port}/jwks")
    got = host.get(issuer=public.url)
    assert (got["reason"], inside.requests, inside.connections) == ("fetch-failed", [], 0)
    assert "private_jwks" in got["detail"]
    public.stop()
    inside.stop()


@needs_root
@pytest.mark.parametrize("issuer,keys", [(PUBLIC, "2001:db8::7"), ("10.9.8.7", "127.0.0.1"), ("127.0.0.1", PUBLIC)])
def test_keys_in_the_issuer_s_own_kind_of_network_are_asked_for(host, server_pem, issuer, keys):
    """RVW-36: so an issuer in a private network may keep its keys there, and anyone on the internet."""
    first, second = Idp(server_pem, address=issuer), Idp(server_pem, address=keys)
    first.describe(jwks_uri=second.url + "/jwks")
    assert host.get(issuer=first.url)["kids"] == ["k1"]
    first.stop()
    second.stop()
