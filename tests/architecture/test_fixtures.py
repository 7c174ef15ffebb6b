"""Every fixture decodes without a loss, holds no secret, and is what its recipe makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from navien_proto.errors import NavienError
from navien_proto.har import decode_capture, read_har
from navien_proto.wire.messages import StatusMessage
from tests.support import record_fixture

FIXTURES = sorted((Path(__file__).resolve().parents[2] / "fixtures").glob("*.har"))
INVENTED = {"aabbccddeeff", "user@example.com", "00000000XX00000000"}
SHAPES = (
    r"(?<![0-9a-zA-Z])[0-9a-f]{12}(?![0-9a-zA-Z])",
    r"[\w.]+@[\w.]+\w",
    r"eyJ[\w-]{8,}",
    r"A[KS]IA\w{12,}",
    r"\d{8}[A-Z]{2}\d{8}",
)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_everything_in_it_decodes(path: Path) -> None:
    capture = read_har(path.read_bytes())
    rows = list(decode_capture(capture))
    assert rows
    assert capture.skipped == {}
    assert [row for row in rows if row.result is None or isinstance(row.result, NavienError)] == []
    assert [row for row in rows if getattr(row.result, "problems", ())] == []


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_every_identity_in_it_is_invented(path: Path) -> None:
    capture = read_har(path.read_bytes())
    texts = [path.read_text(encoding="utf-8")]
    texts += [f"{message.topic}\n{message.payload.decode()}" for message in capture.messages]
    for text in texts:
        # The base64 of a frame says nothing by its shape; what is in it was looked into as a message.
        plain = re.sub(r'"data": "[^"]*"', "", text)
        for shape in SHAPES:
            assert set(re.findall(shape, plain)) <= INVENTED


def test_the_simulated_session_is_what_its_recipe_makes() -> None:
    assert record_fixture.FIXTURE.read_text(encoding="utf-8") == record_fixture.build()


def test_the_simulated_session_has_the_captured_kinds_of_messages() -> None:
    rows = list(decode_capture(read_har(record_fixture.FIXTURE.read_bytes())))
    statuses = [row.result for row in rows if isinstance(row.result, StatusMessage)]
    assert len(statuses) == 18
    assert [message.reason.value for message in statuses[:3]] == ["answer", "push", "acknowledgement"]
    assert len(rows) == 25
