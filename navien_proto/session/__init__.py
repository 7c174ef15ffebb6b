"""The session: one account, one link, any number of heaters. Inputs in, actions and events out."""

from typing import TYPE_CHECKING

__all__ = ["TRANSITIONS", "Session", "SessionConfig", "State", "Trigger"]

if TYPE_CHECKING:
    from navien_proto.session.config import SessionConfig
    from navien_proto.session.session import Session
    from navien_proto.session.states import TRANSITIONS, State, Trigger
else:
    from navien_proto.lazily import loaders

    __getattr__, __dir__ = loaders(
        globals(),
        {
            "navien_proto.session.config": "SessionConfig",
            "navien_proto.session.session": "Session",
            "navien_proto.session.states": "State TRANSITIONS Trigger",
        },
    )
