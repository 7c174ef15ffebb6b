"""Installing firmware (``docs/protocol/commands.md`` section 10)."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from navien_proto.errors import UsageError
from navien_proto.model.codes import FirmwareType
from navien_proto.model.firmware import FirmwareDownload
from navien_proto.wire.commands.base import Gated, ReplyForm, whole_number
from navien_proto.wire.messages import OtaMessage

__all__ = ["CommitFirmware"]

_PARTS = (FirmwareType.CONTROLLER, FirmwareType.PANEL, FirmwareType.COMMUNICATION_MODULE)


def _staged(value: object) -> FirmwareDownload:
    if not isinstance(value, FirmwareDownload):
        raise UsageError("staged must be a FirmwareDownload that the unit reported, see RequestFirmwareDownload")
    if value.sw_code not in _PARTS or not value.sw_version:
        raise UsageError("nothing lies ready here for controller, panel or Wi-Fi module")
    return value


def _confirmed(value: object) -> bool:
    # Not any truth: nobody shall install firmware by a slip.
    if value is not True:
        raise UsageError("this installs firmware, which nobody has tried; say confirmed=True if you mean it")
    return True


def _user_seq(value: object) -> int:
    return whole_number(value, "user_seq", 0, (1 << 63) - 1)


@frozen(kw_only=True)
class CommitFirmware(Gated):
    """Install firmware that lies ready in the unit. Nobody has ever tried it.

    ``staged`` is one of the downloads that the answer to `RequestFirmwareDownload` listed; ``confirmed`` must be
    ``True``. The answer, whose shape nobody knows, goes to the app's form of topic (see `RequestDiagnostics`).

    Raises:
        UsageError: it is not confirmed, or ``staged`` names no part or no version.
    """

    code = 0x0200000A
    suffix = "ctrl/commit-ota"
    reply_form = ReplyForm.APP
    reply_suffix = "commit-ota"
    reply_kind = OtaMessage
    matched_by_session = False
    staged: FirmwareDownload = field(converter=_staged)
    confirmed: bool = field(default=False, converter=_confirmed)
    user_seq: int = field(default=0, converter=_user_seq)

    def members(self) -> dict[str, Any]:
        """``commitOta``."""
        return {"commitOta": {"swCode": self.staged.sw_code, "swVersion": self.staged.sw_version}}
