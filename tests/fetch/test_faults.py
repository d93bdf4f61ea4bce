"""
Everything that can go wrong between the issuer and the cache (issue 5). Each fault is met twice: by a host that has no
keys yet, which must be told why it gets none; and by a host that has keys which are no longer fresh, which must go on with
them, be warned, and keep its cache file byte for byte.
"""

import gzip
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from conftest import needs_root
from world import FETCH_UID, SLOW, Answer, Idp, free_port, jwks, root

# What hangs is given one second, and has to be over in little more than that.
HANGS = {"timeout": 2, "within": 5.0} if SLOW else {"timeout": 1, "within": 2.5}
LATER = 10_000  # the keys of the fixture were asked for at 1000 and are fresh until 4600


def says(text, detail):
    """One text or several; under a sanitizer, on a busy host, the deadline may come before what the test is about."""
    return any(t in detail for t in ([text] if isinstance(text, str) else text)) or (SLOW and "no response in time" in detail)


class Fault:
    """One fault at one path of the server, met by both hosts."""

    def __init__(self, host, idp):
        self.host, self.idp = host, idp

    def meet(self, text, reason="fetch-failed", within=5.0, break_it=None, **settings):
        host, idp = self.host, self.idp
        assert host.get(now=1000)["kids"] == ["k1"]
        kept = host.file.read_bytes()
        if break_it:
            break_it()
        settings = {"timeout": 5, "now": LATER, **settings}

        host.forget_attempts()
        got = host.get(**settings)
        assert (got["reason"], got["kids"], got["fetched"]) == ("ok", ["k1"], False), got
        assert got["warning"]["reason"] == reason, got
        assert says(text, got["warning"]["detail"]), got
        assert host.file.read_bytes() == kept
        assert got["seconds"] < within

        host.forget_attempts()
        host.file.unlink()
        got = host.get(**settings)
        assert (got["reason"], got["kids"], got["fetched"]) == (reason, [], False), got
        assert says(text, got["detail"]), got
        assert not host.file.exists()
        assert os.listdir(host.cache) == []
        assert got["seconds"] < within


@pytest.fixture
def fault(host, idp):
    return Fault(host, idp)


# ---- the network ----


def test_connection_refused(fault, idp):
    fault.meet("onnect", break_it=idp.stop)


def test_a_server_whose_host_drops_every_packet(fault, idp):
    """A queue that is full drops SYNs, as a firewall does: the deadline ends it."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    waiting = [socket.socket() for _ in range(4)]
    for s in waiting:
        s.setblocking(False)
        s.connect_ex(address)
    fault.meet("", break_it=lambda: idp.describe(jwks_uri=f"https://127.0.0.1:{address[1]}/jwks"), **HANGS)
    for s in (*waiting, listener):
        s.close()


def raw_server(serve):
    """A TCP server that gives each connection to serve(socket)."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def loop():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener


def test_a_server_that_accepts_and_says_nothing(fault, idp):
    """NET-07"""
    listener = raw_server(lambda peer: time.sleep(20))

    def break_it():
        idp.describe(jwks_uri=f"https://127.0.0.1:{listener.getsockname()[1]}/jwks")

    fault.meet("", break_it=break_it, **HANGS)
    listener.close()


def test_a_name_that_nobody_resolves_in_time(fault, idp):
    """A resolver that never answers: the process ends all the same (by _exit). libcurl or the helper's own deadline says so."""
    if not root():
        pytest.skip("needs its own resolv.conf")
    silent = fault.host.folder / "resolv.conf"
    silent.write_text("nameserver 127.0.0.54\noptions timeout:30 attempts:1\n")
    silent.chmod(0o644)
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.bind(("127.0.0.54", 53))
    subprocess.run(["mount", "--bind", silent, "/etc/resolv.conf"], check=True)
    try:
        fault.meet(("esol", "in time"), break_it=lambda: idp.describe(jwks_uri="https://idp.example/jwks"), **HANGS)
    finally:
        subprocess.run(["umount", "/etc/resolv.conf"], check=True)
        deaf.close()


# ---- bodies ----


def slow(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b"{")
        handler.wfile.flush()
        time.sleep(1)


def endless(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def gigabyte(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 30))
    handler.end_headers()
    for _ in range(1 << 14):
        handler.wfile.write(b" " * (1 << 16))


def cut_short(handler):
    body = handler.server.idp.full
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 10))
    handler.end_headers()
    handler.wfile.write(body)


def endless_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-A: " + b"a" * 1000 + b"\r\n")


