from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from navien_proto.errors import UsageError
from navien_proto.model.entry_reading import EntryMembers, OddEntry, read_entries, read_use, refuse_odd, to_time
from navien_proto.model.fields import Problem, Unfit


def test_members_are_read_by_name() -> None:
    members = EntryMembers.of({"hour": 6, "min": 30.0, "enable": 0, "week": 130})
    assert members.time("hour", "min") == time(6, 30)
    assert members.flag("enable") is False
    assert sorted(members.days("week")) == [5, 6]
    assert members.whole("hour", 6, 6) == 6


@pytest.mark.parametrize(("lowest", "highest"), [(7, 8), (4, 5)])
def test_a_number_out_of_range_is_unfit(lowest: int, highest: int) -> None:
    with pytest.raises(Unfit, match=r"^hour must be"):
        EntryMembers({"hour": 6}).whole("hour", lowest, highest)


@pytest.mark.parametrize("entry", [None, 5, "x", [], [("hour", 6)]])
def test_an_entry_is_an_object(entry: Any) -> None:
    with pytest.raises(Unfit, match="an entry is an object"):
        EntryMembers.of(entry)


def test_a_missing_flag_is_unfit() -> None:
    with pytest.raises(Unfit, match=r"^enable is missing"):
        EntryMembers({}).flag("enable")


def test_only_slots_of_zeros_are_empty() -> None:
    problems: list[Problem] = []
    raw = [{"a": 0, "b": 0}, {}, {"a": False}, {"a": 0.0}, {"a": 0, "b": 1}]
    entries, odd = read_entries(raw, lambda members: members.whole("a"), problems)
    assert entries == (0, 0)
    assert [one.raw for one in odd] == [{}, {"a": False}]
    assert [problem.path for problem in problems] == ["reservation[1]", "reservation[2]"]


def test_odd_entries_are_refused() -> None:
    refuse_odd(())
    with pytest.raises(UsageError, match=r"1 entries .* were not understood"):
        refuse_odd((OddEntry(5, "an entry is an object"),))


def test_the_switch_that_is_none_is_a_problem() -> None:
    problems: list[Problem] = []
    assert read_use({"reservationUse": 3}, problems) is None
    assert [problem.path for problem in problems] == ["reservationUse"]


def test_a_time_is_named() -> None:
    assert to_time(time(6, 30), "start") == time(6, 30)
    with pytest.raises(UsageError, match=r"^start must be a datetime.time, not int"):
        to_time(6, "start")  # type: ignore[arg-type]
