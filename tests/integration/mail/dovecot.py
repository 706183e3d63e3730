"""A real IMAP server on loopback, with a scratch configuration, as root or as anybody."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.mail.peers import free_port

USER, PASSWORD = "saphan", "imap-secret"
THAI_MAILBOX = "จดหมายที่ส่ง & เก็บ"

CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/certificate.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{home}/mail
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
{oauth}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "My Sent" {{
    auto = create
    special_use = \\Sent
  }}
  mailbox "{thai}" {{
    auto = create
  }}
}}
"""


# Ahead of the password: Dovecot asks the address in oauth.conf whether a token is good, and whose it is.
OAUTH = """
auth_mechanisms = plain xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth.conf
}}
"""


@dataclass(frozen=True)
class Dovecot:
    port: int
    tls_port: int


def available() -> bool:
    return shutil.which("dovecot") is not None


@contextlib.contextmanager
def running(certificate: tuple[Path, Path], introspection: str = "") -> Iterator[Dovecot]:
    """With `introspection`, an address that answers for tokens, it takes them too (XOAUTH2)."""
    # Not pytest's own folder: the paths of its sockets must be short, and its mail user must reach them.
    with tempfile.TemporaryDirectory(prefix="imap") as home:
        server = Dovecot(free_port(), free_port())
        path = _configure(Path(home), server, certificate, introspection)
        process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(server.tls_port, process, Path(home) / "dovecot.log")
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _configure(home: Path, server: Dovecot, certificate: tuple[Path, Path], introspection: str) -> Path:
    import grp
    import pwd

    root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody" if root else getpass.getuser())
    shutil.copy(certificate[0], home / "certificate.pem")
    shutil.copy(certificate[1], home / "key.pem")
    (home / "mail").mkdir()
    (home / "oauth.conf").write_text(
        f"introspection_mode = post\nintrospection_url = {introspection}\nusername_attribute = email\n"
    )
    if root:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        os.chown(home / "mail", owner.pw_uid, owner.pw_gid)
        home.chmod(0o755)
    path = home / "dovecot.conf"
    path.write_text(
        CONFIGURATION.format(
            home=home,
            oauth=OAUTH.format(home=home) if introspection else "",
            internal="dovecot" if root else owner.pw_name,
            internal_group="dovecot" if root else grp.getgrgid(owner.pw_gid).gr_name,
            login="dovenull" if root else owner.pw_name,
            port=server.port,
            tls_port=server.tls_port,
            password=PASSWORD,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            thai=THAI_MAILBOX,
        )
    )
    return path


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    pause = threading.Event()
    for _ in range(200):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        pause.wait(0.05)
    raise RuntimeError(log.read_text() if log.exists() else "dovecot did not start")
