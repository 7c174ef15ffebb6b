"""What ``docs/troubleshooting.md`` shows of ``navien check`` is what it prints, fault by fault."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from attrs import evolve

from navien_anyio.cli.app import run
from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.cloud.dates import format_date
from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.sigv4_verify import Refusal, SignatureRefused
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps
from navien_proto.session.settings import session_config
from navien_proto.sim.cloud import SimCloud
from tests.support.ports import closed_port
from tests.support.served import EMAIL, MACS, PASSWORD, make_cloud

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")
BOXES = dict(re.findall(r"^<!-- check: ([\w ]+) -->\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
HOST = "127.0.0.1"

Spoil = Callable[[SimCloud], object]


def answering(path: str, status: int, body: bytes, **headers: str) -> Spoil:
    """A service that answers requests for ``path`` so; all requests when that is empty."""

    def spoil(cloud: SimCloud) -> None:
        well = cloud.rest

        def rest(method: str, target: str, given: dict[str, str], sent: bytes, now: Instant) -> HttpReply:
            if path not in target:
                return well(method, target, given, sent, now)
            return HttpReply(status, {"date": format_date(now.utc), **headers}, body)

        vars(cloud)["rest"] = rest

    return spoil


def forbidding(cloud: SimCloud) -> None:
    def authorize(*_: object) -> None:
        raise SignatureRefused(Refusal.BAD_SIGNATURE)

    vars(cloud)["authorize"] = authorize


def deaf(cloud: SimCloud) -> None:
    granted = cloud.broker.subscribe

    def subscribe(client: object, filters: list[tuple[str, int]], now: Instant) -> object:
        is_heater = getattr(client, "client_id", "").startswith("navilink-")
        return granted(client, filters, now) if is_heater else [0x80 for _ in filters]  # type: ignore[arg-type]

    vars(cloud.broker)["subscribe"] = subscribe


CLOUDS: dict[str, Spoil] = {
    "locked": lambda cloud: setattr(next(iter(cloud.service.accounts)), "locked", True),
    "not confirmed": answering("sign-in", 200, dumps({"code": 401, "msg": "USER_NOT_CONFIRMED"})),
    "throttled": answering("sign-in", 429, b"", **{"retry-after": "60"}),
    "no heater": lambda cloud: next(iter(cloud.service.accounts)).heaters.clear(),
    "off line": lambda cloud: cloud.set_online(MACS[0], online=False),
    "silent": lambda cloud: cloud.set_mute(MACS[0], mute=True),
    "web page": answering("", 200, b"<html>Please sign in</html>", **{"content-type": "text/html"}),
    "out of order": answering("", 503, b""),
    "forbidden": forbidding,
    "deaf": deaf,
}
SETTINGS = {
    "wrong password": {"NAVIEN_PASSWORD": "another"},
    "unknown address": {"NAVIEN_EMAIL": "nobody@example.com"},
    "no account": {"NAVIEN_EMAIL": "", "NAVIEN_PASSWORD": ""},
    "name": {"NAVIEN_BASE_URL": "https://nlus.naviensmartcontrol.invalid/api/v2.1"},
    "closed port": {"NAVIEN_MQTT_PORT": "closed"},
}
SERVERS = ("strange certificate", "clock")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without configuration; nobody waits for a silent heater for long."""
    for name in [name for name in os.environ if name.startswith(("NAVI", "SSL_CERT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "navien_anyio.cli.doctor.session_config",
        lambda config: evolve(session_config(config), reply_timeout=1.0),
    )


@pytest.fixture
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimServer]:
    """A simulated cloud with the fault of that name."""
    cloud = make_cloud()
    spoil = CLOUDS.get(request.param)
    if spoil is not None:
        spoil(cloud)
    certificate, clock = None, system_clock
    if request.param == "strange certificate":
        made = trustme.CA().issue_cert(HOST)
        (tmp_path / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        made.private_key_pem.write_to_path(tmp_path / "key.pem")
        certificate = (str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"))
    if request.param == "clock":

        def ahead() -> Instant:
            now = system_clock()
            return Instant(now.monotonic, now.utc + timedelta(minutes=10, seconds=30))

        clock = ahead
    with SimServer(cloud, certificate=certificate, clock=clock) as server:
        yield server


def fits(shown: str, printed: list[str]) -> bool:
    """Whether the lines of a box stand together in what was printed; ``…`` alone is any lines, else any text."""
    pattern = ""
    for line in shown.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.search(rf"^{pattern}", "".join(f"{line}\n" for line in printed), re.MULTILINE) is not None


@pytest.mark.parametrize(("service", "name"), [(name, name) for name in BOXES], indirect=["service"], ids=str)
def test_a_box_is_what_the_doctor_prints(
    service: SimServer, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**service.settings, "email": EMAIL, "password": PASSWORD}
    settings.pop("simulated")
    variables = {f"NAVIEN_{key.upper()}": str(value) for key, value in settings.items()} | SETTINGS.get(name, {})
    shown = BOXES[name].replace("nlus.naviensmartcontrol.com", HOST)
    with closed_port() as port:
        if variables["NAVIEN_MQTT_PORT"] == "closed":
            variables["NAVIEN_MQTT_PORT"] = str(port)
            shown = shown.replace(f"{HOST}:1 ", f"{HOST}:{port} ")
        for key, value in variables.items():
            if value:
                monkeypatch.setenv(key, value)
        code = run(["check", "--no-store"])
    printed = capsys.readouterr().out
    assert fits(shown, printed.splitlines()), printed
    assert (code == 0) is ("FAILED" not in printed)


def test_every_fault_has_its_box() -> None:
    assert set(BOXES) == {*CLOUDS, *SETTINGS, *SERVERS}


@pytest.mark.parametrize(
    ("shown", "printed", "whether"),
    [
        ("a … c\n", ["z", "a b c"], True),
        ("a\n…\nc\n", ["a", "b", "b", "c"], True),
        ("a\nc\n", ["a", "b", "c"], False),
        ("b\n", ["a b"], False),
    ],
)
def test_boxes_are_compared_by_whole_lines(shown: str, printed: list[str], whether: bool) -> None:
    assert fits(shown, printed) is whether
