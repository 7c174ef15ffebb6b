"""Writes the HAR files of ``fixtures``: captures as a browser's tools would save them, of the simulated cloud.

``simulated-session.har`` has what one real session had, the cloud's half of it alone. ``simulated-controls.har``
has both halves: requests, controls, schedules, a refused control, refused sign-ins.

Run it by hand after the simulated heater changed on purpose: ``python -m tests.support.record_fixture``. A test
holds the files to what this makes, byte for byte.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from navien_proto.instant import Instant
from navien_proto.sim.cloud import SimCloud
from navien_proto.sim.packets import (
    ConnAck,
    Connect,
    Packet,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    encode,
)
from tests.support.heater_bench import (
    ACK,
    DID,
    MAC,
    MODE,
    OFF,
    ON,
    ROOT,
    RSV_READ,
    RSV_WRITE,
    SET_POINT,
    ST,
    STARTED,
    Bench,
    Heard,
)

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "simulated-session.har"
HOST = "https://nlus.naviensmartcontrol.com/api/v2.1"
EMAIL, PASSWORD = "user@example.com", "not-a-real-password"
TOKENS = ("idToken", "accessToken", "refreshToken", "accessKeyId", "secretKey", "sessionToken")
# The command sequence of docs/protocol/device_model.md section 12, from the same starting state.
COMMANDS: list[tuple[float, str, int, dict[str, Any]]] = [
    (0.0, "st", ST, {}),
    (53.5, "ctrl", MODE, {"mode": "dhw-mode", "param": [3], "paramStr": ""}),
    (64.0, "ctrl", MODE, {"mode": "dhw-mode", "param": [1], "paramStr": ""}),
    (73.7, "ctrl", MODE, {"mode": "dhw-mode", "param": [4], "paramStr": ""}),
    (80.3, "ctrl", MODE, {"mode": "dhw-mode", "param": [1], "paramStr": ""}),
    (92.5, "ctrl", OFF, {"mode": "power-off", "param": [], "paramStr": ""}),
    (157.2, "ctrl", ON, {"mode": "power-on", "param": [], "paramStr": ""}),
    (264.3, "st", ST, {}),
]


def build() -> str:
    """The text of ``simulated-session.har``."""
    begun = STARTED.astimezone(UTC) - timedelta(seconds=20)
    return _har([*_rest(begun), _web_socket(_heard())])


def build_controls() -> str:
    """The text of ``simulated-controls.har``."""
    begun = STARTED.astimezone(UTC) - timedelta(seconds=20)
    return _har([*_refusals(begun), _web_socket(_conversation())])


def _har(entries: list[dict[str, Any]]) -> str:
    log = {"version": "1.2", "creator": {"name": "navien simulated cloud", "version": "1"}, "entries": entries}
    return json.dumps({"log": log}, indent=1, ensure_ascii=False) + "\n"


# --- REST

Call = tuple[str, str, dict[str, Any] | None]


def _cloud(begun: datetime) -> tuple[SimCloud, dict[str, Any]]:
    """A cloud with one account and one heater, and what a request about it says."""
    cloud = SimCloud(rng=Random(1))
    bench = Bench.with_config()
    cloud.add_heater(cloud.add_account(EMAIL, PASSWORD), bench.heater, Instant(0.0, begun))
    return cloud, {"userId": EMAIL, "macAddress": bench.heater.config.mac, "additionalValue": "1234"}


def _token(cloud: SimCloud, now: Instant) -> dict[str, str]:
    body = json.dumps({"userId": EMAIL, "password": PASSWORD}).encode()
    token: dict[str, str] = json.loads(cloud.rest("POST", "/user/sign-in", {}, body, now).body)["data"]["token"]
    return token


def _tou(device: dict[str, Any]) -> Call:
    names = f"additionalValue=1234&controllerId=00000000XX00000000&macAddress={device['macAddress']}&userType=O"
    return "GET", f"/device/tou?{names}", None


def _rest(begun: datetime) -> list[dict[str, Any]]:
    cloud, device = _cloud(begun)
    now = Instant(0.0, begun)
    token = _token(cloud, now)
    calls: list[Call] = [
        ("POST", "/user/sign-in", {"userId": EMAIL, "password": PASSWORD}),
        ("POST", "/device/list", {"userId": EMAIL, "offset": 0, "count": 20}),
        ("POST", "/device/info", device),
        ("POST", "/device/firmware/info", device),
        _tou(device),
        ("POST", "/app/update-push-token", {"userId": EMAIL, "pushToken": "<redacted>", "os": "A"}),
        ("POST", "/auth/refresh", {"refreshToken": token["refreshToken"]}),
    ]
    return [_exchange(cloud, call, token, now.after(1.5 * number)) for number, call in enumerate(calls)]


def _refusals(begun: datetime) -> list[dict[str, Any]]:
    """Sign-ins refused in each way, then one that is granted; with requests, as proxies record them."""
    cloud, device = _cloud(begun)
    now = Instant(0.0, begun)
    token = _token(cloud, now)
    nobody = {**token, "accessToken": "access-token-placeholder"}
    tries: list[tuple[Call, dict[str, str]]] = [
        (("POST", "/user/sign-in", {"userId": EMAIL, "password": "wrong-password"}), token),
        (("POST", "/user/sign-in", {"userId": "nobody@example.com", "password": PASSWORD}), token),
        (("POST", "/device/list", {"userId": EMAIL, "offset": 0, "count": 20}), nobody),
        (("POST", "/auth/refresh", {"refreshToken": "refresh-token-gone"}), token),
        (("POST", "/user/sign-in", {"userId": EMAIL, "password": PASSWORD}), token),
        (("POST", "/device/list", {"userId": EMAIL, "offset": 0, "count": 20}), token),
        (("POST", "/device/list", {"userId": EMAIL, "offset": 20, "count": 20}), token),
        (("POST", "/device/info", {**device, "additionalValue": "0123"}), token),
        (("POST", "/device/firmware/info", device), token),
        (_tou(device), token),
    ]
    return [
        _exchange(cloud, call, held, now.after(1.5 * number), with_request=True)
        for number, (call, held) in enumerate(tries)
    ]


def _exchange(
    cloud: SimCloud, call: Call, token: dict[str, str], at: Instant, *, with_request: bool = False
) -> dict[str, Any]:
    method, target, members = call
    body = b"" if members is None else json.dumps(members).encode()
    reply = cloud.rest(method, target, {"authorization": token["accessToken"]}, body, at)
    text = _hidden(reply.body.decode())
    request: dict[str, Any] = {
        "method": method,
        "url": HOST + target,
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": "authorization", "value": "<redacted>"}],
    }
    if with_request and members is not None:
        request["postData"] = {"mimeType": "application/json", "text": body.decode()}
    return {
        "startedDateTime": _stamp(at.utc),
        "time": 120,
        "request": request,
        "response": {
            "status": reply.status,
            "statusText": "OK" if reply.status == 200 else "",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in reply.headers.items()],
            "content": {"size": len(text), "mimeType": "application/json", "text": text},
        },
    }


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hidden(text: str) -> str:
    """Even invented tokens do not stand in a fixture: a reader must not have to guess that they are."""
    body = json.loads(text)
    data = body.get("data")
    if isinstance(data, dict):
        token = data.get("token", data)
        token.update({name: f"{name}-placeholder" for name in TOKENS if name in token})
    return json.dumps(body, separators=(",", ":"))


# --- MQTT

Frame = tuple[float, str, Packet]


def _heard() -> list[Frame]:
    """What the heater says to the commands of the captured session."""
    bench = Bench.with_config(upper=58.6, lower=53.62, running=True, tou_status=3, ambient=27.8, noise=None)
    heard = []
    for at, suffix, command, members in COMMANDS:
        heard += bench.ask(at, suffix, command, **members)
    bench.heater.advance(290.0)
    heard += bench.heard()
    return [(message.at, "receive", _publish(message, number)) for number, message in enumerate(heard, start=1)]


def _publish(message: Heard, number: int) -> Publish:
    payload = json.dumps(message.envelope, separators=(",", ":")).encode()
    return Publish(topic=message.topic, payload=payload, qos=1, packet_id=number)


RES = "cmd/52/client-0001/res"
ENTRIES = [
    {"enable": 2, "week": 124, "hour": 6, "min": 30, "mode": 4, "param": 120},
    {"enable": 1, "week": 130, "hour": 8, "min": 0, "mode": 3, "param": 110},
]
PERIODS = [
    {
        "season": 4095,
        "week": 254,
        "startHour": first,
        "startMinute": 0,
        "endHour": last,
        "endMinute": 59,
        "priceMin": price,
        "priceMax": price,
        "decimalPoint": 5,
    }
    for first, last, price in ((0, 15, 36261), (16, 20, 39261), (21, 23, 36261))
]


def _mode(*param: int) -> dict[str, Any]:
    return {"mode": "dhw-mode", "param": list(param), "paramStr": ""}


def _plain(mode: str, *param: int) -> dict[str, Any]:
    return {"mode": mode, "param": list(param), "paramStr": ""}


# Seconds, suffix, code, where the answer is wanted, further members (docs/protocol/commands.md).
CONTROLS: list[tuple[float, str, int, str | None, dict[str, Any]]] = [
    (1.0, "st/did", DID, ACK, {}),
    (2.5, "st", ST, ACK, {}),
    (20.0, "ctrl", MODE, ACK, _mode(3)),
    (40.0, "ctrl", MODE, ACK, _mode(2)),
    (60.0, "ctrl", MODE, ACK, _mode(5, 2)),
    (80.0, "ctrl", MODE, ACK, _mode(1)),
    (100.0, "ctrl", SET_POINT, ACK, _plain("dhw-temperature", 117)),
    (120.0, "ctrl", SET_POINT, ACK, _plain("dhw-temperature", 121)),
    (140.0, "ctrl", 0x02000028, ACK, _plain("anti-leg-on", 7)),
    (160.0, "ctrl", 0x0200002A, ACK, _plain("air-filter-life", 6)),
    (180.0, "ctrl/rsv/rd", RSV_WRITE, f"{RES}/rsv/rd", {"reservationUse": 2, "reservation": ENTRIES}),
    (200.0, "st/rsv/rd", RSV_READ, f"{RES}/rsv/rd", {}),
    (
        220.0,
        "ctrl/tou/rd",
        0x02000007,
        f"{RES}/tou/rd",
        {"controllerSerialNumber": "00000000XX00000000", "reservationUse": 2, "reservation": PERIODS},
    ),
    (240.0, "ctrl", 0x0200002C, ACK, _plain("tou-on")),
    # Too close together: the second is refused.
    (260.0, "ctrl", OFF, ACK, _plain("power-off")),
    (260.4, "ctrl", ON, ACK, _plain("power-on")),
    (275.0, "ctrl", ON, ACK, _plain("power-on")),
    (285.0, "st/end", 0x01000002, f"{RES}/end", {}),
]
APP_CONNECTION = {
    "clientID": "client-0001",
    "protocolVersion": 1,
    "requestTopic": f"evt/52/navilink-{MAC}/app-connection",
    "sessionID": "",
    "event": {
        "additionalValue": "1234",
        "deviceType": 52,
        "macAddress": MAC,
        "connection": {"os": "A", "status": 1},
    },
}


def _conversation() -> list[Frame]:
    """Both halves of a connection, requests seen back by the device's filter included."""
    bench = Bench.with_config(
        upper=58.6, lower=53.62, running=True, tou_status=1, ambient=27.8, noise=None, strict=True
    )
    frames: list[Frame] = [
        (0.0, "send", Connect(client_id="client-0001")),
        (0.1, "receive", ConnAck()),
        (0.2, "send", Subscribe(packet_id=1, filters=((f"{ROOT}/#", 1), (f"{RES}/#", 1)))),
        (0.3, "receive", SubAck(packet_id=1, codes=(1, 1))),
    ]
    event = Heard(0.5, f"evt/52/navilink-{MAC}/app-connection", APP_CONNECTION)
    frames.append((0.5, "send", _publish(event, 2)))
    sent, received = 2, 0

    def hear(messages: list[Heard]) -> None:
        nonlocal received
        for message in messages:
            received += 1
            frames.append((message.at, "receive", _publish(message, received)))

    for at, suffix, command, reply, members in CONTROLS:
        hear(bench.wait(at))
        sent += 1
        asked = Heard(at, f"{ROOT}/{suffix}", bench.envelope(suffix, command, reply=reply, **members))
        frames.append((at, "send", _publish(asked, sent)))
        frames.append((at, "receive", PubAck(packet_id=sent)))
        hear([asked])
        bench.heater.receive(asked.topic, asked.envelope, at)
        hear(bench.heard())
    hear(bench.wait(290.0))
    return frames


def _web_socket(packets: list[Frame]) -> dict[str, Any]:
    frames = [
        {
            "type": direction,
            "time": round((STARTED + timedelta(seconds=at)).timestamp(), 3),
            "opcode": 2,
            "data": b64encode(encode(packet)).decode(),
        }
        for at, direction, packet in packets
    ]
    return {
        "startedDateTime": _stamp(STARTED.astimezone(UTC)),
        "time": 290000,
        "request": {
            "method": "GET",
            "url": "wss://a1t30mldyslmuq-ats.iot.us-east-1.amazonaws.com/mqtt?X-Amz-Signature=<redacted>",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "sec-websocket-protocol", "value": "mqtt"}],
        },
        "response": {"status": 101, "statusText": "Switching Protocols", "httpVersion": "HTTP/1.1", "headers": []},
        "_webSocketMessages": frames,
    }


RECIPES = {FIXTURE.name: build, "simulated-controls.har": build_controls}
"""What makes each file."""


if __name__ == "__main__":
    for name, recipe in RECIPES.items():
        FIXTURE.with_name(name).write_text(recipe(), encoding="utf-8")
        print(f"wrote {FIXTURE.with_name(name)}")
