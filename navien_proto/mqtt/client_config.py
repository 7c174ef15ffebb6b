"""What a client of any broker is told: where the broker is, who we are, and how patient to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen, validators

from navien_proto.errors import UsageError
from navien_proto.mqtt.actions import Endpoint, OpenLink, Scheme, Version, Will
from navien_proto.mqtt.settings import ConnectionConfig

__all__ = ["PORTS", "VERSIONS", "MqttConfig", "broker_config", "broker_endpoint"]

PORTS: dict[str, int] = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
"""The port of each scheme where none is given (MQTT 3.1.1 section 4.2; HTTP's own for WebSocket)."""
VERSIONS: dict[str, Version] = {"3.1.1": 4, "5": 5}


def broker_endpoint(where: str, port: int | None = None) -> Endpoint:
    """What ``where`` means: a host name, or a URL such as ``mqtts://broker.example:8883`` or ``wss://host/mqtt``.

    Raises:
        UsageError: it is neither, or holds a user name or password, which have arguments of their own.
    """
    if not where.strip():
        raise UsageError("the broker's host is empty")
    try:
        url = urlsplit(where if "://" in where else f"mqtt://{where}")
    except ValueError:
        raise UsageError("the broker's URL cannot be read; it looks like mqtts://broker.example:8883") from None
    if url.scheme not in PORTS:
        raise UsageError(f"the broker's URL begins with {url.scheme}://; it may be {', '.join(PORTS)}")
    if url.username is not None or url.password is not None:
        raise UsageError("the broker's URL holds a user name; give username and password by themselves")
    try:
        given = url.port if port is None else port
    except ValueError:
        raise UsageError("the broker's port must be a number from 1 to 65535") from None
    if not url.hostname:
        raise UsageError("the broker's URL names no host")
    if given is not None and not 1 <= given <= 65535:
        raise UsageError(f"the broker's port is {given}; it must be from 1 to 65535")
    scheme: Scheme = url.scheme  # type: ignore[assignment]
    target = f"{url.path or '/mqtt'}{'?' + url.query if url.query else ''}" if scheme in ("ws", "wss") else ""
    return Endpoint(scheme, url.hostname, given or PORTS[scheme], target)


def _version(_instance: object, _attribute: object, value: object) -> None:
    if value not in VERSIONS:
        raise UsageError(f"version is {value!r}; it must be '3.1.1' or '5'")


@frozen(kw_only=True)
class MqttConfig:
    """The settings of one connection to a broker; times in seconds.

    ``version`` ``"5"`` falls back to 3.1.1, at the next attempt, when the broker refuses it or does not answer.
    ``client_id`` is made when left out. ``queue`` lets operations wait for a connection: at most ``queue_limit``,
    the oldest dropped, each for ``queue_expiry``. ``window`` bounds the publishes at QoS 1 and 2 that await their
    acknowledgement.

    Raises:
        ValueError, TypeError: a setting is wrong; UsageError, which is a ValueError, where several do not fit.
    """

    endpoint: Endpoint
    client_id: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    will: Will | None = field(default=None, validator=validators.optional(validators.instance_of(Will)))
    version: str = field(default="3.1.1", validator=_version)
    connection: ConnectionConfig = field(
        factory=ConnectionConfig, validator=validators.instance_of(ConnectionConfig)
    )
    queue: bool = True
    queue_limit: int = field(default=10_000, validator=validators.ge(1))
    queue_expiry: float = field(default=300.0, validator=validators.gt(0))
    # mosquitto hangs up on a client with more than 20 at QoS 2 under way, and MQTT 3.1.1 cannot tell of it.
    window: int = field(default=20, validator=[validators.ge(1), validators.le(60_000)])

    def __attrs_post_init__(self) -> None:
        if not self.connection.clean_session and self.client_id is None:
            raise UsageError("clean_session=False needs a client_id of your own: the broker knows a session by it")

    def open_link(self) -> OpenLink:
        """What a link is opened with, to be checked before one is."""
        return OpenLink(
            0,
            self.endpoint,
            "navien-mqtt" if self.client_id is None else self.client_id,
            will=self.will,
            username=self.username,
            password=self.password,
            version=VERSIONS[self.version],
        )


def broker_config(where: str, port: int | None, settings: Mapping[str, Any]) -> MqttConfig:
    """The settings of a connection to ``where``, of what a caller gave by name.

    Raises:
        UsageError: one is wrong; it says which.
    """
    endpoint = broker_endpoint(where, port)
    try:
        return MqttConfig(endpoint=endpoint, **settings)
    except UsageError:
        raise
    except (TypeError, ValueError) as error:
        # attrs says more than a sentence; the first part is the sentence.
        raise UsageError(f"a setting of the connection is wrong: {error.args[0]}") from None