def no_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize(
    "raw, text",
    [(slow, ""), (endless, "more than"), (gigabyte, "more than"), (cut_short, ""), (endless_headers, "more than"), (no_http, "")],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_body_that_never_ends_or_ends_too_early(fault, idp, raw, text):
    """NET-05, NET-07"""
    idp.full = idp.answers["/jwks"].body
    fault.meet(text, break_it=lambda: idp.answer(raw=raw), **(HANGS if raw in (slow, cut_short) else {}))


def test_a_content_length_that_is_too_small_cuts_the_set(fault, idp):
    body = idp.answers["/jwks"].body
    fault.meet(
        "jwks",
        "bad-keyset",
        break_it=lambda: idp.answer(body, headers={"Content-Length": str(len(body) - 5)}),
    )


def test_a_gzip_bomb_is_not_inflated(fault, idp):
    """NET-06: a megabyte of zeros is a kilobyte of gzip, and stays that."""
    bomb = gzip.compress(b" " * (50 << 20))
    fault.meet("", "bad-keyset", break_it=lambda: idp.answer(bomb, headers={"Content-Encoding": "gzip"}))


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:80/jwks", "https://other.example/jwks", "file:///etc/passwd", "/elsewhere"]
)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_redirects_are_refused(fault, idp, status, target):
    """NET-01, NET-02"""
    idp.answers["/elsewhere"] = Answer(jwks("elsewhere"))
    fault.meet("not followed", break_it=lambda: idp.answer(b"", status, {"Location": target}))
    assert idp.asked("/elsewhere") == 0


@pytest.mark.parametrize("status", [204, 206, 403, 404, 429, 500, 503])
def test_error_pages_are_no_keys(fault, idp, status):
    """NET-09, NET-10. A good set with a bad status is not accepted either."""
    body = idp.answers["/jwks"].body if status == 206 else b"<html>sorry</html>" if status != 204 else b""
    fault.meet(f"HTTP status {status}", break_it=lambda: idp.answer(body, status))


