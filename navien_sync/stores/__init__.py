"""Blocking file work that both transports share: accounts, configuration files, logs of lines.

Nothing here opens a connection. :mod:`navien_anyio` calls it in worker threads.
"""

from __future__ import annotations

from navien_sync.stores.accounts import MemoryStore, TokenFile, TokenStore, default_account_file
from navien_sync.stores.configuration import gather_config, read_dotenv, read_secret_file, read_toml
from navien_sync.stores.lines import LineFile
from navien_sync.stores.sessions import SessionFile, SessionStore
from navien_sync.stores.transcripts import TranscriptFile, read_transcript

__all__ = [
    "LineFile",
    "MemoryStore",
    "SessionFile",
    "SessionStore",
    "TokenFile",
    "TokenStore",
    "TranscriptFile",
    "default_account_file",
    "gather_config",
    "read_dotenv",
    "read_secret_file",
    "read_toml",
    "read_transcript",
]
