"""
The main job, shown: run by `./dev demo` in a throw-away copy of this host, after the build.

Real sshd, ssh and sudo; an HTTPS key endpoint with a throw-away CA; tokens made on the spot. Standard library only.
"""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/machine"))
import host  # noqa: E402

ISSUER = "https://keys.acme.example"
CONF = f"""\
[issuer/acme]
issuer = {ISSUER}
audience = ssh://%h
jwks = {ISSUER}/certs
ca_file = /etc/ssl/demo/ca.pem

[grant/staff]
issuer = acme
user = %{{sub}}
services = sshd sudo
"""
KEY = "/root/demo-key.json"
failures = []


def say(text=""):
    print(text, flush=True)


def step(title):
    step.number = getattr(step, "number", 0) + 1
    say(f"\n{step.number}. {title}")


def show(text):
    for line in text.rstrip("\n").splitlines():
        say("      " + line)


def prepare(log):
    step("Install pam_jwt into a throw-away copy of this host (the host itself stays as it is)")
    host.use_local_names()
    host.install(host.CHECKOUT / "build")
    host.add_user("alice", sudo=True)
    say("   A user alice, who has no password and may use sudo after authenticating.")

    step("An issuer: a key made on the spot, its public half at an HTTPS endpoint with a throw-away CA")
    ca = host.CertificateAuthority("/etc/ssl/demo")
    host.write(KEY, host.run("pamjwt", "keygen", "--alg", "ES256", "--kid", "demo-1").stdout, 0o600)
    public = host.run("pamjwt", "keys", KEY, "--public").stdout
    endpoint = host.Endpoint(ca.certificate("keys.acme.example"))
    endpoint.json("/certs", public)
    say(f"   {ISSUER}/certs answers:")
    show(json.dumps(json.loads(public), separators=(",", ":")))

    step(f"{host.CONF}, and the token-only stack for sshd and sudo")
    host.write(host.CONF, CONF)
    show(CONF)
    stack = host.STACKS["token-only"].format("", "").replace(" \n", "\n")
    # sudo runs the account line alone until its timestamp expires; require_token would refuse that.
    for service, text in ("sshd", stack), ("sudo", stack.replace(" require_token", "")):
        host.write(f"/etc/pam.d/{service}", text)
        say(f"   /etc/pam.d/{service}:")
        show(text)
    return endpoint


def token(sub="alice", lifetime=300, audience=f"ssh://{host.HOSTNAME}"):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": sub, "aud": audience, "iat": now - 600, "exp": now + lifetime}
    return host.run("pamjwt", "encode", json.dumps(claims), "--key", KEY).stdout.strip()


def expect(log, mark, what, went, wanted):
    for line in wait_for_audit(log, mark):
        show(line)
    say(f"   {what}: {'yes' if went else 'no'}{'' if went == wanted else '   <-- NOT AS IT SHOULD BE'}")
    if went != wanted:
        failures.append(what)
        show(log.text(mark)[-4000:])


def wait_for_audit(log, mark):
    lines = log.audit_lines(mark)
    return lines or ["(no audit line)"]


def let_in(log):
    step("alice logs in with stock ssh; a token goes where a password would")
    good = token()
    say(f"   The token ({len(good)} characters): {good[:24]}...  Its claims:")
    show(host.run("pamjwt", "inspect", "-", input=good, check=False).stdout or "(inspect is not there)")
    mark = log.mark()
    login = host.ssh("alice", good, command="echo \"$(id -un) on $(hostname)\"")
    say(f"   ssh asks: {' / '.join(login.prompts)}")
    show("$ ssh alice@127.0.0.1\n" + login.out + login.err)
    expect(log, mark, "logged in", login.ok, True)

    step("alice logs in again and runs sudo in that session, with a token there too")
    mark = log.mark()
    done = host.ssh("alice", token(), command="sudo -k -S id -un", given=token() + "\n")
    show("$ ssh alice@127.0.0.1 sudo -S id -un\n" + done.out + done.err)
    expect(log, mark, "ran as root", done.ok and done.out == "root\n", True)


def keep_out(log):
    refusals = (
        ("An expired token is refused", token(lifetime=-300)),
        ("A token for another host (audience) is refused", token(audience="ssh://db2.acme.example")),
        ("Another person's token (bob's, for the account alice) is refused", token(sub="bob")),
    )
    for title, bad in refusals:
        step(title)
        mark = log.mark()
        login = host.ssh("alice", bad)
        show(login.err)
        expect(log, mark, "logged in", login.ok, False)


def main():
    if not host.inside():
        sys.exit("run it by ./dev demo: it rewrites /etc, and does so only in a throw-away copy of the host")
    started = time.monotonic()
    say("pam_jwt: a JSON Web Token where a password would go")
    log = host.LogCollector()
    endpoint = prepare(log)
    with host.Sshd(LogLevel="INFO"):
        let_in(log)
        keep_out(log)
    endpoint.close()
    seconds = time.monotonic() - started
    if failures:
        sys.exit(f"\nThe demo failed: {', '.join(failures)} went the wrong way.")
    say(f"\nAs it should be, in {seconds:.0f} s. The copy of the host is gone now. Next: README.md, ./dev test")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The copy of the host is gone, the host is as it was.")
