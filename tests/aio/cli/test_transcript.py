"""``transcript``: recorded by ``monitor`` and ``capture``, shown, and played again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from navien_anyio.cli.storyline import story
from navien_proto.errors import UsageError
from navien_proto.session.transcript_replay import lines_of
from tests.aio.cli.conftest import Command
from tests.support.record_fixture import FIXTURE


@pytest.fixture
def recorded(navien: Command) -> Path:
    """The transcript of a session that heard the project's own capture."""
    result = navien("capture", "transcript", str(FIXTURE), "session.jsonl")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("session.jsonl: 18 messages heard, 2 REST answers of the capture")
    return Path("session.jsonl")


def test_what_was_recorded_plays_again(recorded: Path, navien: Command) -> None:
    result = navien("transcript", "replay", str(recorded))
    assert (result.code, result.err) == (0, "")
    assert result.out.rstrip().endswith("outputs: the same")


def test_it_plays_again_in_another_process(recorded: Path) -> None:
    """The order of sets differs from process to process, and must not show."""
    program = "from navien_anyio.cli import main; main()"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, "transcript", "replay", str(recorded)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_a_difference_is_shown_and_is_exit_code_1(recorded: Path, navien: Command) -> None:
    lines = recorded.read_text().splitlines()
    number = next(place for place, line in enumerate(lines, 1) if '"Connected"' in line)
    lines[number - 1] = json.dumps({**json.loads(lines[number - 1]), "link": 7})
    recorded.write_text("\n".join(lines) + "\n")
    result = navien("transcript", "replay", str(recorded))
    assert result.code == 1
    assert f"line {number}, after SubscribeAnswered" in result.out
    assert '"link":7' in result.out
    assert '"link":1' in result.out


def test_a_cut_line_and_another_version_are_said(recorded: Path, navien: Command) -> None:
    text = recorded.read_text().replace('"navien":"', '"navien":"9.', 1)
    recorded.write_text(text[:-30])
    result = navien("transcript", "replay", str(recorded))
    assert result.code == 0
    assert "recorded by navien 9." in result.out
    assert "the last line is not whole" in result.out
    recorded.write_text("\n".join([*text.splitlines()[:30], '{"ended":"the disk did not keep up"}', ""]))
    assert "the recording ended before its session: the disk" in navien("transcript", "replay", str(recorded)).out


def test_it_is_shown_as_a_time_line(recorded: Path, navien: Command) -> None:
    result = navien("transcript", "show", str(recorded))
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].split(maxsplit=2)[1:] == ["!", lines[0].split(maxsplit=2)[2]]
    assert "recorded by navien" in lines[0]
    for words in (
        "! start",
        "> HTTP 1: POST",
        "< HTTP 1: 200, SUCCESS",
        "> open link 1 to wss://",
        "< LinkOpened (link 1)",
        "> publish request to cmd/52/navilink-020000000001/st/did, QoS 0",
        "< message status, answer on",
        "* StatusReceived (link 1)",
        "! stop",
    ):
        assert any(words in line for line in lines), words
    assert "handle_timer" not in result.out


def test_every_kind_of_line_has_words() -> None:
    forms: list[dict[str, object]] = [
        {"do": "submit", "at": [1, "2026-01-15T12:00:00+00:00"], "with": {"command": {"$": "PowerOff"}}},
        {"raised": {"error": "UsageError", "text": "out of range"}},
        {"raised": {"error": "KeyError"}},
        {"in": "HttpAnswered", "at": [1, "x"], "exchange": 2, "reply": {"status": 200, "no_json": "not UTF-8"}},
        {"in": "MessageReceived", "at": [1, "x"], "topic": "t", "payload": {"no_json": "not UTF-8", "bytes": 3}},
        {
            "event": "CommandFailed",
            "error": {"error": "CommandExpired", "text": "late"},
            "command": {"command": "X"},
        },
        {"event": "Long", "words": "x" * 500},
        {"ended": "the disk"},
        {"cut": True},
        {"novel": 1},
        {"gave": 3},
    ]
    told = [one.words for one in story(lines_of(map(json.dumps, forms)))]
    assert told[0] == "submit PowerOff"
    assert told[1] == "refused: UsageError: out of range"
    assert told[3] == "HTTP 2: 200, not UTF-8"
    assert told[4] == "message (not UTF-8) on t"
    assert told[5] == "CommandFailed (error CommandExpired: late, command X)"
    assert told[6].endswith("…)")
    assert told[-1] == "what this version does not know"
    with pytest.raises(UsageError, match="line 1: not a line"):
        list(story(lines_of(['{"in": "MessageReceived"}'])))


def test_what_cannot_be_read_is_a_usage_error(navien: Command) -> None:
    Path("other.jsonl").write_text("hello\nworld\n")
    for command in ("replay", "show"):
        missing = navien("transcript", command, "none.jsonl")
        assert missing.code == 2
        assert "cannot read 'none.jsonl'" in missing.err
        other = navien("transcript", command, "other.jsonl")
        assert other.code == 2
        assert "other.jsonl: line 1: not JSON" in other.err


def test_a_capture_without_messages_makes_none(navien: Command) -> None:
    Path("empty.har").write_text('{"log": {"entries": []}}')
    result = navien("capture", "transcript", "empty.har", "out.jsonl")
    assert result.code == 2
    assert "no MQTT message" in result.err
    assert not Path("out.jsonl").exists()


def test_monitor_records(navien: Command) -> None:
    result = navien("monitor", "--simulate", "--interval", "10", "--for", "5s", "--transcript", "live.jsonl")
    assert "transcript live.jsonl" in result.out
    played = navien("transcript", "replay", "live.jsonl")
    assert played.code == 0, played.out
