"""Which of the account's heaters is meant. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.words import label
from navien_proto.errors import UsageError
from navien_proto.model.device import Device
from navien_proto.session.settings import find_device

__all__ = ["choose", "choose_one"]


def choose(devices: Sequence[Device], wanted: str | None) -> tuple[Device, ...]:
    """The heaters meant by ``wanted``: the one of that name or end of a MAC, or all when it is ``None``.

    Raises:
        CliError: the account has none, or not that one.
    """
    if not devices:
        advice = "Pair the heater with this account in the NaviLink app first."
        raise CliError("the account has no water heater", ExitCode.DEVICE, advice=advice)
    if wanted is None:
        return tuple(devices)
    try:
        return (find_device(devices, wanted),)
    except UsageError as error:
        advice = f"It has: {', '.join(map(label, devices))}."
        raise CliError(f"--device: {error}", ExitCode.DEVICE, advice=advice) from None


def choose_one(devices: Sequence[Device], wanted: str | None) -> Device:
    """The one heater meant by ``wanted``, which may be ``None`` when the account has no other.

    Raises:
        CliError: as `choose`, or the account has several and none is named.
    """
    chosen = choose(devices, wanted)
    if len(chosen) > 1:
        names = ", ".join(f"{label(device)} (MAC …{device.mac[-4:]})" for device in chosen)
        advice = f"Name it, or give the end of its MAC. It has: {names}."
        raise CliError(
            f"the account has {len(chosen)} heaters: say which with --device", ExitCode.USAGE, advice=advice
        )
    return chosen[0]
