"""pamjwt ssh, from nothing to a shell: device code in a browser, a token bound to the ssh key in the agent, a real sshd."""
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

import host
import provider as provider_module
from conftest import use_stack

sys.path.append(str(host.CHECKOUT / "tests" / "client"))
import token_world  # noqa: E402

ISSUER = f"{host.ISSUER}:8443"
LAPTOP = pathlib.Path("/run/laptop")
CONF = f"""\
[issuer/acme]
issuer = {ISSUER}
audience = ssh://%h
ca_file = /etc/ssl/throwaway/ca.pem

[grant/staff]
issuer = acme
user = %{{preferred_username}}
services = sshd sudo

[service/sshd]
bind = ssh-key
"""
CLIENT = f"""\
[issuer/acme]
issuer = {ISSUER}
client_id = laptop
scope = openid offline_access
ca_file = /etc/ssl/throwaway/ca.pem

[issuer/robot]
issuer = {ISSUER}
client_id = alice
flow = client_credentials
client_secret_file = {LAPTOP}/secret
ca_file = /etc/ssl/throwaway/ca.pem

[host/robot]
match = robot.acme.example
issuer = robot
resource = ssh://{host.HOSTNAME}

[host/acme]
match = *.acme.example
issuer = acme
key = ~/.ssh/id_ed25519.pub
resource = ssh://%h

[sudo]
issuer = acme
resource = ssh://{host.HOSTNAME}
"""


@pytest.fixture(scope="module")
def devices(machine, ca):
    """A provider that knows people's machines."""
    clients = [{"client_id": "laptop", "token_endpoint_auth_method": "none", "grant_types": [token_world.DEVICE, "refresh_token"]}]
    running = provider_module.Provider(ca, "/run/provider-of-devices", ISSUER, clients, nonces=False)  # else iat says nothing
    running.start()
    yield running
    running.stop()


def new_key(name):
    """A key that alice's account on the host accepts."""
    path = LAPTOP / ".ssh" / name
    host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path)
    folder = pathlib.Path("/home/alice/.ssh")
    folder.mkdir(mode=0o700, exist_ok=True)
    with open(folder / "authorized_keys", "a", encoding="utf-8") as f:
        f.write(pathlib.Path(f"{path}.pub").read_text())
    for file in (folder, folder / "authorized_keys"):
        os.chown(file, host.pwd.getpwnam("alice").pw_uid, -1)
    return path


@pytest.fixture(scope="module")
def laptop(machine, devices):
    """A home with a configuration and an ssh-agent that holds the key alone: the file is gone."""
    for folder in (LAPTOP / ".ssh", LAPTOP / "runtime", LAPTOP / ".config/pamjwt"):
        folder.mkdir(mode=0o700, parents=True)
    host.write(LAPTOP / ".config/pamjwt/client.conf", CLIENT, 0o600)
    host.write(LAPTOP / "secret", "alice", 0o600)
    host.write(LAPTOP / "ssh_config", "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(LAPTOP), "XDG_RUNTIME_DIR": f"{LAPTOP}/runtime", "LC_ALL": "C.UTF-8",
           "SSH_AUTH_SOCK": f"{LAPTOP}/agent", "PAMJWT_NEXT_ASKPASS": "/bin/false"}
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", env["SSH_AUTH_SOCK"]], stdout=subprocess.DEVNULL)
    host.wait_for("the agent", (LAPTOP / "agent").exists)
    key = new_key("id_ed25519")
    host.run("ssh-add", "-q", key, env=env)
    key.unlink()
    yield env
    agent.terminate()
    agent.wait()


@pytest.fixture
def settled(conf):
    conf(CONF)
    use_stack("token-only")
    with host.Sshd(AuthenticationMethods="publickey,keyboard-interactive:pam") as running:
        yield running


