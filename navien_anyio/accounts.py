"""Keeping an account in a token store, in worker threads, without ever standing in the way."""

from __future__ import annotations

from contextlib import suppress

import anyio
from anyio import to_thread

from navien_anyio.signal import Signal
from navien_proto.cloud.account import SavedAccount
from navien_sync.stores import TokenStore

__all__ = ["PATIENCE", "AccountKeeper"]

PATIENCE = 8.0
"""Seconds for a store: one on a dead network drive must not hold up a start or an end."""


class AccountKeeper:
    """Loads one account at the start and saves what changes, the latest only. No error of the store escapes."""

    def __init__(self, store: TokenStore, account: str) -> None:
        self._store = store
        self._account = account
        self._signal = Signal()
        self._unsaved: SavedAccount | None = None
        self._finishing = False

    async def load(self) -> SavedAccount | None:
        """What the store remembers; nothing when it fails or takes too long."""
        with anyio.move_on_after(PATIENCE):
            return await to_thread.run_sync(self._load, abandon_on_cancel=True)
        return None

    def save(self, account: SavedAccount) -> None:
        """Save ``account`` soon."""
        self._unsaved = account
        self._signal.set()

    def finish(self) -> None:
        """End ``run`` when everything is saved."""
        self._finishing = True
        self._signal.set()

    async def run(self) -> None:
        """Save what ``save`` brings, until ``finish``."""
        with anyio.CancelScope(shield=True):
            while True:
                account, self._unsaved = self._unsaved, None
                if account is not None:
                    with anyio.move_on_after(PATIENCE):
                        await to_thread.run_sync(self._save, account, abandon_on_cancel=True)
                elif self._finishing:
                    return
                else:
                    await self._signal.wait()

    # A store of the user's own may raise anything, though it should not: it can only save a sign-in (F20).
    def _load(self) -> SavedAccount | None:
        try:
            return self._store.load(self._account)
        except Exception:  # noqa: BLE001
            return None

    def _save(self, account: SavedAccount) -> None:
        with suppress(Exception):
            self._store.save(self._account, account)
