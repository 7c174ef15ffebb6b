from __future__ import annotations

import subprocess
import sys
from datetime import time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.codes import Mode
from navien_proto.model.schedules import (
    EVERY_DAY,
    MAX_RECIRCULATION_ENTRIES,
    MAX_RESERVATIONS,
    WEEKDAYS,
    WEEKEND,
    Conflict,
    OddEntry,
    RecirculationEntry,
    RecirculationProgramme,
    Reservation,
    ReservationProgramme,
    Weekday,
)
from tests.proto.model import schedule_strategies as some

MORNING = Reservation(days=WEEKDAYS, time=time(6, 30), mode=Mode.HIGH_DEMAND, param=120)
WEEKEND_OFF = Reservation(days=WEEKEND, time=time(8), mode=Mode.ENERGY_SAVER, param=110, enabled=False)
BOTH = ReservationProgramme(True, [MORNING, WEEKEND_OFF])
WIRE = {"enable": 2, "week": 124, "hour": 6, "min": 30, "mode": 4, "param": 120}
BOTH_WIRE: dict[str, Any] = {
    "reservationUse": 2,
    "reservation": [
        WIRE,
        {"enable": 1, "week": 130, "hour": 8, "min": 0, "mode": 3, "param": 110},
    ],
}
PUMP = RecirculationProgramme(
    True,
    [
        RecirculationEntry(days=WEEKDAYS, time=time(6), on=True),
        RecirculationEntry(days=WEEKDAYS, time=time(8, 30), on=False),
    ],
)
D = dict(zip(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], Weekday, strict=True))


def days(text: str) -> frozenset[Weekday]:
    return frozenset(D[name] for name in text.split())


@pytest.mark.parametrize(
    ("packed", "enabled", "on", "at", "mode", "param", "celsius", "fahrenheit"),
    [
        ("027c061e0478", True, "Mon Tue Wed Thu Fri", time(6, 30), 4, 120, 60, 140),
        ("023e061e0478", True, "Tue Wed Thu Fri Sat", time(6, 30), 4, 120, 60, 140),
        ("01820800036e", False, "Sun Sat", time(8), 3, 110, 55, 131),
        ("02fe16000162", True, "Sun Mon Tue Wed Thu Fri Sat", time(22), 1, 98, 49, 120.2),
        ("027c10000164", True, "Mon Tue Wed Thu Fri", time(16), 1, 100, 50, 122),
        ("028000000379", True, "Sun", time(0), 3, 121, 60.5, 140.9),
        ("0102173b0283", False, "Sat", time(23, 59), 2, 131, 65.5, 149.9),
        ("0240050f0375", True, "Mon", time(5, 15), 3, 117, 58.5, 137.3),
        ("02280c2d0446", True, "Tue Thu", time(12, 45), 4, 70, 35, 95),
    ],
)
def test_packed_reservations(
    packed: str, enabled: bool, on: str, at: time, mode: int, param: int, celsius: float, fahrenheit: float
) -> None:
    for text in (packed, packed.upper()):
        programme = ReservationProgramme.from_hex(text, enabled=True)
        (entry,) = programme.entries
        assert (entry.enabled, entry.days, entry.time) == (enabled, days(on), at)
        assert (entry.mode, entry.param, entry.celsius, entry.fahrenheit) == (mode, param, celsius, fahrenheit)
        assert programme.problems == ()
        assert programme.to_hex() == packed


@pytest.mark.parametrize(
    ("packed", "wire"),
    [
        ("027c060002ff", {"enable": 2, "week": 124, "hour": 6, "min": 0, "mode": 2, "param": -1}),
        ("027c081e01ff", {"enable": 2, "week": 124, "hour": 8, "min": 30, "mode": 1, "param": -1}),
        ("0182090002ff", {"enable": 1, "week": 130, "hour": 9, "min": 0, "mode": 2, "param": -1}),
    ],
)
def test_packed_recirculation(packed: str, wire: dict[str, int]) -> None:
    programme = RecirculationProgramme.from_hex(packed.upper(), enabled=False)
    assert programme.to_wire() == {"reservationUse": 1, "reservation": [wire]}
    assert programme.to_hex() == packed


