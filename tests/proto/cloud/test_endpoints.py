from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from navien_proto.cloud import answers, endpoints, records
from navien_proto.cloud.defaults import BASE_URL
from navien_proto.cloud.http import HttpReply, HttpRequest
from navien_proto.cloud.sigv4 import Credentials
from navien_proto.cloud.tokens import Tokens
from navien_proto.errors import (
    BadCredentials,
    HttpStatusError,
    RemoteProtocolError,
    Throttled,
    TokenExpired,
    UsageError,
)
from navien_proto.model.device import Device, Location
from tests.proto.cloud import bodies
from tests.proto.cloud.bodies import reply, success

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TOKENS = endpoints.parse_sign_in(reply(bodies.SIGN_IN), NOON).tokens
EMAIL = "user@example.com"
UNIT = Device(mac="aabbccddeeff", additional_value="0123")


class TestRequests:
    def test_sign_in(self) -> None:
        request = endpoints.sign_in(BASE_URL, EMAIL, 'päss"word')
        assert request == HttpRequest(
            "POST",
            "https://nlus.naviensmartcontrol.com/api/v2.1/user/sign-in",
            {"Content-Type": "application/json"},
            '{"userId":"user@example.com","password":"päss\\"word"}'.encode(),
        )

    def test_refresh_carries_no_access_token(self) -> None:
        request = endpoints.refresh(BASE_URL, TOKENS)
        assert request == HttpRequest(
            "POST",
            f"{BASE_URL}/auth/refresh",
            {"Content-Type": "application/json"},
            b'{"refreshToken":"refresh-token-placeholder"}',
        )

    def test_refresh_needs_a_refresh_token(self) -> None:
        with pytest.raises(UsageError, match="refresh"):
            endpoints.refresh(BASE_URL, evolve(TOKENS, refresh_token=None))

    def test_device_list(self) -> None:
        request = endpoints.device_list("https://h/api/", TOKENS, EMAIL)
        assert request.url == "https://h/api/device/list"
        assert request.headers == {
            "Content-Type": "application/json",
            "authorization": "access-token-placeholder",
        }
        assert json.loads(request.body) == {"userId": EMAIL, "offset": 0, "count": 20}
        later = endpoints.device_list(BASE_URL, TOKENS, EMAIL, offset=20, count=5)
        assert json.loads(later.body) == {"userId": EMAIL, "offset": 20, "count": 5}

    @pytest.mark.parametrize(
        ("build", "path"),
        [(endpoints.device_info, "/device/info"), (endpoints.firmware_info, "/device/firmware/info")],
    )
    def test_about_a_device(self, build: Callable[..., HttpRequest], path: str) -> None:
        request = build(BASE_URL, TOKENS, EMAIL, UNIT)
        assert (request.method, request.url) == ("POST", BASE_URL + path)
        assert request.body == (
            b'{"userId":"user@example.com","macAddress":"aabbccddeeff","additionalValue":"0123"}'
        )

    def test_tou_is_a_get_without_a_body(self) -> None:
        request = endpoints.tou(BASE_URL, TOKENS, EMAIL, UNIT, "00000000XX00000000")
        assert request == HttpRequest(
            "GET",
            f"{BASE_URL}/device/tou?additionalValue=0123&controllerId=00000000XX00000000&macAddress=aabbccddeeff"
            "&userId=user%40example.com&userType=O",
            {"authorization": "access-token-placeholder"},
        )

    def test_update_push_token(self) -> None:
        request = endpoints.update_push_token(
            BASE_URL, TOKENS, EMAIL, push_token="p", model_name="m", app_version="2", os="A", os_version="14"
        )
        assert request.url == f"{BASE_URL}/app/update-push-token"
        assert json.loads(request.body) == {
            "userId": EMAIL,
            "pushToken": "p",
            "modelName": "m",
            "appVersion": "2",
            "os": "A",
            "osVersion": "14",
        }

    @pytest.mark.parametrize("base_url", ["", "nlus.naviensmartcontrol.com", "ftp://h", "wss://h"])
    def test_what_is_no_address_is_refused(self, base_url: str) -> None:
        with pytest.raises(UsageError, match="https://"):
            endpoints.sign_in(base_url, EMAIL, "x")

    def test_text_that_cannot_be_encoded_is_refused(self) -> None:
        with pytest.raises(UsageError):
            endpoints.sign_in(BASE_URL, EMAIL, "\ud800")
        with pytest.raises(UsageError):
            endpoints.tou(BASE_URL, TOKENS, EMAIL, UNIT, "\ud800")

    @given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
    def test_any_text_arrives_as_it_was(self, email: str, password: str) -> None:
        request = endpoints.sign_in(BASE_URL, email, password)
        assert json.loads(request.body) == {"userId": email, "password": password}
        assert endpoints.tou(BASE_URL, TOKENS, email, UNIT, password).url.isascii()


