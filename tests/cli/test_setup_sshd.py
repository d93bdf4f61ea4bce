"""pamjwt setup and the users that Match blocks of sshd apply to."""

import pytest
from test_setup import SSHD, host, refused  # noqa: F401 (host is a fixture)


def test_what_was_shut_for_a_user_stays_shut(host):
    host.sshd(SSHD + "Match User bob,carol\n  PasswordAuthentication no\nMatch Group dev\n  X11Forwarding no\n")
    refused(host, "/etc/ssh/sshd_config:6: no passwords for \"Match User bob,carol\"")
    host.setup("--dry-run", "--stack", "token-only")
    host.sshd(SSHD + "Match User bob,carol\n  PasswordAuthentication no\n  KbdInteractiveAuthentication no\n")
    host.setup("--yes")


@pytest.mark.parametrize("text, refusal", [
    ("Match Address 10.0.0.0/8\nPasswordAuthentication no\n", "Match Address 10.0.0.0/8"),
    ("Match User b*\nPasswordAuthentication yes\nMatch User bob\nPasswordAuthentication no\n", None),  # the first wins
    ("Match User b*,!bob\nPasswordAuthentication yes\nMatch User bob\nPasswordAuthentication no\n", "Match User bob"),
    ("Match User *,!alice\nPasswordAuthentication no\n", "Match User *,!alice"),
    ("Match Group a\nKbdInteractiveAuthentication no\nMatch Group b\nPasswordAuthentication no\n", "Match Group b"),
    ("Match Group a\nKbdInteractiveAuthentication no\nMatch Group a\nPasswordAuthentication no\n", None),
    ("Match exec \"test -f /x\"\nPasswordAuthentication no\n", "Match exec"),
    ("Match User bob\nAuthenticationMethods publickey\n", None),
    ("Match User bob\nPasswordAuthentication no\nAuthenticationMethods publickey\n", None),
    ("Match User bob\nPasswordAuthentication no\nAuthenticationMethods publickey,keyboard-interactive\n", "Match User bob"),
    ("Match User bob\nInclude bob.inc\n", "bob.inc:1"),
    ("PasswordAuthentication no\nMatch User bob\nPasswordAuthentication yes\n", "accepted for \"Match User bob\" only"),
    ("Match LocalPort 2222 User git\nPasswordAuthentication=no\n", "Match LocalPort 2222 User git"),
    ("Match Address 10.0.0.0/8\nKbdInteractiveAuthentication no\nMatch Address 10.1.0.0/16\nPasswordAuthentication no\n", None),
    ("Match Address 10.1.0.0/16\nKbdInteractiveAuthentication no\nMatch Address 10.0.0.0/8\nPasswordAuthentication no\n",
     "Match Address 10.0.0.0/8"),
])
def test_match_blocks(host, text, refusal):
    host.sshd(SSHD + text)
    host.write("etc/ssh/bob.inc", "PasswordAuthentication no\n")
    if refusal:
        refused(host, refusal)
    else:
        host.setup("--dry-run")


def test_passwords_that_sshd_keeps_out_are_not_taken_by_a_chosen_stack(host):
    host.sshd(SSHD + "PasswordAuthentication no\n")
    refused(host, "sshd_config:5: no passwords", "--stack", "token-or-password")
