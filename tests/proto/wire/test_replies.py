"""Schedules, energy, diagnostics and firmware: from the reference's examples to values."""

from __future__ import annotations

import json
import re
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.errors import UsageError
from navien_proto.model.codes import DiagnosticsType, EnergyQueryType, FirmwareType, Mode, Unknown
from navien_proto.model.diagnostics import DIAGNOSTICS_FIELDS, GROUPS, Diagnostics
from navien_proto.model.energy import EnergyPeriod, EnergyUse, Granularity, total_of
from navien_proto.model.fields import Problem
from navien_proto.model.firmware import FirmwareDownload, FirmwareVersion
from navien_proto.wire.decode import decode
from navien_proto.wire.messages import (
    DiagnosticsMessage,
    EnergyMessage,
    FirmwareDownloadMessage,
    Message,
    OtaMessage,
    RecirculationMessage,
    ReservationsMessage,
    TouMessage,
    UnknownMessage,
)
from tests.proto.json_strategies import ENGINES
from tests.proto.wire.documents import (
    CONNECTION,
    DL,
    ENERGY,
    OTA,
    PROTOCOL,
    RECIRC,
    RECIRC_HEX,
    RES,
    RSV,
    RSV_HEX,
    TD,
    TOU,
    example,
    json_blocks,
    paths,
    read,
)
from tests.proto.wire.examples import ACK_TOPIC, MAC, SESSION, encode, reply


def test_every_example_of_the_reference_decodes_whole() -> None:
    topics = {1: ACK_TOPIC, 2: ACK_TOPIC, 3: ACK_TOPIC, 4: ACK_TOPIC, 5: RSV, 6: RECIRC, 7: TOU, 8: ENERGY, 9: TD,
              10: DL, 11: f"cmd/52/navilink-{MAC}/ctrl-fail", 12: CONNECTION}  # fmt: skip
    found = [(section, json.loads(text)) for section, text in json_blocks("responses.md")]
    kinds = []
    for section, value in found:
        if "changed members" in value:
            continue
        for engine in ENGINES:
            message = decode(topics[section], encode(value), engine=engine)
            assert not isinstance(message, UnknownMessage)
            assert message.problems == ()
            assert message.mac == MAC
        kinds.append((section, type(message).__name__))
    assert kinds == [
        (1, "StatusMessage"), (2, "StatusMessage"), (3, "StatusMessage"), (4, "FeatureMessage"),
        (5, "ReservationsMessage"), (5, "ReservationsMessage"), (6, "RecirculationMessage"), (7, "TouMessage"),
        (8, "EnergyMessage"), (8, "EnergyMessage"), (9, "DiagnosticsMessage"), (10, "FirmwareDownloadMessage"),
        (11, "ControlFailure"), (12, "ConnectionEvent"),
    ]  # fmt: skip


# --- schedules


def test_reservations_as_a_list_and_packed_are_the_same() -> None:
    listed = read(ReservationsMessage, RSV, example(5))
    packed = read(ReservationsMessage, RSV_HEX, example(5, 1))
    assert (listed.packed, packed.packed) == (False, True)
    assert listed.programme == packed.programme
    assert listed.programme.enabled is True
    first, second = listed.programme.entries
    assert (first.time, first.mode, first.celsius, first.enabled) == (time(6, 30), Mode.HIGH_DEMAND, 60.0, True)
    assert (second.mode, second.celsius, second.enabled) == (Mode.ENERGY_SAVER, 55.0, False)
    assert listed.session_id == SESSION
    assert listed.raw["reservationUse"] == 2


@pytest.mark.parametrize("entries", [[], "", "00" * 6, "00" * 12])
def test_an_empty_list_of_reservations(entries: object) -> None:
    message = read(ReservationsMessage, RSV, reply({"reservation": entries}))
    assert message.programme.entries == ()
    assert message.programme.enabled is None
    assert message.problems == ()


