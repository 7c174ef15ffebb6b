"""TLS contexts, built where they cost nobody a moment."""

from __future__ import annotations

import ssl

from anyio import to_thread

from navien_sync.stores.roots import client_context as blocking_client_context

__all__ = ["client_context"]


async def client_context() -> ssl.SSLContext:
    """A context that trusts the system's roots, or certifi's where the system has none."""
    return await to_thread.run_sync(blocking_client_context)
