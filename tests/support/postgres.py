"""A real PostgreSQL for tests: a cluster of its own in a temporary directory, reached over loopback.

Where PostgreSQL is not installed its tests skip and say so; in CI they fail instead, as mosquitto's do.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.ports import closed_port

__all__ = ["PostgreSQL"]

PATIENCE = 60
INSTALLED = "/usr/lib/postgresql/*/bin"
USER = "navien"


class PostgreSQL:
    """A server that runs while it is entered; ``url`` is for :class:`DeviceRegistry`."""

    def __init__(self, directory: Path) -> None:
        self._programs = _find()
        self._directory = directory
        self._data = directory / "data"
        self._password = secrets.token_hex(8)
        self._port = 0
        self._reserved = ExitStack()
        self._account: int | None = None

    @property
    def url(self) -> str:
        """The database's URL, password included."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self._port}/postgres"

    @property
    def password(self) -> str:
        """What must never be seen in an error."""
        return self._password

    def __enter__(self) -> Self:
        if os.geteuid() == 0:  # the server refuses to run as root
            account = pwd.getpwnam("postgres")
            self._account = account.pw_uid
            for path in (self._directory, *self._directory.parents[:3]):
                path.chmod(path.stat().st_mode | 0o011)
            os.chown(self._directory, account.pw_uid, account.pw_gid)
        secret = self._directory / "password"
        secret.write_text(self._password)
        secret.chmod(0o644)
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-N")
        self.start()
        return self

    def start(self) -> None:
        """Start it, on the port it had before if it had one."""
        if not self._port:
            self._port = self._reserved.enter_context(closed_port())
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        log = str(self._directory / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-t", str(PATIENCE), "-o", options, "-w", "start")

    def stop(self) -> None:
        """Stop it at once, as a crash would: open transactions are lost."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        with self._reserved:
            if (self._data / "postmaster.pid").exists():
                self.stop()

    def _run(self, program: str, *arguments: str) -> None:
        complaints = self._directory / "complaints"
        with complaints.open("w") as heard:
            done = subprocess.run(
                [self._programs / program, *arguments],
                user=self._account,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # never a pipe: the server inherits it and would hold it open
                stderr=heard,
                timeout=PATIENCE * 2,
                check=False,
            )
        assert done.returncode == 0, f"{program}: {complaints.read_text()}"


def _find() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/").glob(INSTALLED[1:]))
    if places:
        return places[-1]
    if os.environ.get("CI"):
        pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
    pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
