"""
A login's instructions against the floor module's, by callgrind: the same on a busy machine as on an idle one.

    test_cost.py DRIVE PAM_JWT FLOOR FLOOR_PROMPT

Three kinds of login, all counted over pam_permit: the first of a process, a further one in the same process, where
OpenSSL is there already, and a password that goes through the token-or-password stack.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import jwt
from jwcrypto import jwk

FIRST = 1.02  # of the floor module's
FURTHER = 200_000  # more than the floor module's
PASSWORD = 150_000
ROUNDS = 10  # further logins that are counted
KINDS = {"RS256": {"kty": "RSA", "size": 2048}, "ES256": {"kty": "EC", "crv": "P-256"}}
NEXT = "[success=done cred_unavail=ignore module_unknown=ignore default=die]"
CONF = """\
[host]
host_name = db1.acme.example
[issuer/acme]
issuer = https://login.acme.example
audience = ssh://%h
jwks = file://{folder}/keys
[grant/all]
issuer = acme
user = %{{sub}} root
services = ours
"""


def prepare(folder, alg, kind, modules):
    key = jwk.JWK.generate(**kind, kid="k", alg=alg)
    now = int(time.time())
    claims = {"iss": "https://login.acme.example", "aud": "ssh://db1.acme.example", "sub": "root", "iat": now,
              "exp": now + 3600}
    token = jwt.encode(claims, key.export_to_pem(private_key=True, password=None), alg, {"kid": "k"})
    texts = {"token": token + "\n", "jwk": key.export_public(), "conf": CONF.format(folder=folder),
             "keys": json.dumps({"keys": [key.export_public(as_dict=True)]}),
             "ours": f"auth required {modules[0]} config={folder}/conf nodelay\n",
             "floor": f"auth required {modules[1]} {folder}/jwk\n", "nothing": "auth required pam_permit.so\n",
             "password": f"auth {NEXT} {modules[0]} config={folder}/conf nodelay\nauth required pam_permit.so\n",
             "prompt": f"auth {NEXT} {modules[2]}\nauth required pam_permit.so\n", "secret": "correct horse 7\n"}
    for name, text in texts.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o644)
    return len(token)


# Meson has malloc() fill what it gives out, which costs instructions.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}


def instructions(drive, folder, service, logins=1, secret="token"):
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", drive, folder / service,
                          "root", folder / secret, str(logins)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         env=ENVIRONMENT)
    assert out.returncode == 0, out.stdout
    return int(re.search(r"Collected : (\d+)", out.stdout)[1])


def count(drive, folder, service):
    """The first login of a process, and each further one."""
    first = instructions(drive, folder, service)
    return first, (instructions(drive, folder, service, 1 + ROUNDS) - first) / ROUNDS


def check(text, value, limit):
    print(f"{text}, at most {limit}{'' if value <= limit else ': TOO MUCH'}")
    return value > limit


def check_password(drive, folder):
    """No token: what asks for one loads neither OpenSSL nor json-c."""
    nothing, prompt, ours = (instructions(drive, folder, s, secret="secret") for s in ("nothing", "prompt", "password"))
    print(f"a password, over pam_permit: {prompt - nothing} for a module that only prompts")
    return check(f"a password: {ours - nothing} over pam_permit", ours - nothing, PASSWORD)


def main():
    drive, *modules = [pathlib.Path(p).resolve() for p in sys.argv[1:]]
    os.umask(0o022)
    bad = 0
    for alg, kind in KINDS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            size = prepare(folder, alg, kind, modules)
            nothing, floor, ours = (count(drive, folder, s) for s in ("nothing", "floor", "ours"))
            ratio = (ours[0] - nothing[0]) / (floor[0] - nothing[0])
            print(f"{alg}, token of {size} bytes; over pam_permit: first login {floor[0] - nothing[0]} for the floor module, "
                  f"{ours[0] - nothing[0]} for pam_jwt; further {floor[1] - nothing[1]:.0f}, {ours[1] - nothing[1]:.0f}")
            bad += check(f"{alg}: first login: {ratio:.4f} of the floor", ratio, FIRST)
            bad += check(f"{alg}: further login: {ours[1] - floor[1]:.0f} over the floor", ours[1] - floor[1], FURTHER)
            if alg == "ES256":
                bad += check_password(drive, folder)
    return bad


if __name__ == "__main__":
    sys.exit(main())
