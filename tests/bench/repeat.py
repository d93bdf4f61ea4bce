"""
Two parts of bench.py: `repeat`, what further logins of one process cost (nginx, Apache, Dovecot, saslauthd), and
`password`, what a password costs that goes through the token-or-password stack. As instructions (callgrind, exact) and as
time, beside the floor modules and pam_permit.
"""
import json
import re
import statistics
import subprocess

import host
from jwcrypto import jwk

ALGORITHMS = {"RS256": {"kty": "RSA", "size": 2048}, "ES256": {"kty": "EC", "crv": "P-256"},
              "EdDSA": {"kty": "OKP", "crv": "Ed25519"}, "HS256": {"kty": "oct", "size": 256}}
SIZES = (400, 506, 1500, 7000)  # from 506 bytes on parts are asked for
NEXT = "[success=done cred_unavail=ignore module_unknown=ignore default=die]"
COUNTED = 10  # further logins that are counted


def instructions(argv):
    out = subprocess.run([str(a) for a in ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *argv)],
                         text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert out.returncode == 0, out.stdout
    return int(re.search(r"Collected : (\d+)", out.stdout)[1])


def further(argv):
    """Million instructions of each login after the first."""
    return (instructions([*argv, 1 + COUNTED]) - instructions([*argv, 1])) / COUNTED / 1e6


def sized(world, alg, key, size):
    """A token of `size` bytes, or None where the smallest one is longer. Claims grow by 3 bytes for 4 of base64url."""
    for pad in range(max(0, (size - len(world.token(alg, key, pad=""))) * 3 // 4 - 3), size):
        token = world.token(alg, key, pad="x" * pad)
        if len(token) >= size:
            return token if len(token) <= size + 1 else None
    return None


def prepare(world, alg, kind):
    """The stacks of one algorithm: pam_permit, floor, ours. The key set is a local file, so that HMAC is allowed."""
    key = jwk.JWK.generate(**kind, kid="k", alg=alg)
    keys, lower = f"/etc/security/repeat-{alg}.json", alg.lower()
    private = alg == "HS256"
    host.write(keys, json.dumps({"keys": [key.export(private_key=private, as_dict=True)]}), 0o600)
    host.write(world.work / f"repeat-{alg}.jwk", key.export(private_key=private), 0o600)
    text = world.issuer(jwks=f"file://{keys}") + f"[grant/all]\nissuer = acme\nservices = repeat-{lower}\n"
    world.conf(f"repeat-{alg}", text.replace("audience =", f"algorithms = {alg}\naudience ="))
    world.stack(f"repeat-{lower}", f"pam_jwt.so config=/etc/security/repeat-{alg}.conf")
    world.stack(f"repeat-floor-{lower}", f"{world.build}/tests/bench/pam_floor.so {world.work}/repeat-{alg}.jwk")
    return key, {"pam_permit": "permit", "floor module": f"repeat-floor-{lower}", "pam_jwt": f"repeat-{lower}"}


def count(world, results, alg, key, services):
    for size in SIZES:
        token = sized(world, alg, key, size)
        if not token:
            continue
        secret = world.secret(f"repeat-{alg}-{size}", token).stem
        about = world.about(key, token)
        cost = {name: results.row("repeat", f"{alg} {len(token)} bytes, {name}, each further login", [further(world.login(service, secret))],
                                  "million instructions", **about) for name, service in services.items()}
        if size <= 506:  # the targets are those of a short token
            results.limit("repeat", f"{alg} {len(token)} bytes: million instructions of a further login over the floor module",
                          cost["pam_jwt"] - cost["floor module"], 0.2)


def clock(world, results, alg, key, services, rounds):
    """Microseconds of a login, in a process that has logged in once: 1, 10 and 1,000 of them, by one thread or by eight."""
    token = world.token(alg, key)
    secret = world.secret(f"repeat-{alg}", token).stem
    for threads, logins in ((1, 1), (1, 10), (1, 1000), (8, 1000)):
        found = {name: [] for name in services}
        for _ in range(2 if logins == 1000 else rounds):
            for name, service in services.items():
                took = float(host.run(*world.login(service, secret), logins // threads, threads).stdout)
                found[name].append(took * 1e3 / logins)
        for name, values in found.items():
            results.row("repeat", f"{alg} {name}, {logins} logins by {threads} thread{'s' if threads > 1 else ''}", values, "us",
                        **world.about(key, token))


def repeat(world, results, rounds):
    for alg, kind in ALGORITHMS.items():
        key, services = prepare(world, alg, kind)
        count(world, results, alg, key, services)
        clock(world, results, alg, key, services, rounds)


def password(world, results, rounds):
    """The stack as README has it; pam_permit takes the place of common-auth, since hashing is not what is measured."""
    modules = {"a module that only prompts": f"{world.build}/tests/bench/pam_floor_prompt.so",
               "pam_jwt": "pam_jwt.so config=/etc/security/bench.conf"}
    commands = {"pam_permit": world.login("permit", "password")}
    for number, (name, module) in enumerate(modules.items()):
        host.write(f"/etc/pam.d/either-{number}", f"auth {NEXT} {module}\nauth required pam_permit.so\n")
        commands[name] = world.login(f"either-{number}", "password")
    about = {"key": "none", "token": 0, "libcrypto": world.libcrypto}
    counts = {name: results.row("password", f"{name}, instructions", [instructions(argv) / 1e6], "million instructions", **about)
              for name, argv in commands.items()}
    for name, runs in world.race(commands, rounds).items():
        results.row("password", name, [once["wall"] for once in runs], "ms", **about)
    for name, argv in commands.items():
        held = [[int(n) for n in host.run(*argv, 1).stdout.split()] for _ in range(5)]
        for index, what in ((1, "RSS"), (2, "private dirty")):
            results.row("password", f"{name}, {what}", [statistics.median(h[index] for h in held)], "KB", **about)
    results.limit("password", "million instructions of a password over pam_permit", counts["pam_jwt"] - counts["pam_permit"], 0.15)
