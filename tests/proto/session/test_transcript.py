"""Reading transcripts: differences are found and placed, and garbage is told by its line."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from navien_anyio.cli.storyline import story
from navien_proto.errors import DecodeError, UsageError
from navien_proto.har import read_har
from navien_proto.har_transcript import transcript_of
from navien_proto.instant import Instant
from navien_proto.jsontext import loads
from navien_proto.model.fields import Problem
from navien_proto.pseudonyms import MOST_NAMES, Pseudonyms
from navien_proto.session import Session, SessionConfig
from navien_proto.session.inputs import HttpFailed
from navien_proto.session.transcript import Recorder
from navien_proto.session.transcript_forms import Forms, payload_from
from navien_proto.session.transcript_outputs import event_form
from navien_proto.session.transcript_replay import lines_of, replay
from tests.support.record_fixture import FIXTURE

NOW = Instant(100.0, datetime(2026, 1, 15, 12, tzinfo=UTC))


@cache
def example() -> tuple[str, ...]:
    """A whole transcript."""
    lines: list[str] = []
    transcript_of(read_har(FIXTURE.read_bytes()), lines.append)
    return tuple(lines)


def changed(number: int, **members: Any) -> list[str]:
    """The transcript with members of a line replaced; ``None`` takes one away."""
    lines = list(example())
    form = {**json.loads(lines[number - 1]), **members}
    lines[number - 1] = json.dumps({name: value for name, value in form.items() if value is not None})
    return lines


def line_with(**members: Any) -> int:
    """The number of the first line that has these members."""
    for number, line in enumerate(example(), 1):
        if members.items() <= json.loads(line).items():
            return number
    raise AssertionError(members)


# --- differences -----------------------------------------------------------------------------------------


def test_a_changed_output_is_found_where_it_stands() -> None:
    number = line_with(event="Connected")
    found = replay(changed(number, link=9)).difference
    assert found is not None
    assert (found.line, found.input) == (number, "SubscribeAnswered")
    assert found.expected is not None
    assert '"link":9' in found.expected.replace(" ", "")
    assert found.got is not None
    assert '"link":1' in found.got
    assert found.sentence() == (
        f"line {number}, after SubscribeAnswered (line {found.after}): the session says something else"
    )


def test_an_output_that_is_missing_is_found() -> None:
    number = line_with(event="Connected")
    lines = [line for place, line in enumerate(example(), 1) if place != number]
    found = replay(lines).difference
    assert found is not None
    assert found.expected is None
    assert found.got is not None
    assert "Connected" in found.got
    assert "says more than was written" in found.sentence()


def test_an_output_too_many_is_found() -> None:
    number = line_with(event="Connected")
    lines = list(example())
    lines.insert(number, lines[number - 1])
    found = replay(lines).difference
    assert found is not None
    assert (found.line, found.got) == (number + 1, None)
    assert "says nothing more" in found.sentence()


def test_another_input_makes_another_output() -> None:
    number = line_with(**{"in": "SubscribeAnswered"})
    found = replay(changed(number, codes=[128, 128, 128])).difference
    assert found is not None
    assert found.after == number


def test_another_alarm_is_a_difference() -> None:
    number = next(place for place, line in enumerate(example(), 1) if '"timer"' in line)
    found = replay(changed(number, timer=1.5)).difference
    assert found is not None
    assert found.line == number


def test_outputs_left_over_at_the_end_are_found() -> None:
    lines = list(example())
    while "SessionClosed" not in lines.pop():
        pass
    found = replay(lines).difference
    assert found is not None
    assert found.line == len(lines) + 1


def test_another_id_or_none_is_a_difference() -> None:
    number = next(place for place, line in enumerate(example(), 1) if json.loads(line).keys() == {"id"})
    assert replay(changed(number, id="ffffffff")).difference is not None
    extra = list(example())
    extra.insert(line_with(event="Connected") - 2, '{"id":"00000009"}')
    with pytest.raises(UsageError, match="an id is drawn while"):
        replay(extra)
    without = [line for place, line in enumerate(example(), 1) if place != number]
    with pytest.raises(UsageError, match="line 1: the id that the session draws at its birth is missing"):
        replay(without)


def test_a_recording_that_ended_early_says_so() -> None:
    lines = [*example()[:20], '{"ended":"the disk did not keep up"}']
    played = replay(lines)
    assert played.ended == "the disk did not keep up"


# --- garbage ---------------------------------------------------------------------------------------------


def test_a_last_line_that_is_not_whole_is_taken_as_such() -> None:
    whole = "\n".join(example())
    start = whole.rindex("\n") + 1
    for end in range(start + 1, len(whole) - 1, 40):
        played = replay(whole[:end].splitlines())
        assert played.cut
        assert played.difference is None


def test_a_line_in_the_middle_that_is_not_whole_is_told() -> None:
    lines = list(example())
    lines[9] = lines[9][:20]
    with pytest.raises(UsageError, match="line 10: not JSON"):
        replay(lines)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "it is empty"),
        (["", "{}"], "line 1: not JSON"),
        (["{}"], "line 1: this is no transcript"),
        (['{"transcript":2}'], "schema 2, and this version plays schema 1"),
        (['{"transcript":1}'], "line 1: navien: expected str, found nothing"),
        (['{"transcript":1,"navien":"1","json":"json","config":{}}'], "line 1: config: expected the settings"),
        (["[]"], "line 1: not a JSON object"),
        (["\xff"], "line 1: not JSON"),
        (["x" * 5_000_000], "line 1: longer than"),
    ],
)
def test_what_is_no_transcript_is_refused(lines: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replay(line.encode("latin-1") for line in lines)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"at": None}, "neither an input nor an output"),
        ({"at": 3}, "at: expected list"),
        ({"at": [1]}, "at: expected seconds"),
        ({"at": ["x", "y"]}, "at: expected seconds"),
        ({"in": "Rumour"}, "no such input"),
        ({"in": 3}, "in: expected str"),
        ({"link": {}}, "link: expected"),
        ({"link": None}, "a member is missing"),
    ],
)
def test_a_line_that_cannot_be_understood_is_told_by_its_number(members: dict[str, Any], words: str) -> None:
    number = line_with(**{"in": "LinkOpened"})
    with pytest.raises(UsageError, match=f"line {number}: .*{words}"):
        replay(changed(number, **members))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"do": "dance"}, "do: this version knows no such call"),
        ({"do": "submit", "with": {}}, "expected a command and its level"),
        ({"do": "submit", "with": {"command": 3, "level": 4}}, "expected a command and its level"),
        ({"do": "submit", "with": {"list": [1]}}, "expected a command and its level"),
        ({"do": "request", "with": {"request": "Rumour", "members": {}}}, "knows no such request"),
        (
            {"do": "request", "with": {"request": "PublishRaw", "members": {}, "mac": None}},
            "PublishRaw: a member is missing",
        ),
        ({"do": "start", "with": {"account": {"refusal": {}}, "saved": None}}, "refusal: expected when"),
        ({"do": "start", "with": {"account": {"refusal": {"at": "x", "same": True}}, "saved": None}}, "refusal"),
    ],
)
def test_a_call_that_cannot_be_understood_is_told_by_its_line(form: dict[str, Any], words: str) -> None:
    number = line_with(do="start")
    given = {key: None for key in json.loads(example()[number - 1]) if key != "at"} | form
    with pytest.raises(UsageError, match=f"line {number}: .*{words}"):
        replay(changed(number, **given))


def test_what_is_no_number_in_json_is_told() -> None:
    lines = list(example())
    lines[9] = '{"at": NaN}'
    with pytest.raises(UsageError, match="line 10: not JSON"):
        replay(lines)


def test_an_id_that_nobody_drew_is_found_at_the_end() -> None:
    lines = list(example())
    last = max(place for place, line in enumerate(lines) if "at" in json.loads(line))
    lines.insert(last + 1, '{"id":"00000009"}')
    assert replay(lines).difference is not None


@pytest.mark.parametrize("state", [None, 3, [3], [3, [1, 2], None], [3, ["x"] * 625, None], [9, [0] * 625, None]])
def test_a_random_state_that_is_none_is_told(state: object) -> None:
    lines = list(example())
    lines[0] = json.dumps({**json.loads(lines[0]), "random": state})
    with pytest.raises(UsageError, match="line 1: random"):
        replay(lines)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_garbage_is_a_difference_or_told_and_nothing_else(data: st.DataObject) -> None:
    lines = list(example())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        form = json.loads(example()[place])
        key = data.draw(st.sampled_from(sorted(form)))
        json_values = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
        odd = data.draw(json_values | st.lists(json_values, max_size=3) | st.dictionaries(st.text(), json_values))
        half = example()[place][: len(example()[place]) // 2]
        lines[place] = data.draw(st.sampled_from([json.dumps({**form, key: odd}), half, json.dumps(odd)]))
    with suppress(UsageError):
        replay(lines)
    with suppress(UsageError):
        list(story(lines_of(lines)))


def verdict(data: bytes) -> str:
    """Why a payload is no JSON, or which type of value it is."""
    try:
        return type(loads(data)).__name__
    except DecodeError as error:
        return error.reason


# --- what is written -------------------------------------------------------------------------------------


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=400, deadline=None)
def test_a_payload_that_is_no_json_stays_none_for_the_same_reason(data: bytes) -> None:
    form = Forms().payload(data)
    again = payload_from(json.loads(json.dumps(form)))
    assert verdict(again) == verdict(data)
    assert again.lstrip().startswith(b"<") == data.lstrip().startswith(b"<")
    assert bool(again.strip()) == bool(data.strip())


@pytest.mark.parametrize("form", [{}, {"no_json": "because", "bytes": 1}, {"no_json": 3, "bytes": 1}])
def test_a_payload_that_was_never_written_is_refused(form: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        payload_from(form)


def test_a_recorder_that_cannot_write_a_line_lets_the_session_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    recorder = Recorder(
        SessionConfig(email="a@b.example", password="x" * 9), rng=Random(1), new_id=lambda: "1", write=lines.append
    )

    def broken(*_given: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(Forms, "input", broken)
    recorder.start(NOW)
    recorder.handle(HttpFailed(1, "no route", sent=False), NOW)
    recorder.handle_timer(NOW.after(60))
    assert recorder.problem == "the transcript ends early: KeyError"
    assert json.loads(lines[-1]) == {"ended": "KeyError"}
    assert recorder.actions()
    played = replay(lines)
    assert (played.ended, played.difference) == ("KeyError", None)


def test_a_bug_of_the_session_is_written_and_happens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    recorder = Recorder(SessionConfig(email="a@b.example"), rng=Random(1), new_id=lambda: "1", write=lines.append)

    def broken(*_given: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Session, "handle_timer", broken)
        with pytest.raises(ZeroDivisionError):
            recorder.handle_timer(NOW)
        assert replay(lines).difference is None
    found = replay(lines).difference
    assert found is not None
    assert found.expected is not None
    assert "ZeroDivisionError" in found.expected


def test_stand_ins_of_an_endless_stream_are_bounded_and_stay_apart() -> None:
    names = Pseudonyms(at_once=True)
    seen = [names.of("token", f"secret-number-{number}") for number in range(MOST_NAMES * 2)]
    assert len(set(seen)) == len(seen)
    assert names.of("token", f"secret-number-{MOST_NAMES * 2 - 1}") == seen[-1]
    assert len(repr(names)) < 60
    assert names.text(f"so secret-number-{MOST_NAMES * 2 - 1} it is") == f"so {seen[-1]} it is"


def test_a_secret_that_looks_like_a_stand_in_given_away_gets_another() -> None:
    names = Pseudonyms(at_once=True)
    assert names.of("mac", "aabbccddeeff") == "020000000001"
    assert names.of("mac", "020000000001") == "020000000002"
    assert names.of("mac", "020000000007") == "020000000007"


def test_whatever_an_event_holds_is_written_so_that_it_can_be_compared() -> None:
    @frozen
    class Odd:
        at: Instant
        moment: datetime
        wait: timedelta
        names: frozenset[str]
        problem: Problem
        other: object

    class Other:
        def __str__(self) -> str:
            return "of a kind nobody knows, user@home.example"

    odd: Any = Odd(
        NOW,
        NOW.utc,
        timedelta(minutes=1),
        frozenset({"b", "a"}),
        Problem("clientID", 7, "text belongs here"),
        Other(),
    )
    form = event_form(odd, Forms(), NOW)
    assert form == {
        "event": "Odd",
        "moment": "2026-01-15T12:00:00+00:00",
        "wait": 60.0,
        "names": ["a", "b"],
        "problem": {"path": "clientID", "raw": 0},
        "other": "of a kind nobody knows, user1@example.com",
    }
