"""
What a login costs, measured side by side in one run; see docs/performance.md. Runs in a throw-away copy of the host:

    tools/machine/throwaway /usr/bin/python3 tests/bench/bench.py BUILD [--rounds N] [PART...]

Prints one JSON object; tests/bench/report.py makes the table, the chart and the page of it. Parts: login repeat password ssh
verify cold growth storm memory wait; all without any. What is compared takes turns, round by round, each round on one processor.
"""
import argparse
import concurrent.futures
import ctypes
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools/machine"))
import host  # noqa: E402

import repeat  # noqa: E402

import jwt  # noqa: E402
from jwcrypto import jwk  # noqa: E402

from contenders import ALGORITHMS, Contender, write_cases  # noqa: E402
from growing import growing_grants, growing_issuers, growing_keys, growing_store, growing_tokens  # noqa: E402
from names import AUDIENCE, ISSUER, PASSWORD, WORK  # noqa: E402

SCRIPT = """#!/usr/bin/python3
import sys, jwt
key = open("/run/bench/ES256.pem").read()
claims = jwt.decode(sys.stdin.read().rstrip("\\0\\n"), key, ["ES256"], audience=%r, issuer=%r)
sys.exit(claims["sub"] != "alice")
"""


def libcrypto_version():
    """Of the library that the modules load, which may be another than that of the command openssl."""
    library = ctypes.CDLL("libcrypto.so.3")
    library.OpenSSL_version.restype = ctypes.c_char_p
    return library.OpenSSL_version(0).decode().split()[1]


def say(text):
    print(text, file=sys.stderr, flush=True)


class Results:
    """Rows that were measured, and what they had to reach."""

    def __init__(self):
        self.rows, self.limits = [], []

    def row(self, part, name, values, unit, **more):
        values = sorted(values)
        q = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        self.rows.append({"part": part, "name": name, "unit": unit, "n": len(values), "p25": round(q[0], 4),
                          "median": round(q[1], 4), "p75": round(q[2], 4), **more})
        return q[1]

    def limit(self, part, text, value, limit, at_least=False):
        ok = value >= limit if at_least else value <= limit
        self.limits.append({"part": part, "text": text, "value": round(value, 3), "limit": limit,
                            "at_least": at_least, "ok": bool(ok)})


# ------------------------------------------------------------------------------------------------- processes in turns


