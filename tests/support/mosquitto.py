"""A real mosquitto for tests, on free ports of the loopback interface, in a directory of its own.

Where mosquitto is not installed its tests skip and say so; in CI (the environment variable ``CI`` is set) they
fail instead, because nothing may go untested there unseen.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import trustme

from navien_proto.mqtt.actions import Endpoint, Scheme
from tests.support.waiting import PATIENCE

__all__ = ["PASSWORD", "PATIENCE", "SCHEMES", "USERNAME", "Mosquitto", "trusting"]

USERNAME, PASSWORD = "watcher", "not-a-real-password"

SCHEMES: tuple[Scheme, ...] = ("mqtt", "ws", "mqtts", "wss")
GUARDED = "guarded"
PERSONAL = "personal"
# Another process may take a port between our looking and mosquitto's binding.
ATTEMPTS = 5
COMPLAINTS = ("error", "malformed", "protocol", "invalid", "too large")


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts ``authority`` alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


class Mosquitto:
    """A broker that runs while it is entered.

    It listens for each scheme without a password, and once more, for ``mqtt``, with one (``guarded``), and for
    ``mqtts`` with a client certificate (``personal``). Its certificate is for ``localhost``, by ``authority``.
    What it keeps outlives :meth:`restart`. ``access`` is a list of what ``mqtt`` may do.
    """

    def __init__(self, directory: Path, *, access: Path | None = None) -> None:
        self._access = access
        self.authority = trustme.CA()
        self._directory = directory
        self._program, self._passwords = _find("mosquitto"), _find("mosquitto_passwd")
        self._ports: dict[str, int] = {}
        self._log: list[str] = []
        self._news = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._write_secrets()
        for _ in range(ATTEMPTS):
            self._start()
            if self.wait_for(" running", "in use", "Error:") and self._said(" running"):
                return self
            self._stop()
        raise AssertionError("mosquitto does not start:\n" + "\n".join(self._log))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def endpoint(self, scheme: Scheme, *, guarded: bool = False) -> Endpoint:
        """Where to connect to; the WebSocket's target looks like a signed one."""
        target = "/mqtt?X-Amz-Date=20260115T120000Z&X-Amz-Signature=00" if scheme in ("ws", "wss") else ""
        return Endpoint(scheme, "localhost", self._ports[GUARDED if guarded else scheme], target)

    @property
    def personal_port(self) -> int:
        """Where a client certificate of ``authority`` is wanted."""
        return self._ports[PERSONAL]

    def restart(self) -> None:
        """End it in good order, and start it again on the same ports."""
        self._stop()
        for _ in range(ATTEMPTS):
            before = self.mark
            self._run()
            if " running" in self.wait_for(" running", "in use", "Error:", since=before):
                return
            self._stop()
        raise AssertionError("mosquitto does not start again:\n" + "\n".join(self._log))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It stands still inside the block, with every connection open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def mark(self) -> int:
        """Where the log is now, for ``wait_for`` and ``complaints``."""
        with self._news:
            return len(self._log)

    def wait_for(self, *texts: str, since: int = 0) -> str:
        """The first line of the log behind ``since`` with one of ``texts`` in it.

        Raises:
            AssertionError: mosquitto ended, or said nothing of the kind in time.
        """
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while True:
                for line in self._log[since:]:
                    if any(text in line for text in texts):
                        return line
                since = len(self._log)
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise AssertionError(f"mosquitto did not say {texts}:\n" + "\n".join(self._log))

    def complaints(self, since: int = 0) -> list[str]:
        """What mosquitto found wrong with its clients."""
        with self._news:
            lines = self._log[since:]
        return [line for line in lines if any(word in line.lower() for word in COMPLAINTS)]

    def _said(self, text: str) -> bool:
        with self._news:
            return any(text in line for line in self._log)

    def _write_secrets(self) -> None:
        certificate = self.authority.issue_cert("localhost")
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        (self._directory / "chain.pem").write_bytes(chain)
        (self._directory / "key.pem").write_bytes(certificate.private_key_pem.bytes())
        self.authority.cert_pem.write_to_path(self._directory / "authority.pem")
        passwords = self._directory / "passwords"
        passwords.touch(0o600)
        subprocess.run([self._passwords, "-b", str(passwords), USERNAME, PASSWORD], check=True, timeout=PATIENCE)

    def _configuration(self) -> str:
        lines = [
            "per_listener_settings true",
            # Started by root it would become someone who cannot read the directory; else this is ignored.
            "user root",
            "log_type all",
            "log_dest stderr",
            # Without it, WebSocket answers wait for the client's delayed acknowledgements.
            "set_tcp_nodelay true",
            "persistence true",
            f"persistence_location {self._directory}/",
            "max_queued_messages 0",
        ]
        for scheme in SCHEMES:
            lines += [f"listener {self._ports[scheme]} 127.0.0.1", "allow_anonymous true"]
            if scheme == "mqtt" and self._access is not None:
                lines.append(f"acl_file {self._access}")
            if scheme in ("ws", "wss"):
                lines.append("protocol websockets")
            if scheme in ("mqtts", "wss"):
                lines += [f"certfile {self._directory}/chain.pem", f"keyfile {self._directory}/key.pem"]
        lines += [
            f"listener {self._ports[GUARDED]} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {self._directory}/passwords",
            f"listener {self._ports[PERSONAL]} 127.0.0.1",
            "allow_anonymous false",
            f"certfile {self._directory}/chain.pem",
            f"keyfile {self._directory}/key.pem",
            f"cafile {self._directory}/authority.pem",
            "require_certificate true",
            "use_identity_as_username true",
        ]
        return "\n".join(lines) + "\n"

    def _start(self) -> None:
        listeners = (*SCHEMES, GUARDED, PERSONAL)
        self._ports = dict(zip(listeners, _free_ports(len(listeners)), strict=True))
        (self._directory / "mosquitto.conf").write_text(self._configuration())
        self._log.clear()
        self._run()

    def _run(self) -> None:
        path = self._directory / "mosquitto.conf"
        self._process = subprocess.Popen(
            [self._program, "-c", str(path)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), name="mosquitto's log")
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            with self._news:
                self._log.append(line.rstrip())
                self._news.notify_all()

    def _stop(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        assert self._process.stderr is not None
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stderr.close()


def _find(program: str) -> str:
    """Where ``program`` is; Debian puts mosquitto where only root looks."""
    found = shutil.which(
        program, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    )
    if found is None:
        reason = f"{program} is not installed: the link is not tried against a real broker"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, which CI must do")
        pytest.skip(reason)
    return found


def _free_ports(count: int) -> Sequence[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports
