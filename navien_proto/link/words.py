"""What a peer said, made fit for a sentence of ours."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_plus

from navien_proto.redact import redact_text, secret_label

__all__ = ["QUOTE_LENGTH", "quoted", "target_secrets"]

QUOTE_LENGTH = 64
"""Characters of the longest quotation."""


def quoted(said: str | bytes, secrets: Iterable[str] = ()) -> str:
    """``said`` on one line, without secrets and control characters, and cut short; empty when nothing is left.

    ``secrets`` are known exactly, others by their shape. They are looked for before anything is cut off: half a
    secret has no shape.
    """
    text = said if isinstance(said, str) else said.decode("utf-8", "replace")
    text = redact_text("".join(char if char.isprintable() else " " for char in text), secrets)
    text = " ".join(text.split())
    return text if len(text) <= QUOTE_LENGTH else f"{text[: QUOTE_LENGTH - 1]}…"


def target_secrets(target: str) -> tuple[str, ...]:
    """What of a signed request ``target`` a server must not make us repeat: itself, and its secret values."""
    query = target.partition("?")[2]
    pairs = [pair.partition("=") for pair in query.split("&")]
    values = (unquote_plus(value) for name, _, value in pairs if secret_label(unquote_plus(name)))
    return (target, *values) if query else ()
