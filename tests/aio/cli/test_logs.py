"""Logging: every record passes the redaction, tracebacks too."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from navien_anyio.cli.logs import configure_logging
from navien_proto.redact import Redactor

CANARIES = ("canary-password", "canary@example.com", "aabbccddeeff", "eyJhbGciOi.canary.token")


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("navien")
    handlers, level = list(root.handlers), ours.level
    yield
    for handler in list(root.handlers):
        if handler not in handlers:
            root.removeHandler(handler)
    ours.setLevel(level)


def test_f22_no_secret_passes_whatever_way_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("debug", Redactor(["canary-password"]))
    log = logging.getLogger("navien.watch")
    log.debug("plain %s", CANARIES)
    log.info("mapping %(password)s", {"password": "canary-password"})
    logging.getLogger("httpx").warning("GET https://h/?X-Amz-Signature=0123&password=canary-password")
    try:
        int(CANARIES[0])
    except ValueError:
        log.exception("failed")
    log.warning("stack", stack_info=True)
    text = stream.getvalue()
    assert all(canary not in text for canary in CANARIES)
    assert "0123" not in text
    assert "Traceback" in text
    assert "DEBUG navien.watch: plain" in text


def test_others_are_heard_only_from_warnings_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("debug", Redactor())
    logging.getLogger("asyncio").debug("chatter")
    logging.getLogger("navien").debug("ours")
    assert "chatter" not in stream.getvalue()
    configure_logging("error", Redactor())
    logging.getLogger("navien").warning("too quiet")
    configure_logging("error", Redactor())
    logging.getLogger("navien").error("once")
    assert "too quiet" not in stream.getvalue()
    assert stream.getvalue().count("once") == 1
