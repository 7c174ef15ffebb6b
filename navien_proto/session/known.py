"""A client as far as its session knows: what both transports' clients tell without asking anybody. Pure."""

from __future__ import annotations

from abc import abstractmethod

from navien_proto.session.session import Session
from navien_proto.session.states import State

__all__ = ["KnownSession"]


class KnownSession:
    """What can be read of a client. Each raises a UsageError before the client was entered."""

    @property
    @abstractmethod
    def session(self) -> Session:
        """The session itself, to read."""

    @property
    def connected(self) -> bool:
        """Whether the connection stands and everything is subscribed."""
        return self.session.state is State.READY

    @property
    def reconnecting(self) -> bool:
        """Whether it is on its way to a connection, the first one included."""
        return self.session.state not in (State.IDLE, State.READY, State.CLOSING, State.CLOSED)

    @property
    def reconnect_attempts(self) -> int:
        """How many attempts failed in a row; 0 again when a connection has lasted for a while."""
        return self.session.failures

    @property
    def client_id(self) -> str:
        """The MQTT client id in use; another one after the broker threw us out twice."""
        return self.session.client_id
