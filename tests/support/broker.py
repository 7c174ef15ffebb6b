"""Shorthand for tests of the simulated broker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from navien_proto.instant import Instant
from navien_proto.sim.broker import Broker, Cause, Client, Delivery

__all__ = ["DAY", "START", "at", "ended", "enter", "texts", "why"]

START = Instant(1000.0, datetime(2026, 1, 15, 12, tzinfo=UTC))
DAY = 24 * 3600.0


def at(seconds: float) -> Instant:
    """So many seconds after the start."""
    return START.after(seconds)


def enter(broker: Broker, client_id: str = "client-0001", now: Instant = START, **options: Any) -> Client:
    """A client that was let in."""
    result = broker.connect(client_id, now, **options)
    assert result.code == 0
    assert result.client is not None
    return result.client


def ended(client: Client) -> Cause | None:
    """Why the client's connection ended, if it did."""
    return None if client.closed is None else client.closed.cause


def texts(deliveries: list[Delivery]) -> list[str]:
    """The payloads as text."""
    return [delivery.payload.decode() for delivery in deliveries]


def why(client: Client) -> str:
    """The sentence about its end; empty while there is none."""
    return "" if client.closed is None else client.closed.sentence