def run_once(argv):
    """One process; wall and CPU time in ms, context switches, page faults."""
    started = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1)]
    pid = os.posix_spawn(argv[0], argv, {"PATH": "/usr/bin:/bin"}, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    wall = (time.perf_counter() - started) * 1e3
    if status != 0:
        raise SystemExit(f"{argv}: exit status {status}")
    return {"wall": wall, "cpu": (usage.ru_utime + usage.ru_stime) * 1e3,
            "switches": usage.ru_nvcsw + usage.ru_nivcsw, "faults": usage.ru_minflt}


PROCESSORS = sorted(os.sched_getaffinity(0))


def stay(number, pid=0):
    """All of one round on one processor, the next round on the next: a neighbour on the same core slows down all alike."""
    os.sched_setaffinity(pid, {PROCESSORS[number % len(PROCESSORS)]})


def race(commands, rounds, before=None):
    """name -> list of run_once(), the commands in turns."""
    found = {name: [] for name in commands}
    for number in range(rounds + 1):
        stay(number)
        for name, argv in commands.items():
            argv = argv(number) if callable(argv) else argv
            if before:
                before(name)
            once = run_once([str(a) for a in argv])
            if number > 0:  # the first round warms up
                found[name].append(once)
    os.sched_setaffinity(0, PROCESSORS)
    return found


def of(found, what):
    return [once[what] for once in found]


# -------------------------------------------------------------------------------------------------------- the machine


class World:
    """The host, an issuer with two keys and its endpoint, users, a PAM service for each contender."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.drive = self.build / "tests/bench/drive"
        self.work, self.race, self.libcrypto = WORK, race, libcrypto_version()
        WORK.mkdir(mode=0o755)
        host.use_local_names()
        self.log = host.LogCollector()
        self.ca = host.CertificateAuthority("/etc/ssl/throwaway")
        host.install(self.build)
        for name in ("alice", "bob"):
            host.add_user(name, PASSWORD)
        self.keys = {"RS256": jwk.JWK.generate(kty="RSA", size=2048, kid="rsa", alg="RS256", use="sig"),
                     "ES256": jwk.JWK.generate(kty="EC", crv="P-256", kid="ec", alg="ES256", use="sig")}
        self.endpoint = host.Endpoint(self.ca.certificate("login.acme.example"), "127.0.0.1")
        self.endpoint.json("/certs", self.jwks(*self.keys.values()))
        self.stacks()
        self.conf("bench", self.issuer() + self.grant())
        host.write(host.CONF, self.issuer() + self.grant())
        for alg in self.keys:
            self.secret(alg, self.token(alg))
            run_once([str(self.drive), f"jwt-{alg.lower()}", "alice", str(WORK / f"{alg}.token")])  # fills the cache

    @staticmethod
    def jwks(*keys):
        return json.dumps({"keys": [key.export_public(as_dict=True) for key in keys]})

    @staticmethod
    def issuer(name="acme", url=ISSUER, jwks=None):
        fetch = "" if jwks and jwks.startswith("file:") else "ca_file = /etc/ssl/throwaway/ca.pem\n"
        return (f"[issuer/{name}]\nissuer = {url}\naudience = ssh://%h\njwks = {jwks or ISSUER + '/certs'}\n{fetch}\n")

    @staticmethod
    def grant(name="all", issuer="acme", rest=""):
        return f"[grant/{name}]\nissuer = {issuer}\nservices = sshd jwt-rs256 jwt-es256 case once\n{rest}\n"

    @staticmethod
    def conf(name, text):
        return host.write(f"/etc/security/{name}.conf", text)

    @staticmethod
    def secret(name, text):
        return host.write(WORK / f"{name}.token", text + "\n", 0o600)

    def token(self, alg, key=None, **claims):
        key = key or self.keys[alg]
        now = int(time.time())
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 3600, **claims}
        secret = alg.startswith("HS")
        material = jwt.utils.base64url_decode(key["k"]) if secret else key.export_to_pem(private_key=True, password=None)
        return jwt.encode(body, material, alg, {"kid": key["kid"]})

    def about(self, key, token):
        """What every row says of the token that it is about, and of the OpenSSL that judged it."""
        kind = json.loads(key.export_public() if key.has_public else "{}") or {"kty": "oct"}
        size = {"RSA": lambda: f"RSA {len(jwt.utils.base64url_decode(kind['n'])) * 8}", "oct": lambda: "HMAC 256"}
        return {"key": size.get(kind["kty"], lambda: kind["crv"])(), "token": len(token), "libcrypto": self.libcrypto}

    def of_name(self, name, default="RS256"):
        """about() of the key and token of World that the row is about: the algorithm in its name, or the default."""
        alg = next((alg for alg in self.keys if alg in name), default)
        return self.about(self.keys[alg], (WORK / f"{alg}.token").read_text().strip())

    def stacks(self):
        floor = self.build / "tests/bench/pam_floor.so"
        for alg, key in self.keys.items():
            host.write(WORK / f"{alg}.jwk", key.export_public())
            host.write(WORK / f"{alg}.pem", key.export_to_pem().decode())
            self.stack(f"jwt-{alg.lower()}", "pam_jwt.so config=/etc/security/bench.conf")
            self.stack(f"floor-{alg.lower()}", f"{floor} {WORK}/{alg}.jwk")
        host.write(WORK / "check", SCRIPT % (AUDIENCE, ISSUER), 0o755)
        self.stack("permit", "pam_permit.so")
        self.stack("unix", "pam_unix.so")
        self.stack("script", f"pam_exec.so quiet expose_authtok {WORK}/check")
        self.secret("password", PASSWORD)

    @staticmethod
    def stack(service, module):
        host.write(f"/etc/pam.d/{service}", f"auth required {module}\naccount required pam_permit.so\n")

    def login(self, service, secret):
        return [self.drive, service, "alice", WORK / f"{secret}.token"]


def forget_keys(*_):
    for folder in (host.CACHE, host.RUN / "lock"):
        for path in folder.glob("*"):
            path.unlink()


def make_old(seconds=7200):
    cached = host.CACHE / "acme.json"
    first, second = cached.read_text().splitlines()
    line = json.loads(first)
    line["asked_at"] -= seconds
    line["fresh_until"] -= seconds
    forget_keys()
    host.write(cached, json.dumps(line) + "\n" + second + "\n")


# -------------------------------------------------------------------------------------------------------- 1. a login


def login(world, results, rounds):
    found = race({
        "pam_permit": world.login("permit", "RS256"),
        "floor module RS256": world.login("floor-rs256", "RS256"), "pam_jwt RS256": world.login("jwt-rs256", "RS256"),
        "floor module ES256": world.login("floor-es256", "ES256"), "pam_jwt ES256": world.login("jwt-es256", "ES256"),
        "pam_unix (yescrypt)": world.login("unix", "password"),
        "pam_exec + PyJWT": world.login("script", "ES256")}, rounds)
    wall = {name: results.row("login", name, of(runs, "wall"), "ms", cpu=round(statistics.median(of(runs, "cpu")), 3),
                              faults=statistics.median(of(runs, "faults")), **world.of_name(name))
            for name, runs in found.items()}
    cost = {name: value - wall["pam_permit"] for name, value in wall.items()}
    for alg in ("RS256", "ES256"):
        ours = cost[f"pam_jwt {alg}"]
        results.limit("login", f"{alg}: pam_jwt to the floor module", ours / cost[f"floor module {alg}"], 1.3)
        results.limit("login", f"{alg}: pam_jwt to pam_unix", ours / cost["pam_unix (yescrypt)"], round(1 / 9, 3))
        results.limit("login", f"{alg}: pam_jwt to pam_exec + PyJWT", ours / cost["pam_exec + PyJWT"], 0.05)


def prepare_ssh():
    host.set_stack("sshd", "token-or-password")
    key = WORK / "id"
    if not key.exists():
        host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        host.run("install", "-d", "-o", "alice", "-m", "700", "/home/alice/.ssh")
        host.run("install", "-o", "alice", "-m", "600", f"{key}.pub", "/home/alice/.ssh/authorized_keys")
    return key


def typed(world, secret, method):
    """A login by ssh whose askpass program costs next to nothing, since the client is not what is measured."""
    program = WORK / f"askpass-{method}-{len(secret)}"
    if not program.exists():
        shutil.copy(world.build / "tests/bench/askpass", program)
        host.write(f"{program}.secret", secret + "\n", 0o600)
    env = {"PATH": os.environ["PATH"], "HOME": "/root", "SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"}
    return host.timed(["ssh", *host.SSH_OPTIONS, "-o", f"PreferredAuthentications={method}", "alice@127.0.0.1", "true"],
                      env=env, start_new_session=True)


def ssh(world, results, rounds):
    key, token = prepare_ssh(), world.token("ES256")
    ways = {
        "no authentication": lambda: typed(world, "", "none"),
        "public key": lambda: host.ssh_key("alice", key, command="true"),
        "token": lambda: typed(world, token, "password"),
        "token, keyboard-interactive": lambda: typed(world, token, "keyboard-interactive"),
        "password": lambda: typed(world, PASSWORD, "password")}
    found = {name: [] for name in ways}
    with host.Sshd(LogLevel="INFO", MaxStartups="500"):
        for number in range(rounds + 1):
            for name, way in ways.items():
                done = way()
                assert done.ok == (name != "no authentication"), done
                if number > 0:
                    found[name].append(done.seconds * 1e3)
    wall = {name: results.row("ssh", name, values, "ms", **world.about(world.keys["ES256"], token)) for name, values in found.items()}
    none = wall["no authentication"]
    results.limit("ssh", "token to password", wall["token"] / wall["password"], 1.0)
    results.limit("ssh", "what a token adds, to what a public key adds",
                  (wall["token"] - none) / (wall["public key"] - none), 1.2)


# ------------------------------------------------------------------------------------- 2. verifications in one process

OF_EVP = {"RS256": 0.93, "ES256": 0.96, "EdDSA": 0.95}
PEERS = ("PyJWT", "libjwt", "cjose", "rhonabwy")


def verify(world, results, rounds):
    folder = WORK / "verify"
    write_cases(world, folder)
    bench = world.build / "tests/bench"
    contenders = {"pam_jwt": Contender([bench / "rate_ours", folder]), "EVP": Contender([bench / "rate_evp", folder]),
                  "PyJWT": Contender(["/usr/bin/python3", HERE / "rate.py", folder])}
    for name in PEERS[1:]:
        if (bench / f"rate_{name}").exists():
            contenders[name] = Contender([bench / f"rate_{name}", folder])
    for alg in ALGORITHMS:
        found = {name: [] for name in contenders}
        for number in range(rounds + 1):
            for name, contender in contenders.items():
                stay(number, contender.process.pid)
                rate = contender.rate(alg, 0.05)
                if rate and number > 0:
                    found[name].append(rate)
        if not found["pam_jwt"]:
            raise SystemExit(f"pam_jwt refuses the token of {alg}")
        about = {"key": describe(alg), "token": len((folder / f"{alg}.token").read_text()), "libcrypto": world.libcrypto}
        judge_rates(results, alg, found, about)
    grown(results, contenders["pam_jwt"])
    for contender in contenders.values():
        contender.close()


def describe(alg):
    kind = ALGORITHMS[alg]
    return f"{kind['kty']} {kind['size']}".replace("oct", "HMAC") if "size" in kind else kind.get("crv", alg)


def judge_rates(results, alg, found, about):
    for name, rates in found.items():
        if rates:
            results.row("verify", f"{alg} {name}", rates, "1/s", **about)

    def ratio(one, other):  # of neighbours in time
        return statistics.median(a / b for a, b in zip(found[one], found[other]))

    if alg in OF_EVP:
        results.limit("verify", f"{alg}: pam_jwt to bare EVP", ratio("pam_jwt", "EVP"), OF_EVP[alg], at_least=True)
    for peer in PEERS:
        if not found.get(peer):
            continue
        # rhonabwy verifies with GnuTLS: where that is faster than OpenSSL, OpenSSL cannot overtake it.
        theirs, what = ratio("EVP", peer), f"{alg}: pam_jwt to {peer}"
        if peer == "rhonabwy" and theirs < 1:
            results.limit("verify", f"{what} (bare EVP: {theirs:.2f})", ratio("pam_jwt", peer), round(0.9 * theirs, 2), True)
        else:
            results.limit("verify", what, ratio("pam_jwt", peer), 1.0, at_least=True)


def rss(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def grown(results, contender):
    """Memory over 100,000 verifications in one process."""
    rate = contender.rate("RS256", 0.2)
    before = rss(contender.process.pid)
    contender.rate("RS256", 100000 / rate)
    results.limit("memory", "KB of growth over 100,000 verifications", rss(contender.process.pid) - before, 64)


# ------------------------------------------------------------------------------------------------------- 3. no cache


def cold(world, results, rounds):
    certificate = f"{ISSUER}/certs"
    found = race({
        "first login, empty cache": world.login("jwt-es256", "ES256"),
        "login, warm cache": world.login("jwt-es256", "ES256"),
        "curl, the same key set": ["/usr/bin/curl", "-sS", "--cacert", "/etc/ssl/throwaway/ca.pem", certificate],
    }, max(5, rounds // 2), before=lambda name: forget_keys() if "empty" in name else None)
    for name, runs in found.items():
        results.row("cold", name, of(runs, "wall"), "ms", cpu=round(statistics.median(of(runs, "cpu")), 3),
                    **world.of_name(name, "ES256"))


# --------------------------------------------------------------------------------------------------------- 4. growth


AXES = {"keys in the set": (growing_keys, 100), "issuers": (growing_issuers, 10), "grants": (growing_grants, 1000),
        "bytes of token": (growing_tokens, 4096), "one-use records": (growing_store, None)}


def of_case(world, command, axis):
    """about() of a case: its token is the last argument of its command."""
    argv = command(0) if callable(command) else command
    alg = "ES256" if axis in ("bytes of token", "one-use records") else "RS256"
    return world.about(world.keys[alg], pathlib.Path(argv[-1]).read_text().strip())


def growth(world, results, rounds):
    for axis, (cases, bound) in AXES.items():
        if axis == "one-use records":  # the store grows while it is measured, so its sizes cannot take turns
            medians = {size: results.row("growth", f"{axis} {size}", of(race({0: argv}, rounds)[0], "cpu"), "ms of CPU",
                                         axis=axis, size=size, **of_case(world, argv, axis)) for size, argv in cases(world)}
        else:
            commands = dict(cases(world))
            found = race(commands, rounds)
            medians = {size: results.row("growth", f"{axis} {size}", of(runs, "cpu"), "ms of CPU", axis=axis, size=size,
                                         **of_case(world, commands[size], axis)) for size, runs in found.items()}
        sizes = sorted(medians)
        first, last, before = medians[sizes[0]], medians[sizes[-1]], medians[sizes[-2]]
        straight = first + max(before - first, 0.1 * first) * (sizes[-1] - sizes[0]) / (sizes[-2] - sizes[0])
        results.limit("growth", f"{axis}: {sizes[-1]}, to a straight line through {sizes[0]} and {sizes[-2]}",
                      last / straight, 1.2)
        if bound:
            results.limit("growth", f"{axis}: {bound} to {sizes[0]}", medians[bound] / first, 2.0)
        if axis == "grants":
            results.limit("growth", "grants: 10000 to 10", last / first, 3.0)
    grants_inside(world, results, rounds)


def grants_inside(world, results, rounds):
    """A decision in a process that has OpenSSL already, as sshd has: what the policy costs stands out there."""
    out = WORK / "growth.json"
    subprocess.run([world.build / "tests/bench/growth", host.CHECKOUT / "tests/cases/login.json", "--rounds", str(rounds), "--json",
                    out], stdout=sys.stderr, check=False)
    rows = [row for row in json.loads(out.read_text())["rows"] if row["kind"] == "warm"]
    axis = "grants, OpenSSL there"
    for row in rows:
        results.rows.append({"part": "growth", "name": f"{axis} {row['grants']}", "unit": "ms of CPU", "n": rounds,
                             "p25": row["p25"], "median": row["median"], "p75": row["p75"], "axis": axis,
                             "size": row["grants"], "libcrypto": world.libcrypto})
    results.limit("growth", "grants, OpenSSL there: 10000 to 10", rows[-1]["median"] / rows[0]["median"], 3.0)


# ---------------------------------------------------------------------------------------------------------- 5. storm


def storm(world, results, rounds):
    """One run of each size; --rounds leaves out the larger ones."""
    sizes = [size for size in (1, 10, 100, 300) if size <= rounds * 10 or rounds == PARTS["storm"][1]]
    key, token = prepare_ssh(), world.token("ES256")
    ways = {"public key": lambda _: host.ssh_key("alice", key, command="true"),
            "token, warm": lambda _: typed(world, token, "keyboard-interactive"),
            "token, keys just expired": lambda _: typed(world, token, "keyboard-interactive")}
    with host.Sshd(LogLevel="INFO", MaxStartups="1000", LoginGraceTime="300"):
        assert typed(world, token, "keyboard-interactive").ok
        for size in sizes:
            rates = {}
            for name, way in ways.items():
                if "expired" in name:
                    make_old()
                seen = len(world.endpoint.requests)
                started = time.monotonic()
                with concurrent.futures.ThreadPoolExecutor(size) as pool:
                    done = list(pool.map(way, range(size)))
                rates[name] = size / (time.monotonic() - started)
                results.row("storm", f"{size} at once, {name}", [rates[name]], "logins/s",
                            **world.about(world.keys["ES256"], token))
                results.limit("storm", f"{size} at once, {name}: failures", sum(not d.ok for d in done), 0)
                if "token" in name:
                    asked = len(world.endpoint.requests) - seen
                    results.limit("storm", f"{size} at once, {name}: requests off the expected number",
                                  abs(asked - ("expired" in name)), 0)


# --------------------------------------------------------------------------------------------------------- 6. memory


def held(world, service, secret, repeat=1):
    out = host.run(*world.login(service, secret), repeat).stdout.split("\n")
    return [[int(n) for n in line.split()] for line in out if line]


def memory(world, results, rounds):
    names = {"pam_permit": "permit", "floor module": "floor-rs256", "pam_jwt": "jwt-rs256"}
    found = {name: [held(world, service, "RS256")[0] for _ in range(max(3, rounds // 4))]
             for name, service in names.items()}
    size = {name: results.row("memory", f"{name}, RSS", [h[1] for h in runs], "KB", **world.of_name(name)) for name, runs in found.items()}
    dirty = {name: results.row("memory", f"{name}, private dirty", [h[2] for h in runs], "KB", **world.of_name(name))
             for name, runs in found.items()}
    results.limit("memory", "RSS over pam_permit, pam_jwt to the floor module",
                  (size["pam_jwt"] - size["pam_permit"]) / (size["floor module"] - size["pam_permit"]), 1.2)
    results.limit("memory", "KB private dirty over pam_permit", dirty["pam_jwt"] - dirty["pam_permit"], 1500)
    many = held(world, "jwt-rs256", "RS256", 1000)  # the heap finds its shape in the first few hundred
    results.limit("memory", "KB of growth from the 500th to the 1000th login of one process", many[-1][1] - many[5][1], 64)


# -------------------------------------------------------------------------------------------------- 7. size of the wait

FORBIDDEN = ("fork", "vfork", "clone", "clone3", "execve", "fsync", "fdatasync", "sync")


def calls(world, service, secret):
    out = WORK / "strace"
    host.run("strace", "-f", "-qq", "-o", out, *world.login(service, secret))
    return [line.split(None, 1)[1] for line in out.read_text().splitlines()]


def wait(world, results, rounds):
    names = {"pam_permit": "permit", "floor module": "floor-rs256", "pam_jwt": "jwt-rs256"}
    for name, service in names.items():
        seen = calls(world, service, "RS256")
        results.row("wait", f"{name}, system calls", [len(seen)], "", **world.of_name(name))
        if name == "pam_jwt":
            unwanted = [c for c in seen[1:] if c.split("(")[0] in FORBIDDEN or re.match(r"socket\(AF_INET", c)]
            results.limit("wait", "forks, internet sockets and fsyncs of a warm login", len(unwanted), 0)
    for name, runs in race({n: world.login(s, "RS256") for n, s in names.items()}, rounds).items():
        results.row("wait", f"{name}, context switches", of(runs, "switches"), "", **world.of_name(name))
        results.row("wait", f"{name}, page faults", of(runs, "faults"), "", **world.of_name(name))


PARTS = {"login": (login, 40), "repeat": (repeat.repeat, 10), "password": (repeat.password, 40), "ssh": (ssh, 15), "verify": (verify, 60), "cold": (cold, 12), "growth": (growth, 30),
         "storm": (storm, 30), "memory": (memory, 12), "wait": (wait, 20)}


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    version = subprocess.run(["openssl", "version"], text=True, stdout=subprocess.PIPE).stdout.split()
    return {"processor": model[1] if model else platform.machine(), "processors": os.cpu_count(),
            "kernel": platform.release(), "openssl": version[1], "libc": " ".join(platform.libc_ver()),
            "system": platform.freedesktop_os_release()["PRETTY_NAME"], "load": os.getloadavg()[0],
            "date": time.strftime("%Y-%m-%d", time.gmtime())}


def main():
    parser = argparse.ArgumentParser(description="measures what a login costs; prints JSON")
    parser.add_argument("build")
    parser.add_argument("part", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--rounds", type=int, help="of every part, in place of its own number")
    options = parser.parse_intermixed_args()
    for name in options.part:
        if name not in PARTS:
            parser.error(f"there is no part {name}; there are {' '.join(PARTS)}")
    if not host.inside():
        raise SystemExit("bench.py rewrites /etc: run it by `./dev bench`")
    world, results, seconds = World(options.build), Results(), {}
    for name in options.part or PARTS:
        measure, rounds = PARTS[name]
        started = time.monotonic()
        say(f"bench: {name} ...")
        measure(world, results, options.rounds or rounds)
        seconds[name] = round(time.monotonic() - started, 1)
    json.dump({"machine": machine(), "seconds": seconds, "rows": results.rows, "limits": results.limits}, sys.stdout,
              indent=1)
    print()
    world.endpoint.close()


if __name__ == "__main__":
    main()