UNUSABLE = {"keys": [{"kty": "EC", "crv": "P-521x", "x": "AA", "y": "AA"}, {"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}
OCT = {"keys": [*jwks("k")["keys"], {"kty": "oct", "kid": "h", "k": "A" * 43}]}


@pytest.mark.parametrize(
    "body",
    [b"<html>log in first</html>", b"", b"{}", b"[]", b"null", {"keys": []}, {"keys": {}}, UNUSABLE, OCT,
     b'{"keys":[],"keys":[]}', b'{"keys":[' + b"[" * 1000 + b"]" * 1000 + b"]}", b"\xef\xbb\xbf{}", b"\x00" * 100,
     b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"],
    ids=["html", "nothing", "empty-object", "array", "null", "empty-set", "keys-object", "unusable", "oct", "twice",
         "deep", "bom", "nul", "pem"],
)
def test_what_is_no_good_key_set_never_replaces_one(fault, idp, body):
    """NET-10, KEY-13, KEY-20"""
    fault.meet("", "bad-keyset", break_it=lambda: idp.answer(body))


# ---- TLS ----


@pytest.mark.parametrize("kind", ["expired", "not-yet", "self-signed", "wrong-host", "unknown-ca"])
def test_a_certificate_that_does_not_hold(fault, idp, authority, kind, tmp_path):
    """NET-04"""
    from world import Authority

    pem = {
        "expired": lambda: authority.server(days=(-30, -1)),
        "not-yet": lambda: authority.server(days=(1, 30)),
        "self-signed": lambda: authority.server(self_signed=True),
        "wrong-host": lambda: authority.server(hosts=("other.example",)),
        "unknown-ca": lambda: Authority(tmp_path, "Other CA").server(),
    }[kind]()
    bad = Idp(pem)
    fault.meet("ertificate" if kind != "wrong-host" else "name", break_it=lambda: idp.describe(jwks_uri=bad.url + "/jwks"))
    assert bad.requests == []
    bad.stop()


class Nginx:
    """A real server that speaks one version of TLS and no other."""

    def __init__(self, folder, pem, protocol):
        self.port = free_port()
        (folder / "nginx.conf").write_text(
            f"""daemon off; pid {folder}/nginx.pid; error_log /dev/null; events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{self.port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};
ssl_protocols {protocol}; ssl_ciphers ALL:@SECLEVEL=0; root {folder}; }} }}
"""
        )
        self.process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
def test_tls_1_1_is_not_spoken(fault, idp, server_pem, authority):
    """A client that allows TLS 1.1 gets the keys there; the helper does not, and for that reason."""
    nginx = Nginx(fault.host.folder, server_pem, "TLSv1.1")
    (fault.host.folder / "jwks").write_bytes(idp.answers["/jwks"].body)
    try:
        old = ssl.create_default_context(cafile=authority.file)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        with old.wrap_socket(socket.create_connection(("127.0.0.1", nginx.port)), server_hostname="127.0.0.1") as client:
            client.sendall(b"GET /jwks HTTP/1.0\r\n\r\n")
            assert (client.version(), client.recv(12)) == ("TLSv1.1", b"HTTP/1.1 200")
        fault.meet("protocol version", break_it=lambda: idp.describe(jwks_uri=f"https://127.0.0.1:{nginx.port}/jwks"))
    finally:
        nginx.stop()


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_tls_1_2_and_later_are(host, idp, server_pem, protocol):
    nginx = Nginx(host.folder, server_pem, protocol)
    (host.folder / "jwks").write_bytes(idp.answers["/jwks"].body)
    (host.folder / "jwks").chmod(0o644)
    try:
        assert host.get(jwks=f"https://127.0.0.1:{nginx.port}/jwks")["kids"] == ["k1"]
    finally:
        nginx.stop()


# ---- the helper ----


def script(folder, text):
    path = folder / "helper"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "text, detail",
    [
        ("exit 1", ""),
        ("kill -9 $$", ""),
        ("cat >/dev/null; echo rubbish", "something other than"),
        ("cat", "without a response"),
        ('echo \'{"ok":true}\'; echo', "something other than"),
        ('printf \'{"ok":true,"source":"https://x","asked_boot_ms":1}\\n{"keys":[]}\'', "something other than"),
        ("head -c 3000000 /dev/zero", "longer than"),
        ("exec sleep 20", "in time"),
        ("exec >&-; exec sleep 20", ""),
        ("exec <&-; exec sleep 20", "in time"),
        ("while :; do echo x; sleep 0.01; done", "in time"),
        ("(sleep 20) & exit 0", "in time"),
        ("trap '' TERM INT HUP; sleep 20", "in time"),
    ],
)
def test_a_helper_that_does_something_else(fault, text, detail):
    """PAM-05, PAM-07, PAM-08, PAM-28"""
    fault.meet(detail, helper=script(fault.host.folder, text), **HANGS)


def test_a_helper_that_is_missing_or_no_program(fault):
    fault.meet("No such file", helper=fault.host.folder / "nothing")
    fault.host.forget_attempts()
    not_a_program = fault.host.folder / "text"
    not_a_program.write_text("hello")
    fault.meet("ermission", helper=not_a_program)


def test_a_set_that_was_asked_for_long_ago_is_dropped(fault, idp):
    """REV-07: an answer of an hour ago, or one of before the last boot, or of the future."""
    for asked in ("$(($(cut -d. -f1 /proc/uptime) * 1000 - 61000))", "$(($(cut -d. -f1 /proc/uptime) * 1000 + 60000))"):
        answer = (
            f'printf \'{{"ok":true,"issuer":"{idp.url}","source":"https://x/","asked_boot_ms":%s}}\\n%s\\n\' '
            f'"{asked}" \'{idp.answers["/jwks"].body.decode()}\''
        )
        fault.meet("s old", helper=script(fault.host.folder, "cat >/dev/null\n" + answer))
        fault.host.forget_attempts()


def test_an_answer_for_another_issuer_is_dropped(fault, idp):
    answer = (
        'printf \'{"ok":true,"issuer":"https://other","source":"https://x/","asked_boot_ms":%s}\\n%s\\n\' '
        f'"$(($(cut -d. -f1 /proc/uptime) * 1000))" \'{idp.answers["/jwks"].body.decode()}\''
    )
    fault.meet("another issuer", helper=script(fault.host.folder, "cat >/dev/null\n" + answer))


def test_an_hmac_key_from_the_helper_is_refused_by_root_too(fault, idp):
    """KEY-13, PAM-28"""
    answer = (
        f'printf \'{{"ok":true,"issuer":"{idp.url}","source":"https://x/","asked_boot_ms":%s}}\\n%s\\n\' '
        '"$(($(cut -d. -f1 /proc/uptime) * 1000))" \'{"keys":[{"kty":"oct","k":"' + "A" * 43 + "\"}]}'"
    )
    fault.meet("", "bad-keyset", helper=script(fault.host.folder, "cat >/dev/null\n" + answer))


@needs_root
def test_without_the_user_there_is_no_fetch(fault):
    """Never the user nobody, never root."""
    passwd = pathlib.Path("/etc/passwd").read_text()
    for line in ("", "_pamjwt:x:65534:65534::/:/bin/false\n", "_pamjwt:x:0:0::/:/bin/false\n"):
        other = fault.host.folder / "passwd"
        other.write_text("".join(x for x in passwd.splitlines(True) if not x.startswith("_pamjwt:")) + line)
        other.chmod(0o644)
        prefix = ["unshare", "--mount", "sh", "-c", f'umount /etc/passwd; mount --bind {other} /etc/passwd && exec "$@"', "sh"]
        got = fault.host.get(prefix=prefix, now=LATER)
        assert (got["reason"], got["kids"]) == ("no-fetch-user", []), got
        assert fault.idp.requests == []


# ---- the cache ----


def test_a_cache_file_that_is_not_trusted_is_as_none(host, idp, tmp_path):
    """NET-14, NET-17, NET-18, KEY-29: reported, replaced, and never a hang."""
    host.get(now=1000)
    good = host.file.read_bytes()

    def rewrite(content, mode=0o644):
        host.file.unlink(missing_ok=True)
        host.file.write_bytes(content)
        host.file.chmod(mode)

    def link():
        host.file.unlink()
        (host.folder / "elsewhere").write_bytes(good)
        host.file.symlink_to(host.folder / "elsewhere")

    def fifo():
        host.file.unlink()
        os.mkfifo(host.file, 0o644)

    damage = {
        "empty": lambda: rewrite(b""),
        "torn": lambda: rewrite(good[: len(good) // 2]),
        "one byte short": lambda: rewrite(good[:-1]),
        "second line gone": lambda: rewrite(good.split(b"\n")[0] + b"\n"),
        "rubbish": lambda: rewrite(os.urandom(500)),
        "too large": lambda: rewrite(b" " * (2 << 20)),
        "oct": lambda: rewrite(good.split(b"\n")[0] + b'\n{"keys":[{"kty":"oct","k":"' + b"A" * 43 + b'"}]}\n'),
        "from the future": lambda: rewrite(good.replace(b'"asked_at":1000', b'"asked_at":1200')),
        "writable": lambda: rewrite(good, 0o664),
        "a link": link,
        "a pipe": fifo,
    }
    if root():
        damage["foreign"] = lambda: os.chown(host.file, FETCH_UID, 0)
    for name, break_it in damage.items():
        rewrite(good)
        break_it()
        host.forget_attempts()
        got = host.get(now=1100, helper="")
        assert (got["reason"], got["kids"]) == ("no-keys", []), name
        assert got["warning"]["detail"].startswith(str(host.file)), name
        got = host.get(now=1100)
        assert (got["reason"], got["fetched"], got["stored"]) == ("ok", True, True), name
        assert host.file.is_file() and not host.file.is_symlink()
        assert got["warning"]["detail"].startswith(str(host.file)), name


def test_the_clock_goes_back_a_year_and_forward_a_year(host, idp):
    """NET-18"""
    now, year = 1_800_000_000, 365 * 86400
    host.get(now=now)
    host.forget_attempts()
    got = host.get(now=now - year)
    assert (got["reason"], got["fetched"]) == ("ok", True)
    assert now - year <= got["asked_at"] < now - year + 60
    host.forget_attempts()
    got = host.get(now=now + year, helper="")
    assert (got["reason"], got["kids"]) == ("stale-keys", [])
    got = host.get(now=now + year)
    assert (got["reason"], got["fetched"]) == ("ok", True)


def test_keys_serve_without_a_network_until_max_stale_and_no_longer(host, idp):
    """The network is down: cached keys are used, with their age, until max_stale."""
    host.get(now=1000)
    idp.stop()
    for now in (4601, 1000 + 7 * 86400):
        host.forget_attempts()
        got = host.get(now=now)
        assert (got["reason"], got["kids"], got["asked_at"]) == ("ok", ["k1"], 1000)
        assert got["warning"]["reason"] == "fetch-failed"
    host.forget_attempts()
    got = host.get(now=1001 + 7 * 86400)
    assert (got["reason"], got["kids"]) == ("stale-keys", [])
    assert f"{7 * 86400 + 1} s old" in got["detail"]


def test_a_cache_folder_that_is_missing_or_of_others_is_not_written(host, idp):
    got = host.get(cache=host.folder / "missing")
    assert (got["reason"], got["kids"], got["stored"]) == ("ok", ["k1"], False)
    assert "missing" in got["warning"]["detail"]
    host.cache.chmod(0o777)
    got = host.get("force")
    assert (got["reason"], got["stored"]) == ("ok", False)
    assert list(host.cache.iterdir()) == []
    host.cache.chmod(0o755)
    if root():
        os.chown(host.cache, FETCH_UID, 0)
        got = host.get("force")
        assert (got["reason"], got["stored"], list(host.cache.iterdir())) == ("ok", False, [])


@needs_root
@pytest.mark.parametrize("options, text", [("size=8k,mode=755", "No space"), ("ro,mode=755", "Read-only")])
def test_a_full_or_read_only_disk_costs_only_the_cache(host, idp, options, text):
    idp.keys(*(f"key-{i:03}" for i in range(60)))
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", host.cache], check=True)
    try:
        got = host.get()
        assert (got["reason"], len(got["kids"]), got["stored"]) == ("ok", 60, False)
        assert text in got["warning"]["detail"]
        assert list(host.cache.iterdir()) == []
    finally:
        subprocess.run(["umount", host.cache], check=True)
