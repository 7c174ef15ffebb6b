"""Deadlines by name, and the names that say why they exist."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from navien_proto.timers import NamedTimer, Timers


class Kitchen(NamedTimer):
    EGG = "egg", "a hard egg is a sad one", "egg_time"
    TEA = "tea", "it turns bitter"


def test_a_named_timer_has_its_reason_and_its_setting() -> None:
    assert (Kitchen.EGG.value, Kitchen.EGG.reason, Kitchen.EGG.setting) == (
        "egg",
        "a hard egg is a sad one",
        "egg_time",
    )
    assert Kitchen.TEA.setting is None
    assert pickle.loads(pickle.dumps(Kitchen.EGG)) is Kitchen.EGG


def test_setting_again_replaces_and_due_forgets() -> None:
    timers: Timers[Kitchen] = Timers()
    assert timers.next() is None
    timers.set(Kitchen.EGG, 300.0)
    timers.set(Kitchen.EGG, 240.0)
    timers.set(Kitchen.TEA, 180.0)
    assert (timers.next(), timers.deadline(Kitchen.EGG), len(timers)) == (180.0, 240.0, 2)
    assert list(timers.due(200.0)) == [Kitchen.TEA]
    assert Kitchen.TEA not in timers
    timers.cancel(Kitchen.TEA)
    timers.clear()
    assert list(timers.due(1000.0)) == []


def test_what_is_set_while_others_come_due_takes_part() -> None:
    timers: Timers[str] = Timers()
    timers.set("first", 1.0)
    came = []
    for name in timers.due(2.0):
        came.append(name)
        if name == "first":
            timers.set("second", 1.5)
            timers.set("later", 3.0)
    assert came == ["first", "second"]
    assert timers.next() == 3.0


@given(st.dictionaries(st.integers(0, 20), st.floats(0, 100)), st.floats(0, 100))
def test_due_comes_earliest_first_and_leaves_the_rest(deadlines: dict[int, float], now: float) -> None:
    timers: Timers[int] = Timers()
    for name, deadline in deadlines.items():
        timers.set(name, deadline)
    came = list(timers.due(now))
    assert [deadlines[name] for name in came] == sorted(at for at in deadlines.values() if at <= now)
    assert timers.next() == min((at for at in deadlines.values() if at > now), default=None)


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 5), st.integers(0, 20)),
        st.tuples(st.just("cancel"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("due"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("clear"), st.just(0), st.just(0)),
    )
)


@given(MOVES)
def test_the_next_is_the_earliest_whatever_came_before(moves: list[tuple[str, int, int]]) -> None:
    timers: Timers[int] = Timers()
    plain: dict[int, float] = {}
    for move, first, second in moves:
        match move:
            case "set":
                timers.set(first, second)
                plain[first] = second
            case "cancel":
                timers.cancel(first)
                plain.pop(first, None)
            case "due":
                come = list(timers.due(first))
                assert sorted(come) == sorted(name for name, due in plain.items() if due <= first)
                gone = [plain.pop(name) for name in come]
                assert gone == sorted(gone)
            case _:
                timers.clear()
                plain.clear()
        assert timers.next() == min(plain.values(), default=None)