class TestReading:
    def test_both_forms_mean_the_same(self) -> None:
        packed = {"reservationUse": 2, "reservation": "027c061e047801820800036e"}
        assert ReservationProgramme.from_wire(BOTH_WIRE) == ReservationProgramme.from_wire(packed) == BOTH
        assert BOTH.to_wire() == BOTH_WIRE
        assert [list(entry) for entry in BOTH.to_wire()["reservation"]] == [list(WIRE)] * 2

    def test_empty_slots_are_skipped(self) -> None:
        text = "027c061e047800000000000001820800036e"
        assert ReservationProgramme.from_hex(text, enabled=True) == BOTH
        zeros: list[Any] = [dict.fromkeys(WIRE, 0)]
        found = ReservationProgramme.from_wire({"reservationUse": 2, "reservation": zeros})
        assert (found.entries, found.odd, found.problems) == ((), (), ())

    @pytest.mark.parametrize("nothing", ["", "00" * 6, "00" * 96, []])
    def test_no_entries(self, nothing: object) -> None:
        found = ReservationProgramme.from_wire({"reservationUse": 1, "reservation": nothing})
        assert found == ReservationProgramme(False)
        assert found.problems == ()
        assert found.to_wire() == {"reservationUse": 1, "reservation": []}

    @pytest.mark.parametrize("fragment", ["0", "02", "027c061e04", "zz"])
    def test_a_fragment_at_the_end_is_reported(self, fragment: str) -> None:
        found = ReservationProgramme.from_hex("027c061e0478" + fragment)
        assert found.entries == (MORNING,)
        (problem,) = found.problems
        assert (problem.path, problem.raw) == ("reservation", fragment)
        assert "fragment" in problem.reason

    def test_what_is_not_understood_is_kept_and_not_written(self) -> None:
        strange = {**WIRE, "week": 0}
        found = ReservationProgramme.from_wire(
            {"reservationUse": 2, "reservation": [strange, *BOTH_WIRE["reservation"], 5]}
        )
        assert found.entries == BOTH.entries
        assert [odd.raw for odd in found.odd] == [strange, 5]
        assert [problem.path for problem in found.problems] == ["reservation[0]", "reservation[3]"]
        assert found != BOTH
        for write in (found.to_wire, found.to_hex, found.check):
            with pytest.raises(UsageError, match=r"2 entries .* not understood"):
                write()
        assert evolve(found, odd=()).to_wire() == BOTH_WIRE
        assert "not understood" in str(found)

    def test_packed_nonsense_is_an_odd_entry(self) -> None:
        found = ReservationProgramme.from_hex("027c061e0478" + "gg" * 6 + "037c061e0478")
        assert found.entries == (MORNING,)
        assert [odd.reason for odd in found.odd] == ["an entry is an object", "enable: a flag is 0, 1 or 2"]

    @pytest.mark.parametrize(
        ("raw", "enabled"), [(2, True), (1, False), (0, False), (None, None), (True, True), (7, None), ("x", None)]
    )
    def test_the_switch(self, raw: object, enabled: bool | None) -> None:
        found = ReservationProgramme.from_wire({"reservationUse": raw, "reservation": []})
        assert found.enabled is enabled
        assert len(found.problems) == (raw in (7, "x"))

    @pytest.mark.parametrize("raw", [None, 5, {}, True])
    def test_no_list_at_all(self, raw: object) -> None:
        found = ReservationProgramme.from_wire({"reservationUse": 2, "reservation": raw})
        assert found.entries == ()
        assert [problem.path for problem in found.problems] == ["reservation"]

    def test_a_missing_switch_is_off(self) -> None:
        found = ReservationProgramme.from_wire({"reservation": []})
        assert found.enabled is None
        assert found == ReservationProgramme(False)
        assert str(found) == "off (the unit did not say), no entries"

    @given(st.dictionaries(some.names, some.json_values | some.packed))
    def test_whatever_comes_is_read(self, members: dict[str, Any]) -> None:
        for kind in (ReservationProgramme, RecirculationProgramme):
            found = kind.from_wire(members)
            assert found == kind.from_wire(members)
            assert hash(found) == hash(kind.from_wire(members))
            assert str(found)
            assert found.odd == () or found.problems
            found.conflicts()
            try:
                wire = found.to_wire()
            except UsageError:
                continue
            assert kind.from_wire(wire) == found

    @given(some.packed)
    def test_whatever_text_comes_is_read(self, text: str) -> None:
        for kind in (ReservationProgramme, RecirculationProgramme):
            found = kind.from_hex(text, enabled=True)
            assert len(found.entries) + len(found.odd) <= len(text) // 12
            assert bool(len(text) % 12) <= len(found.problems)


class TestComparing:
    @given(st.lists(some.reservations, max_size=6), st.randoms(), st.booleans())
    def test_order_and_repetition_do_not_count(self, entries: list[Reservation], random: Any, on: bool) -> None:
        shuffled = [*entries, *entries[:1]]
        random.shuffle(shuffled)
        one, other = ReservationProgramme(on, entries), ReservationProgramme(on, shuffled)
        assert one == other
        assert hash(one) == hash(other)
        assert (one.canonical(), one.fingerprint()) == (other.canonical(), other.fingerprint())

    def test_what_counts(self) -> None:
        assert ReservationProgramme(False, BOTH.entries) != BOTH
        assert ReservationProgramme(True, [MORNING]) != BOTH
        assert ReservationProgramme(True, [MORNING, evolve(WEEKEND_OFF, param=111)]) != BOTH
        assert ReservationProgramme(True) != RecirculationProgramme(True)
        assert BOTH.canonical() != BOTH
        assert BOTH.canonical() == (True, ((1, 130, 8, 0, 3, 110), (2, 124, 6, 30, 4, 120)), ())

    def test_the_fingerprint_is_the_same_in_every_process(self) -> None:
        code = (
            "from navien_proto.model.schedules import ReservationProgramme as R\n"
            "print(R.from_hex('027c061e047801820800036e', enabled=True).fingerprint())"
        )
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == BOTH.fingerprint()

    def test_odd_entries_count_by_what_they_show(self) -> None:
        assert OddEntry({"a": 1}, "x") == OddEntry({"a": 1}, "y")
        assert hash(OddEntry({"a": 1}, "x")) == hash(OddEntry({"a": 1}, "y"))
        assert OddEntry([1], "x") != OddEntry([True], "x")
        assert repr(OddEntry("aabbccddeeff", "-")) == "OddEntry(reason='-')"