def test_f26_an_entry_that_is_not_understood_is_a_problem_and_hinders_writing_back() -> None:
    value = example(5)
    value["response"]["reservation"][1]["hour"] = "8"
    message = read(ReservationsMessage, RSV, value)
    assert len(message.programme.entries) == 1
    assert paths(message) == ["reservation[1]"]
    with pytest.raises(UsageError, match="not understood"):
        message.programme.to_wire()


@pytest.mark.parametrize("wrong", [None, 5, True, {"a": 1}])
def test_f26_a_list_that_is_none_is_no_empty_programme(wrong: object) -> None:
    assert isinstance(decode(RSV, encode(reply({"reservation": wrong}))), UnknownMessage)


def test_recirculation() -> None:
    listed = read(RecirculationMessage, RECIRC, example(6))
    assert [(entry.time, entry.on) for entry in listed.programme.entries] == [
        (time(6), True),
        (time(8, 30), False),
    ]
    packed = read(
        RecirculationMessage, RECIRC_HEX, reply({"reservationUse": 2, "reservation": "027c060002ff027c081e01ff"})
    )
    assert packed.programme == listed.programme
    assert packed.packed
    assert read(RecirculationMessage, RECIRC, reply({"reservation": []})).programme.entries == ()


def test_time_of_use() -> None:
    message = read(TouMessage, TOU, example(7))
    assert len(message.plan.periods) == 4
    assert message.plan.enabled is True
    assert message.plan.periods[0].price_min == Decimal("0.36261")


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ([{"season": 480}], TouMessage),
        ([{"enable": 2, "week": 124, "hour": 6, "min": 0, "mode": 2, "param": -1}], RecirculationMessage),
        ([{"enable": 2, "week": 124, "hour": 6, "min": 0, "mode": 2, "param": 255}], RecirculationMessage),
        ("027c060002FF", RecirculationMessage),
        ("027c061e0478027c060002ff", RecirculationMessage),
        ("027c061e0478", ReservationsMessage),
        ([{"enable": 2, "week": 124, "hour": 6, "min": 30, "mode": 4, "param": 120}], ReservationsMessage),
        ([], ReservationsMessage),
        (["x"], ReservationsMessage),
        # An ff that is not the sixth byte of an entry says nothing.
        ("ff7c061e0478", ReservationsMessage),
        ("027c061eff78027c061e04780f", ReservationsMessage),
        ("027c061e047f", ReservationsMessage),
        ("027c061e0478027c06ff0478", ReservationsMessage),
        ("027c060002ff027c061e0478", RecirculationMessage),
    ],
)
def test_without_help_of_the_topic_the_content_tells(entries: object, kind: type[Message]) -> None:
    assert isinstance(decode(ACK_TOPIC, encode(reply({"reservation": entries}))), kind)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("st/rsv/rd", ReservationsMessage),
        ("st/recirc-rsv/rd", RecirculationMessage),
        ("ctrl/recirc-rsv/rd", RecirculationMessage),
        ("ctrl/tou/rd", TouMessage),
    ],
)
def test_an_empty_list_elsewhere_is_what_was_asked_for(asked: str, kind: type[Message]) -> None:
    assert isinstance(decode(ACK_TOPIC, encode(reply({"reservation": []}, suffix=asked))), kind)


def test_the_topic_decides_against_the_content() -> None:
    entries = [{"enable": 2, "week": 124, "hour": 6, "min": 0, "mode": 2, "param": -1}]
    assert isinstance(decode(RSV, encode(reply({"reservation": entries}))), ReservationsMessage)
    assert isinstance(decode(RECIRC, encode(reply({"reservation": "027c061e0478"}))), RecirculationMessage)


# --- energy


