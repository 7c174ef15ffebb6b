"""One JSON file of mode 0600 with an entry for each account: what token stores and saved sessions are kept in.

Whatever lies on the disk, nothing here raises for it: ``problem`` says what was wrong.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from navien_proto.redact import redact_text
from navien_sync.stores.locking import locked
from navien_sync.stores.places import read_limited, reason, sync_directory

__all__ = ["AccountsFile"]

SCHEMA = 1
OTHERS = 0o077

T = TypeVar("T")


class AccountsFile:
    """One JSON file of mode 0600, for any number of accounts and processes.

    The file is replaced as a whole, under a lock beside it (``….lock``), so a crash leaves the old or the new
    one. A file that others can read is made private when it is met. One that is not ours or is damaged is kept
    as ``….bad`` by the next save. The file's directory must be writable: a single file mounted into a
    container cannot be replaced.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # Resolved, so that a symbolic link stays one when the file behind it is replaced.
        self.path = Path(os.path.realpath(path))
        self.problem: str | None = None

    def forget(self, account: str) -> bool:
        """Remember nothing of ``account`` any more; whether that is so. Never raises: see ``problem``."""
        self.problem = None
        if not os.path.lexists(self.path):
            return True
        return self._change({account: None})

    def _load(self, account: str, understood: Callable[[object], T]) -> T | None:
        """The entry of ``account``, if there is one and it is ``understood`` (which raises ValueError if not)."""
        self.problem = None
        try:
            stored = self._read().get(account)
            return None if stored is None else understood(stored)
        except (OSError, ValueError) as error:
            self._blame("read", error)
            return None

    def _blame(self, what: str, error: OSError | ValueError) -> None:
        self.problem = redact_text(f"cannot {what} {str(self.path)!r}: {reason(error)}")

    def _note(self, what: str) -> None:
        self.problem = redact_text(f"{str(self.path)!r} {what}")

    def _read(self) -> dict[str, Any]:
        """The accounts as they are stored; none when there is no file.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not one of ours.
        """
        try:
            content, found = read_limited(self.path, regular=True)
        except FileNotFoundError:
            return {}
        if os.name == "posix" and found.st_mode & OTHERS:
            with contextlib.suppress(OSError):  # somebody else's file, or a file system without modes
                os.chmod(self.path, 0o600)
            private = not self.path.stat().st_mode & OTHERS
            self._note("could be read by others; it is private now" if private else "can be read by others")
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from None  # the parser's own words may show what it read
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ValueError("not a file of this program, or of another version")
        accounts = document.get("accounts")
        if not isinstance(accounts, dict):
            raise ValueError("it holds no accounts")  # noqa: TRY004 (damage, whatever its type)
        return accounts

    def _change(self, entries: Mapping[str, dict[str, Any] | None]) -> bool:
        self.problem = None
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.path.with_name(self.path.name + ".lock")):
                accounts = {**self._accounts_or_none(), **entries}
                stored = {name: entry for name, entry in accounts.items() if entry is not None}
                self._replace(json.dumps({"schema": SCHEMA, "accounts": stored}).encode())
        except (OSError, ValueError) as error:
            self._blame("write", error)
            return False
        return True

    def _accounts_or_none(self) -> dict[str, Any]:
        try:
            return self._read()
        except (PermissionError, ValueError):
            if not self.path.is_file():  # a directory or a device in its place is not for us to move
                raise
            aside = self.path.with_name(self.path.name + ".bad")
            os.replace(self.path, aside)
            with contextlib.suppress(OSError):
                os.chmod(aside, 0o600)
            return {}

    def _replace(self, content: bytes) -> None:
        # One name, used under the lock, so that a crash leaves at most one of them, and never for long.
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(fresh, self.path)
        sync_directory(self.path.parent)
