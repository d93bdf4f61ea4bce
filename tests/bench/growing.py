"""The cases of the part growth of bench.py: (size, command of a login) for each size of what grows."""
import json
import os
import time

import host
from jwcrypto import jwk


def case(world, name, text, token):
    """A PAM service with a configuration of its own; the command that logs in there."""
    world.conf(name, text)
    world.stack(name, f"pam_jwt.so config=/etc/security/{name}.conf")
    return world.login(name, world.secret(name, token).stem)


def services(text, name):
    return text.replace(" case ", f" {name} ")


def growing_keys(world):
    made = [jwk.JWK.generate(kty="RSA", size=2048, kid=f"k{i}", alg="RS256") for i in range(10)]
    public = [key.export_public(as_dict=True) for key in made]
    for count in (1, 10, 100, 1000):
        name = f"keys-{count}"
        rest = [{**public[i % 10], "kid": f"other-{i}"} for i in range(count - 1)]
        host.write(f"/etc/security/{name}.json", json.dumps({"keys": rest + [public[0]]}))
        text = world.issuer(jwks=f"file:///etc/security/{name}.json") + services(world.grant(), name)
        yield count, case(world, name, text, world.token("RS256", made[0]))


def local(world):
    host.write("/etc/security/local.json", world.jwks(*world.keys.values()))
    return "file:///etc/security/local.json"


def growing_issuers(world):
    for count in (1, 10, 100):
        name = f"issuers-{count}"
        others = "".join(world.issuer(f"i{i}", f"https://i{i}.acme.example", local(world)) for i in range(count - 1))
        text = others + world.issuer(jwks=local(world)) + services(world.grant(), name)
        yield count, case(world, name, text, world.token("RS256"))


def growing_grants(world):
    for count in (10, 100, 1000, 10000):
        name = f"grants-{count}"
        others = "".join(f"[grant/t{i}]\nissuer = acme\nuser = deploy-{i:05}\nmatch.groups = team-{i:05}\n"
                         f"services = sshd {name}\n\n" for i in range(count - 1))
        text = world.issuer(jwks=local(world)) + others + services(world.grant(), name)
        yield count, case(world, name, text, world.token("RS256"))


def growing_tokens(world):
    for size in (400, 1024, 4096, 32000):
        name = f"size-{size}"
        text = world.issuer(jwks=local(world)) + services(world.grant(), name)
        pad = "x" * max(0, (size - len(world.token("ES256", pad=""))) * 3 // 4)
        yield size, case(world, name, text, world.token("ES256", pad=pad))


def growing_store(world):
    used = host.RUN / "used"
    used.mkdir(mode=0o700, exist_ok=True)
    boot = int(time.time()) + 3600
    have = 0
    for count in (1, 10, 100, 1000, 100000):
        for i in range(have, count):
            os.symlink(str(boot), used / f"{i:043}")
        have = count
        name = f"store-{count}"
        text = (world.issuer(jwks=local(world)) + services(world.grant(), name) +
                f"[service/{name}]\none_use = yes\n")
        fixed = case(world, name, text, "")

        def fresh(number, name=name, fixed=fixed):
            world.secret(name, world.token("ES256", jti=f"{name}-{number}-{time.time_ns()}"))
            return fixed

        yield count, fresh
