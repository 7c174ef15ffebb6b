"""The session: one account, one link, any number of heaters. Inputs in, actions and events out."""

from navien_proto.session.config import SessionConfig
from navien_proto.session.session import Session
from navien_proto.session.states import TRANSITIONS, State, Trigger

__all__ = ["TRANSITIONS", "Session", "SessionConfig", "State", "Trigger"]
