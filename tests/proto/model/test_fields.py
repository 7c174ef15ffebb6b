"""The mechanism behind the tables, on a table of its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.jsontext import OutOfRange
from navien_proto.model.decoders import deci_celsius, flag_12, integer, text
from navien_proto.model.fields import Field, FieldRow, Problem, RawMembers, Readings
from navien_proto.model.status import STATUS_FIELDS, DeviceStatus
from tests.proto.wire.examples import STATUS


class Toy(Readings):
    """Three fields, one of them with two names and two spellings."""

    __slots__ = ()

    heat = deci_celsius("heat", "How hot.", captured=True)
    warmth = heat
    on = flag_12("on", "Whether.", aliases=("onn",))
    name = text("name", "Which.")


class ToyInFahrenheit(Toy, fahrenheit=True):
    """The same in °F."""

    __slots__ = ()


def test_a_table_comes_from_the_class_body() -> None:
    assert [row.wire_name for row in Toy.fields] == ["heat", "on", "name"]
    assert Toy.fields[0] == FieldRow(
        wire_name="heat",
        python_name="heat",
        decoder="deci_celsius",
        unit="degC",
        captured=True,
        note="How hot.",
        python_aliases=("warmth",),
        fahrenheit=True,
        index=0,
    )
    assert ToyInFahrenheit.fields is Toy.fields


def test_attributes_read_and_tell_what_they_are() -> None:
    toy = Toy.from_wire({"heat": 215, "onn": 2, "name": "x"})
    assert (toy.heat, toy.warmth, toy.on, toy.name) == (21.5, 21.5, True, "x")
    view = ToyInFahrenheit.from_wire({"heat": 215, "name": "x"})
    assert (view.heat, view.warmth, view.on, view.name) == (70.7, 70.7, None, "x")
    attribute = vars(Toy)["heat"]
    assert isinstance(attribute, Field)
    assert attribute.__doc__ is not None
    assert attribute.__doc__.startswith("How hot.\n\nUnit: degC. Wire member ``heat`` (``deci_celsius``), seen on")
    converted = vars(ToyInFahrenheit)["warmth"].__doc__
    assert "Unit: degF." in converted
    assert "documented, not captured" in vars(Toy)["on"].__doc__


def test_a_class_without_fields_of_its_own_inherits_them() -> None:
    class Child(Toy):
        __slots__ = ()

    assert Child.fields is Toy.fields
    assert Child.from_wire({"heat": 10}).heat == 1.0
    assert repr(Child.from_wire({"heat": 10})) == "<Child: 1 of 3 fields>"


def test_a_table_of_numbers_with_one_flag_or_none() -> None:
    class Small(Readings):
        __slots__ = ()

        number = integer("number", "Some.", unit="count")

    assert Small.from_wire({"number": 5, "more": 6}).number == 5
    assert dict(Small.from_wire({"number": 5, "more": 6}).raw) == {"number": 5, "more": 6}


def test_problems_do_not_show_what_may_be_personal() -> None:
    assert repr(Problem("a", "secret", "why")) == "Problem(path='a', raw=<str>, reason='why')"
    assert repr(Problem("a", ["secret"], "why")) == "Problem(path='a', raw=<list>, reason='why')"
    for raw in (5, 1.5, True, None):
        assert f"raw={raw!r}" in repr(Problem("a", raw, "why"))


def test_raw_members_are_a_mapping() -> None:
    members = RawMembers({"a": 1})
    assert members == {"a": 1}
    assert "b" not in members
    with pytest.raises(KeyError):
        members["b"]


RAW = st.one_of(
    st.integers(-3, 300),
    st.integers(),
    st.integers(-(1 << 64), 1 << 64).map(OutOfRange),
    st.booleans(),
    st.none(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=1),
)
NAMES = [row.wire_name for row in STATUS_FIELDS] + ["heLowerOnDiffTempSetting", "new", "newer"]
MEMBERS = st.dictionaries(st.sampled_from(NAMES), RAW, max_size=8)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and (left == right or (left != left and right != right))


@given(MEMBERS, st.booleans(), st.permutations(range(5)))
def test_nothing_is_lost_and_nothing_raises(odd: dict[str, Any], whole: bool, order: list[int]) -> None:
    members = (STATUS | odd) if whole else odd
    # Members may come in any order.
    keys = sorted(members, key=lambda name: order[hash(name) % 5])
    status = DeviceStatus.from_wire({name: members[name] for name in keys})
    raw = status.raw
    assert raw.keys() == members.keys()
    assert all(_same(raw[name], members[name]) for name in members)
    wrong = {problem.path for problem in status.problems}
    for row in STATUS_FIELDS:
        value = getattr(status, row.python_name)
        getattr(status.in_fahrenheit, row.python_name)
        came = row.wire_name if row.wire_name in members else next((a for a in row.aliases if a in members), None)
        if came is None or came in wrong:
            assert value is None
        elif row.unit == "bool":
            assert (value is None) == (members[came] == 0 and type(members[came]) is not bool)
        else:
            assert value is not None
    status.to_dict()
    assert hash(status) == hash(status)


@given(MEMBERS)
def test_the_quick_way_and_the_long_way_agree(odd: dict[str, Any]) -> None:
    members = STATUS | odd
    before = dict(members)
    table = DeviceStatus.table
    quick = table.pack_plain(members)
    assert members == before
    if quick is not None:
        assert quick == table.pack_one_by_one(members)
        assert all(type(raw) is int for raw in members.values())


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STATUS)), st.sampled_from(["unknownOne", "unknownTwo", ""])), max_size=6
    )
)
def test_objects_of_one_length_and_other_members_are_told_apart(swaps: list[tuple[str, str]]) -> None:
    table = DeviceStatus.table
    for gone, come in swaps:
        members = {name: raw for name, raw in STATUS.items() if name != gone} | {come: 7}
        assert table.pack_plain(members) == table.pack_one_by_one(members)
    assert table.pack_plain(dict(STATUS)) == table.pack_one_by_one(dict(STATUS))
