"""Writes ``fixtures/simulated-session.har``: a capture as a browser's tools would save it, of the simulated cloud.

Run it by hand after the simulated heater changed on purpose: ``python -m tests.support.record_fixture``. A test
holds the file to what this makes, byte for byte.
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
from navien_proto.sim.packets import Publish
from tests.support.heater_bench import MODE, OFF, ON, ST, STARTED, Bench

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
    """The fixture's text."""
    begun = STARTED.astimezone(UTC) - timedelta(seconds=20)
    entries = [*_rest(begun), _web_socket()]
    log = {"version": "1.2", "creator": {"name": "navien simulated cloud", "version": "1"}, "entries": entries}
    return json.dumps({"log": log}, indent=1, ensure_ascii=False) + "\n"


def _rest(begun: datetime) -> list[dict[str, Any]]:
    rng = Random(1)
    cloud = SimCloud(rng=rng)
    bench = Bench.with_config()
    account = cloud.add_account(EMAIL, PASSWORD)
    now = Instant(0.0, begun)
    cloud.add_heater(account, bench.heater, now)
    device = {"userId": EMAIL, "macAddress": bench.heater.config.mac, "additionalValue": "1234"}
    signed_in = json.loads(
        cloud.rest(
            "POST", "/user/sign-in", {}, json.dumps({"userId": EMAIL, "password": PASSWORD}).encode(), now
        ).body
    )
    token = signed_in["data"]["token"]
    query = f"?additionalValue=1234&controllerId=00000000XX00000000&macAddress={device['macAddress']}&userType=O"
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/user/sign-in", {"userId": EMAIL, "password": PASSWORD}),
        ("POST", "/device/list", {"userId": EMAIL, "offset": 0, "count": 20}),
        ("POST", "/device/info", device),
        ("POST", "/device/firmware/info", device),
        ("GET", f"/device/tou{query}", None),
        ("POST", "/app/update-push-token", {"userId": EMAIL, "pushToken": "<redacted>", "os": "A"}),
        ("POST", "/auth/refresh", {"refreshToken": token["refreshToken"]}),
    ]
    entries = []
    for number, (method, target, members) in enumerate(calls):
        at = now.after(1.5 * number)
        body = b"" if members is None else json.dumps(members).encode()
        reply = cloud.rest(method, target, {"authorization": token["accessToken"]}, body, at)
        text = _hidden(reply.body.decode())
        entries.append(
            {
                "startedDateTime": at.utc.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "time": 120,
                "request": {
                    "method": method,
                    "url": HOST + target,
                    "httpVersion": "HTTP/1.1",
                    "headers": [{"name": "authorization", "value": "<redacted>"}],
                },
                "response": {
                    "status": reply.status,
                    "statusText": "OK",
                    "httpVersion": "HTTP/1.1",
                    "headers": [{"name": name, "value": value} for name, value in reply.headers.items()],
                    "content": {"size": len(text), "mimeType": "application/json", "text": text},
                },
            }
        )
    return entries


def _hidden(text: str) -> str:
    """Even invented tokens do not stand in a fixture: a reader must not have to guess that they are."""
    body = json.loads(text)
    data = body.get("data")
    if isinstance(data, dict):
        token = data.get("token", data)
        token.update({name: f"{name}-placeholder" for name in TOKENS if name in token})
    return json.dumps(body, separators=(",", ":"))


def _web_socket() -> dict[str, Any]:
    bench = Bench.with_config(upper=58.6, lower=53.62, running=True, tou_status=3, ambient=27.8, noise=None)
    heard = []
    for at, suffix, command, members in COMMANDS:
        heard += bench.ask(at, suffix, command, **members)
    bench.heater.advance(290.0)
    heard += bench.heard()
    frames = []
    for number, message in enumerate(heard, start=1):
        payload = json.dumps(message.envelope, separators=(",", ":")).encode()
        packet = Publish(topic=message.topic, payload=payload, qos=1, packet_id=number).to_bytes()
        moment = (STARTED + timedelta(seconds=message.at)).timestamp()
        frames.append(
            {"type": "receive", "time": round(moment, 3), "opcode": 2, "data": b64encode(packet).decode()}
        )
    return {
        "startedDateTime": (STARTED.astimezone(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
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


if __name__ == "__main__":
    FIXTURE.write_text(build(), encoding="utf-8")
    print(f"wrote {FIXTURE}")