class TestWriting:
    @pytest.mark.parametrize(
        ("kind", "entry", "limit"),
        [
            (ReservationProgramme, MORNING, MAX_RESERVATIONS),
            (RecirculationProgramme, PUMP.entries[0], MAX_RECIRCULATION_ENTRIES),
        ],
    )
    def test_the_limit(self, kind: Any, entry: Any, limit: int) -> None:
        full = [evolve(entry, time=time(0, minute)) for minute in range(limit)]
        assert len(kind(True, full).to_wire()["reservation"]) == limit
        with pytest.raises(UsageError, match=f"at most {limit} entries, not {limit + 1}"):
            kind(True, [*full, entry]).to_wire()

    def test_a_wrong_entry_is_named_by_its_place(self) -> None:
        programme = ReservationProgramme(True, [MORNING, evolve(MORNING, param=255)])
        with pytest.raises(UsageError, match=r"^entries\[1\]: param"):
            programme.to_wire()

    @pytest.mark.parametrize(("enabled", "entries"), [(2, []), (True, [5]), (True, [PUMP.entries[0]])])
    def test_what_is_wrong_is_named(self, enabled: Any, entries: Any) -> None:
        with pytest.raises(UsageError, match=r"^(enabled|entries\[0\]) must be"):
            ReservationProgramme(enabled, entries)

    @given(st.booleans(), st.lists(some.reservations, max_size=16))
    def test_reservations_survive_both_forms(self, on: bool, entries: list[Reservation]) -> None:
        programme = ReservationProgramme(on, entries)
        assert ReservationProgramme.from_wire(programme.to_wire()).entries == tuple(entries)
        assert ReservationProgramme.from_hex(programme.to_hex(), enabled=on).entries == tuple(entries)

    @given(st.booleans(), st.lists(some.recirculation, max_size=20))
    def test_pump_hours_survive_both_forms(self, on: bool, entries: list[RecirculationEntry]) -> None:
        programme = RecirculationProgramme(on, entries)
        assert RecirculationProgramme.from_wire(programme.to_wire()).entries == tuple(entries)
        assert RecirculationProgramme.from_hex(programme.to_hex(), enabled=on).entries == tuple(entries)


class TestConflicts:
    def test_two_wishes_at_one_time(self) -> None:
        other = evolve(MORNING, days=EVERY_DAY, param=100)
        assert ReservationProgramme(True, [MORNING, WEEKEND_OFF, other]).conflicts() == (
            Conflict(MORNING, other, WEEKDAYS),
        )

    def test_in_words(self) -> None:
        other = evolve(MORNING, days={Weekday.MONDAY}, mode=Mode.ELECTRIC)
        (found,) = ReservationProgramme(True, [MORNING, other]).conflicts()
        assert found.time == time(6, 30)
        assert str(found) == ("Mon 06:30: “weekdays 06:30, high demand, 60 °C” and “Mon 06:30, electric, 60 °C”")

    @pytest.mark.parametrize(
        "change",
        [
            {"days": EVERY_DAY},  # the same wish
            {"days": WEEKEND, "param": 100},
            {"time": time(6, 31), "param": 100},
            {"enabled": False, "param": 100},
        ],
    )
    def test_no_conflict(self, change: dict[str, Any]) -> None:
        assert ReservationProgramme(True, [MORNING, evolve(MORNING, **change)]).conflicts() == ()

    def test_a_pump_on_and_off(self) -> None:
        on, off = PUMP.entries
        assert PUMP.conflicts() == ()
        (found,) = RecirculationProgramme(True, [on, evolve(off, time=on.time)]).conflicts()
        assert found.days == WEEKDAYS


def test_a_programme_in_words_is_sorted_by_time() -> None:
    assert str(ReservationProgramme(True, [WEEKEND_OFF, MORNING])) == (
        "on\nweekdays 06:30, high demand, 60 °C\nweekends 08:00, energy saver, 55 °C (off)"
    )
    assert str(RecirculationProgramme(False)) == "off, no entries"
