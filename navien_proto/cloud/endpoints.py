"""The REST requests we make, and what their answers say. Pure: a transport sends, a session decides.

Each request has a builder and a parser of its answer. All parsers take whatever bytes came and either return a
typed answer or raise one of the errors of :func:`navien_proto.cloud.replies.success_data`; nothing else.

Source: ``docs/protocol/rest.md``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from navien_proto.cloud.answers import Acknowledged, DevicePage, Refreshed, SignIn
from navien_proto.cloud.calls import api_request, data_members
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.members import Notes, objects
from navien_proto.cloud.parts import read_device, read_grant, read_location, read_online, read_user
from navien_proto.cloud.replies import refused_refresh, success_data
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import NavienError, RemoteProtocolError, TokenExpired, UsageError
from navien_proto.model.device import Device

if TYPE_CHECKING:
    # Answers about one unit are asked for seldom; their classes load with the first, not with the session.
    from navien_proto.cloud.records import DeviceInfo, FirmwareInfo, TouAnswer

__all__ = [
    "PAGE_SIZE",
    "device_info",
    "device_list",
    "firmware_info",
    "parse_device_info",
    "parse_device_list",
    "parse_device_page",
    "parse_firmware_info",
    "parse_push_token",
    "parse_refresh",
    "parse_refresh_grant",
    "parse_sign_in",
    "parse_tou",
    "refresh",
    "sign_in",
    "tou",
    "update_push_token",
]

PAGE_SIZE = 20
"""The most devices one page of the list holds (``docs/protocol/rest.md`` section 5)."""

SIGN_IN = "/user/sign-in"
REFRESH = "/auth/refresh"
DEVICE_LIST = "/device/list"
DEVICE_INFO = "/device/info"
FIRMWARE_INFO = "/device/firmware/info"
TOU = "/device/tou"
PUSH_TOKEN = "/app/update-push-token"


# --- requests --------------------------------------------------------------------------------------------


def sign_in(base_url: str, email: str, password: str) -> HttpRequest:
    """Sign in. Read the answer with :func:`parse_sign_in`.

    Raises:
        UsageError: ``base_url`` is no address, or a text cannot be encoded. So do all builders here.
    """
    return api_request("POST", base_url, SIGN_IN, None, {"userId": email, "password": password})


def refresh(base_url: str, tokens: Tokens) -> HttpRequest:
    """Renew the access token. Read the answer with :func:`parse_refresh`. Needs ``tokens.refresh_token``."""
    if tokens.refresh_token is None:
        raise UsageError("these tokens cannot be refreshed: they have no refresh token")
    return api_request("POST", base_url, REFRESH, None, {"refreshToken": tokens.refresh_token})


def device_list(
    base_url: str, tokens: Tokens, email: str, *, offset: int = 0, count: int = PAGE_SIZE
) -> HttpRequest:
    """List devices from ``offset`` on, at most ``count``. Read the answer with :func:`parse_device_list`."""
    body = {"userId": email, "offset": offset, "count": count}
    return api_request("POST", base_url, DEVICE_LIST, tokens, body)


def device_info(base_url: str, tokens: Tokens, email: str, device: Device) -> HttpRequest:
    """Ask for the cloud's record of a unit. Read the answer with :func:`parse_device_info`."""
    return api_request("POST", base_url, DEVICE_INFO, tokens, _about(email, device))


def firmware_info(base_url: str, tokens: Tokens, email: str, device: Device) -> HttpRequest:
    """Ask for the firmware of a unit's parts. Read the answer with :func:`parse_firmware_info`."""
    return api_request("POST", base_url, FIRMWARE_INFO, tokens, _about(email, device))


def tou(
    base_url: str, tokens: Tokens, email: str, device: Device, controller_id: str, *, user_type: str = "O"
) -> HttpRequest:
    """Ask for the time-of-use plan on file. Read the answer with :func:`parse_tou`.

    ``controller_id`` is the serial number of the controller, which only the unit itself tells (over MQTT).
    """
    query = {
        "additionalValue": device.additional_value,
        "controllerId": controller_id,
        "macAddress": device.mac,
        "userId": email,
        "userType": user_type,
    }
    try:
        encoded = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    except UnicodeEncodeError:
        raise UsageError("this cannot be written as a URL: half of a surrogate pair") from None
    return api_request("GET", base_url, f"{TOU}?{encoded}", tokens)


def update_push_token(
    base_url: str,
    tokens: Tokens,
    email: str,
    *,
    push_token: str,
    model_name: str,
    app_version: str,
    os: str,
    os_version: str,
) -> HttpRequest:
    """Register a phone for push messages. Read the answer with :func:`parse_push_token`."""
    body: dict[str, object] = {
        "userId": email,
        "pushToken": push_token,
        "modelName": model_name,
        "appVersion": app_version,
        "os": os,
        "osVersion": os_version,
    }
    return api_request("POST", base_url, PUSH_TOKEN, tokens, body)


def _about(email: str, device: Device) -> dict[str, object]:
    return {"userId": email, "macAddress": device.mac, "additionalValue": device.additional_value}


# --- answers ---------------------------------------------------------------------------------------------


