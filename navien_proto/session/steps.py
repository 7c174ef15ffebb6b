"""Changes of single entries of a schedule: a reading first, then the write that follows from it.

A unit takes whole lists only, so whoever changes one entry must know the others. They are read from the unit each
time: a list that is not known is never taken for an empty one (F26). What the session does with these is in
:mod:`navien_proto.session.desk`; the edits themselves are in :mod:`navien_proto.session.edits`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.model.feature import DeviceFeature
from navien_proto.wire.commands import Command
from navien_proto.wire.commands.base import Gated
from navien_proto.wire.envelope import Envelope

__all__ = ["Edit"]


class Edit(Gated):
    """Base of the commands that take more than one message; a session runs them, and nothing else can."""

    __slots__ = ()

    @abstractmethod
    def question(self) -> Command | None:
        """What to ask the unit first; ``None`` when the answer stands in the cloud."""

    @abstractmethod
    def resolve(self, answer: object) -> Command | None:
        """The write that follows from what was read; ``None`` when the list is as wished already.

        Raises:
            ScheduleConflict: the wish does not fit that list, or not all of it was understood.
        """

    def for_unit(self, feature: DeviceFeature | None) -> Edit:
        """The same edit with what only the unit's device info tells.

        Raises:
            UsageError: that is needed and not known.
        """
        del feature
        return self

    @abstractmethod
    def added_members(self) -> dict[str, Any]:
        """The entries that this brings in, as they would be written."""

    def to_envelope(self, device: Device, client_id: str, session_id: str) -> Envelope:
        """Refused: an edit is more than one message.

        Raises:
            UsageError: always.
        """
        del device, client_id, session_id
        raise UsageError(f"{type(self).__name__} is more than one message: hand it to a session")