def test_energy_by_day() -> None:
    message = read(EnergyMessage, ENERGY, example(8))
    assert message.granularity is Granularity.DAILY
    assert message.type_of_usage is EnergyQueryType.DAILY
    (period,) = message.periods
    assert (period.year, period.month, len(period.items)) == (2026, 2, 28)
    assert period.item(7) == EnergyUse(
        heat_pump_energy=761, element_energy=1121, heat_pump_hours=2, element_hours=1
    )
    assert period.total == EnergyUse(
        heat_pump_energy=38202, element_energy=3708, heat_pump_hours=93, element_hours=3
    )
    assert message.total == period.total


def test_the_lifetime_total_is_no_sum() -> None:
    message = read(EnergyMessage, ENERGY, example(8))
    assert message.lifetime == EnergyUse(
        heat_pump_energy=563321, element_energy=35558, heat_pump_hours=1364, element_hours=11
    )
    assert message.lifetime.energy == 598879
    assert message.total.energy == 41910


def test_energy_by_month() -> None:
    message = read(EnergyMessage, ENERGY, example(8, 1))
    assert message.granularity is Granularity.MONTHLY
    assert message.type_of_usage == Unknown(2)
    (period,) = message.periods
    assert (period.year, period.month, len(period.items)) == (2025, None, 12)
    december = period.item(12)
    assert december is not None
    assert december.heat_pump_energy == 49560


def test_days_that_lie_ahead_may_be_missing_or_null() -> None:
    value = example(8)
    value["response"]["usage"][0]["data"] = [{"heUsage": 1, "hpUsage": 2, "heTime": 3, "hpTime": 4}, None, {}]
    message = read(EnergyMessage, ENERGY, value)
    (period,) = message.periods
    assert [period.item(number) for number in (0, 2, 4, -1)] == [None, EnergyUse(), None, None]
    assert period.total.energy == 3
    assert message.problems == ()


def test_what_is_odd_about_energy_is_told_by_its_path() -> None:
    value = example(8)
    value["response"]["total"]["hpTime"] = "1364"
    usage = value["response"]["usage"]
    usage[0]["month"] = 2.5
    usage[0]["data"] = [{"heUsage": 1, "hpUsage": True}, 5]
    usage += [{"year": 2026, "data": {}}, "x"]
    value["response"]["typeOfUsage"] = []
    message = read(EnergyMessage, ENERGY, value)
    assert set(paths(message)) == {
        "total.hpTime", "usage[0].month", "usage[0].data[0].hpUsage", "usage[0].data[1]", "usage[1].data",
        "usage[2]", "typeOfUsage",
    }  # fmt: skip
    assert message.lifetime is not None
    assert message.lifetime.heat_pump_energy == 563321
    assert message.periods[0].items == (EnergyUse(element_energy=1),)
    odd = read(EnergyMessage, ENERGY, reply({"total": 5, "usage": 7}))
    assert odd.problems == (
        Problem("total", 5, "an object belongs here"),
        Problem("usage", 7, "a list belongs here"),
    )
    assert (odd.lifetime, odd.periods) == (None, ())


@pytest.mark.parametrize("part", [{}, {"usage": []}, {"usage": [{}]}, {"usage": [{"year": 2026}]}])
def test_energy_that_says_little_is_no_problem(part: dict[str, Any]) -> None:
    value = reply({"typeOfUsage": 1, **part})
    message = read(EnergyMessage, ENERGY, value)
    assert message.problems == ()
    assert [period.items for period in message.periods] == [()] * len(part.get("usage", []))
    assert message.raw == value["response"]


def test_every_number_of_energy_has_its_path() -> None:
    odd = {"hpUsage": "a", "heUsage": "b", "hpTime": "c", "heTime": "d"}
    usage = [{"year": "e", "month": "f", "day": "g", "data": [odd]}]
    message = read(EnergyMessage, ENERGY, reply({"total": odd, "usage": usage, "typeOfUsage": "h"}))
    assert [(problem.path, problem.raw) for problem in message.problems] == [
        ("total.hpUsage", "a"),
        ("total.heUsage", "b"),
        ("total.hpTime", "c"),
        ("total.heTime", "d"),
        ("usage[0].year", "e"),
        ("usage[0].month", "f"),
        ("usage[0].day", "g"),
        ("usage[0].data[0].hpUsage", "a"),
        ("usage[0].data[0].heUsage", "b"),
        ("usage[0].data[0].hpTime", "c"),
        ("usage[0].data[0].heTime", "d"),
        ("typeOfUsage", "h"),
    ]


