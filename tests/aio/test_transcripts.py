"""A client that writes a transcript, against the simulated cloud on loopback sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from navien_anyio import NavienClient
from navien_anyio.simserver import SimServer
from navien_proto.errors import UsageError
from navien_proto.session.transcript_replay import replay
from navien_sync.stores import read_transcript
from tests.aio.helpers import threads
from tests.support.served import EMAIL, MACS, PASSWORD, config

pytestmark = pytest.mark.anyio


async def test_what_a_client_did_is_written_and_plays_again(server: SimServer, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    async with NavienClient(config=config(server), transcript=path) as navien:
        await navien.devices[0].status()
        await navien.devices[0].set_temperature(celsius=50)
    text = path.read_text()
    for secret in (EMAIL, PASSWORD, MACS[0], "Signature=", "eyJ"):
        assert secret not in text
    played = replay(read_transcript(path))
    assert played.difference is None
    assert not played.cut
    assert played.inputs > 10
    assert '"event":"SessionClosed"' in text
    assert "navien-transcript" not in threads()


async def test_a_transcript_that_is_there_is_left_as_it_is(server: SimServer, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    path.write_text("mine\n")
    async with NavienClient(config=config(server), transcript=path, wait=False):
        pass
    assert path.read_text() == "mine\n"
    assert replay(read_transcript(tmp_path / "session-2.jsonl")).difference is None


async def test_a_transcript_that_cannot_be_written_is_told_at_once(server: SimServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the transcript"):
        async with NavienClient(config=config(server), transcript=tmp_path / "none" / "x.jsonl"):
            pass
    assert "navien-transcript" not in threads()
