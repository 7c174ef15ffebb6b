"""Saved sessions on disk: what a session knew, for the next run. Tokens are kept apart, in a token store."""

from __future__ import annotations

from typing import Protocol

from navien_proto.session.saved import SavedSession
from navien_sync.stores.documents import AccountsFile

__all__ = ["SessionFile", "SessionStore"]


class SessionStore(Protocol):
    """What keeps saved sessions; ``account`` is :func:`navien_proto.cloud.account.account_key`'s answer."""

    def load(self, account: str) -> SavedSession | None:
        """What the latest session of ``account`` knew, if anything."""

    def save(self, account: str, saved: SavedSession) -> bool:
        """Remember ``saved``; whether it was done."""


class SessionFile(AccountsFile):
    """Saved sessions in one file, by account; see :class:`navien_sync.stores.documents.AccountsFile`.

    What is damaged, cut or of another
    schema is as good as absent: it never stands in the way of a start.
    """

    def load(self, account: str) -> SavedSession | None:
        """What the latest session of ``account`` knew, if anything. Never raises: see ``problem``."""
        return self._load(account, SavedSession.from_dict)

    def save(self, account: str, saved: SavedSession) -> bool:
        """Remember ``saved`` beside the other accounts; whether it is on disk. Never raises: see ``problem``."""
        return self._change({account: saved.to_dict()})