class TestSignIn:
    def test_everything_is_there(self) -> None:
        found = endpoints.parse_sign_in(reply(bodies.SIGN_IN), NOON)
        assert found.user == answers.UserInfo(
            user_type="O", first_name="Test", last_name="User", status="NORMAL", user_seq=67890
        )
        assert found.legal == bodies.SIGN_IN["data"]["legal"]
        assert found.tokens == Tokens(
            access_token="access-token-placeholder",
            refresh_token="refresh-token-placeholder",
            id_token="id-token-placeholder",
            authentication_expires_at=NOON + timedelta(hours=1),
            access_key_id="ASIAEXAMPLEEXAMPLE00",
            secret_key="secret-placeholder",
            session_token="session-token-placeholder",
            authorization_expires_at=NOON + timedelta(hours=2),
        )
        assert found.tokens.credentials == Credentials(
            "ASIAEXAMPLEEXAMPLE00", "secret-placeholder", "session-token-placeholder"
        )
        assert (found.problems, found.extra) == ((), {})

    def test_a_sign_in_never_fails_for_the_legal_documents_or_the_names(self) -> None:
        body = success({"token": bodies.TOKEN, "legal": "nonsense", "userInfo": {"userSeq": "67890"}})
        found = endpoints.parse_sign_in(reply(body), NOON)
        assert found.user.user_seq is None
        assert [problem.path for problem in found.problems] == ["userInfo.userSeq"]

    @pytest.mark.parametrize("lifetime", ["***", None, -5, 0, True, {}])
    def test_a_lifetime_that_is_none_is_an_hour(self, lifetime: object) -> None:
        token = {**bodies.TOKEN, "authorizationExpiresIn": lifetime}
        found = endpoints.parse_sign_in(reply(success({"token": token})), NOON)
        assert found.tokens.authorization_expires_at == NOON + timedelta(hours=1)

    @pytest.mark.parametrize(
        "data",
        [
            None,
            [],
            "text",
            {},
            {"token": None},
            {"token": "text"},
            {"token": {}},
            {"token": {**bodies.TOKEN, "accessToken": None}},
            {"token": {**bodies.TOKEN, "accessToken": ""}},
            {"token": {**bodies.TOKEN, "accessToken": 7}},
            {"token": {**bodies.TOKEN, "accessToken": "a\r\nX-Injected: 1"}},
            {"token": {**bodies.TOKEN, "accessKeyId": None}},
            {"token": {**bodies.TOKEN, "secretKey": ""}},
        ],
    )
    def test_success_without_tokens_is_a_broken_answer(self, data: object) -> None:
        with pytest.raises(RemoteProtocolError, match=r"^signing in failed: "):
            endpoints.parse_sign_in(reply(success(data)), NOON)

    def test_a_wrong_password(self) -> None:
        with pytest.raises(BadCredentials):
            endpoints.parse_sign_in(reply({"code": 1001, "msg": "INVALID_USER_PASSWORD"}), NOON)