@pytest.mark.parametrize(
    ("usage", "topic", "asked", "granularity"),
    [
        ([{"year": 2026, "month": 1, "day": 15, "data": []}], ACK_TOPIC, "st", Granularity.HOURLY),
        ([], f"{RES}/energy-usage-monthly-query/rd", "st", Granularity.MONTHLY),
        ([], ACK_TOPIC, "st/energy-usage-daily-query/rd", Granularity.DAILY),
        ([], ACK_TOPIC, "st", None),
    ],
)
def test_what_an_item_stands_for(usage: object, topic: str, asked: str, granularity: Granularity | None) -> None:
    message = read(EnergyMessage, topic, reply({"usage": usage, "typeOfUsage": 1}, suffix=asked))
    assert message.granularity is granularity
    assert message.lifetime is None
    assert message.problems == ()
    assert message.total == EnergyUse()


def test_sums_of_what_is_known() -> None:
    assert total_of([]) == EnergyUse()
    assert total_of([EnergyUse(element_hours=1), EnergyUse(heat_pump_hours=2, element_hours=3)]) == EnergyUse(
        heat_pump_hours=2, element_hours=4
    )
    assert EnergyPeriod(year=2026).total.energy is None


# --- diagnostics


def packed_diagnostics() -> dict[str, str]:
    text = (PROTOCOL / "responses.md").read_text("utf-8")
    return dict(re.findall(r"^(t[sda]Data) ([0-9a-f]+)$", text, re.MULTILINE))


def test_diagnostics_as_json_and_packed_are_the_same() -> None:
    plain = read(DiagnosticsMessage, TD, example(9))
    packed = read(DiagnosticsMessage, f"{RES}/td", reply({"typeOfTD": 2, "data": packed_diagnostics()}))
    assert (plain.packed, packed.packed) == (False, True)
    assert plain.diagnostics == packed.diagnostics
    assert plain.type_of_diagnostics is DiagnosticsType.SEEN
    counters = packed.diagnostics
    assert (counters.heat_pump_energy, counters.element_energy, counters.days_since_installation) == (
        563321,
        35558,
        424,
    )
    assert (counters.condensate_overflows, counters.compressor_hours, counters.compressor_starts) == (1, 1364, 331)
    assert (counters.lower_element_switchings, counters.inverter_compressor_time4) == (3, 0)
    assert all(getattr(counters, row.python_name) is not None for row in DIAGNOSTICS_FIELDS)
    assert dict(plain.diagnostics.raw) == dict(counters.raw)


def test_the_counters_are_those_of_the_example_in_its_order() -> None:
    data = example(9)["response"]["data"]
    assert tuple(data) == GROUPS
    assert [name for group in data.values() for name in group] == [row.wire_name for row in DIAGNOSTICS_FIELDS]


def test_packed_diagnostics_that_end_early_or_late() -> None:
    data = packed_diagnostics()
    data["tsData"] = data["tsData"][:22]
    data["taData"] += "ffff"
    message = read(DiagnosticsMessage, f"{RES}/td", reply({"typeOfTD": 2, "data": data}))
    assert paths(message) == ["data.tsData"]
    assert "ends before cumulatedOccNumEco" in message.problems[0].reason
    assert message.diagnostics.days_since_installation == 424
    assert message.diagnostics.over_temperature_cut_offs is None
    assert message.diagnostics.compressor_hours == 1364


