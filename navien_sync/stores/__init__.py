"""Blocking file work that both transports share: accounts, configuration files, logs of lines.

Nothing here opens a connection. :mod:`navien_anyio` calls it in worker threads.
"""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from navien_sync.stores.accounts import MemoryStore, TokenFile, TokenStore, default_account_file
    from navien_sync.stores.configuration import gather_config, read_dotenv, read_secret_file, read_toml
    from navien_sync.stores.lines import LineFile
    from navien_sync.stores.sessions import SessionFile, SessionStore
    from navien_sync.stores.transcripts import TranscriptFile, read_transcript
else:
    from navien_proto.lazily import loaders

    __getattr__, __dir__ = loaders(
        globals(),
        {
            "navien_sync.stores.accounts": "MemoryStore TokenFile TokenStore default_account_file",
            "navien_sync.stores.configuration": "gather_config read_dotenv read_secret_file read_toml",
            "navien_sync.stores.lines": "LineFile",
            "navien_sync.stores.sessions": "SessionFile SessionStore",
            "navien_sync.stores.transcripts": "TranscriptFile read_transcript",
        },
    )
