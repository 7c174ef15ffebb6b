"""The messages written out in the protocol reference, by the number of their section."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeVar

from navien_proto.wire.decode import decode
from navien_proto.wire.messages import Message
from tests.proto.wire.examples import CLIENT, MAC, encode

PROTOCOL = Path(__file__).resolve().parents[3] / "docs" / "protocol"


def json_blocks(page: str) -> list[tuple[int, str]]:
    """Section number and text of each JSON block of a page."""
    found = []
    section = 0
    for match in re.finditer(
        r"^## (\d+)\.|^```json\n(.*?)^```", (PROTOCOL / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        if match[1]:
            section = int(match[1])
        else:
            found.append((section, match[2]))
    return found


def answers(section: int) -> list[dict[str, Any]]:
    """The whole messages of a section of ``responses.md``."""
    return [
        found for number, text in json_blocks("responses.md") if number == section for found in [json.loads(text)]
    ]


RES = f"cmd/52/{CLIENT}/res"
RSV, RSV_HEX = f"{RES}/rsv/rd", f"{RES}/rsv"
RECIRC, RECIRC_HEX = f"{RES}/recirc-rsv/rd", f"{RES}/recirc-rsv"
TOU = f"{RES}/tou/rd"
ENERGY = f"{RES}/energy-usage-daily-query/rd"
TD = f"cmd/52/12345/67890/{CLIENT}/res/td/rd"
DL = f"cmd/52/navilink-{MAC}/res/dl-sw-info"
OTA = f"cmd/52/12345/67890/{CLIENT}/res/commit-ota"
CONNECTION = f"evt/52/navilink-{MAC}/connection"
APP = f"evt/52/navilink-{MAC}/app-connection"

M = TypeVar("M")


def read(kind: type[M], topic: str, value: object) -> M:
    """The message of a JSON value, which is of that kind."""
    message = decode(topic, encode(value))
    assert isinstance(message, kind)
    return message


def paths(message: Message) -> list[str]:
    """The places of the problems."""
    return [problem.path for problem in message.problems]


def example(section: int, index: int = 0) -> dict[str, Any]:
    """One message of a section of ``responses.md``."""
    return answers(section)[index]
