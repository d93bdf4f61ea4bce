"""
A build with ASan and UBSan in the system tests: every program that loads the module has to start with ASan's run-time
library. LD_PRELOAD does not reach set-uid programs (sudo, su), /etc/ld.so.preload does.
"""
import contextlib
import pathlib

import host

REPORTS = pathlib.Path("/run/sanitizer")


def library(module, name):
    """The library of that name which the module needs, or None."""
    needed = host.run("ldd", module, check=False).stdout  # NAME => PATH; a preloaded one: PATH
    return next((word for line in needed.splitlines() if name in line for word in line.split() if word[0] == "/"), None)


def needed(build):
    """ASan's run-time library, or None: this build needs none."""
    return library(pathlib.Path(build) / "module" / "pam_jwt.so", "libasan")


def options():
    """A library with the sanitizers' options: sshd, sudo and su start their children without our environment."""
    text = f"detect_leaks=0:verify_asan_link_order=0:print_stacktrace=1:log_path={REPORTS}/report"
    functions = [f'const char *__{name}_default_options(void) {{ return "{text}"; }}' for name in ("asan", "ubsan")]
    source = host.write("/usr/local/lib/sanitizer-options.c", "\n".join(functions) + "\n")
    host.run("gcc", "-shared", "-fPIC", "-o", source.with_suffix(".so"), source)
    return source.with_suffix(".so")


@contextlib.contextmanager
def preloaded(build):
    """While this is entered, all programs start with the sanitizer; what it reported fails the session at the end."""
    asan = needed(build)
    if not asan:
        yield
        return
    REPORTS.mkdir()
    REPORTS.chmod(0o1777)
    # ASan looks for crypt() when it starts, but pam_unix loads it later, so its library is listed last.
    crypt = library(host.installed("pam_unix.so"), "libcrypt")
    preload = host.write("/etc/ld.so.preload", f"{options()} {asan} {crypt}\n")
    yield
    preload.unlink()
    reports = [path.read_text(errors="replace") for path in REPORTS.iterdir()]
    assert not reports, "\n".join(reports)[:20000]
