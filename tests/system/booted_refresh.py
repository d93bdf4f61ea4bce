"""
Runs under a booted systemd (tools/machine/booted), for test_refresh_units.py: the real timer, service, socket, sysusers
and tmpfiles. Prints one JSON object.
"""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "fetch")]
import world  # noqa: E402

BUILD = pathlib.Path(sys.argv[1])
CACHE, NOTE = pathlib.Path("/var/cache/pam_jwt/acme.json"), pathlib.Path("/run/pam_jwt/lock/acme")
SOCKET = "/run/pam_jwt/refresh.socket"
seen = {}


def sh(*command, check=True):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and done.returncode:
        raise SystemExit(f"{command}: {done.returncode}\n{done.stdout}\n{journal()[-3000:]}")
    return done.stdout


def journal():
    return subprocess.run(["journalctl", "-b", "--no-pager", "-o", "cat"], stdout=subprocess.PIPE, text=True).stdout


def mode(path):
    st = os.stat(path)
    return [oct(stat.S_IMODE(st.st_mode)), st.st_uid]


def forget():
    CACHE.unlink(missing_ok=True)
    NOTE.unlink(missing_ok=True)


def users_and_folders():
    """Nothing is there but what the packages' files say."""
    subprocess.run(["userdel", "_pamjwt"], stderr=subprocess.DEVNULL)
    shutil.rmtree("/run/pam_jwt", ignore_errors=True)
    shutil.rmtree("/var/cache/pam_jwt", ignore_errors=True)
    sh("systemd-sysusers", "pam_jwt.conf")
    sh("systemd-tmpfiles", "--create", "pam_jwt.conf")
    seen["user"] = sh("getent", "passwd", "_pamjwt").strip()
    seen["uid"] = int(seen["user"].split(":")[2])
    seen["folders"] = {p: mode(p) for p in ("/var/cache/pam_jwt", "/run/pam_jwt", "/run/pam_jwt/lock")}


def configure():
    folder = pathlib.Path("/etc/ssl/refresh")
    folder.mkdir()
    authority = world.Authority(folder)
    idp = world.Idp(authority.server())
    authority.file.chmod(0o644)
    conf = pathlib.Path("/etc/security/pam_jwt.conf")
    conf.write_text(
        f"[issuer/acme]\nissuer = {idp.url}\naudience = ssh://test\nca_file = {authority.file}\n[grant/all]\nissuer = acme\n"
    )
    conf.chmod(0o644)
    return idp, authority


def get(idp, authority, *flags, **more):
    driver = BUILD / "tests/fetch/keys_driver"
    settings = {"issuer": idp.url, "ca_file": authority.file, "helper": "", "socket": SOCKET, **more}
    return json.loads(sh(driver, *(f"{k}={v}" for k, v in settings.items()), *flags))


def service(idp):
    forget()
    sh("systemctl", "start", "pamjwt-refresh.service")
    seen["service"] = {"cache": mode(CACHE), "note": mode(NOTE), "asked": idp.asked(), "log": journal()[-2000:]}
    sh("systemctl", "start", "pamjwt-refresh.service")
    seen["service"]["asked again"] = idp.asked()
    idp.answer(b"", 500)
    forget()
    subprocess.run(["systemctl", "start", "pamjwt-refresh.service"], stderr=subprocess.DEVNULL)
    seen["service"]["fails"] = sh("systemctl", "is-failed", "pamjwt-refresh.service", check=False).strip()
    idp.keys("k1")


def by_socket(idp, authority):
    forget()
    sh("systemctl", "start", "pamjwt-refresh.socket")
    before = idp.asked()
    seen["socket"] = {"mode": mode(SOCKET), "got": get(idp, authority), "asked": idp.asked() - before}
    forget()
    driver, flags = BUILD / "tests/fetch/keys_driver", [f"issuer={idp.url}", f"ca_file={authority.file}", f"socket={SOCKET}"]
    many = [subprocess.Popen([driver, f"helper={world.HELPER}", *flags], stdout=subprocess.PIPE) for _ in range(40)]
    seen["socket"]["many"] = [json.loads(p.communicate()[0])["reason"] for p in many]
    seen["socket"]["asked by many"] = idp.asked() - before - seen["socket"]["asked"]
    seen["socket"]["still"] = sh("systemctl", "is-active", "pamjwt-refresh.socket", check=False).strip()


def by_timer(idp):
    forget()
    folder = pathlib.Path("/run/systemd/system/pamjwt-refresh.timer.d")
    folder.mkdir(parents=True)
    (folder / "soon.conf").write_text("[Timer]\nOnActiveSec=1s\nRandomizedDelaySec=0\n")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "start", "pamjwt-refresh.timer")
    end = time.monotonic() + 20
    while not CACHE.exists() and time.monotonic() < end:
        time.sleep(0.2)
    seen["timer"] = {"cache": CACHE.exists(), "list": sh("systemctl", "list-timers", "--no-pager", "pamjwt-refresh.timer")}


def main():
    users_and_folders()
    idp, authority = configure()
    sh("systemctl", "daemon-reload")
    service(idp)
    by_socket(idp, authority)
    by_timer(idp)
    seen["exposure"] = sh("systemd-analyze", "security", "--no-pager", "pamjwt-refresh.service", check=False).splitlines()[-1]
    print("RESULT " + json.dumps(seen))


main()
