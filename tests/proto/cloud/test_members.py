from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud.members import Members, Notes, objects
from navien_proto.jsontext import loads
from navien_proto.model.fields import Problem


def read(body: bytes) -> tuple[Members, Notes]:
    notes = Notes()
    return notes.members(loads(body)), notes


def test_each_kind() -> None:
    members, notes = read(b'{"t": "x", "w": 7, "n": 1.5, "i": 2, "on": 2, "off": 1, "unknown": 0, "o": {"a": 1}}')
    assert members.text("t") == "x"
    assert members.whole("w") == 7
    assert members.number("n") == 1.5
    assert members.number("i") == 2.0
    assert (members.flag("on"), members.flag("off"), members.flag("unknown")) == (True, False, None)
    assert members.members("o").whole("a") == 1
    assert notes.problems == []
    assert notes.extra() == {}


def test_absent_and_null_are_none_and_no_problem() -> None:
    members, notes = read(b'{"n": null}')
    for name in ("n", "absent"):
        found = (members.text(name), members.whole(name), members.number(name), members.flag(name))
        assert found == (None, None, None, None)
        assert members.members(name).text("below") is None
        assert list(members.each(name)) == []
    assert notes.problems == []


def test_another_type_is_none_and_noted_by_path() -> None:
    members, notes = read(
        b'{"a": {"b": [{"c": "x"}, 5, {"c": true}]}, "d": 4, "e": 18446744073709551616, "f": []}'
    )
    assert [item.whole("c") for item in members.members("a").each("b")] == [None, None]
    assert members.flag("d") is None
    assert members.number("e") is None
    assert members.members("f").text("g") is None
    assert list(members.members("a").each("b[0]")) == []
    assert list(members.each("a")) == []
    assert sorted((problem.path, problem.reason) for problem in notes.problems) == [
        ("a", "expected a list"),
        ("a.b[0].c", "expected a whole number"),
        ("a.b[1]", "expected an object"),
        ("a.b[2].c", "expected a whole number"),
        ("d", "expected 0, 1 or 2"),
        ("e", "expected a number"),
        ("f", "expected an object"),
    ]


def test_what_nobody_asked_for_is_kept_by_path() -> None:
    members, notes = read(b'{"a": {"b": 1, "new": [2]}, "l": [{"c": 3, "newer": null}], "newest": 4}')
    assert members.members("a").whole("b") == 1
    assert [item.whole("c") for item in members.each("l")] == [3]
    assert notes.extra() == {"a.new": [2], "l[0].newer": None, "newest": 4}


def test_a_list_at_the_top() -> None:
    notes = Notes()
    assert [item.whole("a") for item in objects([{"a": 1}, None], "", notes)] == [1]
    assert notes.problems == [Problem("[1]", None, "expected an object")]
    assert notes.extra() == {}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from("abc"), values))
def test_a_value_is_a_reading_a_problem_or_extra(body: dict[str, object]) -> None:
    notes = Notes()
    members = notes.members(body)
    readings = {"a": members.text("a"), "b": members.whole("b")}
    noted = {problem.path for problem in notes.problems}
    for name, value in body.items():
        if name == "c":
            assert "c" in notes.extra()
        else:
            assert (readings[name] is None) == (value is None or name in noted)
