"""What reads our log lines: the fail2ban filter, the rsyslog sample, the Loki sample. Against lines that the code wrote."""
import configparser
import json
import os
import pathlib
import re
import shutil
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
          "too-old", "lifetime", "email-unverified", "service", "service-match", "claim-missing", "no-token"}


def reason_of(line):
    return AUDIT.search(line)["reason"]


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


@pytest.mark.skipif(not shutil.which("rsyslogd"), reason="rsyslog is not installed")
def test_rsyslog_writes_one_json_object_a_line():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sample = (ROOT / "etc/rsyslog/pam_jwt.conf").read_text()
        sample = sample.replace("/var/log/pam_jwt.json", f"{folder}/out.json").replace('fileOwner="root" fileGroup="adm"', "")
        (folder / "in.log").write_text("\n".join(LINES) + "\nNov 24 10:00:00 db1 sshd[1]: Accepted password for bob\n")
        (folder / "rsyslog.conf").write_text(
            f'global(workDirectory="{folder}")\nmodule(load="imfile")\n'
            f'input(type="imfile" file="{folder}/in.log" tag="sshd:" facility="authpriv")\n{sample}')
        daemon = subprocess.Popen(["rsyslogd", "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            out, end = folder / "out.json", time.monotonic() + 15
            while time.monotonic() < end and (not out.exists() or out.read_text().count("\n") < len(LINES)):
                time.sleep(0.1)
        finally:
            daemon.terminate()
            said = daemon.communicate(timeout=20)[0]
        assert out.exists(), said
        objects = [json.loads(line) for line in out.read_text().splitlines()]
    assert [o["reason"] for o in objects] == [reason_of(line) for line in LINES], said
    assert {o["service"] for o in objects} == {"sshd"} and {o["result"] for o in objects} == {"allow", "deny"}
    assert all(re.fullmatch(r"192\.0\.2\.\d+", o["rhost"]) for o in objects)


def test_the_expression_of_the_loki_sample_finds_every_line():
    text = (ROOT / "etc/loki/promtail.yaml").read_text()
    expression = re.search(r'expression: "(.*)"\n', text)[1].replace("\\\\", "\\")
    for line in LINES:
        found = re.search(expression, line)
        assert found and found["reason"] == reason_of(line) and found["rhost"].startswith("192.0.2.")
