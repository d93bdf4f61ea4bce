"""
A login's instructions against the floor module's, by callgrind: the same on a busy machine as on an idle one.

    test_cost.py DRIVE PAM_JWT FLOOR
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

MOST = 1.25  # of the floor module's, both over pam_permit; 1.04 when this was written
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
             "floor": f"auth required {modules[1]} {folder}/jwk\n", "nothing": "auth required pam_permit.so\n"}
    for name, text in texts.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o644)


def instructions(drive, folder, service):
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", drive, folder / service,
                          "root", folder / "token"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert out.returncode == 0, out.stdout
    return int(re.search(r"Collected : (\d+)", out.stdout)[1])


def main():
    drive, *modules = [pathlib.Path(p).resolve() for p in sys.argv[1:]]
    os.umask(0o022)
    bad = 0
    for alg, kind in (("RS256", {"kty": "RSA", "size": 2048}), ("ES256", {"kty": "EC", "crv": "P-256"})):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            prepare(folder, alg, kind, modules)
            nothing, floor, ours = (instructions(drive, folder, s) for s in ("nothing", "floor", "ours"))
            ratio = (ours - nothing) / (floor - nothing)
            print(f"{alg}: pam_permit {nothing}, floor {floor}, pam_jwt {ours}: {ratio:.3f} of the floor, at most {MOST}")
            bad += ratio > MOST
    return bad


if __name__ == "__main__":
    sys.exit(main())
