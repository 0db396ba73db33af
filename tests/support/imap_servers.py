"""Real IMAP servers for the tests: pymap in every run, Dovecot where it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "demo"
HOST = "127.0.0.1"

_DOVECOT = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{home}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
mailbox_idle_check_interval = 1s
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = {host}
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@contextmanager
def imap_port_of(kind: str) -> Iterator[int]:
    """A running server of this kind; every user name is a mailbox."""
    if kind == "pymap":
        yield from _pymap()
        return
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("Dovecot is not installed")
    if os.geteuid() != 0:
        pytest.skip("Dovecot is only started by root here")
    yield from _dovecot(program)


def _pymap() -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, "-m", "hub.channels.email.imap_server", HOST, "0"],
        env=os.environ | {"HUB_IMAP_PASSWORD": PASSWORD},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.communicate(timeout=10)


def _dovecot(program: str) -> Iterator[int]:
    # Its sockets need a short path that another user may enter.
    home = Path(tempfile.mkdtemp(prefix="hub-dovecot-"))
    nobody = pwd.getpwnam("nobody")
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    group = subprocess.check_output(["id", "-gn", "nobody"], text=True).strip()
    config = home / "dovecot.conf"
    config.write_text(
        _DOVECOT.format(
            home=home, user="nobody", group=group, uid=nobody.pw_uid, gid=nobody.pw_gid,
            host=HOST, port=port, password=PASSWORD,
        )
    )  # fmt: skip
    (home / "mail").mkdir()
    for path in (home, home / "mail"):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    child = subprocess.Popen([program, "-F", "-c", str(config)])
    try:
        _wait_for(port, child, home / "log")
        yield port
    finally:
        child.terminate()
        child.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _wait_for(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(log.read_text() if log.exists() else "Dovecot did not start")
