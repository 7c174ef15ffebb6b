"""Settings and commands go through JSON unharmed, and nothing but them comes out of it."""

from __future__ import annotations

import json
from datetime import time
from typing import Any

import pytest

from navien_proto.errors import UsageError
from navien_proto.jsontext import dumps
from navien_proto.model.codes import DhwOperationSetting as Mode
from navien_proto.model.schedules import WEEKDAYS, Reservation
from navien_proto.mqtt.connection import ConnectionConfig
from navien_proto.session import SessionConfig
from navien_proto.session.edits import EditRecirculation, EditReservations
from navien_proto.session.events import Level
from navien_proto.session.transcript_values import decode_value, encode_value
from navien_proto.wire.commands import Command, RawCommand
from tests.proto.wire.commands.test_documents import CONTROLS, QUERIES, WRITES

EDITS = [
    EditReservations.adding(Reservation.at(WEEKDAYS, time(6, 30), Mode.HIGH_DEMAND, celsius=60)),
    EditReservations.switching(on=False),
    EditRecirculation(enabled=True),
]
RAW = RawCommand(code=0x02000020, mode_string="x", param=(1,), more={"deep": [1, {"a": None}]}, expert=True)


def through_json(value: object) -> Any:
    return decode_value(json.loads(dumps(encode_value(value))))


@pytest.mark.parametrize("command", [*QUERIES, *CONTROLS, *WRITES, RAW], ids=lambda one: type(one).__name__)
def test_every_command_comes_back_as_it_was(command: Command) -> None:
    back = through_json(command)
    assert back == command
    assert back.members() == command.members()


@pytest.mark.parametrize("edit", EDITS, ids=lambda one: type(one).__name__)
def test_every_edit_comes_back_as_it_was(edit: Command) -> None:
    assert through_json(edit) == edit


def test_settings_come_back_as_they_were() -> None:
    config = SessionConfig(
        email="user@example.com",
        devices=frozenset({"aabbccddeeff", "aabbccddee00"}),
        connection=ConnectionConfig(keep_alive=90),
    )
    assert through_json(config) == config
    assert through_json(Level.SENT) is Level.SENT


def test_texts_are_cleaned_under_the_name_of_their_member() -> None:
    seen = []

    def clean(key: str, text: str) -> str:
        seen.append(key)
        return text.upper()

    assert encode_value(SessionConfig(email="a@b.c"), clean)["email"] == "A@B.C"
    assert {"email", "base_url"} <= set(seen)


@pytest.mark.parametrize(
    "value",
    [
        {"$": "Popen", "args": []},
        {"$": "Session"},
        {"$": "SetTemperature", "celsius": "warm"},
        {"$": "SetTemperature", "novel": 1},
        {"$": "Level", "name": "HIGHEST"},
        {"$": "Decimal", "text": "much"},
        {"$": "time", "text": "noon"},
        {"$": "list"},
        {"$": "frozenset", "items": 3},
        {"$": ["list"]},
    ],
)
def test_what_could_not_have_been_written_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="cannot be made"):
        decode_value(value)


def test_what_cannot_be_made_anew_is_refused() -> None:
    with pytest.raises(UsageError, match="object cannot be written"):
        encode_value(object())
    with pytest.raises(UsageError, match="dict cannot be written"):
        encode_value({"$": 1})
