"""Topic names and filters: the specification's own examples, and properties of the matcher."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.mqtt.topics import check_filter, check_topic, has_wildcard, topic_matches

LEVELS = st.sampled_from(["", "a", "b", "cmd", "52", "$SYS", "navilink-aabbccddeeff", "é"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=6).map("/".join).filter(bool)
FILTERS = st.builds(
    lambda levels, tail: "/".join([*levels, *tail]),
    st.lists(st.one_of(LEVELS, st.just("+")), max_size=5),
    st.sampled_from([[], ["#"]]),
).filter(bool)


def reference(wanted: list[str], levels: list[str], include_parent: bool) -> bool:
    """The rule said again, one level at a time, as a check on the loop."""
    if wanted == ["#"]:
        return bool(levels) or include_parent
    if not wanted or not levels:
        return wanted == levels
    return wanted[0] in ("+", levels[0]) and reference(wanted[1:], levels[1:], include_parent)


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking"),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"),
        ("sport/#", "sport/"),
        ("#", "anything/at/all"),
        ("#", "/"),
        ("+", "finance"),
        ("+/+", "/finance"),
        ("/+", "/finance"),
        ("sport/tennis/+", "sport/tennis/player1"),
        ("sport/+", "sport/"),
        ("+/tennis/#", "sport/tennis/x"),
        ("$SYS/#", "$SYS/monitor/Clients"),
        ("$SYS/monitor/+", "$SYS/monitor/Clients"),
        ("a/+/c", "a/$b/c"),
        ("cmd/52/navilink-aabbccddeeff/#", "cmd/52/navilink-aabbccddeeff/client-0001/res"),
    ],
)
def test_filter_takes_topic(topic_filter: str, topic: str) -> None:
    assert topic_matches(topic_filter, topic)
    assert topic_matches(topic_filter, topic, include_parent=False)


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [
        ("sport/tennis/+", "sport/tennis/player1/ranking"),
        ("sport/+", "sport"),
        ("+", "/finance"),
        ("#", "$SYS/monitor"),
        ("+/monitor/Clients", "$SYS/monitor/Clients"),
        ("+", "$SYS"),
        ("sport/#", "sports"),
        ("a/b", "a/B"),
        ("a/b", "/a/b"),
        ("a/#", "b"),
    ],
)
def test_filter_does_not_take_topic(topic_filter: str, topic: str) -> None:
    assert not topic_matches(topic_filter, topic)
    assert not topic_matches(topic_filter, topic, include_parent=False)


@pytest.mark.parametrize(("topic_filter", "topic"), [("a/#", "a"), ("a/b/#", "a/b"), ("+/#", "a")])
def test_parent_of_hash_is_taken_by_the_specification_but_not_by_aws(topic_filter: str, topic: str) -> None:
    assert topic_matches(topic_filter, topic)
    assert not topic_matches(topic_filter, topic, include_parent=False)


@given(FILTERS, TOPICS, st.booleans())
@example("+/#", "a", False)
def test_matching_agrees_with_the_rule_said_again(topic_filter: str, topic: str, include_parent: bool) -> None:
    hidden = topic.startswith("$") and topic_filter[0] in "+#"
    expected = not hidden and reference(topic_filter.split("/"), topic.split("/"), include_parent)
    assert topic_matches(topic_filter, topic, include_parent=include_parent) == expected


@given(TOPICS)
def test_every_topic_is_a_filter_for_itself_alone(topic: str) -> None:
    assert check_filter(check_topic(topic)) == topic
    assert not has_wildcard(topic)
    assert topic_matches(topic, topic)
    assert not topic_matches(topic, topic + "/x")


@given(FILTERS)
def test_generated_filters_are_valid(topic_filter: str) -> None:
    assert check_filter(topic_filter) == topic_filter


@given(st.text())
def test_any_text_is_taken_or_refused_and_a_topic_is_always_a_filter(text: str) -> None:
    try:
        check_topic(text)
    except UsageError:
        return
    check_filter(text)
    assert text
    assert not set(text) & set("+#\0")


@given(st.text(alphabet="a/+#", max_size=8))
def test_wildcards_stand_alone_and_hash_stands_last(text: str) -> None:
    levels = text.split("/")
    good = bool(text) and all(level in ("+", "#") or not has_wildcard(level) for level in levels)
    good = good and "#" not in levels[:-1]
    try:
        check_filter(text)
    except UsageError:
        assert not good
    else:
        assert good


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("", "empty"),
        ("a/+/b", "wildcard"),
        ("a/#", "wildcard"),
        ("a+", "wildcard"),
        ("a\0b", "NUL"),
        ("a\ud800", "surrogate"),
        ("x" * 65536, "65536 bytes"),
        ("é" * 32768, "65536 bytes"),
    ],
)
def test_refused_topics(topic: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_topic(topic)


@pytest.mark.parametrize(
    ("topic_filter", "said"),
    [
        ("", "empty"),
        ("a/#/b", "goes on"),
        ("a#", "mixes"),
        ("a/b+/c", "mixes"),
        ("##", "mixes"),
        ("\0", "NUL"),
    ],
)
def test_refused_filters(topic_filter: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_filter(topic_filter)


def test_limits_are_counted_in_bytes_and_slashes() -> None:
    assert check_topic("éé", max_bytes=4)
    assert check_topic("a/b/c/d/e/f/g/h", max_slashes=7)
    assert check_filter("a/b/c/d/e/f/g/#", max_slashes=7)
    with pytest.raises(UsageError, match="5 bytes"):
        check_topic("éé!", max_bytes=4)
    with pytest.raises(UsageError, match="8 slashes"):
        check_topic("a/b/c/d/e/f/g/h/i", max_slashes=7)
    with pytest.raises(UsageError, match="8 slashes"):
        check_filter("a/b/c/d/e/f/g/h/#", max_slashes=7)


def test_refusals_show_no_mac_and_no_endless_text() -> None:
    with pytest.raises(UsageError) as caught:
        check_topic("cmd/52/navilink-aabbccddeeff/#" + "x" * 1000)
    assert "aabbccddeeff" not in str(caught.value)
    assert len(str(caught.value)) < 250
