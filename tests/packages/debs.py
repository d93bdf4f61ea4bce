"""The packages under test (PAMJWT_PACKAGES; `./dev deb` builds them), and dpkg."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/machine"))
import host  # noqa: E402

PACKAGES = host.CHECKOUT / os.environ.get("PAMJWT_PACKAGES", "build-deb")
NAMES = ("libpam-jwt", "libpamjwt-dev", "libpamjwt0", "pamjwt")


def debs(folder=PACKAGES, names=NAMES):
    found = {p.name.split("_")[0]: p for p in pathlib.Path(folder).glob("*.deb")}
    return [found[name] for name in names]


def dpkg(*args, check=True):
    return host.run("dpkg", "--force-confold", "--force-unsafe-io", *args, check=check)