def test_what_is_odd_about_diagnostics_is_told_by_its_path() -> None:
    data = {
        "tsData": {"cumulatedPwrHp": "x", "cumulatedPwrHe": 5, "new": 1},
        "tdData": "0g",
        "taData": 5,
        "zz": "00",
    }
    message = read(DiagnosticsMessage, TD, reply({"typeOfTD": "2", "data": data}))
    assert set(paths(message)) == {"typeOfTD", "data.tsData.cumulatedPwrHp", "data.tdData", "data.taData"}
    assert message.diagnostics.element_energy == 5
    assert message.diagnostics.raw["new"] == 1
    assert message.raw == reply({"typeOfTD": "2", "data": data})["response"]
    wrong = read(DiagnosticsMessage, TD, reply({"typeOfTD": 7, "data": []}))
    assert wrong.problems == (Problem("data", [], "an object belongs here"),)
    assert wrong.type_of_diagnostics == Unknown(7)
    assert read(DiagnosticsMessage, TD, reply({"typeOfTD": 2})).problems == ()


@given(st.lists(st.integers(0, 65535), min_size=43, max_size=43))
def test_any_counters_read_the_same_in_both_forms(numbers: list[int]) -> None:
    names = [row.wire_name for row in DIAGNOSTICS_FIELDS]
    sizes = [4] * 2 + [2] * 15 + [4] * 26
    digits = [number.to_bytes(size, "little").hex() for number, size in zip(numbers, sizes, strict=True)]
    packed, odd = Diagnostics.from_groups(
        {"tsData": "".join(digits[:17]), "tdData": "".join(digits[17:25]), "taData": "".join(digits[25:]).upper()}
    )
    plain, none = Diagnostics.from_groups({"tsData": dict(zip(names, numbers, strict=True))})
    assert packed == plain
    assert odd == none == ()


# --- firmware


def test_firmware_that_lies_ready() -> None:
    assert read(FirmwareDownloadMessage, DL, example(10)).downloads == ()
    entries = [{"swCode": 0, "otaMode": 0, "swVersion": 0, "status": 0}, None, {},
               {"swCode": 1, "otaMode": 2, "swVersion": 184614912, "status": 3}, {"swCode": 99}]  # fmt: skip
    message = read(FirmwareDownloadMessage, DL, reply({"downloadSwInfo": entries}))
    assert message.downloads == (
        FirmwareDownload(
            sw_code=FirmwareType.CONTROLLER, sw_version=FirmwareVersion(184614912), ota_mode=2, status=3
        ),
        FirmwareDownload(sw_code=Unknown(99)),
    )
    assert str(message.downloads[0].sw_version) == "11.1.0.0"
    assert message.raw == {**reply({})["response"], "downloadSwInfo": entries}
    unnamed = read(FirmwareDownloadMessage, DL, reply({"downloadSwInfo": [{"swCode": 1, "swVersion": 0}]}))
    assert unnamed.problems == ()
    assert unnamed.downloads[0].sw_version == FirmwareVersion(0)


def test_what_is_odd_about_firmware_is_told_by_its_path() -> None:
    entries = [{"swCode": "1", "swVersion": 1 << 32}, 5]
    message = read(FirmwareDownloadMessage, DL, reply({"downloadSwInfo": entries}))
    assert set(paths(message)) == {"downloadSwInfo[0].swCode", "downloadSwInfo[0].swVersion", "downloadSwInfo[1]"}
    assert message.downloads == (FirmwareDownload(),)
    assert message.problems[1] == Problem("downloadSwInfo[0].swVersion", 1 << 32, "a firmware number has 32 bits")
    assert paths(read(FirmwareDownloadMessage, DL, reply({"downloadSwInfo": {}}))) == ["downloadSwInfo"]


@pytest.mark.parametrize(("topic", "part"), [(ACK_TOPIC, {"commitOta": {"x": 1}}), (OTA, {"result": 1})])
def test_the_answer_to_a_firmware_commit_is_kept_as_it_came(topic: str, part: dict[str, Any]) -> None:
    message = read(OtaMessage, topic, reply(part))
    assert message.raw == reply(part)["response"]
    assert message.mac == MAC
