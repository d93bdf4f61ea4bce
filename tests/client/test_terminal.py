"""pamjwt-askpass at a terminal: prompts that are not for a token are shown and answered there."""
import os
import pty
import select
import termios
import time

import pytest


class Terminal:
    """The askpass script as the child of a process that has a terminal. type() answers what it shows."""

    def __init__(self, home, prompt, **env):
        self.result_end, result = os.pipe()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.dup2(result, 1)
            os.set_inheritable(result, False)
            os.execve(str(home.askpass), [str(home.askpass), prompt],
                      {**home.env, "PAMJWT_NEXT_ASKPASS": "", "PAMJWT_HOST": "db1.example", "PAMJWT_TOKEN": "eyJsecret", **env})
        os.close(result)
        self.shown = b""

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.shown
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.master, 4096)
                except OSError:
                    break

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.master, text.encode())

    def result(self):
        answer = b""
        while data := os.read(self.result_end, 4096):
            answer += data
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.wait_for(lambda: False, seconds=0.3) if select.select([self.master], [], [], 0.1)[0] else None
        os.close(self.result_end)
        return status, answer.decode()


def test_a_passphrase_is_typed_unseen(home):
    terminal = Terminal(home, "Enter passphrase for key 'x': ")
    terminal.wait_for(lambda: b"key 'x': " in terminal.shown and not terminal.echoes())
    terminal.type("correct horse\n")
    assert terminal.result() == (0, "correct horse\n")
    assert b"correct" not in terminal.shown and terminal.echoes(), "the terminal is as it was"


@pytest.mark.parametrize("prompt", ["Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
                                    "Please type 'yes', 'no' or the fingerprint: "])
def test_a_host_key_question_is_answered_visibly(home, prompt):
    terminal = Terminal(home, "The authenticity of host 'x' can't be established.\n" + prompt if "sure" in prompt else prompt)
    terminal.wait_for(lambda: terminal.shown.endswith(prompt.encode()))
    assert terminal.echoes()
    terminal.type("yes\n")
    assert terminal.result() == (0, "yes\n")


@pytest.mark.parametrize("typed, result", [("yes\n", (0, "yes\n")), ("no\n", (1, "")), ("\n", (1, ""))])
def test_a_confirmation_needs_a_yes(home, typed, result):
    """ssh takes an empty reply for yes; a user who only presses return should not have agreed."""
    terminal = Terminal(home, "Allow use of key x?", SSH_ASKPASS_PROMPT="confirm")
    terminal.wait_for(lambda: b"key x?" in terminal.shown)
    time.sleep(0.3)
    terminal.type(typed)
    assert terminal.result() == result


def test_a_servers_control_characters_do_not_reach_the_terminal(home):
    terminal = Terminal(home, "(alice@evil) \033]0;owned\007\033[2J\rPassword: ")
    terminal.wait_for(lambda: b"Password: " in terminal.shown)
    terminal.type("x\n")
    assert terminal.result()[0] == 0
    assert b"\033" not in terminal.shown and b"\007" not in terminal.shown


INVISIBLE = ["\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202e", "\u2060", "\u2061", "\u2064", "\u2066",
             "\ufeff", "\U000e0000", "\U000e0041", "\U000e007f", "\u009b", "\u3164"]


def test_letters_that_nobody_sees_are_escaped(home):
    """RVW-13: a prompt of a server looks like another, or turns the rest around; letters of any language stay."""
    terminal = Terminal(home, "(alice@evil) Passw\u00f6rt \u65e5\u672c \U0001f511" + "".join(INVISIBLE) + ": ")
    terminal.wait_for(lambda: b": " in terminal.shown)
    terminal.type("x\n")
    assert terminal.result()[0] == 0
    shown = terminal.shown.decode()
    assert "(alice@evil) Passw\u00f6rt \u65e5\u672c \U0001f511" in shown
    assert not set(shown) & set(INVISIBLE)
    assert "".join("".join(f"\\x{byte:02x}" for byte in letter.encode()) for letter in INVISIBLE) in shown


def test_a_notice_is_shown_and_asks_nothing(home):
    terminal = Terminal(home, "Confirm user presence for key", SSH_ASKPASS_PROMPT="none")
    assert terminal.result()[0] == 0


def test_an_interrupted_question_leaves_the_terminal_as_it_was(home):
    terminal = Terminal(home, "Password: ")
    terminal.wait_for(lambda: not terminal.echoes())
    terminal.type("\003")
    assert terminal.result()[0] != 0
    assert terminal.echoes()
