"""Hashes, through the standard library, which brings OpenSSL: some 5 ms and 4 MB that decoding alone never needs.

So it is loaded with the first hash, here and nowhere else in the core's everyday parts.
"""

from __future__ import annotations

__all__ = ["hmac_sha256", "pbkdf2_sha256", "same_digest", "sha256_hex"]


def sha256_hex(data: bytes) -> str:
    """SHA-256 of ``data``, in hexadecimal."""
    from hashlib import sha256

    return sha256(data).hexdigest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256 of ``data`` under ``key``."""
    from hmac import digest

    return digest(key, data, "sha256")


def pbkdf2_sha256(secret: bytes, salt: bytes, rounds: int) -> str:
    """PBKDF2-HMAC-SHA256, in hexadecimal."""
    from hashlib import pbkdf2_hmac

    return pbkdf2_hmac("sha256", secret, salt, rounds).hex()


def same_digest(left: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    from hmac import compare_digest

    return compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
