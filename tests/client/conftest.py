"""
Tests of client/: no root, no network but loopback. PAMJWT_FAKE_CLIENT names the built fake-client (see its source);
each test runs with every shell that the scripts promise to work in.
"""
import os
import pathlib
import shutil
import subprocess

import pytest

CLIENT = pathlib.Path(__file__).resolve().parents[2] / "client"
FAKE = pathlib.Path(os.environ["PAMJWT_FAKE_CLIENT"])
SHELLS = {"dash": "/bin/dash", "bash": "/bin/bash --posix", "busybox": "/bin/busybox sh"}


@pytest.fixture(params=SHELLS)
def shell(request):
    """The interpreter line of a shell; its absence is a skip."""
    line = SHELLS[request.param]
    if not os.path.exists(line.split()[0]):
        pytest.skip(f"no {line}")
    return line


def copy_for(shell, program, folder):
    """A copy of a script that runs in this shell."""
    lines = pathlib.Path(program).read_text(encoding="utf-8").split("\n")
    target = folder / pathlib.Path(program).name
    target.write_text("\n".join([f"#!{shell}", *lines[1:]]), encoding="utf-8")
    target.chmod(0o755)
    return target


class Home:
    """A private world for one test: a home and a runtime directory, an environment, the askpass script."""

    def __init__(self, folder, shell):
        self.folder = folder
        self.runtime = folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.askpass = copy_for(shell, CLIENT / "pamjwt-askpass", folder)
        self.others = folder / "others"
        self.next = self.script("next-askpass", f'printf "%s\\0" "$1" >>"{self.others}"; env >"{folder}/next-env"; '
                                                'echo from-next\n')
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(self.runtime),
                    "TMPDIR": str(folder), "PAMJWT_NEXT_ASKPASS": str(self.next)}

    def script(self, name, text):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def client(self, name):
        """The fake client under another name: what /proc/PID/comm says."""
        path = self.folder / name
        shutil.copy(FAKE, path)
        return path

    def login(self, *prompts, client=None, program=None, **env):
        """One process asks these prompts in turn. Returns what each got, (status, answer), and standard error."""
        done = subprocess.run([client or FAKE, program or self.askpass], input=b"".join(p.encode() + b"\0" for p in prompts),
                              env={**self.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              start_new_session=True, check=True)
        answers = [a.decode().partition(" ") for a in done.stdout.split(b"\0")[:-1]]
        return [(int(status), text) for status, _, text in answers], done.stderr.decode()

    def went_elsewhere(self):
        """The prompts that reached PAMJWT_NEXT_ASKPASS."""
        return self.others.read_bytes().decode().split("\0")[:-1] if self.others.exists() else []

    def left_behind(self):
        return [p for p in self.runtime.rglob("*") if p.is_file()]


@pytest.fixture
def home(tmp_path, shell):
    return Home(tmp_path, shell)
