"""The board: what is shown, what is said and how often, and where a log has a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from navien_anyio.cli.board import Board, Tone
from navien_anyio.cli.exits import CliError
from navien_anyio.cli.rows import Gap, Reading
from navien_proto.errors import CloudError, DecodeError
from navien_proto.session import events as ev
from navien_proto.session.events import Event
from tests.aio.cli.builders import COTTAGE, GARAGE, START, connected, listed, received

LIMIT = 360.0
OFFLINE = evolve(GARAGE, online=False)


def board(*events: Event, wanted: str | None = None) -> Board:
    made = Board(START, LIMIT, wanted)
    for event in events:
        made.take(event)
    return made


def said(made: Board) -> list[str]:
    return [notice.text for notice in made.notices()]


def lost(after: float, *, planned: bool = False) -> ev.Disconnected:
    return ev.Disconnected(START.after(after), 1, "reset by the other side", planned)


def retrying(after: float, failures: int = 1) -> ev.Retrying:
    return ev.Retrying(START.after(after), CloudError("signing in failed: no route"), 2.0, failures)


def test_a_reading_is_shown_logged_and_counted() -> None:
    made = board(listed(), connected(), received(2))
    view = made.heaters[GARAGE.mac]
    assert (view.name, view.at, view.stale) == ("Garage", START.after(2), False)
    assert made.connected
    assert made.counts.messages == made.counts.connections == 1
    assert made.rows() == [Reading(at=START.after(2).utc, status=received(2).status, device="Garage")]
    assert made.rows() == []
    assert said(made) == ["connected; waiting for the heater to answer"]


def test_only_the_heater_that_is_wanted_is_watched() -> None:
    made = board(listed(GARAGE, COTTAGE), connected(), received(2), received(3, COTTAGE), wanted="Cottage")
    assert list(made.heaters) == [COTTAGE.mac]
    assert made.counts.messages == 1
    made.take(ev.WentStale(START.after(400), GARAGE, None))
    made.take(listed(GARAGE, COTTAGE, after=500))
    assert list(made.heaters) == [COTTAGE.mac]


def test_an_unknown_heater_and_an_empty_account_end_it() -> None:
    with pytest.raises(CliError, match="no heater of that name"):
        board(listed(), wanted="Attic")
    with pytest.raises(CliError, match="no water heater"):
        board(ev.DevicesListed(START, ()))
    # Later an empty list may be the service's mistake.
    assert board(listed(), ev.DevicesListed(START.after(9), ())).heaters == {}


def test_f15_an_outage_is_one_line_out_one_in_and_one_an_hour() -> None:
    made = board(listed(), connected(), lost(100))
    assert said(made) == [
        "connected; waiting for the heater to answer",
        "connection lost: reset by the other side; reconnecting",
    ]
    for attempt in range(200):
        made.take(retrying(101 + attempt * 30, attempt))
        made.tick(START.after(101 + attempt * 30))
    assert said(made) == ["the service is still out after 1 h: signing in failed: no route"]
    assert not made.connected
    assert made.problem is not None
    made.take(connected(7300))
    assert said(made) == ["connected again after 2 h"]
    made.tick(START.after(99999))
    assert said(made) == []
    assert made.counts.reconnects == 1
    assert made.connected


def test_f15_routine_renewals_are_silent_unless_they_fail() -> None:
    made = board(listed(), connected())
    said(made)
    made.take(lost(82800, planned=True))
    made.take(connected(82801))
    assert said(made) == []
    assert (made.counts.renewals, made.counts.reconnects) == (1, 0)
    made.take(lost(99000, planned=True))
    made.take(retrying(99001))
    made.take(connected(99061))
    assert said(made) == [
        "no connection: signing in failed: no route; trying again until it works",
        "connected again after 1 min",
    ]
    assert (made.counts.renewals, made.counts.reconnects) == (1, 1)


def test_f16_a_first_connection_that_fails_is_said_once_with_its_reason() -> None:
    made = board(retrying(1), retrying(5, 2), listed(after=8), connected(9))
    notices = made.notices()
    assert [notice.text for notice in notices] == [
        "no connection: signing in failed: no route; trying again until it works",
        "connected; waiting for the heater to answer",
    ]
    assert [notice.tone for notice in notices] == [Tone.BAD, Tone.GOOD]
    assert notices[0].at == START.after(1).utc


def test_a_heater_off_line_is_said_at_once_and_once_and_its_return_too() -> None:
    made = board(listed(OFFLINE), ev.DeviceOffline(START, OFFLINE), connected())
    assert said(made)[0] == "Garage is off line: the cloud does not reach it; waiting for it"
    made.take(ev.AnswerMissed(START.after(31), OFFLINE))
    made.take(ev.WentStale(START.after(400), OFFLINE, None))
    made.take(ev.DeviceOffline(START.after(700), OFFLINE))
    assert said(made) == []
    assert made.heaters[GARAGE.mac].stale
    made.take(ev.DeviceOnline(START.after(900), GARAGE))
    made.take(ev.CameBack(START.after(900), GARAGE, 900.0))
    made.take(received(900))
    assert said(made) == ["Garage is back after 15 min"]
    assert not made.heaters[GARAGE.mac].stale


def test_silence_is_the_heaters_only_while_there_is_a_connection() -> None:
    made = board(listed(), connected(), received(2), lost(10))
    said(made)
    made.take(ev.WentStale(START.after(400), GARAGE, START.after(2)))
    assert said(made) == []
    made.take(connected(500))
    made.take(ev.AnswerMissed(START.after(531), GARAGE))
    assert said(made)[-1] == "Garage is silent: it does not answer; waiting for it"
    made.take(ev.AnswerMissed(START.after(831), GARAGE))
    made.take(received(900))
    assert said(made) == ["Garage is back after 6 min 09 s"]


def test_one_missed_answer_is_nothing_to_speak_of() -> None:
    made = board(listed(), connected(), received(2), ev.AnswerMissed(START.after(40), GARAGE), received(70))
    assert len(said(made)) == 1
    assert made.counts.gaps == 0


def test_f39_a_silence_beyond_the_limit_is_a_gap_before_the_row_that_ends_it() -> None:
    made = board(listed(), connected(), received(2), received(2 + LIMIT), received(3 + 2 * LIMIT))
    rows = made.rows()
    assert [type(row) for row in rows] == [Reading, Reading, Gap, Reading]
    assert rows[2] == Gap(start=START.after(2 + LIMIT).utc, end=START.after(3 + 2 * LIMIT).utc, device="Garage")
    assert (made.counts.gaps, made.counts.gap_seconds) == (1, LIMIT + 1)


def test_f39_silence_from_the_start_and_silence_to_the_end_are_gaps_too() -> None:
    made = board(listed(), received(1000))
    made.finish(START.after(1100))
    assert made.counts.gaps == 1
    made.finish(START.after(2000))
    made.finish(START.after(2100))
    gaps = [row for row in made.rows() if isinstance(row, Gap)]
    assert [(gap.start - START.utc, gap.seconds) for gap in gaps] == [
        (timedelta(0), 1000.0),
        (timedelta(seconds=1000), 1000.0),
    ]


def test_what_else_is_said() -> None:
    made = board(
        ev.SubscriptionRefused(START, "cmd/52/navilink-aabbccddeeff/#", 0x80),
        ev.ClockCorrected(START, 840.0),
        ev.ClockCorrected(START, -840.0),
        ev.EventsMissed(START, 12),
        ev.Undecodable(START, 1, DecodeError("cmd/52/navilink-aabbccddeeff/res", "", "not JSON")),
        ev.Undecodable(START, 1, DecodeError("t", "", "not JSON")),
        ev.SignedIn(START, renewed=True),
    )
    assert said(made) == [
        "the broker refused a subscription (code 0x80)",
        "this machine's clock is 14 min behind; signatures follow the cloud's",
        "this machine's clock is 14 min ahead; signatures follow the cloud's",
        "too slow: 12 events were dropped",
        "message on cmd/52/navilink-<mac>/res cannot be decoded: not JSON (said once; the summary counts)",
    ]
    assert (made.counts.missed, made.counts.undecodable) == (12, 2)


def test_a_reminder_names_the_heater() -> None:
    made = board(listed(OFFLINE), ev.DeviceOffline(START, OFFLINE))
    said(made)
    made.tick(START.after(3599))
    assert said(made) == []
    made.tick(START.after(3600))
    assert said(made) == ["Garage is still out after 1 h: off line: the cloud does not reach it; waiting for it"]
