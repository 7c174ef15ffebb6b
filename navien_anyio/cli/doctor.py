"""The doctor: goes from the settings to the first status, and tells what it finds at each step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import anyio
from anyio.streams.tls import TLSAttribute
from attrs import evolve, frozen

from navien_anyio.cli.choosing import choose
from navien_anyio.cli.exits import CliError, ExitCode, advice, exit_code
from navien_anyio.cli.findings import STEPS, Finding, Outcome, clock_finding, configuration_finding
from navien_anyio.cli.options import is_local
from navien_anyio.cli.words import label, show_charge
from navien_anyio.client import NavienClient
from navien_anyio.clock import system_clock
from navien_anyio.dial import dial
from navien_anyio.http import exchange, new_client, quiet_httpx
from navien_anyio.tls import client_context
from navien_proto.cloud.http import HttpRequest
from navien_proto.config import Config
from navien_proto.errors import LinkBroken, NavienError
from navien_proto.model.device import Device
from navien_proto.mqtt.actions import Endpoint
from navien_proto.mqtt.tunnel import Proxy
from navien_proto.reasons import describe_failure
from navien_proto.session import SessionConfig
from navien_proto.session import events as ev
from navien_proto.session.inputs import HttpFailed
from navien_proto.session.settings import session_config
from navien_sync.stores import TokenStore
from navien_sync.stores.proxies import proxy_for

__all__ = ["examine"]

PATIENCE = 15.0
NETWORK_ADVICE = {
    "DNS": "Is this machine on the internet? Are the names spelt right (base_url, mqtt_host)?",
    "TLS": "Does a firewall or a proxy stand between this machine and the service?",
}
SESSION_PATIENCE = 120.0
LET_IN = "the broker accepts our signature and lets us in"
OFFLINE = "It has no power or no Wi-Fi; the NaviLink app shows it as disconnected too."


@frozen
class _Endpoint:
    host: str
    port: int
    secure: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def link(self) -> Endpoint:
        """As a link has it."""
        return Endpoint("wss" if self.secure else "ws", self.host, self.port)

    @property
    def proxy(self) -> Proxy | None:
        """The proxy of the environment that leads there.

        Raises:
            LinkBroken: it is none.
        """
        return proxy_for(self.link, None)


Tell = Callable[[Finding], None]


async def examine(config: Config, store: TokenStore, tell: Tell) -> list[Finding]:
    """Go through every step in order; ``tell`` hears each finding as soon as it is there.

    What depends on a failed step is skipped, and told to be.
    """
    findings: list[Finding] = []

    def found(finding: Finding) -> bool:
        findings.append(finding)
        tell(finding)
        return finding.outcome is not Outcome.FAILED

    await _steps(config, store, found)
    for step in STEPS[STEPS.index(findings[-1].step) + 1 :]:
        found(Finding(step=step, outcome=Outcome.SKIPPED))
    return findings


async def _steps(config: Config, store: TokenStore, found: Callable[[Finding], bool]) -> None:
    rest, broker = _endpoints(config)
    configured = found(configuration_finding(config))
    good = await _look("DNS", _resolve, (rest, broker), found)
    good = await _look("TLS", _shake_hands, good, found)
    if rest not in good or not found(await _clock(config.base_url)) or not configured:
        return
    session = evolve(session_config(config), fail_fast=True)
    visit = _Visit(session, store, config.device, found)
    # Without the broker the account can still be looked at.
    await visit.run(STEPS if broker in good else STEPS[: STEPS.index("WebSocket")])


def _endpoints(config: Config) -> tuple[_Endpoint, _Endpoint]:
    rest = urlsplit(config.base_url)
    secure = rest.scheme == "https"
    return (
        _Endpoint(rest.hostname or "", rest.port or (443 if secure else 80), secure),
        _Endpoint(config.mqtt_host.strip("[]"), config.mqtt_port, config.mqtt_scheme == "wss"),
    )


async def _look(
    step: str,
    look: Callable[[_Endpoint], Awaitable[str]],
    endpoints: tuple[_Endpoint, ...],
    found: Callable[[Finding], bool],
) -> tuple[_Endpoint, ...]:
    """Look at each endpoint; those where all is well."""
    good, lines = [], []
    for endpoint in endpoints:
        try:
            with anyio.fail_after(PATIENCE):
                lines.append(await look(endpoint))
            good.append(endpoint)
        except (OSError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError) as error:
            lines.append(_failure(error, endpoint))
    exposed = step == "TLS" and any(not one.secure and not is_local(f"tcp://{one.host}") for one in good)
    finding = Finding(
        step=step, outcome=Outcome.NOTE if exposed else Outcome.FINE, found=tuple(dict.fromkeys(lines))
    )
    if len(good) < len(endpoints):
        finding = evolve(finding, outcome=Outcome.FAILED, advice=NETWORK_ADVICE[step], code=ExitCode.NETWORK)
    if endpoints:
        found(finding)
    return tuple(good)


def _failure(error: BaseException, endpoint: _Endpoint) -> str:
    try:
        proxy = endpoint.proxy
    except LinkBroken:
        return str(error)
    if proxy is None:
        return describe_failure(error, endpoint.host, endpoint.port)
    said = str(error) if isinstance(error, LinkBroken) else describe_failure(error, proxy.host, proxy.port)
    return f"on the way to {endpoint} through a proxy: {said}"


async def _resolve(endpoint: _Endpoint) -> str:
    proxy = endpoint.proxy
    where = endpoint if proxy is None else proxy
    answers = await anyio.getaddrinfo(where.host, where.port)
    if proxy is not None:
        return f"{endpoint.host} is the affair of the proxy {proxy.host}:{proxy.port}"
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if addresses == [endpoint.host]:
        return f"{endpoint.host} is an address, not a name"
    more = f" and {len(addresses) - 1} more" if addresses[1:] else ""
    return f"{endpoint.host} is {addresses[0]}{more}"


async def _shake_hands(endpoint: _Endpoint) -> str:
    async with await dial(endpoint.link, None, endpoint.proxy) as stream:
        if not endpoint.secure:
            return f"{endpoint} answers, without encryption"
        version = stream.extra(TLSAttribute.tls_version)
        certificate: Any = stream.extra(TLSAttribute.peer_certificate) or {}
        until = certificate.get("notAfter", "")
        return f"{endpoint} speaks {version}" + (f", certificate good until {until}" if until else "")


async def _clock(base_url: str) -> Finding:
    quiet_httpx()
    client, close = new_client(await client_context() if base_url.startswith("https:") else None)
    before = system_clock()
    try:
        with anyio.move_on_after(PATIENCE):
            report = await exchange(client, 1, HttpRequest("GET", f"{base_url}/"))
            return clock_finding(report, before, system_clock())
    finally:
        with anyio.move_on_after(1.0, shield=True):
            await close()
    return clock_finding(HttpFailed(1, f"no answer in {PATIENCE:g} s"), before, system_clock())


class _Visit:
    """The steps that a session takes, watched from outside."""

    def __init__(
        self, session: SessionConfig, store: TokenStore, wanted: str | None, found: Callable[[Finding], bool]
    ) -> None:
        self._session = session
        self._store = store
        self._wanted = wanted
        self._found = found
        self._todo = list(STEPS[STEPS.index("sign-in") :])
        self._refused = 0
        self._missing: dict[str, Device] = {}
        self._answers: list[str] = []

    async def run(self, steps: Sequence[str]) -> None:
        """Sign-in, devices, WebSocket, subscription, first status: those of them that are among ``steps``."""
        self._todo = [step for step in self._todo if step in steps]
        try:
            async with NavienClient(config=self._session, token_store=self._store, wait=False) as client:
                with anyio.fail_after(SESSION_PATIENCE):
                    async for event in client.events():
                        self._take(event)
                        if not self._todo:
                            return
        except TimeoutError:
            self._fail(CliError(f"nothing more in {SESSION_PATIENCE:g} s", ExitCode.NETWORK))
        except NavienError as error:
            if not self._todo:
                raise
            # The sentence tells a broker that does not let us in from one that does not let us listen.
            if self._todo[0] == "WebSocket" and "SUBSCRIBE" in str(error):
                self._done("WebSocket", LET_IN)
            self._fail(error)

    def _take(self, event: ev.Event) -> None:
        match event:
            case ev.SignedIn():
                self._done("sign-in", "the account lets us in")
            case ev.DevicesListed():
                self._listed(event.devices)
            case ev.SubscriptionRefused():
                self._refused += 1
            case ev.Connected():
                self._connected()
            case ev.StatusReceived() if event.device.mac in self._missing:
                del self._missing[event.device.mac]
                self._answers.append(f"{label(event.device)} answers: charge {show_charge(event.status)}")
                self._look_whether_all_answered()
            case ev.AnswerMissed() if event.device.mac in self._missing:
                sentence = f"{label(event.device)} does not answer"
                self._fail(CliError(sentence, ExitCode.DEVICE, advice=OFFLINE))
            case _:
                pass

    def _done(self, step: str, *found: str, **more: Any) -> None:
        if step in self._todo:
            self._todo.remove(step)
            self._found(Finding(step=step, found=found, **more))

    def _fail(self, error: NavienError) -> None:
        step = self._todo[0]
        self._todo.clear()
        todo = _what_to_do(step, error)
        failed = Finding(
            step=step, outcome=Outcome.FAILED, found=(str(error),), advice=todo, code=exit_code(error)
        )
        self._found(failed)

    def _listed(self, devices: tuple[Device, ...]) -> None:
        self._done("sign-in", "the tokens of an earlier sign-in are still good; the password was not tried")
        chosen = choose(devices, self._wanted)
        states = {True: "on line", False: "off line", None: "the cloud does not say whether it is on line"}
        found = (f"{label(device)} (MAC …{device.mac[-4:]}): {states[device.online]}" for device in chosen)
        self._missing = {device.mac: device for device in chosen if device.online is not False}
        if len(self._missing) < len(chosen):
            failed = {"outcome": Outcome.FAILED, "advice": OFFLINE, "code": ExitCode.DEVICE}
            self._done("devices", *found, **failed)
        else:
            self._done("devices", *found)

    def _connected(self) -> None:
        self._done("WebSocket", LET_IN)
        if self._refused:
            todo = "The account may not listen to this heater: pair it anew in the NaviLink app."
            failed = {"outcome": Outcome.FAILED, "advice": todo, "code": ExitCode.DEVICE}
            self._done("subscription", f"the broker refused {self._refused} of our filters", **failed)
        else:
            self._done("subscription", "the broker acknowledged every filter")
        self._look_whether_all_answered()

    def _look_whether_all_answered(self) -> None:
        if self._missing:
            return
        if self._answers:
            self._done("first status", *self._answers)
        else:
            self._done("first status", "there is no heater on line to ask", outcome=Outcome.SKIPPED)


def _what_to_do(step: str, error: NavienError) -> str:
    todo = advice(error)
    if "navien check" not in todo:
        return todo
    return {
        "sign-in": "The service is up but does not answer as it should: wait a little and try again.",
        "devices": "The service is up but does not answer as it should: wait a little and try again.",
        "WebSocket": "Does a proxy or a firewall forbid WebSockets (mqtt_host, mqtt_port, mqtt_scheme)?",
        "subscription": "The broker took the connection and does not answer: wait a little and try again.",
        "first status": OFFLINE,
    }[step]
