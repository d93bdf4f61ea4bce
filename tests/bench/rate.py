"""PyJWT behind the lines of rate.c: `ALG SECONDS` in, verifications a second or `none` out."""
import pathlib
import sys
import time

import jwt

FOLDER = pathlib.Path(sys.argv[1])


def measure(alg, seconds):
    secret, token = FOLDER / f"{alg}.secret", (FOLDER / f"{alg}.token").read_text()
    raw = secret.read_bytes() if secret.exists() else (FOLDER / f"{alg}.pem").read_bytes()
    key = jwt.get_algorithm_by_name(alg).prepare_key(raw) if hasattr(jwt, "get_algorithm_by_name") else \
        jwt.api_jws.PyJWS().get_algorithm_by_name(alg).prepare_key(raw)

    def decode():
        jwt.decode(token, key, [alg], audience="ssh://db1.acme.example", issuer="https://login.acme.example")

    decode()
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for _ in range(16):
            decode()
        done += 16
    return done / (time.process_time() - start)


for line in sys.stdin:
    try:
        print(measure(line.split()[0], float(line.split()[1])), flush=True)
    except (jwt.PyJWTError, NotImplementedError, KeyError):
        print("none", flush=True)
