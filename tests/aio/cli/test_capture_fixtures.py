"""``capture fixtures`` writes a set, all or nothing; ``capture show --json`` and what ``capture check`` finds."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from navien_anyio.cli import capture_fixtures
from navien_proto.fixture_set import read_fixture
from tests.aio.cli.conftest import Command
from tests.proto.test_har import exchange, frame, har, socket
from tests.proto.test_har_redact import MAC, message, publish
from tests.support.captures import CAPTURE
from tests.support.fixture_files import HARS


def written(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture
def session() -> str:
    """The name of a capture with a few things in it."""
    status = {"command": 0, "dhwTemperature": 117}
    entries: list[Any] = [
        exchange("/device/list", {"code": 200, "msg": "SUCCESS", "data": []}),
        exchange("/elsewhere", {}),
        socket(
            frame(publish(message(status=status))),
            frame(publish(message(status={**status, "dhwTemperature": 118})), seconds=1),
            frame(publish(b"{"), seconds=2),
        ),
    ]
    Path("session.har").write_bytes(har(*entries))
    return "session.har"


# --- fixtures


def test_a_set_is_written_with_a_table(session: str, navien: Command) -> None:
    result = navien("capture", "fixtures", session, "mine")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "fixture                seen  files",
        "device-list.ok            1      1",
        "status-push.partial       2      1",
        "2 more could not be decoded or are none of the cloud's, and were left out",
        "mine: wrote 2 fixtures. Look through them before you publish them.",
    ]
    assert written("mine") == ["messages/status-push.partial.0x00000000.json", "rest/device-list.ok.http-200.json"]
    assert sorted(os.listdir()) == ["mine", "session.har"]
    assert stat.S_IMODE(Path("mine").stat().st_mode) == 0o700
    for name in written("mine"):
        text = Path("mine", name).read_bytes()
        assert MAC.encode() not in text
        read_fixture(Path(name).stem, text)


def test_all_that_differs_is_taken_on_request(session: str, navien: Command) -> None:
    assert navien("capture", "fixtures", session, "mine", "--all").code == 0
    assert len(written("mine")) == 3


def test_nothing_is_written_over(session: str, navien: Command) -> None:
    Path("there").mkdir()
    Path("there/kept").write_text("kept")
    Path("file").write_text("kept")
    Path("empty").mkdir()
    Path("link").symlink_to("empty")
    for name in ("there", "file", "link"):
        result = navien("capture", "fixtures", session, name)
        assert (result.code, result.out) == (2, "")
        sentence = f"navien: '{name}' is there already; name a folder that is not, or an empty one\n"
        assert result.err == sentence
    assert written("there") == ["kept"]
    assert Path("file").read_text() == "kept"
    assert os.listdir("empty") == []
    assert navien("capture", "fixtures", session, "empty").code == 0
    assert len(written("empty")) == 2
    assert sorted(os.listdir()) == ["empty", "file", "link", "session.har", "there"]


def test_all_files_are_there_or_none(session: str, navien: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[object] = []

    def fail(document: Any) -> str:
        texts.append(document)
        if len(texts) == 2:
            raise OSError(28, "No space left on device")
        return "{}"

    monkeypatch.setattr(capture_fixtures, "fixture_text", fail)
    result = navien("capture", "fixtures", session, "mine")
    assert (result.code, result.out) == (2, "")
    assert result.err == "navien: cannot write 'mine': No space left on device\n"
    assert os.listdir() == ["session.har"]


def test_what_comes_meanwhile_is_kept(session: str, navien: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(document: Any) -> str:
        Path("mine").mkdir(exist_ok=True)
        Path("mine/kept").write_text("kept")
        return "{}"

    monkeypatch.setattr(capture_fixtures, "fixture_text", meanwhile)
    result = navien("capture", "fixtures", session, "mine")
    assert result.code == 2
    assert result.err.startswith("navien: cannot write 'mine': ")
    assert sorted(os.listdir()) == ["mine", "session.har"]
    assert written("mine") == ["kept"]


def test_what_cannot_be_read_or_written_is_exit_code_2(session: str, navien: Command) -> None:
    Path("bad.har").write_text("[]")
    result = navien("capture", "fixtures", "bad.har", "mine")
    assert (result.code, result.err) == (2, "navien: bad.har: the file: expected an object, found a list\n")
    Path("none.har").write_bytes(har(exchange("/elsewhere", {})))
    result = navien("capture", "fixtures", "none.har", "mine")
    assert (result.code, result.err) == (2, "navien: none.har: nothing in it makes a fixture\n")
    result = navien("capture", "fixtures", session, "absent/mine")
    assert (result.code, result.err) == (2, "navien: cannot write 'absent/mine': No such file or directory\n")
    assert not Path("mine").exists()


@pytest.mark.parametrize("path", [*HARS.values(), CAPTURE], ids=lambda path: path.stem)
def test_sessions_become_sets_that_read_back(path: Path, navien: Command) -> None:
    if not path.exists():
        pytest.skip(f"the real capture is not beside the repository: {path}")
    assert navien("capture", "fixtures", str(path), "mine").code == 0
    names = written("mine")
    assert len(names) > 10
    for name in names:
        read_fixture(Path(name).stem, Path("mine", name).read_bytes())
    shutil.rmtree("mine")


# --- show --json


def test_the_entries_as_data(session: str, navien: Command) -> None:
    result = navien("capture", "show", session, "--json")
    assert (result.code, result.err) == (0, "")
    assert MAC not in result.out
    document = json.loads(result.out)
    assert document["counts"] == {"REST": 1, "other exchange": 1, "status": 2, "message": 1}
    assert document["skipped"] == {}
    first, _, pushed, _, broken = document["entries"]
    assert first == {
        "time": "2026-01-15T12:00:00.000+00:00",
        "direction": "exchange",
        "kind": "REST",
        "detail": "POST 200",
        "where": "/api/v2.1/device/list",
        "bytes": 43,
    }
    assert pushed["direction"] == "received"
    assert (pushed["kind"], pushed["detail"]) == ("status", "push")
    assert pushed["where"] == "cmd/52/navilink-020000000001/client-1/res"
    assert "not JSON" in broken["problem"]


def test_what_was_sent_is_told_from_what_was_heard(navien: Command) -> None:
    document = json.loads(navien("capture", "show", str(HARS["simulated-controls"]), "--json").out)
    assert {one["direction"] for one in document["entries"]} == {"sent", "received", "exchange"}
    assert document["skipped"]["PUBACK"] == 18


# --- check


def found_in(*packets: bytes, navien: Command) -> list[str]:
    frames = [frame(packet, seconds=number) for number, packet in enumerate(packets)]
    Path("x.har").write_bytes(har(socket(*frames)))
    result = navien("capture", "check", "x.har")
    assert (result.code, result.err) == (0, "")
    assert MAC not in result.out
    return [line.split(", first at ")[0] for line in result.out.splitlines()[:-1]]


RES = "cmd/52/c/res"


@pytest.mark.parametrize(
    ("topic", "response", "name"),
    [
        ("rsv/rd", {"reservation": [{"hour": 1}, {"novelty": 1}]}, "reservations.reservation[].novelty"),
        ("recirc-rsv/rd", {"reservation": [{"novelty": 1}]}, "recirculation.reservation[].novelty"),
        ("tou/rd", {"reservation": [{"season": 1, "novelty": 1}]}, "tou.reservation[].novelty"),
        ("x", {"typeOfUsage": 1, "total": {"novelty": 1}}, "energy.total.novelty"),
        ("x", {"typeOfUsage": 1, "usage": [{"data": [{"novelty": 1}]}]}, "energy.usage[].data[].novelty"),
        ("x", {"typeOfTD": 2, "data": {"tsData": {"novelty": 1}}}, "diagnostics.data.tsData.novelty"),
        ("x", {"downloadSwInfo": [{"novelty": 1}]}, "firmware-download.downloadSwInfo[].novelty"),
        ("x", {"failCode": 2, "novelty": 1}, "control-failure.novelty"),
        ("x", {"feature": {"novelty": 1}}, "feature.novelty"),
        ("x", {"status": {"novelty": 1}}, "status.novelty"),
    ],
)
def test_a_new_member_is_found_in_every_kind_of_reply(
    topic: str, response: dict[str, Any], name: str, navien: Command
) -> None:
    lines = found_in(publish(message(**response), f"{RES}/{topic}"), navien=navien)
    assert f"unknown member {name}, once (1)" in lines


def test_new_members_around_it_are_found(navien: Command) -> None:
    told = {**message(status={"command": 0}), "novelty": "canary"}
    event = {"event": {"connection": {"status": 1, "novelty": 1}}}
    lines = found_in(publish(told), publish(event, f"evt/52/navilink-{MAC}/connection"), navien=navien)
    assert lines == [
        "unknown member status.envelope.novelty, once",
        "unknown member connection-event.connection.novelty, once (1)",
    ]


def test_new_command_codes_are_found_in_requests_and_pushes(navien: Command) -> None:
    def asked(command: int, suffix: str = "ctrl") -> bytes:
        return publish({"request": {"command": command, "novelty": 7}}, f"cmd/52/navilink-{MAC}/{suffix}")

    push = publish(message(status={"command": 0x04000099}))
    lines = found_in(asked(0x02000077), asked(0x02000078), asked(0x02000020, "ctrl/new"), push, navien=navien)
    assert lines == [
        "unknown number in request.command, 2 times (0x02000077, 0x02000078)",
        "unknown member request.novelty, 3 times (7)",
        "unknown message request 0x02000020 on ctrl/new, once",
        "unknown number in status.command, once (0x04000099)",
    ]
    document = json.loads(navien("capture", "check", "x.har", "--json").out)
    assert document["findings"][0]["numbers"] == [0x02000077, 0x02000078]


def test_new_members_of_answers_are_found_also_around_the_data(navien: Command) -> None:
    devices = [{"deviceInfo": {"macAddress": MAC, "novelty": "canary"}}] * 3
    Path("x.har").write_bytes(
        har(
            exchange("/device/list", {"code": 200, "msg": "SUCCESS", "data": devices, "around": "canary"}),
            exchange("/device/info", {"code": 403, "msg": "FORBIDDEN", "around": "canary"}, status=403),
            exchange("/app/update-push-token", {"code": 200, "msg": "SUCCESS", "data": {"x": "canary"}}),
            exchange("/utility_rates", {"items": [], "around": "canary"}, method="GET"),
            exchange("/utility_rates", {"error": {"code": 403}}, method="GET"),
        )
    )
    result = navien("capture", "check", "x.har")
    assert "canary" not in result.out
    assert [line.split(", first")[0] for line in result.out.splitlines()[:-1]] == [
        "unknown member device list: envelope.around, once",
        "unknown member device list: [].deviceInfo.novelty, 3 times",
        "unknown member device info: envelope.around, once",
        "unknown member app update-push-token: data, once",
        "unknown member v2.1 utility_rates: around, once",
    ]


@pytest.mark.parametrize("path", HARS.values(), ids=lambda path: path.stem)
def test_nothing_is_new_in_our_own_sessions(path: Path, navien: Command) -> None:
    assert navien("capture", "check", str(path)).out.endswith(" entries: nothing new\n")


def test_help_teaches(navien: Command) -> None:
    result = navien("capture", "fixtures", "--help")
    assert "OUT_DIR must not exist or be empty" in result.out
    assert "Examples:\n    navien capture fixtures session.har my-heater" in result.out
    assert "navien capture show session.har --json | jq .counts" in navien("capture", "show", "--help").out
