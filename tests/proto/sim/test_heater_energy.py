"""What the simulated heater says it has used, and that this is what it drew."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.sim.household import Household
from navien_proto.sim.usage import Use, UseCounter
from navien_proto.wire import decode
from navien_proto.wire.messages import EnergyMessage
from tests.support.heater_bench import LOCAL, STARTED, Bench

DAY = 86400.0
DAILY, MONTHLY, HOURLY = 0x01000009, 0x0100000A, 0x01000008
MODE_ELECTRIC = 2


def ask(bench: Bench, at: float, kind: str, command: int, **members: Any) -> list[dict[str, Any]]:
    suffix = f"st/energy-usage-{kind}-query/rd"
    heard = bench.ask(at, suffix, command, reply=f"cmd/52/client-0001/res/energy-usage-{kind}-query/rd", **members)
    return [message.response for message in heard if "usage" in message.response]


def summed(items: list[dict[str, int]], name: str) -> int:
    return sum(item[name] for item in items)


def test_days_and_months_add_up_to_what_was_drawn() -> None:
    household = Household.seeded(Random(3))
    bench = Bench.with_config(household=household, noise=None)
    bench.wait(40 * DAY)
    (daily,) = ask(bench, 40 * DAY, "daily", DAILY, year=2025, month=[9, 10, 11])
    (monthly,) = ask(bench, 40 * DAY + 60, "monthly", MONTHLY, year=[2024, 2025])
    days = [item for entry in daily["usage"] for item in entry["data"]]
    months = monthly["usage"][1]["data"]
    assert [len(entry["data"]) for entry in daily["usage"]] == [30, 31, 30]
    assert [len(entry["data"]) for entry in monthly["usage"]] == [12, 12]
    assert (daily["typeOfUsage"], monthly["typeOfUsage"]) == (1, 2)
    assert summed(monthly["usage"][0]["data"], "hpUsage") == 0
    total = daily["total"]
    assert total["hpUsage"] > 40_000
    for items in (days, months):
        assert summed(items, "hpUsage") == pytest.approx(total["hpUsage"], abs=len(items))
        assert summed(items, "heUsage") == pytest.approx(total["heUsage"], abs=len(items))
    # The heat pump draws 433 W: its hours say the same as its energy.
    assert total["hpUsage"] / total["hpTime"] == pytest.approx(433.0, rel=0.02)
    assert monthly["total"] == total
    # Nothing before it was plugged in, and nothing ahead.
    assert [item["hpUsage"] for item in daily["usage"][0]["data"][: STARTED.day - 1]] == [0] * (STARTED.day - 1)
    assert all(item["hpUsage"] == 0 for item in daily["usage"][2]["data"][5:])


def test_elements_are_told_apart() -> None:
    bench = Bench.with_config(mode=MODE_ELECTRIC, upper=40.0, lower=30.0, noise=None)
    bench.wait(DAY)
    (answer,) = ask(bench, DAY, "daily", DAILY, year=2025, month=[9])
    assert answer["total"]["hpUsage"] == 0
    heat = bench.heater.unit.tank.state.heat_in
    assert answer["total"]["heUsage"] == pytest.approx(heat, abs=1)
    assert answer["total"]["heTime"] == round(heat / 5182.0)


def test_the_answer_is_one_that_decodes() -> None:
    bench = Bench.with_config(running=True)
    bench.wait(3600.0)
    suffix = "st/energy-usage-daily-query/rd"
    reply = "cmd/52/client-0001/res/energy-usage-daily-query/rd"
    bench.heater.receive(
        f"cmd/52/navilink-aabbccddeeff/{suffix}",
        bench.envelope(suffix, DAILY, reply=reply, year=2025, month=[9]),
        3600.0,
    )
    outgoing = next(message for message in bench.heater.take() if message.topic == reply)
    message = decode.decode(outgoing.topic, outgoing.payload)
    assert isinstance(message, EnergyMessage)
    assert message.problems == ()


@pytest.mark.parametrize(
    ("kind", "command", "members"),
    [
        ("daily", DAILY, {"year": 2025, "month": []}),
        ("daily", DAILY, {"year": 2025, "month": [13]}),
        ("daily", DAILY, {"year": 1999, "month": [1]}),
        ("daily", DAILY, {"year": [2025], "month": [1]}),
        ("daily", DAILY, {"year": 2025}),
        ("daily", MONTHLY, {"year": [2025]}),
        ("monthly", MONTHLY, {"year": 2025}),
        ("monthly", MONTHLY, {"year": [True]}),
        ("monthly", MONTHLY, {}),
        ("hourly", HOURLY, {"year": 2025, "month": 9, "day": [26]}),
    ],
)
def test_what_is_no_such_query_is_not_answered(kind: str, command: int, members: dict[str, Any]) -> None:
    bench = Bench.with_config()
    assert ask(bench, 5.0, kind, command, **members) == []


@given(st.floats(0, 86_399), st.floats(1.0, 7200.0), st.sampled_from((0.0, 433.0)), st.sampled_from((0.0, 5182.0)))
def test_nothing_is_lost_at_midnight(start: float, seconds: float, pump: float, elements: float) -> None:
    counter = UseCounter()
    begin = datetime(2026, 2, 28, tzinfo=LOCAL) + timedelta(seconds=start)
    counter.count(begin, seconds, pump, elements)
    both = Use()
    for used in counter.days.values():
        both = both.plus(used)
    assert both == pytest.approx(counter.total)
    assert counter.total.pump == pytest.approx(pump * seconds / 3600.0)
    assert len(counter.days) == (2 if start + seconds > DAY else 1)
