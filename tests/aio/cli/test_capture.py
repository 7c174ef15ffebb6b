"""``capture``: redacted copies, lists of entries, and what is new in them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from navien_proto.har import read_har
from tests.aio.cli.conftest import Command
from tests.proto.test_har import exchange, frame, har, socket
from tests.proto.test_har_redact import MAC, message, publish
from tests.support.record_fixture import FIXTURE


@pytest.fixture
def session() -> str:
    """The name of a capture with a little of everything."""
    status = {"dhwTemperature": 117, "errorCode": 77, "newThing": 5, "operationMode": "off"}
    sent = {"clientID": "phone-canary", "request": {"command": 16777219, "macAddress": MAC}}
    entries: list[Any] = [
        exchange("/device/list", {"code": 200, "msg": "SUCCESS", "data": [], "novelty": "canary"}),
        exchange("/elsewhere", {}),
        exchange("/auth/refresh", "no object"),
        socket(
            frame(publish(sent, f"cmd/52/navilink-{MAC}/st", qos=0), direction="send"),
            frame(publish(message(status=status)), seconds=1),
            frame(publish(message(status={**status, "newThing": 6})), seconds=2),
            frame(publish({"never": "seen"}), seconds=3),
            frame(publish(b"{"), seconds=4),
            frame(publish({"x": 1}, f"evt/52/navilink-{MAC}/novelty"), seconds=5),
        ),
    ]
    Path("session.har").write_bytes(har(*entries))
    return "session.har"


# --- redact ----------------------------------------------------------------------------------------------


def test_a_copy_without_secrets_is_written_and_counted(session: str, navien: Command) -> None:
    result = navien("capture", "redact", session, "clean.har")
    assert (result.code, result.err) == (0, "")
    first, second = result.out.splitlines()
    assert first == "clean.har: replaced 1 token, 1 MAC address, 2 client ids"
    assert second.endswith("navien capture show clean.har")
    clean = Path("clean.har").read_bytes()
    assert MAC not in "".join(one.topic + one.payload.decode() for one in read_har(clean).messages)
    assert stat.S_IMODE(Path("clean.har").stat().st_mode) == 0o600
    assert navien("capture", "redact", "clean.har", "again.har").out.startswith("again.har: replaced nothing")
    assert Path("again.har").read_bytes() == clean
    assert sorted(os.listdir()) == ["again.har", "clean.har", "session.har"]


def test_a_file_is_only_written_over_when_that_is_said(session: str, navien: Command) -> None:
    Path("there.har").write_text("kept")
    refused = navien("capture", "redact", session, "there.har")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "navien: 'there.har' is there already; --force writes over it\n"
    assert Path("there.har").read_text() == "kept"
    Path("link.har").symlink_to("there.har")
    assert navien("capture", "redact", session, "link.har", "--force").code == 0
    assert Path("link.har").is_symlink()
    assert read_har(Path("there.har").read_bytes()).entries
    assert sorted(os.listdir()) == ["link.har", "session.har", "there.har"]


def test_a_file_system_without_links_will_do(
    session: str, navien: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_paths: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", link)
    assert navien("capture", "redact", session, "clean.har").code == 0
    assert navien("capture", "redact", session, "clean.har").code == 2
    assert sorted(os.listdir()) == ["clean.har", "session.har"]


def test_what_cannot_be_written_or_read_is_exit_code_2(session: str, navien: Command) -> None:
    absent = navien("capture", "redact", session, "absent/x.har")
    assert (absent.code, absent.err) == (2, "navien: cannot write 'absent/x.har': No such file or directory\n")
    Path("bad.har").write_text("[]")
    for arguments in (["redact", "bad.har", "x.har"], ["show", "bad.har"], ["check", "bad.har"]):
        result = navien("capture", *arguments)
        assert (result.code, result.out) == (2, "")
        assert result.err == "navien: bad.har: the file: expected an object, found a list\n"
    assert not Path("x.har").exists()


# --- show ------------------------------------------------------------------------------------------------


def test_every_entry_is_listed_without_identities(session: str, navien: Command) -> None:
    result = navien("capture", "show", session)
    assert (result.code, result.err) == (0, "")
    assert MAC not in result.out
    assert "canary" not in result.out
    lines = result.out.splitlines()
    assert [line.split()[1] for line in lines[:9]] == ["⇄", "⇄", "⇄", "→", "←", "←", "←", "←", "←"]
    assert "other exchange: POST 200" in lines[1]
    assert "/api/v2.1/elsewhere" in lines[1]
    assert "request: 0x01000003" in lines[3]
    assert "cmd/52/navilink-020000000001/st" in lines[3]
    assert "cmd/52/navilink-020000000001/client-2/res" in lines[4]
    assert lines[4].endswith("! not understood: operationMode")
    assert lines[9] == "9 entries: 2 REST, 1 other exchange, 1 request, 2 status, 1 unknown, 1 message, 1 event"


def test_what_is_no_message_is_counted_and_an_empty_file_is_fine(navien: Command) -> None:
    Path("x.har").write_bytes(har(socket(frame(b"\xd0\x00"))))
    assert navien("capture", "show", "x.har").out == "no entries\nNot messages: 1 PINGRESP\n"


# --- check -----------------------------------------------------------------------------------------------


def test_what_is_new_is_reported_once_with_its_place(session: str, navien: Command) -> None:
    result = navien("capture", "check", session)
    assert (result.code, result.err) == (0, "")
    assert MAC not in result.out
    assert "canary" not in result.out
    *lines, last = result.out.splitlines()
    frames = "log.entries[3]._webSocketMessages"
    assert f"unknown member status.newThing, 2 times (5, 6), first at {frames}[1]" in lines
    assert f"unknown number in status.errorCode, 2 times (77), first at {frames}[1]" in lines
    assert f"value not understood: status.operationMode, 2 times, first at {frames}[1]" in lines
    assert any(line.startswith("unknown message unknown on cmd/52/navilink-020000000001/") for line in lines)
    assert any(line.startswith("unknown message event on evt/52/navilink-020000000001/novelty") for line in lines)
    assert sum(line.startswith("cannot be decoded: ") for line in lines) == 2
    assert last.startswith("You can help:")


def test_the_findings_as_data(session: str, navien: Command) -> None:
    document = json.loads(navien("capture", "check", session, "--json").out)
    assert document["entries"] == 9
    found = next(one for one in document["findings"] if one["name"] == "status.newThing")
    assert found == {
        "what": "member",
        "name": "status.newThing",
        "count": 2,
        "numbers": [5, 6],
        "first_at": "log.entries[3]._webSocketMessages[1]",
    }


def test_a_session_of_what_is_known_has_nothing_new(navien: Command) -> None:
    assert navien("capture", "check", str(FIXTURE)).out == "25 entries: nothing new\n"


def test_a_member_of_an_answer_is_reported_by_name_alone(navien: Command) -> None:
    body = {"code": 200, "msg": "SUCCESS", "data": [{"deviceInfo": {"macAddress": MAC, "novelty": "canary"}}]}
    Path("x.har").write_bytes(har(exchange("/device/list", body)))
    result = navien("capture", "check", "x.har")
    assert result.out.splitlines()[0].startswith("unknown member device list: ")
    assert "novelty" in result.out
    assert "canary" not in result.out


@pytest.mark.parametrize("command", ["redact", "show", "check"])
def test_every_command_of_the_group_teaches_by_examples(command: str, navien: Command) -> None:
    result = navien("capture", command, "--help")
    assert result.code == 0
    assert f"Examples:\n    navien capture {command} session.har" in result.out
