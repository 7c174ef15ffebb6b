"""Saved sessions on disk."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.cloud.account import account_key
from navien_proto.model.device import Device
from navien_proto.session.saved import SavedSession
from navien_sync import NavienClient
from navien_sync.stores import SessionFile
from tests.support.served import MACS, PASSWORD, config
from tests.support.waiting import becomes

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


def test_a_client_knows_its_heaters_before_it_is_connected_again(server: SimServer, tmp_path: Path) -> None:
    store = SessionFile(tmp_path / "sessions.json")
    with NavienClient(config=config(server), session_store=store) as navien:
        navien.devices[0].status()
    text = store.path.read_text()
    assert PASSWORD not in text
    assert "eyJ" not in text
    unreachable = config(server, base_url="http://127.0.0.1:1/api/v2.1")
    account, other = (account_key(one.email, one.base_url) for one in (config(server), unreachable))
    saved = store.load(account)
    assert saved is not None
    assert saved.last_heard.keys() == {MACS[0]}
    store.save(other, saved)
    with NavienClient(config=unreachable, session_store=store, wait=False) as navien:
        becomes(lambda: bool(navien.devices))
        assert [heater.mac for heater in navien.devices] == [MACS[0]]
        assert navien.devices[0].feature is not None
    assert store.load(other) is not None


def test_a_session_store_that_raises_prevents_nothing(server: SimServer) -> None:
    class Broken:
        def load(self, _account: str) -> SavedSession | None:
            raise RuntimeError

        def save(self, _account: str, _saved: SavedSession) -> bool:
            raise RuntimeError

    with NavienClient(config=config(server), session_store=Broken()) as navien:
        assert navien.devices
