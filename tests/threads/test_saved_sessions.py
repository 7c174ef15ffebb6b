"""Saved sessions on disk."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from navien_proto.model.device import Device
from navien_proto.session.saved import SavedSession
from navien_sync.stores import SessionFile

SAVED = SavedSession(
    saved_at=datetime(2026, 1, 15, tzinfo=UTC), devices=(Device(mac="aabbccddeeff", name="Garage"),)
)


def test_a_session_is_found_again_by_its_account(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "sessions.json")
    assert file.load("one") is None
    assert file.save("one", SAVED)
    assert file.save("two", SavedSession(saved_at=SAVED.saved_at))
    assert file.load("one") == SAVED
    assert file.forget("one")
    assert file.load("one") is None
    assert file.load("two") is not None
    assert file.problem is None
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"schema": 2, "accounts": {}}',
        '{"schema": 1, "accounts": {"one": 3}}',
        '{"schema": 1, "accounts": {"one": {"schema": 2}}}',
        '{"schema": 1, "accounts": {"one": {"schema": 1}}}',
    ],
)
def test_whatever_lies_there_a_start_is_not_prevented(tmp_path: Path, content: str) -> None:
    file = SessionFile(tmp_path / "sessions.json")
    file.path.write_text(content)
    assert file.load("one") is None
    assert file.problem is not None
    assert file.save("one", SAVED)
    assert file.load("one") == SAVED


def test_every_cut_of_the_file_is_as_good_as_none(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "sessions.json")
    file.save("one", SAVED)
    whole = file.path.read_bytes()
    for end in range(0, len(whole), 9):
        file.path.write_bytes(whole[:end])
        assert file.load("one") is None
    assert json.loads(whole)["schema"] == 1
