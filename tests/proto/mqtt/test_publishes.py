"""Which publish is to blame when a broker hangs up, and when nobody is (F08)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from navien_proto.mqtt.publishes import WINDOW, Publishes

MANY = [f"heater/{number}/st" for number in range(25)]


def poll_all(publishes: Publishes, start: float, spacing: float = 0.1) -> float:
    """Publish to each of many, as a session does that came up; returns when it is done."""
    for place, topic in enumerate(MANY):
        publishes.sent(place, topic, 0, start + place * spacing)
    return start + len(MANY) * spacing


def test_links_that_are_cut_now_and_then_make_nobody_a_suspect() -> None:
    publishes = Publishes()
    now = 0.0
    for _ in range(20):
        for _ in range(5):
            now = poll_all(publishes, now) + 10 - len(MANY) * 0.1
        cut = poll_all(publishes, now)
        assert publishes.hung_up(cut) is None
        assert publishes.caution == 0
        publishes.forget()
        now = cut + 2
    assert all(map(publishes.allowed, MANY))


def test_who_is_published_each_time_the_broker_hangs_up_is_found() -> None:
    publishes = Publishes()
    now = 0.0
    found = None
    attempts = 0
    while found is None and attempts < 6:
        attempts += 1
        publishes.sent(1, "good", 0, now)
        now += max(0.1, publishes.caution)
        publishes.sent(2, "denied", 0, now)
        found = publishes.hung_up(now + 0.2)
        publishes.forget()
        now += 5
    assert found == "denied"
    assert attempts <= 4
    assert not publishes.allowed("denied")
    assert publishes.allowed("good")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 10)), max_size=40), st.integers(0, 39))
def test_what_the_link_outlives_is_never_set_aside(steps: list[tuple[str, float]], hang_up_each: int) -> None:
    """Whatever happens to the others, a topic after which the link always lived on stays allowed."""
    publishes = Publishes()
    now = 0.0
    for place, (topic, pause) in enumerate(steps):
        publishes.sent(place, "innocent", 0, now)
        now += WINDOW
        publishes.sent(place + 1000, topic, 0, now)
        now += pause
        if hang_up_each and place % hang_up_each == 0:
            publishes.hung_up(now)
            publishes.forget()
    assert publishes.allowed("innocent")
