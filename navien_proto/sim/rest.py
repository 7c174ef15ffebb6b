"""The REST side of the simulated cloud: real checks, answers in the shapes of ``docs/protocol/rest.md``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import parse_qs

from attrs import define, field, frozen

from navien_proto.cloud.dates import format_date
from navien_proto.cloud.http import HttpReply
from navien_proto.cloud.openei import parse_utility_rates
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.errors import DecodeError, UsageError
from navien_proto.instant import Instant
from navien_proto.jsontext import dumps, loads
from navien_proto.sim.heater_config import HeaterConfig

__all__ = ["Account", "RestService"]

DEVICE_TYPE = 52
ONLINE, OFFLINE = 2, 1
MOST_PER_PAGE = 20
SUCCESS = 200


@define(eq=False)
class Account:
    """One account of the simulated cloud.

    ``locked`` refuses every sign-in; ``hidden`` MACs are not listed. ``plans`` are the time-of-use plans on file,
    by MAC, as ``touInfo`` (``docs/protocol/rest.md`` section 8).
    """

    email: str = field(repr=False)
    password: str = field(repr=False)
    user_seq: int
    heaters: dict[str, HeaterConfig] = field(factory=dict, repr=False)
    hidden: set[str] = field(factory=set, repr=False)
    plans: dict[str, dict[str, Any]] = field(factory=dict, repr=False)
    locked: bool = False
    sign_ins: int = 0


@frozen
class _Grant:
    account: Account
    until: Instant


class _Refused(Exception):
    """What stands in the body, and under which HTTP status."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class RestService:
    """Signs accounts in, issues tokens and AWS credentials, lists devices.

    ``is_online`` says whether the cloud sees a heater. ``rotates``: a refresh brings another refresh token and
    uses the old one up; otherwise the old one stays good and the answer has none.
    """

    def __init__(
        self, rng: Random, *, access_lifetime: float, aws_lifetime: float, is_online: Callable[[str], bool]
    ) -> None:
        self._rng = rng
        self.access_lifetime = access_lifetime
        self.aws_lifetime = aws_lifetime
        self._is_online = is_online
        self.rotates = True
        # By how much tokens die before the moment that was told, s.
        self._access_early = self._aws_early = 0.0
        self._accounts: dict[str, Account] = {}
        self._access: dict[str, _Grant] = {}
        self._refresh: dict[str, Account] = {}
        self._keys: dict[str, tuple[Credentials, Instant]] = {}
        self._routes: dict[tuple[str, str], Callable[[Account, dict[str, Any]], Any]] = {
            ("POST", "/device/list"): self._list,
            ("POST", "/device/info"): self._info,
            ("POST", "/device/firmware/info"): self._firmware,
            ("GET", "/device/tou"): self._tou,
            ("PUT", "/device/tou"): self._store_tou,
            ("POST", "/device/tou/convert"): lambda _account, members: {"touInfo": _converted(members)},
            ("POST", "/app/update-push-token"): lambda _account, _body: None,
        }

    def add_account(self, email: str, password: str) -> Account:
        """An account that may sign in; e-mail addresses are told apart regardless of case."""
        account = Account(email, password, user_seq=67890 + len(self._accounts))
        self._accounts[email.lower()] = account
        return account

    def credentials(self, key_id: str, now: Instant) -> Credentials | None:
        """The AWS credentials of that key id, while they are good."""
        found = self._keys.get(key_id)
        if found is None or found[1].monotonic <= now.monotonic:
            return None
        return found[0]

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Every account, in the order they were added."""
        return tuple(self._accounts.values())

    def revoke(self, *, access: bool = True, refresh: bool = True, aws: bool = True) -> None:
        """Forget every token and credential of these kinds: after all three, every account has to sign in anew."""
        if access:
            self._access.clear()
        if refresh:
            self._refresh.clear()
        if aws:
            self._keys.clear()

    def hasten(self, access: float, aws: float, *, issued: bool = True) -> None:
        """From now on tokens die so many seconds earlier than told; with ``issued``, those that are out too."""
        self._access_early += access
        self._aws_early += aws
        if issued:
            self._access = {t: _Grant(g.account, g.until.after(-access)) for t, g in self._access.items()}
            self._keys = {k: (found, until.after(-aws)) for k, (found, until) in self._keys.items()}

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes, now: Instant) -> HttpReply:
        """Answer one request; ``target`` is path and query below the base path."""
        path, _, query = target.partition("?")
        try:
            data = self._dispatch(method, path, query, headers, body, now)
        except _Refused as refused:
            return _reply(refused.status, refused.code, refused.message, None, now)
        return _reply(SUCCESS, SUCCESS, "SUCCESS", data, now)

    def _dispatch(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, now: Instant
    ) -> Any:
        members = _members(method, query, body)
        if (method, path) == ("POST", "/user/sign-in"):
            return self._sign_in(members, now)
        if (method, path) == ("POST", "/auth/refresh"):
            return self._renew(members, now)
        route = self._routes.get((method, path))
        if route is None:
            raise _Refused(404, 404, "NOT_FOUND")
        token = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        grant = self._access.get(token)
        if grant is None or grant.until.monotonic <= now.monotonic:
            raise _Refused(401, 401, "UNAUTHORIZED")
        user = members.get("userId")
        if user is not None and str(user).lower() != grant.account.email.lower():
            raise _Refused(403, 403, "FORBIDDEN")
        return route(grant.account, members)

    # --- tokens ------------------------------------------------------------------------------------------

    def _sign_in(self, members: dict[str, Any], now: Instant) -> dict[str, Any]:
        account = self._accounts.get(str(members.get("userId", "")).lower())
        if account is None:
            # An error in the body of an HTTP 200 (docs/protocol/rest.md section 3).
            raise _Refused(200, 1002, "USER_NOT_FOUND")
        account.sign_ins += 1
        if account.locked:
            raise _Refused(200, 1003, "ACCOUNT_LOCKED")
        if members.get("password") != account.password:
            raise _Refused(200, 1001, "INVALID_USER_PASSWORD")
        self._forget_expired(now)
        key = Credentials(
            f"ASIA{self._token(16).upper()}", self._token(40), f"{self._token(60)}+/=={self._token(20)}"
        )
        self._keys[key.access_key_id] = (key, now.after(self.aws_lifetime - self._aws_early))
        return {
            "userInfo": {
                "userType": "O",
                "userFirstName": "Simulated",
                "userLastName": "Owner",
                "userStatus": "NORMAL",
                "userSeq": account.user_seq,
            },
            "legal": [],
            "token": {
                **self._grant(account, now),
                "accessKeyId": key.access_key_id,
                "secretKey": key.secret_key,
                "sessionToken": key.session_token,
                "authorizationExpiresIn": int(self.aws_lifetime),
            },
        }

    def _renew(self, members: dict[str, Any], now: Instant) -> dict[str, Any]:
        # Tokens rotate: one refresh token is good for one refresh.
        token = str(members.get("refreshToken", ""))
        account = self._refresh.get(token)
        if account is None:
            raise _Refused(401, 401, "INVALID_REFRESH_TOKEN")
        if not self.rotates:
            return self._access_for(account, now)
        del self._refresh[token]
        return self._grant(account, now)

    def _grant(self, account: Account, now: Instant) -> dict[str, Any]:
        refresh = f"eyJr.{self._token(24)}.{self._token(24)}"
        self._refresh[refresh] = account
        return {**self._access_for(account, now), "refreshToken": refresh}

    def _access_for(self, account: Account, now: Instant) -> dict[str, Any]:
        access, identity = (f"eyJ{kind}.{self._token(24)}.{self._token(24)}" for kind in "ai")
        self._access[access] = _Grant(account, now.after(self.access_lifetime - self._access_early))
        return {
            "idToken": identity,
            "accessToken": access,
            "authenticationExpiresIn": int(self.access_lifetime),
        }

    def _forget_expired(self, now: Instant) -> None:
        # A simulated year signs in nine thousand times.
        self._access = {t: g for t, g in self._access.items() if g.until.monotonic > now.monotonic}
        self._keys = {k: v for k, v in self._keys.items() if v[1].monotonic > now.monotonic}
        if len(self._refresh) > 1000:
            self._refresh = dict(list(self._refresh.items())[-100:])

    def _token(self, length: int) -> str:
        return f"{self._rng.getrandbits(4 * length):0{length}x}"

    # --- devices -----------------------------------------------------------------------------------------

    def _list(self, account: Account, members: dict[str, Any]) -> list[dict[str, Any]]:
        offset, count = members.get("offset", 0), members.get("count", MOST_PER_PAGE)
        if not isinstance(offset, int) or not isinstance(count, int) or offset < 0 or count < 1:
            raise _Refused(400, 400, "BAD_REQUEST")
        shown = [unit for mac, unit in account.heaters.items() if mac not in account.hidden]
        units = shown[offset : offset + min(count, MOST_PER_PAGE)]
        return [
            {
                "deviceInfo": {
                    "homeSeq": unit.home_seq,
                    "macAddress": unit.mac,
                    "additionalValue": unit.additional_value,
                    "deviceType": DEVICE_TYPE,
                    "deviceName": unit.name,
                    "connected": ONLINE if self._is_online(unit.mac) else OFFLINE,
                },
                "location": {"state": "XX", "city": "Sampletown", "address": "1 Example Street"},
            }
            for unit in units
        ]

    def _unit(self, account: Account, members: dict[str, Any]) -> HeaterConfig:
        unit = account.heaters.get(str(members.get("macAddress", "")).lower())
        known = unit is not None and unit.mac not in account.hidden
        if unit is None or not known or str(members.get("additionalValue")) != unit.additional_value:
            raise _Refused(404, 404, "DEVICE_NOT_FOUND")
        return unit

    def _info(self, account: Account, members: dict[str, Any]) -> dict[str, Any]:
        unit = self._unit(account, members)
        return {
            "deviceInfo": {
                "homeSeq": unit.home_seq,
                "deviceName": unit.name,
                "deviceType": DEVICE_TYPE,
                "installType": "R",
                "connected": ONLINE if self._is_online(unit.mac) else OFFLINE,
            },
            "location": {
                "state": "XX",
                "city": "Sampletown",
                "address": "1 Example Street",
                "latitude": 0.0,
                "longitude": 0.0,
                "altitude": None,
            },
            "installer": dict.fromkeys(
                ("installerId", "installerFirstName", "installerLastName", "installerPhoneNumber")
            ),
            "alarmInfo": {"isEtcAlarm": 1, "isErrorAlarm": 1},
            "descaling": {"descalingStartTime": None, "descalingEndTime": None},
        }

    def _firmware(self, account: Account, members: dict[str, Any]) -> dict[str, Any]:
        unit = self._unit(account, members)
        # The four components of the captured unit (docs/protocol/rest.md section 7).
        components = (
            (33556241, 167837696),
            (268435985, 34013184),
            (268435761, 60454),
            (268435777, 60454),
        )
        return {
            "firmwares": [
                {
                    "macAddress": unit.mac,
                    "additionalValue": unit.additional_value,
                    "deviceType": DEVICE_TYPE,
                    "deviceGroup": None,
                    "curSwCode": code,
                    "curVersion": version,
                    "downloadedVersion": 0,
                }
                for code, version in components
            ]
        }

    def _tou(self, account: Account, members: dict[str, Any]) -> dict[str, Any]:
        # No plan on file is an answer, not an error (docs/protocol/rest.md section 8).
        plan = account.plans.get(self._unit(account, members).mac)
        return {"registerPath": "wifi", "sourceType": "openei", "touInfo": plan}

    def _store_tou(self, account: Account, members: dict[str, Any]) -> dict[str, Any]:
        plan = members.get("touInfo")
        if not isinstance(plan, dict) or not isinstance(members.get("sourceData"), dict):
            raise _Refused(400, 400, "BAD_REQUEST")
        code = str(plan.get("zipCode", ""))
        # Written as a text and read as a number (docs/protocol/rest.md section 8).
        stored = {**plan, "zipCode": int(code) if code.isascii() and code.isdigit() else 0}
        account.plans[self._unit(account, members).mac] = stored
        return {"sourceType": members.get("sourceType"), "touInfo": stored}


def _converted(members: dict[str, Any]) -> list[dict[str, Any]]:
    """Plans of the rate database in the device's coding; one that cannot be converted is missing."""
    sources = members.get("sourceData")
    if not isinstance(sources, list):
        raise _Refused(400, 400, "BAD_REQUEST")
    rates = parse_utility_rates(HttpReply(SUCCESS, {}, dumps({"items": sources}))).rates
    plans = []
    for rate in rates:
        with suppress(UsageError):
            plans.append(rate.to_plan().to_rest())
    return plans


def _members(method: str, query: str, body: bytes) -> dict[str, Any]:
    if method == "GET":
        return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    try:
        members = loads(body)
    except DecodeError:
        raise _Refused(400, 400, "BAD_REQUEST") from None
    if not isinstance(members, dict):
        raise _Refused(400, 400, "BAD_REQUEST")
    return members


def _reply(status: int, code: int, message: str, data: Any, now: Instant) -> HttpReply:
    body: dict[str, Any] = {"code": code, "msg": message}
    if data is not None:
        body["data"] = data
    headers = {"content-type": "application/json", "date": format_date(now.utc)}
    return HttpReply(status, headers, dumps(body))
