"""What a bug report needs of a session, as plain members for JSON, without a name or a secret.

Made by the tables of transcripts: what identifies somebody has a stand-in, the same wherever it occurs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from navien_proto.instant import Instant
from navien_proto.jsontext import ENGINE
from navien_proto.session.config import SessionConfig
from navien_proto.session.events import Event
from navien_proto.session.session import Session
from navien_proto.session.transcript import keep_identity
from navien_proto.session.transcript_forms import Forms, instant_form
from navien_proto.session.transcript_outputs import error_form, event_form
from navien_proto.session.transcript_values import encode_value

__all__ = ["SCHEMA", "diagnose"]

SCHEMA = 1
"""Of such reports."""


def diagnose(session: Session, config: SessionConfig, events: Iterable[Event], now: Instant) -> dict[str, Any]:
    """The report of a session with these settings and these latest events, as of ``now``."""
    from navien_proto import __version__

    forms = Forms()
    settings = encode_value(forms.config(config))
    keep_identity(session, config.client_id, forms)
    problem = session.problem
    heaters = []
    for device in session.devices:
        # Names are learnt before anything is shown that might mention one.
        if device.name:
            forms.names.of("name", device.name)
        feature = session.feature(device.mac)
        heaters.append(
            {
                "mac": forms.names.of("mac", device.mac),
                "online": device.online,
                "device_type": device.device_type,
                "feature": None if feature is None else forms.value(dict(feature.raw)),
                "problems": [] if feature is None else [str(one.path) for one in feature.problems],
            }
        )
    return {
        "diagnostics": SCHEMA,
        "navien": __version__,
        "json": ENGINE.name,
        "at": instant_form(now),
        "state": session.state.value,
        "problem": None if problem is None else error_form(problem, forms),
        "client_id": forms.names.of("client", session.client_id),
        "reconnect_attempts": session.failures,
        "settings": settings,
        "statistics": session.statistics(now).to_dict(),
        "heaters": heaters,
        "queue": [
            {"command": type(entry.command).__name__, "since": instant_form(entry.since)}
            for entry in session.queue
        ],
        "events": [event_form(event, forms, None) for event in events],
    }
