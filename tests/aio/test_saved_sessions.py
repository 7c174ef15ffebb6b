"""A client that remembers its session from one run to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from navien_anyio import NavienClient
from navien_anyio.simserver import SimServer
from navien_proto.cloud.account import account_key
from navien_proto.session.saved import SavedSession
from navien_sync.stores import SessionFile
from tests.aio.helpers import becomes
from tests.support.served import MACS, PASSWORD, config

pytestmark = pytest.mark.anyio


async def test_a_client_knows_its_heaters_before_it_is_connected_again(server: SimServer, tmp_path: Path) -> None:
    store = SessionFile(tmp_path / "sessions.json")
    async with NavienClient(config=config(server), session_store=store) as navien:
        await navien.devices[0].status()
    assert PASSWORD not in store.path.read_text()
    unreachable = config(server, base_url="http://127.0.0.1:1/api/v2.1")
    account, other = (account_key(one.email, one.base_url) for one in (config(server), unreachable))
    saved = store.load(account)
    assert saved is not None
    store.save(other, saved)
    async with NavienClient(config=unreachable, session_store=store, wait=False) as navien:
        await becomes(lambda: bool(navien.devices))
        assert [heater.mac for heater in navien.devices] == [MACS[0]]
        assert navien.devices[0].feature is not None
    assert store.load(other) is not None


async def test_a_session_store_that_raises_prevents_nothing(server: SimServer) -> None:
    class Broken:
        def load(self, _account: str) -> SavedSession | None:
            raise RuntimeError

        def save(self, _account: str, _saved: SavedSession) -> bool:
            raise RuntimeError

    async with NavienClient(config=config(server), session_store=Broken()) as navien:
        assert navien.devices
