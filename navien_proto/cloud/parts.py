"""The objects that REST answers are made of, from their wire names (``docs/protocol/rest.md`` 3 to 8)."""

from __future__ import annotations

from navien_proto.cloud.answers import UserInfo
from navien_proto.cloud.members import Members
from navien_proto.cloud.tokens import TokenGrant
from navien_proto.errors import RemoteProtocolError, UsageError
from navien_proto.model.device import Device, Location

__all__ = [
    "read_device",
    "read_grant",
    "read_location",
    "read_online",
    "read_user",
]

ONLINE, OFFLINE = 2, 1
# The cloud lists other products too. One that does not say what it is must not be taken for a water heater.
UNKNOWN_TYPE = 0


def read_user(user: Members) -> UserInfo:
    """The account's owner."""
    return UserInfo(
        user_type=user.text("userType"),
        first_name=user.text("userFirstName"),
        last_name=user.text("userLastName"),
        status=user.text("userStatus"),
        user_seq=user.whole("userSeq"),
    )


def read_grant(token: Members, doing: str) -> TokenGrant:
    """The token object of an answer.

    Raises:
        RemoteProtocolError: it has no access token.
        UsageError: a member cannot be sent.
    """
    access_token = token.text("accessToken")
    if not access_token:
        raise RemoteProtocolError(f"{doing} failed: the answer has no access token")
    return TokenGrant(
        access_token=access_token,
        refresh_token=token.text("refreshToken") or None,
        id_token=token.text("idToken") or None,
        authentication_expires_in=token.number("authenticationExpiresIn"),
        access_key_id=token.text("accessKeyId") or None,
        secret_key=token.text("secretKey") or None,
        session_token=token.text("sessionToken") or None,
        authorization_expires_in=token.number("authorizationExpiresIn"),
    )


def read_device(entry: Members) -> Device | None:
    """One entry of the device list; ``None``, and a problem noted, when it has no usable MAC address."""
    info, location = entry.members("deviceInfo"), read_location(entry.members("location"))
    mac = info.text("macAddress")
    additional_value = info.anything("additionalValue")
    device_type = info.whole("deviceType")
    name, home_seq, install_type = info.text("deviceName"), info.whole("homeSeq"), info.text("installType")
    online = read_online(info)
    try:
        return Device(
            mac=mac or "",
            additional_value="" if additional_value is None else additional_value,
            device_type=UNKNOWN_TYPE if device_type is None else device_type,
            name=name,
            online=online,
            home_seq=home_seq,
            install_type=install_type,
            location=location,
        )
    except UsageError as error:
        entry.note("deviceInfo", None, str(error))
        return None


def read_online(info: Members) -> bool | None:
    """Whether the cloud sees the device."""
    connected = info.whole("connected")
    if connected not in (None, ONLINE, OFFLINE):
        info.note("connected", connected, "expected 1 or 2")
    return {ONLINE: True, OFFLINE: False}.get(connected or 0)


def read_location(location: Members) -> Location:
    """Where the device stands."""
    return Location(
        state=location.text("state"),
        city=location.text("city"),
        address=location.text("address"),
        latitude=location.number("latitude"),
        longitude=location.number("longitude"),
        altitude=location.number("altitude"),
    )
