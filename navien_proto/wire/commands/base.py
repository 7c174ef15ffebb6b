"""What all commands are: a code, a topic, members, and how their answer is known."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import frozen

from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.model.feature import FEATURE_FIELDS, DeviceFeature
from navien_proto.model.status import DeviceStatus
from navien_proto.wire import topics
from navien_proto.wire.envelope import Envelope, request_envelope
from navien_proto.wire.messages import Received, StatusMessage

__all__ = ["Command", "Control", "ReplyForm", "whole_number"]

_WIRE_NAMES = {row.python_name: row.wire_name for row in FEATURE_FIELDS}


class ReplyForm(Enum):
    """Where the answer is asked to go (``docs/protocol/mqtt.md`` 5.2)."""

    ACK = "ack"
    CLIENT = "client"
    APP = "app"
    DEVICE = "device"


def whole_number(value: object, name: str, lowest: int, highest: int) -> int:
    """``value``, if it is a whole number from ``lowest`` to ``highest``; a truth value is none.

    Raises:
        UsageError: it is not.
    """
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
        return value
    raise UsageError(f"{name} must be a whole number from {lowest} to {highest}")


@frozen(auto_attribs=False)
class Command:
    """Base of all commands.

    Attributes:
        code: the number on the wire. Codes and suffixes belong together: one code occurs with two suffixes.
        suffix: of the request's topic.
        is_control: whether it changes something; controls go one at a time and expire while offline.
        qos: MQTT's quality of service, 1 for controls and 0 for what is asked again anyway.
        reply_form: which form of topic the answer is asked to go to, ``reply_suffix`` what stands behind ``res``.
        reply_kind: class of the answering message, ``None`` when none comes.
        matched_by_session: whether the answer carries our session id and code for certain; else `answered_by`
            knows it by its content.
        needs: the flags of the unit's device info that must be on, by attribute name. For queries they are
            advice: units answer those regardless (``docs/protocol/commands.md``, capability).
        user_seq: a number in the app's form of reply topic; any will do.
        plain: whether `members` are nothing but text, whole numbers, and lists and objects of these.
    """

    code: int
    suffix: str
    is_control: bool = False
    qos: int = 0
    reply_form: ReplyForm = ReplyForm.ACK
    reply_suffix: str = ""
    reply_kind: type[Received] | None = StatusMessage
    matched_by_session: bool = True
    needs: tuple[str, ...] = ()
    user_seq: int = 0
    plain: bool = True

    def members(self) -> dict[str, Any]:
        """What the request says beyond its code, in wire order."""
        return {}

    def shown_by(self, status: DeviceStatus) -> bool:
        """Whether ``status``, an acknowledgement of this command, shows what was wished.

        Always true of a command that wishes nothing, or nothing that a status would show.
        """
        del status
        return True

    def answered_by(self, message: Received) -> bool | None:
        """Whether ``message``, of the right device, answers this command, by its content.

        ``True``: it does, and shows what was wished. ``False``: it is of the right kind and shows something else;
        an acknowledgement is then held back, a schedule an older one. ``None``: it is something else.

        A status is an answer only with the session id of the request as well, which a command does not know
        (``docs/protocol/mqtt.md`` 10).
        """
        if self.reply_kind is None or not isinstance(message, self.reply_kind):
            return None
        if isinstance(message, StatusMessage):
            return self.shown_by(message.status) if message.command == self.code else None
        return True

    def missing(self, feature: DeviceFeature) -> tuple[str, ...]:
        """The flags in ``needs`` that the unit has not, or does not tell, by wire name."""
        return tuple(_WIRE_NAMES[name] for name in self.needs if getattr(feature, name) is not True)

    def check(self, feature: DeviceFeature | None, *, expert: bool = False) -> None:
        """Refuse what the unit with these capabilities cannot do; ``None`` when they are not known.

        ``expert`` leaves the capabilities out, for those who know better than the unit's device info; limits of
        values still hold.

        Raises:
            UsageError: it cannot, or it cannot be told without its device info. The sentence names the flag.
        """
        del feature, expert

    def reply_topic(self, device: Device, client_id: str) -> str:
        """Where the answer is asked to go.

        Raises:
            UsageError: ``client_id`` is no topic level.
        """
        kind, suffix = device.device_type, self.reply_suffix
        match self.reply_form:
            case ReplyForm.ACK:
                return topics.ack_topic(device.mac, client_id, kind)
            case ReplyForm.CLIENT:
                return topics.client_reply_topic(client_id, suffix, kind)
            case ReplyForm.APP:
                return topics.app_reply_topic(device.home_seq or 0, self.user_seq, client_id, suffix, kind)
        return topics.device_reply_topic(device.mac, suffix, kind)

    def to_envelope(self, device: Device, client_id: str, session_id: str) -> Envelope:
        """This command to ``device``, ready to be published; the answer comes on its ``reply_topic``.

        Raises:
            UsageError: ``client_id`` is no topic level, ``session_id`` is empty or one digit, or the device
                speaks another dialect.
        """
        return request_envelope(
            device,
            client_id,
            session_id,
            suffix=self.suffix,
            command=self.code,
            members=self.members(),
            reply_topic=self.reply_topic(device, client_id),
            qos=self.qos,
            plain=self.plain,
        )


class Gated(Command):
    """Base of what must not be sent to a unit that cannot do it."""

    __slots__ = ()

    is_control = True
    qos = 1

    def check(self, feature: DeviceFeature | None, *, expert: bool = False) -> None:
        """The flags in ``needs`` must be on, unless an expert insists."""
        if expert or not self.needs:
            return
        if feature is None:
            flags = ", ".join(_WIRE_NAMES[name] for name in self.needs)
            raise UsageError(f"whether this unit can do this ({flags}) is not known yet: ask for its device info")
        missing = self.missing(feature)
        if missing:
            raise UsageError(f"this unit cannot do this: {', '.join(missing)} is not set in its device info")


@frozen(auto_attribs=False)
class Control(Gated):
    """Base of the controls that are told apart by a mode string; all answer with a whole status.

    Attributes:
        mode_string: ``mode`` on the wire.
    """

    suffix = "ctrl"
    mode_string: str

    def params(self) -> tuple[int, ...]:
        """``param`` on the wire."""
        return ()

    def members(self) -> dict[str, Any]:
        """``mode``, ``param`` and ``paramStr``."""
        return {"mode": self.mode_string, "param": list(self.params()), "paramStr": ""}
