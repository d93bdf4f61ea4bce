"""The names that the parts of bench.py share."""
import pathlib

import host

PASSWORD = "correct horse 7"
AUDIENCE = f"ssh://{host.HOSTNAME}"
ISSUER = "https://login.acme.example"
WORK = pathlib.Path("/run/bench")
