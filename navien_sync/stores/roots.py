"""The certificates that TLS trusts, loaded from where the machine keeps them."""

from __future__ import annotations

import os
import ssl

__all__ = ["client_context"]


def client_context() -> ssl.SSLContext:
    """A TLS context that trusts the system's roots, or certifi's where the system has none.

    Loading them takes some 20 ms.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    # A directory of roots is read when it is needed: the context does not count those.
    if not context.cert_store_stats()["x509_ca"] and not (paths.capath and os.listdir(paths.capath)):
        import certifi  # of httpx

        context.load_verify_locations(certifi.where())
    return context
