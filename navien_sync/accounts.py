"""Keeping an account in a token store, in worker threads, without ever standing in the way."""

from __future__ import annotations

import threading
from contextlib import suppress

from navien_proto.cloud.account import SavedAccount
from navien_sync.stores import TokenStore
from navien_sync.workers import Workers

__all__ = ["PATIENCE", "AccountKeeper"]

PATIENCE = 8.0
"""Seconds for a store: one on a dead network drive must not hold up a start or an end."""


class AccountKeeper:
    """Loads one account at the start and saves what changes, the latest only. No error of the store escapes."""

    def __init__(self, store: TokenStore, account: str, workers: Workers) -> None:
        self._store = store
        self._account = account
        self._workers = workers
        self._changed = threading.Condition()
        self._unsaved: SavedAccount | None = None
        self._saving = False

    def load(self) -> SavedAccount | None:
        """What the store remembers; nothing when it fails or takes too long."""
        return self._workers.call(self._load, PATIENCE)

    def save(self, account: SavedAccount) -> None:
        """Save ``account`` soon."""
        with self._changed:
            self._unsaved = account
            if self._saving:
                return
            self._saving = True
        if not self._workers.run(self._save):
            self._save()  # no thread can be started, as when the interpreter ends: better late than never

    def finish(self) -> None:
        """Wait until everything is saved, or takes too long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._saving, PATIENCE)

    # A store of the user's own may raise anything, though it should not: it can only save a sign-in (F20).
    def _load(self) -> SavedAccount | None:
        try:
            return self._store.load(self._account)
        except Exception:  # noqa: BLE001
            return None

    def _save(self) -> None:
        while True:
            with self._changed:
                account, self._unsaved = self._unsaved, None
                if account is None:
                    self._saving = False
                    self._changed.notify_all()
                    return
            with suppress(Exception):
                self._store.save(self._account, account)
