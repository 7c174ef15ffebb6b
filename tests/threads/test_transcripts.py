"""Transcripts on disk, and a client that writes one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from navien_anyio.simserver import SimServer
from navien_proto.errors import UsageError
from navien_proto.session.transcript_replay import replay
from navien_sync import NavienClient
from navien_sync.stores import LineFile, TranscriptFile, read_transcript
from tests.support.served import EMAIL, MACS, PASSWORD, config


def test_what_a_client_did_is_written_and_plays_again(server: SimServer, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    with NavienClient(config=config(server), transcript=path) as navien:
        navien.devices[0].status()
        navien.devices[0].set_temperature(celsius=50)
    text = path.read_text()
    for secret in (EMAIL, PASSWORD, MACS[0], "Signature=", "eyJ"):
        assert secret not in text
    played = replay(read_transcript(path))
    assert played.difference is None
    assert not played.cut
    assert '"event":"SessionClosed"' in text


def test_a_client_whose_transcript_cannot_be_written_does_not_begin(server: SimServer, tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="cannot write the transcript"),
        NavienClient(config=config(server), transcript=tmp_path / "none" / "x.jsonl"),
    ):
        pass


def test_lines_written_before_it_is_open_come_first(tmp_path: Path) -> None:
    file = TranscriptFile(tmp_path / "x.jsonl")
    file.write('{"first":1}')
    file.open()
    file.write('{"second":2}')
    file.close()
    file.write('{"too late":3}')
    file.close()
    assert file.path.read_text() == '{"first":1}\n{"second":2}\n'
    assert file.problem is None


def test_one_that_was_never_open_is_closed_without_a_word(tmp_path: Path) -> None:
    file = TranscriptFile(tmp_path / "x.jsonl")
    file.write("{}")
    file.close()
    assert not file.path.exists()


def test_a_full_disk_ends_the_transcript_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_lines: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(LineFile, "append", full)
    file = TranscriptFile(tmp_path / "x.jsonl")
    file.open()
    file.write('{"first":1}')
    file.write('{"second":2}')
    file.close()
    file.write('{"third":3}')
    assert file.problem is not None
    assert "No space left on device" in file.problem


def test_a_disk_that_stands_still_ends_the_transcript_before_memory_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navien_sync.stores.transcripts.MOST_WAITING", 3)
    file = TranscriptFile(tmp_path / "x.jsonl")  # not open: nobody takes the lines
    for number in range(9):
        file.write(f'{{"line":{number}}}')
    assert file.problem is not None
    file.open()
    file.close()
    assert file.path.read_text().splitlines() == [
        '{"line":0}',
        '{"line":1}',
        '{"line":2}',
        '{"ended":"the disk did not keep up"}',
    ]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        list(read_transcript(tmp_path / "none.jsonl"))
