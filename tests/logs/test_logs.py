"""What reads our log lines: the fail2ban filter, the rsyslog sample, the Loki sample. Against lines that the code wrote."""
import configparser
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES = subprocess.run([os.environ["PAMJWT_LINES"]], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
PAM_CODES = dict(re.findall(r'^PJWT_REASON\(\w+, "([^"]+)", \w+, (\w+),', (ROOT / "lib/base/reasons.def").read_text(), re.M))
AUDIT = re.compile(
    r"result=(?P<result>allow|deny) reason=(?P<reason>[a-z0-9-]+) stage=(?P<stage>[a-z]+) user='(?P<user>[^']*)' "
    r"service='(?P<service>[^']*)' rhost='(?P<rhost>[^']*)' (?P<claimed>claimed_|)iss='[^']*' (?P=claimed)sub='[^']*' "
    r"(?P=claimed)kid='[^']*' (?P=claimed)alg='[^']*' (?P=claimed)jti='[^']*' grant='[^']*' detail='[^']*'$")

# Reasons that an honest person meets: nobody is to be shut out for them.
HONEST = {"ok", "expired", "not-yet-valid", "issued-in-future", "truncated", "bad-parts", "no-answer", "not-a-token",
          "too-old", "lifetime", "email-unverified", "service", "service-match", "claim-missing", "no-token",
          "unknown-kid"}  # after the issuer has changed its keys


def reason_of(line):
    return AUDIT.search(line)["reason"]


def line_of(reason):
    return next(line for line in LINES if reason_of(line) == reason)


def filter_text():
    parser = configparser.RawConfigParser(interpolation=None)
    parser.read(ROOT / "etc/fail2ban/filter.d/pam_jwt.conf")
    return parser["Definition"]["failregex"]


def banned_reasons():
    return set(re.search(r"reason=\(\?:([^)]*)\)", filter_text())[1].split("|"))


def test_every_line_follows_the_grammar():  # USR-12
    assert len(LINES) == 2 * len(PAM_CODES)
    assert all(AUDIT.search(line) for line in LINES)
    assert {reason_of(line) for line in LINES} == set(PAM_CODES)


def test_no_good_login_looks_like_a_failure():
    words = re.compile(r"fail|error|denied|deny|invalid|refused|illegal|break-in|attack|bad", re.I)
    good = [line for line in LINES if " result=allow " in line and "alice" in line]
    assert good and not any(words.search(line) for line in good)


def test_the_filter_names_reasons_that_exist_and_none_that_an_honest_person_or_this_host_causes():
    banned = banned_reasons()
    assert banned <= set(PAM_CODES)
    assert not banned & HONEST
    assert {PAM_CODES[reason] for reason in banned} == {"AUTH_ERR"}


def test_the_filter_bans_the_address_of_the_right_lines_and_no_other():
    expression = re.compile(filter_text().replace("%(__prefix_line)s", r".* sshd\[\d+\]: ").replace("<HOST>", r"(?P<host>\S+?)"))
    found = {reason_of(line): expression.search(line)["host"] for line in LINES if expression.search(line)}
    assert set(found) == banned_reasons()
    assert not any(host.startswith("203.0.113.") for host in found.values())


@pytest.mark.skipif(not shutil.which("fail2ban-regex"), reason="fail2ban is not installed")
def test_fail2ban_itself_finds_them(tmp_path):
    log = tmp_path / "auth.log"
    log.write_text("\n".join(LINES) + "\n")
    shutil.copytree("/etc/fail2ban", tmp_path / "fail2ban")  # the filter includes common.conf
    own = shutil.copy(ROOT / "etc/fail2ban/filter.d/pam_jwt.conf", tmp_path / "fail2ban/filter.d/pam_jwt.conf")
    done = subprocess.run(["fail2ban-regex", "--print-all-matched", str(log), own],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    matched = [line for line in done.stdout.splitlines() if "pam_jwt(sshd:auth)" in line]
    assert {reason_of(line.split("|", 1)[-1].strip()) for line in matched} == banned_reasons(), done.stdout[-3000:]


def option(file, section, name):
    parser = configparser.RawConfigParser(interpolation=None)
    parser.read(ROOT / "etc/fail2ban" / file)
    return parser[section].get(name)


def test_fail2ban_reads_only_what_sshd_wrote_as_root():
    """RVW-16: any user wrote a line with logger(1), and the address in it was banned. A file does not say who wrote it."""
    assert option("jail.d/pam_jwt.conf", "pam_jwt", "backend") == "systemd"
    assert option("jail.d/pam_jwt.conf", "pam_jwt", "logpath") is None
    for alternative in option("filter.d/pam_jwt.conf", "Definition", "journalmatch").split(" + "):
        fields = dict(field.split("=") for field in alternative.split())
        assert fields["_UID"] == "0" and fields["_COMM"] in ("sshd", "sshd-session", "sshd-auth")


THROWAWAY = ROOT / "tools/machine/throwaway"


@pytest.mark.skipif(os.getuid() != 0 or not os.path.exists("/lib/systemd/systemd-journald")
                    or subprocess.run([THROWAWAY, "--check"], stdout=subprocess.DEVNULL).returncode != 0,
                    reason="needs root, journald and namespaces")
def test_of_a_real_journal_the_filter_takes_no_line_of_a_user():
    """RVW-16"""
    line = line_of("bad-signature").partition("]: ")[2].rpartition("detail=")[0] + "detail="
    matches = option("filter.d/pam_jwt.conf", "Definition", "journalmatch").split()
    done = subprocess.run([THROWAWAY, "sh", ROOT / "tests/logs/journal.sh", line, *matches], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=90)
    said = [text for text in done.stdout.splitlines() if text.startswith(("all: ", "found: "))]
    assert said == ["all: 4", "found:  sshd as root"], done.stdout


def run_rsyslog(senders, annotate=True):
    """The objects that the sample writes when each of these (uid, lines) sends to the socket of syslog."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        sample = (ROOT / "etc/rsyslog/pam_jwt.conf").read_text()
        sample = sample.replace("/var/log/pam_jwt.json", f"{folder}/out.json").replace('fileOwner="root" fileGroup="adm"', "")
        module = 'module(load="imuxsock" SysSock.Annotate="on" SysSock.ParseTrusted="on"'
        assert f"#   {module})" in sample, "as the sample says"
        module = module if annotate else 'module(load="imuxsock"'
        (folder / "rsyslog.conf").write_text(
            f'global(workDirectory="{folder}")\n{module} SysSock.Name="{folder}/socket" SysSock.RateLimit.Interval="0")\n'
            f'{sample}\nif ($msg contains "THE END") then action(type="omfile" file="{folder}/end")\n')
        daemon = subprocess.Popen(["rsyslogd", "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            end = time.monotonic() + 20
            while time.monotonic() < end and not (folder / "socket").exists():
                time.sleep(0.05)
            for uid, lines in [*senders, (os.getuid(), ["Nov 24 10:00:00 db1 sshd[1]: THE END"])]:
                send(folder / "socket", uid, lines)
            while time.monotonic() < end and not (folder / "end").exists():
                time.sleep(0.1)
            time.sleep(0.2)
        finally:
            daemon.terminate()
            said = daemon.communicate(timeout=20)[0]
        assert (folder / "end").exists(), said
        out = folder / "out.json"
        return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def send(path, uid, lines):
    """As syslog(3) sends them, by a process of this user."""
    child = os.fork()
    if child == 0:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(str(path))
            if uid != os.getuid():
                os.setuid(uid)
            for line in lines:
                s.send(("<85>" + line.replace(" db1 ", " ", 1)).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


needs_rsyslog = pytest.mark.skipif(not shutil.which("rsyslogd") or os.getuid() != 0, reason="needs rsyslog, and root")


@needs_rsyslog
def test_rsyslog_writes_one_json_object_a_line():
    objects = run_rsyslog([(0, [*LINES, "Nov 24 10:00:00 db1 sshd[1]: Accepted password for bob"])])
    assert [o["reason"] for o in objects] == [reason_of(line) for line in LINES]
    assert {o["service"] for o in objects} == {"sshd"} and {o["result"] for o in objects} == {"allow", "deny"}
    assert {o["uid"] for o in objects} == {"0"} and all(re.fullmatch(r"192\.0\.2\.\d+", o["rhost"]) for o in objects)


# What a user can make appear in the log: as logger(1) does, and as a name that sshd or sudo quotes.
FORGED = line_of("bad-signature")
QUOTED = FORGED.replace("]: pam_jwt(", "]: Invalid user x pam_jwt(")
OF_SUDO = FORGED.replace("sshd[4711]: pam_jwt(sshd:auth)", "sudo[4711]: pam_jwt(sudo:auth)").replace("service='sshd'", "service='sudo'")


@needs_rsyslog
def test_rsyslog_takes_no_line_that_a_user_wrote():
    """RVW-16: but those of sudo and su, which the kernel attributes to the user who called them, with the uid."""
    objects = run_rsyslog([(65534, [FORGED, QUOTED, OF_SUDO]), (0, [QUOTED, OF_SUDO])])
    assert [(o["uid"], o["service"]) for o in objects] == [("65534", "sudo"), ("0", "sudo")]
    assert run_rsyslog([(65534, [FORGED, OF_SUDO]), (0, [FORGED])], annotate=False) == [], "nothing rather than anything"


def test_the_expression_of_the_loki_sample_finds_every_line():
    text = (ROOT / "etc/loki/promtail.yaml").read_text()
    expression = re.search(r'expression: "(.*)"\n', text)[1].replace("\\\\", "\\")
    for line in LINES:
        found = re.search(expression, line.partition("]: ")[2])
        assert found and found["reason"] == reason_of(line) and found["rhost"].startswith("192.0.2.")


def kept_by_loki(uid, comm, line):
    """relabel_configs (whole values joined by ;) and the match stages of the sample."""
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((ROOT / "etc/loki/promtail.yaml").read_text())["scrape_configs"][0]
    labels = {"__journal__uid": uid, "__journal__comm": comm, "job": "pam_jwt"}
    assert set(job) == {"job_name", "journal", "relabel_configs", "pipeline_stages"}, "no file, which says nothing of the writer"
    for rule in job["relabel_configs"]:
        value = ";".join(labels[name] for name in rule["source_labels"])
        if rule.get("action") == "keep" and not re.fullmatch(rule["regex"], value):
            return False
        if "target_label" in rule:
            labels[rule["target_label"]] = value
    for stage in job["pipeline_stages"]:
        if "match" in stage:
            names, expression = re.fullmatch(r'\{([^}]*)\} !~ "(.*)"', stage["match"]["selector"]).groups()
            selected = all((labels[name] == value) == (how == "=")
                           for name, how, value in re.findall(r'(\w+)(=|!=)"([^"]*)"', names))
            if selected and not re.search(expression.replace("\\\\", "\\"), line):
                return False
    return True


@pytest.mark.parametrize("uid, comm, line, kept", [
    ("0", "sshd", FORGED, True), ("0", "nginx", FORGED, True), ("1000", "sshd", FORGED, False), ("1000", "logger", FORGED, False),
    ("0", "sshd", QUOTED, False), ("1000", "sudo", OF_SUDO, True), ("1000", "sudo", FORGED, False), ("1000", "logger", OF_SUDO, False)],
    ids=["sshd", "nginx", "forged-by-sshd", "forged-by-logger", "quoted", "sudo", "forged-by-sudo", "sudo-by-logger"])
def test_loki_takes_no_line_that_a_user_wrote(uid, comm, line, kept):
    """RVW-16"""
    assert kept_by_loki(uid, comm, line.partition("]: ")[2]) == kept