class TestRefresh:
    later = NOON + timedelta(minutes=50)

    def test_the_access_token_is_renewed_and_the_rest_stays(self) -> None:
        assert endpoints.parse_refresh(reply(bodies.REFRESH), TOKENS, self.later) == evolve(
            TOKENS,
            access_token="access-token-2",
            refresh_token="refresh-token-2",
            id_token="id-token-2",
            authentication_expires_at=self.later + timedelta(hours=1),
        )

    def test_an_answer_without_a_refresh_token_does_not_wipe_ours(self) -> None:
        """F19."""
        for token in ({}, {"refreshToken": None}, {"refreshToken": ""}, {"refreshToken": 5}):
            body = success({"accessToken": "access-token-2", **token})
            tokens = endpoints.parse_refresh(reply(body), TOKENS, self.later)
            assert tokens.refresh_token == "refresh-token-placeholder"

    @pytest.mark.parametrize(
        "answer", [HttpReply(401), HttpReply(400), reply({"code": 401}), reply({"code": 9999, "msg": "WHATEVER"})]
    )
    def test_a_refusal_asks_for_a_sign_in(self, answer: HttpReply) -> None:
        with pytest.raises(TokenExpired, match=r"^refreshing the tokens failed: ") as caught:
            endpoints.parse_refresh(answer, TOKENS, NOON)
        assert caught.value.__context__ is None

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (HttpReply(503), HttpStatusError),
            (HttpReply(429), Throttled),
            (HttpReply(200, {}, b"<html>"), RemoteProtocolError),
            (reply(success({})), RemoteProtocolError),
            (reply(success({"accessToken": "\x7f"})), RemoteProtocolError),
        ],
    )
    def test_what_is_no_verdict_on_the_tokens(self, answer: HttpReply, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            endpoints.parse_refresh(answer, TOKENS, NOON)


class TestDeviceList:
    def test_a_device(self) -> None:
        (device,) = endpoints.parse_device_list(reply(bodies.DEVICE_LIST))
        assert device == Device(
            mac="aabbccddeeff",
            additional_value="0123",
            device_type=52,
            name="NWP500",
            online=True,
            home_seq=12345,
            location=Location(state="XX", city="Sampletown", address="1 Example Street"),
        )

    @pytest.mark.parametrize("data", [[], None])
    def test_no_devices_is_an_answer(self, data: object) -> None:
        assert endpoints.parse_device_list(reply(success(data))) == ()

    def test_other_products_are_listed_and_never_taken_for_a_heater(self) -> None:
        other = {"deviceInfo": {"macAddress": "AA-BB-CC-00-11-22", "deviceType": 1}}
        nameless = {"deviceInfo": {"macAddress": "aabbcc001133"}}
        found = endpoints.parse_device_list(reply(success([other, nameless])))
        assert [(device.mac, device.device_type) for device in found] == [("aabbcc001122", 1), ("aabbcc001133", 0)]

    def test_an_entry_that_cannot_be_addressed_is_left_out_and_noted(self) -> None:
        entries: list[Any] = [{}, 5, {"deviceInfo": {"macAddress": "nonsense"}}, bodies.DEVICE]
        page = endpoints.parse_device_page(reply(success(entries)))
        assert [device.mac for device in page.devices] == ["aabbccddeeff"]
        assert [problem.path for problem in page.problems] == ["[0].deviceInfo", "[1]", "[2].deviceInfo"]

    @pytest.mark.parametrize(("connected", "online"), [(2, True), (1, False), (0, None), (3, None), (None, None)])
    def test_online(self, connected: int | None, online: bool | None) -> None:
        entry = {"deviceInfo": {"macAddress": "aabbccddeeff", "connected": connected}}
        page = endpoints.parse_device_page(reply(success([entry])))
        assert page.devices[0].online is online
        assert bool(page.problems) == (connected in (0, 3))

    @pytest.mark.parametrize("data", [{}, "text", 5])
    def test_what_is_no_list(self, data: object) -> None:
        with pytest.raises(RemoteProtocolError, match="no list"):
            endpoints.parse_device_list(reply(success(data)))

    def test_an_expired_token(self) -> None:
        with pytest.raises(TokenExpired):
            endpoints.parse_device_list(HttpReply(401))


class TestDeviceInfo:
    def test_everything_is_there(self) -> None:
        found = endpoints.parse_device_info(reply(bodies.DEVICE_INFO), UNIT)
        assert found == records.DeviceInfo(
            mac="aabbccddeeff",
            additional_value="0123",
            device_type=52,
            name="NWP500",
            online=False,
            home_seq=12345,
            install_type="R",
            location=Location(
                state="XX", city="Sampletown", address="1 Example Street", latitude=0.5, longitude=1.0
            ),
            installer=records.Installer(first_name="In", last_name="Staller"),
            etc_alarm=False,
            error_alarm=True,
        )

    def test_without_the_device_it_was_asked_for(self) -> None:
        found = endpoints.parse_device_info(reply(bodies.DEVICE_INFO))
        assert (found.mac, found.additional_value) == (None, None)

    def test_an_empty_record(self) -> None:
        assert endpoints.parse_device_info(reply(success({}))) == records.DeviceInfo()


class TestFirmware:
    def test_components(self) -> None:
        found = endpoints.parse_firmware_info(reply(bodies.FIRMWARE))
        assert [part.code for part in found.components] == [33556241, 268435985]
        assert [str(part.version) for part in found.components] == ["10.1.0.0", "2.7.0.0"]
        assert [part.downloaded for part in found.components] == [None, 34013185]

    @pytest.mark.parametrize("version", [-1, 1 << 32, "10.1.0.0"])
    def test_a_version_that_is_none(self, version: object) -> None:
        found = endpoints.parse_firmware_info(reply(success({"firmwares": [{"curVersion": version}]})))
        assert found.components[0].version is None
        assert [problem.path for problem in found.problems] == ["firmwares[0].curVersion"]


class TestTou:
    def test_a_plan(self) -> None:
        found = endpoints.parse_tou(reply(bodies.TOU))
        interval = records.TouInterval(
            week=124, start_hour=16, start_minute=0, end_hour=20, end_minute=59,
            price_min=39261, price_max=49378, decimal_point=5,
        )  # fmt: skip
        assert found == records.TouAnswer(
            register_path="bt",
            source_type="openei",
            plan=records.StoredTouPlan(
                controller_id="00000000XX00000000",
                manufacture_id="00000000XX00000000",
                name="Example plan",
                utility="Example Power",
                zip_code="00501",
                seasons=(
                    records.TouSeason(months=3615, intervals=(interval, interval)),
                    records.TouSeason(months=480),
                ),
            ),
        )
        assert found.has_plan

    @pytest.mark.parametrize("data", [{}, {"touInfo": None}, {"touInfo": {}}, {"touInfo": {"schedule": []}}])
    def test_no_plan_is_no_error(self, data: object) -> None:
        found = endpoints.parse_tou(reply(success(data)))
        assert not found.has_plan
        assert found.problems == ()

    @pytest.mark.parametrize(
        ("zip_code", "text", "problems"),
        [
            ("00501", "00501", 0),
            (99999, "99999", 0),
            (None, None, 0),
            (-1, None, 1),
            (100000, None, 1),
            (True, None, 1),
        ],
    )
    def test_postcodes(self, zip_code: object, text: str | None, problems: int) -> None:
        found = endpoints.parse_tou(reply(success({"touInfo": {"zipCode": zip_code}})))
        assert found.plan is not None
        assert found.plan.zip_code == text
        assert len(found.problems) == problems


def test_the_push_token_is_acknowledged() -> None:
    assert endpoints.parse_push_token(reply(bodies.PUSH_TOKEN)) == answers.Acknowledged()
    assert endpoints.parse_push_token(reply(success({"a": 1}))).data == {"a": 1}


PARSERS: dict[str, tuple[Callable[[HttpReply], Any], dict[str, Any]]] = {
    "sign-in": (lambda answer: endpoints.parse_sign_in(answer, NOON), bodies.SIGN_IN),
    "refresh": (lambda answer: endpoints.parse_refresh(answer, TOKENS, NOON), bodies.REFRESH),
    "grant": (endpoints.parse_refresh_grant, bodies.REFRESH),
    "list": (endpoints.parse_device_list, bodies.DEVICE_LIST),
    "info": (lambda answer: endpoints.parse_device_info(answer, UNIT), bodies.DEVICE_INFO),
    "firmware": (endpoints.parse_firmware_info, bodies.FIRMWARE),
    "tou": (endpoints.parse_tou, bodies.TOU),
    "push": (endpoints.parse_push_token, bodies.PUSH_TOKEN),
}
EXPECTED = (BadCredentials, TokenExpired, Throttled, HttpStatusError, RemoteProtocolError)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(below for key, member in inner for below in places(member, (*place, key)))]


def changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = changed(copy[place[0]], place[1:], new)
    return copy


@pytest.mark.parametrize("name", PARSERS)
class TestWhateverComes:
    def check(self, name: str, answer: HttpReply) -> None:
        with suppress(*EXPECTED):
            assert repr(PARSERS[name][0](answer))

    @given(st.data())
    def test_a_changed_member(self, name: str, data: st.DataObject) -> None:
        body = PARSERS[name][1]
        place = data.draw(st.sampled_from(places(body)))
        self.check(name, reply(changed(body, place, data.draw(junk))))

    @given(st.integers(0, 599), st.binary())
    def test_garbage(self, name: str, status: int, body: bytes) -> None:
        self.check(name, HttpReply(status, {}, body))

    @given(st.integers(0, 100_000), st.integers(0, 255))
    def test_a_changed_byte(self, name: str, position: int, byte: int) -> None:
        body = bytearray(json.dumps(PARSERS[name][1]).encode())
        body[position % len(body)] = byte
        self.check(name, HttpReply(200, {}, bytes(body)))

    def test_every_proper_prefix_is_broken(self, name: str) -> None:
        body = json.dumps(PARSERS[name][1]).encode()
        for cut in range(len(body)):
            with pytest.raises(RemoteProtocolError):
                PARSERS[name][0](HttpReply(200, {}, body[:cut]))

    def test_a_member_that_is_new_is_kept(self, name: str) -> None:
        body = PARSERS[name][1]
        if isinstance(body.get("data"), dict) and name != "refresh":
            found = PARSERS[name][0](reply(changed(body, ("data",), {**body["data"], "brandNew": 1})))
            assert found.extra == {"brandNew": 1}
