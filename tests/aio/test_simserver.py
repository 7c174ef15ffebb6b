"""The simulated cloud on sockets, met without the client: what other programs rely on."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from random import Random

import httpx
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    RejectConnection,
    Request,
    TextMessage,
)

from navien_anyio.clock import system_clock
from navien_anyio.simserver import SimServer
from navien_proto.cloud.endpoints import sign_in
from navien_proto.cloud.sigv4 import Credentials, presigned_target
from navien_proto.errors import UsageError
from navien_proto.sim.cloud import SimCloud, SimCloudConfig
from navien_proto.sim.heater import Heater, HeaterConfig
from tests.support.served import EMAIL, MACS, PASSWORD
from tests.support.waiting import PATIENCE, becomes


def post(server: SimServer, path: str, body: object, **headers: str) -> httpx.Response:
    return httpx.post(server.base_url + path, json=body, headers=headers, timeout=PATIENCE)


def token(server: SimServer) -> dict[str, str]:
    request = sign_in(server.base_url, EMAIL, PASSWORD)
    reply = httpx.request(
        request.method, request.url, headers=dict(request.headers), content=request.body, timeout=PATIENCE
    )
    found: dict[str, str] = reply.json()["data"]["token"]
    return found


def target(server: SimServer) -> str:
    keys = token(server)
    credentials = Credentials(keys["accessKeyId"], keys["secretKey"], keys["sessionToken"])
    host = f"{server.host}:{server.port}"
    return presigned_target(credentials, host=host, region="us-east-1", path="/mqtt", at=datetime.now(UTC))


class Socket:
    """A bare WebSocket client."""

    def __init__(self, server: SimServer, path: str, subprotocols: list[str]) -> None:
        self.stream = socket.create_connection((server.host, server.port), timeout=PATIENCE)
        self.framing = WSConnection(ConnectionType.CLIENT)
        self.send(Request(host=f"{server.host}:{server.port}", target=path, subprotocols=subprotocols))

    def send(self, event: Event) -> None:
        self.stream.sendall(self.framing.send(event))

    def next(self) -> Event:
        while True:
            for event in self.framing.events():
                return event
            self.framing.receive_data(self.stream.recv(65536) or None)

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()


def test_rest_answers_as_the_service_does(server: SimServer) -> None:
    listed = post(
        server,
        "/device/list",
        {"userId": EMAIL, "offset": 0, "count": 20},
        authorization=token(server)["accessToken"],
    )
    assert listed.status_code == 200
    assert listed.json()["data"][0]["deviceInfo"]["macAddress"] == MACS[0]
    assert len(listed.headers.get_list("date")) == 1
    assert post(server, "/device/list", {}).status_code == 401
    assert post(server, "/nothing", {}).status_code == 404
    assert post(server, "/user/sign-in", {"userId": EMAIL, "password": "wrong"}).json()["code"] != 200


def test_a_request_without_end_is_refused(server: SimServer) -> None:
    assert (
        httpx.post(server.base_url + "/user/sign-in", content=b"x" * 300_000, timeout=PATIENCE).status_code == 413
    )


def test_an_upgrade_is_judged_before_it_is_accepted(server: SimServer) -> None:
    with Socket(server, "/mqtt?X-Amz-Signature=0", ["mqtt"]) as refused:
        event = refused.next()
        assert isinstance(event, RejectConnection)
        assert event.status_code == 403
        assert any(name.lower() == b"date" and value.endswith(b"GMT") for name, value in event.headers)
    with Socket(server, target(server), ["mqtt"]) as accepted:
        event = accepted.next()
        assert isinstance(event, AcceptConnection)
        assert event.subprotocol == "mqtt"


def test_without_the_sub_protocol_there_is_no_connection(server: SimServer) -> None:
    with Socket(server, target(server), ["chat"]) as wrong:
        event = wrong.next()
        assert isinstance(event, RejectConnection)
        assert event.status_code == 400


@pytest.mark.parametrize("sent", [TextMessage("hello"), BytesMessage(b"\x00\x00garbage")])
def test_what_is_no_mqtt_ends_the_connection(server: SimServer, sent: Event) -> None:
    with Socket(server, target(server), ["mqtt"]) as client:
        assert isinstance(client.next(), AcceptConnection)
        client.send(sent)
        assert isinstance(client.next(), CloseConnection)


def test_a_packet_may_come_in_any_pieces(server: SimServer) -> None:
    connect = bytes.fromhex("10 0d 00 04 4d515454 04 02 003c 0001 61")
    with Socket(server, target(server), ["mqtt"]) as client:
        assert isinstance(client.next(), AcceptConnection)
        for byte in connect:
            client.send(BytesMessage(bytes([byte])))
        answer = client.next()
        assert isinstance(answer, BytesMessage)
        assert bytes(answer.data) == bytes.fromhex("20 02 00 00")


def test_a_port_in_use_is_said(server: SimServer) -> None:
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{server.port}: address already in use"):
        SimServer(SimCloud(rng=Random(0)), port=server.port).__enter__()
    with pytest.raises(UsageError, match="cannot listen"):
        SimServer(SimCloud(rng=Random(0)), host="no.such.host.invalid").__enter__()


def test_the_cloud_is_touched_in_the_servers_thread_alone(server: SimServer) -> None:
    assert server.call(lambda cloud, now: cloud.online(MACS[0]))
    with pytest.raises(ZeroDivisionError):
        server.call(lambda cloud, now: 1 // 0)
    with pytest.raises(UsageError, match="not being served"):
        SimServer(SimCloud(rng=Random(0))).call(lambda cloud, now: None)


def test_the_heaters_clock_alone_runs_faster() -> None:
    cloud = SimCloud(SimCloudConfig(speed=1000.0), rng=Random(0))
    account = cloud.add_account(EMAIL, PASSWORD)
    cloud.add_heater(account, Heater(HeaterConfig(), rng=Random(0), started=datetime.now(UTC)), system_clock())
    with SimServer(cloud) as server:
        # A hundred seconds of the heater's, in less of ours.
        becomes(lambda: server.call(lambda cloud, now: cloud.clock(MACS[0], now)) >= 100)


def test_a_server_can_be_started_again() -> None:
    server = SimServer(SimCloud(rng=Random(0)))
    for _ in range(2):
        with server:
            assert post(server, "/nothing", {}).status_code == 404
