"""Token stores: what is remembered of accounts from one run to the next.

A store can only save a sign-in, never prevent one: whatever lies on the disk, ``load`` answers with an account
or with ``None``, and ``save`` with whether it is saved. ``problem`` then says what was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from navien_proto.cloud.account import SavedAccount
from navien_proto.errors import UsageError
from navien_sync.stores.documents import AccountsFile
from navien_sync.stores.places import state_directory

__all__ = ["MemoryStore", "TokenFile", "TokenStore", "default_account_file"]


class TokenStore(Protocol):
    """What keeps accounts; ``account`` is :func:`navien_proto.cloud.account.account_key`'s answer.

    No method raises for what is stored or for where it is stored.
    """

    @property
    def problem(self) -> str | None:
        """What was wrong at the latest call, as a sentence without secrets; ``None`` when nothing was."""

    def load(self, account: str) -> SavedAccount | None:
        """What is remembered of ``account``, if anything."""

    def save(self, account: str, saved: SavedAccount) -> bool:
        """Remember ``saved``; whether it was done."""

    def forget(self, account: str) -> bool:
        """Remember nothing of ``account`` any more; whether that is so."""


class MemoryStore:
    """A store that lasts as long as the process."""

    problem: str | None = None

    def __init__(self) -> None:
        self._accounts: dict[str, SavedAccount] = {}

    def load(self, account: str) -> SavedAccount | None:
        """What is remembered of ``account``, if anything."""
        return self._accounts.get(account)

    def save(self, account: str, saved: SavedAccount) -> bool:
        """Remember ``saved``."""
        self._accounts[account] = saved
        return True

    def forget(self, account: str) -> bool:
        """Remember nothing of ``account`` any more."""
        self._accounts.pop(account, None)
        return True


def default_account_file() -> Path | None:
    """``$XDG_STATE_HOME/navien/accounts.json`` or its like; ``None`` when the user has no home."""
    directory = state_directory()
    return directory and directory / "accounts.json"


class TokenFile(AccountsFile):
    """A token store in one file; see :class:`navien_sync.stores.documents.AccountsFile`."""

    def load(self, account: str) -> SavedAccount | None:
        """What is remembered of ``account``, if anything. Never raises: see ``problem``."""
        return self._load(account, _account)

    def save(self, account: str, saved: SavedAccount) -> bool:
        """Remember ``saved`` beside the other accounts; whether it is on disk. Never raises: see ``problem``."""
        return self._change({account: saved.to_dict()})


def _account(stored: object) -> SavedAccount:
    if not isinstance(stored, Mapping):
        raise UsageError("an account must be a table of members")
    return SavedAccount.from_dict(stored)
