"""The commands against the simulated cloud on loopback: what they print, and what they end with."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import trustme
from attrs import evolve

from navien_anyio.simserver import SimServer
from navien_proto.session.settings import session_config
from tests.aio.cli.conftest import Command, Result, long_enough, service
from tests.support.ports import closed_port
from tests.support.served import EMAIL, MACS, PASSWORD, make_cloud

NOWHERE = "http://127.0.0.1:1/api/v2.1"
SECRETS = (PASSWORD, EMAIL, *MACS, "eyJ", "X-Amz")


def sign_ins(server: SimServer) -> int:
    return server.call(lambda cloud, _now: cloud.service._accounts[EMAIL].sign_ins)


def offline(server: SimServer, mac: str = MACS[0]) -> None:
    server.call(lambda cloud, _now: cloud.set_online(mac, online=False))


@pytest.fixture
def deaf(server: SimServer, monkeypatch: pytest.MonkeyPatch) -> SimServer:
    """The cloud thinks the heater is there, and it hears nothing; nobody waits for it for long."""
    quick = lambda config: evolve(session_config(config), reply_timeout=0.2)  # noqa: E731
    monkeypatch.setattr("navien_anyio.cli.asking.session_config", quick)
    monkeypatch.setattr("navien_anyio.cli.doctor.session_config", quick)
    server.call(lambda cloud, _now: monkeypatch.setattr(cloud.heater(MACS[0]), "receive", lambda *_: None))
    return server


def steps(result: Result) -> dict[str, str]:
    """Outcome by step of a check."""
    lines = [line.split(None, 1) for line in result.out.splitlines() if line and not line.startswith(" ")]
    return {line[1]: line[0] for line in lines if line[0] in ("ok", "note", "FAILED", "skipped")}


# --- status and devices ----------------------------------------------------------------------------------


def test_status_for_a_person(server: SimServer, navien: Command) -> None:
    result = navien("status", "--units", "c", **service(server))
    assert (result.code, result.err) == (0, "")
    assert "Heater 0" in result.out
    assert "set point            60.5 °C" in result.out


def test_status_for_a_program(two_heaters: SimServer, navien: Command) -> None:
    result = navien("status", "--json", **service(two_heaters))
    assert (result.code, result.err) == (0, "")
    devices = json.loads(result.out)["devices"]
    assert [(device["name"], device["mac"], device["online"]) for device in devices] == [
        ("Heater 0", MACS[0], True),
        ("Heater 1", MACS[1], True),
    ]
    assert devices[0]["status"]["readings"]["dhw_temperature_setting_c"] == 60.5
    assert devices[0]["status"]["reason"] == "answer"
    in_fahrenheit = json.loads(navien("status", "--json", "--units", "f", **service(two_heaters)).out)
    assert in_fahrenheit["devices"][0]["status"]["readings"]["dhw_temperature_setting_f"] == 140.9


@pytest.mark.parametrize("which", ["heater 1", "EE:01", "ddee01"])
def test_status_of_one_heater(which: str, two_heaters: SimServer, navien: Command) -> None:
    result = navien("status", "--json", NAVIEN_DEVICE=which, **service(two_heaters))
    assert [device["mac"] for device in json.loads(result.out)["devices"]] == [MACS[1]]


@pytest.mark.parametrize("command", [("status",), ("monitor",), ("check",)])
def test_an_unknown_device_is_exit_code_5(command: tuple[str], two_heaters: SimServer, navien: Command) -> None:
    result = navien(*command, "--device", "Attic", **service(two_heaters))
    assert result.code == 5
    told = result.out + result.err
    assert "--device: the account has no heater of that name or MAC; it has 2 in all" in told
    assert "It has: Heater 0, Heater 1." in told


def test_a_heater_off_line_is_said_at_once_and_is_exit_code_5(two_heaters: SimServer, navien: Command) -> None:
    offline(two_heaters)
    result = navien("status", **service(two_heaters))
    assert result.code == 5
    assert "Heater 1" in result.out
    assert result.err.splitlines()[0] == "navien: Heater 0: off line: the cloud does not reach it"
    document = json.loads(navien("status", "--json", **service(two_heaters)).out)
    assert document["devices"][0]["status"] is None
    assert document["devices"][0]["problem"] == "off line: the cloud does not reach it"


def test_a_heater_that_does_not_answer_is_exit_code_5(deaf: SimServer, navien: Command) -> None:
    result = navien("status", **service(deaf))
    assert result.code == 5
    assert result.err.splitlines() == [
        "navien: Heater 0: no answer from the device in 0.2 s; the device may be off line",
        "        Is it powered, and does the NaviLink app show it as connected?",
    ]
    checked = navien("check", **service(deaf))
    assert (checked.code, steps(checked)["first status"]) == (5, "FAILED")
    assert "Heater 0 does not answer" in checked.out


def test_devices_are_listed(two_heaters: SimServer, navien: Command) -> None:
    offline(two_heaters)
    shown = navien("devices", **service(two_heaters))
    assert shown.code == 0
    rows = [line.split() for line in shown.out.splitlines() if "Heater" in line]
    assert rows == [
        ["Heater", "0", "eeff", "NWP500", "off", "line"],
        ["Heater", "1", "ee01", "NWP500", "on", "line"],
    ]
    document = json.loads(navien("devices", "--json", **service(two_heaters)).out)
    assert document["devices"][1] == {"name": "Heater 1", "mac": MACS[1], "device_type": 52, "online": True}


def test_an_account_without_heaters(server: SimServer, navien: Command) -> None:
    server.call(lambda cloud, _now: cloud.service._accounts[EMAIL].heaters.clear())
    assert json.loads(navien("devices", "--json", **service(server)).out) == {"devices": []}
    for command in ("devices", "status", "monitor"):
        result = navien(command, **service(server))
        assert result.code == 5
        assert "the account has no water heater" in result.err


# --- accounts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("status",), ("devices", "--json"), ("monitor",), ("check",)])
def test_a_wrong_password_is_exit_code_3(command: tuple[str, ...], server: SimServer, navien: Command) -> None:
    result = navien(*command, **service(server, password="canary-password"))
    assert result.code == 3
    assert "canary-password" not in result.out + result.err
    assert EMAIL not in result.out + result.err
    assert sign_ins(server) == 1
    if command != ("check",):
        assert len(result.err.splitlines()) == 2


def test_f17_status_in_a_loop_with_a_wrong_password_contacts_the_cloud_once(
    server: SimServer, navien: Command, home: Path
) -> None:
    results = [navien("status", **service(server, password="canary-password")) for _ in range(6)]
    assert [result.code for result in results] == [3] * 6
    assert sign_ins(server) == 1
    store = home / ".local" / "state" / "navien" / "accounts.json"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert "canary-password" not in store.read_text()
    # The right one is tried, and remembered.
    assert navien("status", **service(server)).code == 0
    assert sign_ins(server) == 2


def test_f17_tokens_are_kept_between_runs_unless_that_is_not_wished(
    server: SimServer, navien: Command, home: Path
) -> None:
    for _ in range(3):
        assert navien("status", **service(server)).code == 0
    assert sign_ins(server) == 1
    for _ in range(2):
        assert navien("status", "--no-store", **service(server)).code == 0
    assert sign_ins(server) == 3


def test_f20_a_store_that_cannot_be_used_is_said_and_prevents_nothing(
    server: SimServer, navien: Command, home: Path
) -> None:
    (home / ".local").write_text("in the way")
    result = navien("status", **service(server))
    assert result.code == 0
    assert result.err.startswith("navien: tokens: cannot ")


def test_the_password_may_be_in_a_file_in_dotenv_or_in_toml(server: SimServer, navien: Command) -> None:
    environment = service(server)
    del environment["NAVIEN_PASSWORD"]
    Path("secret").write_text(PASSWORD + "\n")
    assert navien("status", "--password-file", "secret", "--no-store", **environment).code == 0
    Path(".env").write_text(f"NAVIEN_PASSWORD={PASSWORD}\n")
    assert navien("status", "--no-store", **environment).code == 0
    Path(".env").unlink()
    Path("other.env").write_text(f"NAVIEN_PASSWORD={PASSWORD}\n")
    assert navien("status", "--no-store", "--env-file", "other.env", **environment).code == 0
    Path("other.toml").write_text(f'[navien]\npassword = "{PASSWORD}"\n')
    assert navien("status", "--no-store", "--config", "other.toml", **environment).code == 0
    result = navien("status", "--no-store", **environment)
    assert (result.code, result.err) == (2, "navien: signing in needs a password, and none is configured\n")


# --- the network -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("status",), ("devices",), ("monitor", "--fail-fast"), ("monitor", "--for", "1s")],
    ids=" ".join,
)
def test_an_unreachable_host_is_exit_code_4(command: tuple[str, ...], server: SimServer, navien: Command) -> None:
    environment = {**service(server), "NAVIEN_BASE_URL": NOWHERE}
    result = long_enough(
        lambda duration: navien(*(duration if word == "1s" else word for word in command), **environment),
        lambda result: "refused the connection" in result.err,
    )
    assert result.code == 4
    assert "127.0.0.1:1 refused the connection" in result.err
    assert len(result.err.splitlines()) <= 2


def test_an_unreachable_broker_is_exit_code_4(server: SimServer, navien: Command) -> None:
    result = navien("status", **{**service(server), "NAVIEN_MQTT_PORT": "1"})
    assert result.code == 4
    assert "127.0.0.1:1 refused the connection" in result.err


def test_f22_debugging_shows_more_and_no_secret(server: SimServer, navien: Command) -> None:
    fine = long_enough(
        lambda duration: navien("monitor", "--for", duration, "--debug", "--interval", "0.2", **service(server)),
        lambda result: "StatusReceived" in result.err,
    )
    assert fine.code == 0
    assert "DEBUG navien.watch: Connected" in fine.err
    assert "DEBUG navien.watch: StatusReceived" in fine.err
    wrong = navien("status", "--debug", "--no-store", **service(server, password="canary-password"))
    assert wrong.code == 3
    assert "Traceback" in wrong.err
    text = fine.out + fine.err + wrong.out + wrong.err
    assert [secret for secret in (*SECRETS, "canary-password") if secret in text] == []


# --- the doctor ------------------------------------------------------------------------------------------


def test_the_doctor_finds_everything_well(server: SimServer, navien: Command) -> None:
    result = navien("check", **service(server))
    assert result.code == 0
    assert steps(result) == dict.fromkeys(
        (
            "configuration",
            "DNS",
            "TLS",
            "clock",
            "sign-in",
            "devices",
            "WebSocket",
            "subscription",
            "first status",
        ),
        "ok",
    )
    assert "email: set (NAVIEN_EMAIL)" in result.out
    assert "Heater 0 (MAC …eeff): on line" in result.out
    assert "Heater 0 answers: charge" in result.out
    assert "Everything works." in result.out
    assert [secret for secret in SECRETS if secret in result.out + result.err] == []
    again = navien("check", **service(server))
    assert "the tokens of an earlier sign-in are still good; the password was not tried" in again.out


def test_the_doctor_looks_at_certificates(tmp_path: Path, navien: Command) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, roots = (tmp_path / name for name in ("chain.pem", "key.pem", "roots.pem"))
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(roots)
    with SimServer(make_cloud(), certificate=(str(chain), str(key))) as server:
        trusted = navien("check", SSL_CERT_FILE=str(roots), **service(server))
        strange = navien("check", **service(server))
    assert (trusted.code, set(steps(trusted).values())) == (0, {"ok"})
    assert f"127.0.0.1:{server.port} speaks TLSv1." in trusted.out
    assert "certificate good until" in trusted.out
    assert (strange.code, steps(strange)["TLS"], steps(strange)["clock"]) == (4, "FAILED", "skipped")
    assert "the certificate of 127.0.0.1 is not trusted" in strange.out


def test_the_doctor_without_an_account_looks_at_the_network_all_the_same(
    server: SimServer, navien: Command
) -> None:
    environment = service(server)
    del environment["NAVIEN_PASSWORD"]
    result = navien("check", **environment)
    assert result.code == 2
    found = steps(result)
    assert (found["configuration"], found["DNS"], found["clock"], found["sign-in"]) == (
        "FAILED",
        "ok",
        "ok",
        "skipped",
    )
    assert "→ Put NAVIEN_PASSWORD into" in result.out


def test_the_doctor_and_a_refused_account(server: SimServer, navien: Command) -> None:
    result = navien("check", **service(server, password="canary-password"))
    found = steps(result)
    assert (result.code, found["clock"], found["sign-in"], found["devices"]) == (3, "ok", "FAILED", "skipped")
    assert "canary" not in result.out


@pytest.mark.parametrize(
    ("changes", "failed", "skipped"),
    [
        ({"NAVIEN_BASE_URL": NOWHERE}, "TLS", "clock"),
        ({"NAVIEN_BASE_URL": "http://nowhere.invalid/api/v2.1"}, "DNS", "clock"),
        ({"NAVIEN_MQTT_PORT": "1"}, "TLS", "WebSocket"),
    ],
)
def test_the_doctor_and_a_network_that_is_not_there(
    changes: dict[str, str], failed: str, skipped: str, server: SimServer, navien: Command
) -> None:
    result = navien("check", **{**service(server), **changes})
    found = steps(result)
    assert (result.code, found[failed], found[skipped]) == (4, "FAILED", "skipped")
    if "NAVIEN_MQTT_PORT" in changes:
        assert found["sign-in"] == found["devices"] == "ok"


def test_the_doctor_and_nothing_on_the_port(server: SimServer, navien: Command) -> None:
    with closed_port() as port:
        url = f"https://127.0.0.1:{port}/api/v2.1"
        result = navien("check", **{**service(server), "NAVIEN_BASE_URL": url})
    assert (result.code, steps(result)["TLS"]) == (4, "FAILED")


def test_the_doctor_and_a_broker_that_is_none(server: SimServer, navien: Command) -> None:
    result = navien("check", **{**service(server), "NAVIEN_MQTT_PATH": "/elsewhere"})
    found = steps(result)
    assert (result.code, found["devices"], found["WebSocket"], found["subscription"]) == (
        4,
        "ok",
        "FAILED",
        "skipped",
    )
    assert "→ Does a proxy or a firewall forbid WebSockets" in result.out


def test_the_doctor_and_a_heater_off_line(two_heaters: SimServer, navien: Command) -> None:
    offline(two_heaters)
    result = navien("check", **service(two_heaters))
    found = steps(result)
    assert result.code == 5
    assert (found["devices"], found["WebSocket"], found["first status"]) == ("FAILED", "ok", "ok")
    assert "Heater 0 (MAC …eeff): off line" in result.out
    offline(two_heaters, MACS[1])
    found = steps(navien("check", **service(two_heaters)))
    assert found["first status"] == "skipped"