def pamjwt_ssh(env, *options, command="id -un", program=("pamjwt", "ssh")):
    return subprocess.Popen([*program, *options, "-F", f"{LAPTOP}/ssh_config", f"alice@{host.HOSTNAME}", command], env=env, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def done(process):
    out, err = process.communicate(timeout=90)
    return process.returncode, out, err


def test_from_nothing_to_a_shell_and_what_each_half_alone_opens(laptop, devices, settled, log):
    started = log.mark()
    process = pamjwt_ssh(laptop)
    url, code = token_world.read_code(process)
    token_world.Browser(devices.ca.file).approve(url, code, "alice")
    out, err = token_world.finish(process)
    assert (process.returncode, out) == (0, "alice\n"), err
    assert log.audits(started)[-1]["result"] == "allow"

    assert done(pamjwt_ssh(laptop)) == (0, "alice\n", ""), "the kept token, without a prompt"

    status, out, _ = done(pamjwt_ssh(laptop, "-o", "BatchMode=yes", program=["ssh"]))
    assert (status, out) == (255, ""), "the key without a token"

    token = subprocess.run(["pamjwt-token", "--host", host.HOSTNAME], env=laptop, stdout=subprocess.PIPE, text=True, check=True).stdout
    host.write(LAPTOP / "token", token, 0o600)
    other = new_key("other")
    elsewhere = {**laptop, "SSH_AUTH_SOCK": ""}
    started = log.mark()
    status, out, _ = done(pamjwt_ssh(elsewhere, "--token-file", f"{LAPTOP}/token", "-i", other))
    assert (status, out) == (255, "")
    refused = log.audits(started)[-1]
    assert refused["reason"] == "other-key", "the same token with another key that sshd accepts"
    keys = [token_world.thumbprint(f"{LAPTOP}/.ssh/{name}.pub") for name in ("id_ed25519", "other")]
    assert refused["detail"] == f"cnf identifies the key {keys[0]}, but this login used {keys[1]} (ssh-ed25519)"

    bearer = subprocess.run(["pamjwt-token", "--host", "robot.acme.example"], env=laptop, stdout=subprocess.PIPE, text=True, check=True)
    host.write(LAPTOP / "token", bearer.stdout, 0o600)
    started = log.mark()
    assert done(pamjwt_ssh(laptop, "--token-file", f"{LAPTOP}/token"))[0] == 255
    assert log.audits(started)[-1]["reason"] == "unbound"


def test_each_thing_that_goes_wrong_is_one_sentence(laptop, devices, settled):
    """A machine's own token, which needs no consent of a user; without it ssh is not even started."""
    conf = LAPTOP / ".config/pamjwt/client.conf"
    text = CLIENT.replace("issuer = acme\nkey", "issuer = robot\nkey")

    def says(proxy="", wrapper=()):
        host.run("pamjwt-token", "--forget", env=laptop)
        host.write(conf, text.replace("client_id = alice\n", f"client_id = alice\n{proxy}"), 0o600)
        return done(pamjwt_ssh(laptop, program=[*wrapper, "pamjwt", "ssh"]))

    try:
        assert says() == (0, "alice\n", "")
        status, out, err = says(wrapper=["faketime", "-f", "+10m"])
        assert (status, out, err.count("\n")) == (255, "", 1), err
        assert err.startswith("pamjwt-token: the provider rejects the proof of the key (invalid_dpop_proof: ")
        assert re.search(r"; the clock of this machine is (59|60)\d seconds ahead of the provider's\n$", err), err
        with token_world.RepeatingProxy(devices) as proxy:
            status, out, err = says(f"proxy = http://127.0.0.1:{proxy.port}\n")
        assert (status, out, err.count("\n")) == (255, "", 1), err
        assert err.startswith("pamjwt-token: the provider rejects this code, token or proof; it may have expired or been used (invalid_grant")
    finally:
        host.run("pamjwt-token", "--forget", env=laptop)
        host.write(conf, CLIENT, 0o600)


def test_sudo_on_the_host_shows_the_code_there(laptop, devices, settled):
    home = pathlib.Path("/home/alice")
    text = CLIENT.replace("scope = openid offline_access\n", "scope = openid\n")
    runtime = pathlib.Path("/run/runtime-of-alice")
    for folder in (home / ".config", home / ".config/pamjwt", runtime):
        folder.mkdir(mode=0o700, exist_ok=True)
    host.write(home / ".config/pamjwt/client.conf", text, 0o600)
    for path in (home / ".config", *home.glob(".config/**/*"), runtime):
        os.chown(path, host.pwd.getpwnam("alice").pw_uid, -1)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(["pamjwt", "sudo", "-k", "id", "-un"], env=env, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **host.as_user("alice"))
    token_world.Browser(devices.ca.file).approve(*token_world.read_code(process), "alice")
    out, err = token_world.finish(process)
    assert (process.returncode, out) == (0, "root\n"), err