def parse_sign_in(reply: HttpReply, now: datetime) -> SignIn:
    """The answer to :func:`sign_in`, come at ``now`` (aware).

    Raises:
        BadCredentials: the account does not exist or the password is wrong. Do not retry.
        Throttled: too many requests, or the account is locked for a while.
        HttpStatusError, RemoteProtocolError: anything else; the credentials may well be right.
    """
    notes = Notes()
    data = data_members(success_data(reply, "signing in", signing_in=True), "signing in", notes)
    try:
        tokens = Tokens.granted(read_grant(data.members("token"), "signing in"), now)
    except UsageError as error:
        raise RemoteProtocolError(f"signing in failed: {error}") from None
    return SignIn(
        tokens=tokens,
        user=read_user(data.members("userInfo")),
        legal=data.anything("legal"),
        problems=tuple(notes.problems),
        extra=notes.extra(),
    )


def parse_refresh(reply: HttpReply, tokens: Tokens, now: datetime) -> Tokens:
    """``tokens`` after the answer to :func:`refresh`, come at ``now`` (aware).

    Raises:
        TokenExpired: the cloud will not refresh these tokens; sign in.
        Throttled, HttpStatusError, RemoteProtocolError: no verdict on the tokens; try again later.
    """
    return tokens.refreshed(parse_refresh_grant(reply).grant, now)


def parse_refresh_grant(reply: HttpReply) -> Refreshed:
    """The answer to :func:`refresh` by itself; raises what :func:`parse_refresh` raises."""
    doing = "refreshing the tokens"
    notes = Notes()
    try:
        data = success_data(reply, doing)
    except NavienError as error:
        if not refused_refresh(error):
            raise
        reason = str(error)
    else:
        try:
            grant = read_grant(data_members(data, doing, notes), doing)
        except UsageError as error:
            raise RemoteProtocolError(f"{doing} failed: {error}") from None
        return Refreshed(grant=grant, problems=tuple(notes.problems), extra=notes.extra())
    raise TokenExpired(reason)


def parse_device_list(reply: HttpReply) -> tuple[Device, ...]:
    """The devices in the answer to :func:`device_list`; raises what :func:`parse_device_page` raises."""
    return parse_device_page(reply).devices


def parse_device_page(reply: HttpReply) -> DevicePage:
    """The answer to :func:`device_list`, with what was noticed about it.

    Raises:
        TokenExpired: refresh or sign in, and ask once more.
        Throttled, HttpStatusError, RemoteProtocolError: it failed otherwise.
    """
    notes = Notes()
    data = success_data(reply, "listing the devices")
    if data is not None and not isinstance(data, list):
        raise RemoteProtocolError("listing the devices failed: the answer has no list")
    devices = [read_device(entry) for entry in objects(data, "", notes)]
    return DevicePage(
        devices=tuple(device for device in devices if device is not None),
        problems=tuple(notes.problems),
        extra=notes.extra(),
    )


def parse_device_info(reply: HttpReply, device: Device | None = None) -> DeviceInfo:
    """The answer to :func:`device_info` about ``device``; raises what :func:`parse_device_page` raises."""
    from navien_proto.cloud.record_parts import read_installer
    from navien_proto.cloud.records import DeviceInfo

    notes = Notes()
    doing = "reading the device information"
    data = data_members(success_data(reply, doing), doing, notes)
    info, alarm, descaling = data.members("deviceInfo"), data.members("alarmInfo"), data.members("descaling")
    mac, additional_value = info.text("macAddress"), info.text("additionalValue")
    if device is not None:
        mac, additional_value = mac or device.mac, additional_value or device.additional_value
    return DeviceInfo(
        mac=mac,
        additional_value=additional_value,
        device_type=info.whole("deviceType"),
        name=info.text("deviceName"),
        online=read_online(info),
        home_seq=info.whole("homeSeq"),
        install_type=info.text("installType"),
        location=read_location(data.members("location")),
        installer=read_installer(data.members("installer")),
        etc_alarm=alarm.flag("isEtcAlarm"),
        error_alarm=alarm.flag("isErrorAlarm"),
        descaling_start_time=descaling.anything("descalingStartTime"),
        descaling_end_time=descaling.anything("descalingEndTime"),
        problems=tuple(notes.problems),
        extra=notes.extra(),
    )


def parse_firmware_info(reply: HttpReply) -> FirmwareInfo:
    """The answer to :func:`firmware_info`; raises what :func:`parse_device_page` raises."""
    from navien_proto.cloud.record_parts import read_component
    from navien_proto.cloud.records import FirmwareInfo

    notes = Notes()
    doing = "reading the firmware information"
    data = data_members(success_data(reply, doing), doing, notes)
    components = tuple(read_component(part) for part in data.each("firmwares"))
    return FirmwareInfo(components=components, problems=tuple(notes.problems), extra=notes.extra())


def parse_tou(reply: HttpReply) -> TouAnswer:
    """The answer to :func:`tou`; raises what :func:`parse_device_page` raises. No plan is no error."""
    from navien_proto.cloud.tou import read_tou_answer

    return read_tou_answer(reply, "reading the time-of-use plan")


def parse_push_token(reply: HttpReply) -> Acknowledged:
    """The answer to :func:`update_push_token`; raises what :func:`parse_device_page` raises."""
    return Acknowledged(data=success_data(reply, "registering the push token"))
