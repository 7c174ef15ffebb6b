"""Configuration gathered from files and the environment; files that cannot be used are named."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import dotenv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navien_proto.config import Config
from navien_proto.errors import UsageError
from navien_sync.stores import gather_config, read_dotenv, read_secret_file, read_toml

CANARY = "Canary-7f3a-secret"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    return directory


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose configuration directory is empty."""
    (tmp_path / "config" / "navien").mkdir(parents=True)
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def refusal(**options: object) -> str:
    with pytest.raises(UsageError) as caught:
        gather_config({}, **options)  # type: ignore[arg-type]
    assert CANARY not in str(caught.value)
    return str(caught.value)


def test_nothing_anywhere_is_the_defaults(here: Path, home: dict[str, str]) -> None:
    assert gather_config({}, environ=home, directory=here) == Config()


def test_every_place_is_read_in_its_order(here: Path, home: dict[str, str]) -> None:
    (here / "navien.toml").write_text('[navien]\ninterval = 70\nunits = "c"\nqueue_limit = 7\nkeep_alive = 90\n')
    (here / ".env").write_text("NAVIEN_INTERVAL=60\nNAVIEN_UNITS=f\nexport NAVIEN_QUEUE_LIMIT=6 # six\n")
    config = gather_config(
        {"interval": 40}, environ={**home, "NAVIEN_INTERVAL": "50", "NAVIEN_UNITS": "auto"}, directory=here
    )
    assert (config.interval, config.units, config.queue_limit, config.keep_alive) == (40, "auto", 6, 90)
    assert config.source("queue_limit").label == f"NAVIEN_QUEUE_LIMIT in {here / '.env'}"
    assert config.source("keep_alive").where == str(here / "navien.toml")


def test_named_files_are_read_in_place_of_those_found(here: Path, home: dict[str, str]) -> None:
    (here / "navien.toml").write_text("[navien]\ninterval = 70\n")
    (here / "other.toml").write_text("[navien]\ninterval = 71\n")
    (here / "third.toml").write_text("[navien]\ninterval = 72\n")
    (here / ".env").write_text("NAVIEN_KEEP_ALIVE=70\n")
    (here / "other.env").write_text("NAVIEN_KEEP_ALIVE=71\n")
    environ = {**home, "NAVIEN_CONFIG": str(here / "other.toml")}
    config = gather_config({}, environ=environ, directory=here)
    assert (config.interval, config.keep_alive) == (71, 70)
    config = gather_config(
        {}, environ=environ, directory=here, env_file=here / "other.env", config_file=here / "third.toml"
    )
    assert (config.interval, config.keep_alive) == (72, 71)


def test_the_users_configuration_directory_is_the_last_place(here: Path, home: dict[str, str]) -> None:
    Path(home["XDG_CONFIG_HOME"], "navien", "navien.toml").write_text("[navien]\ninterval = 80\n")
    assert gather_config({}, environ=home, directory=here).interval == 80
    (here / "navien.toml").write_text("[navien]\ninterval = 81\n")
    assert gather_config({}, environ=home, directory=here).interval == 81


def test_a_virtual_environment_named_dot_env_is_no_file_of_variables(here: Path, home: dict[str, str]) -> None:
    (here / ".env").mkdir()
    assert gather_config({}, environ=home, directory=here) == Config()


def test_the_current_directory_and_the_real_environment_are_the_default(
    here: Path, home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", home["XDG_CONFIG_HOME"])
    monkeypatch.setenv("NAVIEN_INTERVAL", "55")
    (here / ".env").write_text("NAVIEN_KEEP_ALIVE=70\n")
    config = gather_config({})
    assert (config.interval, config.keep_alive) == (55, 70)
    assert config.source("keep_alive").label == "NAVIEN_KEEP_ALIVE in .env"


def test_a_named_file_that_is_absent_is_said(here: Path, home: dict[str, str]) -> None:
    absent = here / "absent"
    sentence = f"cannot read {str(absent)!r}: No such file or directory"
    assert refusal(environ=home, directory=here, env_file=absent) == sentence
    assert refusal(environ=home, directory=here, config_file=absent) == sentence
    assert refusal(environ={**home, "NAVIEN_CONFIG": str(absent)}, directory=here) == sentence
    assert refusal(environ={**home, "NAVIEN_PASSWORD_FILE": str(absent)}, directory=here) == (
        f"NAVIEN_PASSWORD_FILE: {sentence}"
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("navien.toml", b"[navien\n", "(at line 1, column 8)"),
        ("navien.toml", b"[navien]\npassword = " + CANARY.encode(), "(at line 2, column 12)"),
        ("navien.toml", b"a = " + b"9" * 5000, "it is not TOML that can be used"),
        ("navien.toml", b"\xff", "it is not UTF-8 text"),
        ("navien.toml", b"#" * (2 << 20), "larger than 1 MiB"),
        (".env", b"\nNAVIEN_PASSWORD='" + CANARY.encode(), "line 2 is not NAME=value (a quote left open?)"),
        (".env", b"NAVIEN_EMAIL=\xff", "it is not UTF-8 text"),
    ],
)
def test_a_malformed_file_is_said_with_its_place_and_without_its_content(
    name: str, content: bytes, said: str, here: Path, home: dict[str, str]
) -> None:
    (here / name).write_bytes(content)
    sentence = refusal(environ=home, directory=here)
    assert sentence.startswith(f"cannot read {str(here / name)!r}: ")
    assert sentence.endswith(said)


def test_what_a_foreign_line_says_is_not_our_business(here: Path) -> None:
    (here / ".env").write_text("OTHER='open\nNAVIEN_UNITS=c\nNAVIEN_DEBUG\n")
    assert read_dotenv(here / ".env") == {"NAVIEN_UNITS": "c", "NAVIEN_DEBUG": None}


def test_values_are_taken_as_they_stand(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/wrong")
    (here / ".env").write_bytes(b"\xef\xbb\xbfNAVIEN_PASSWORD=a$HOME${HOME}\r\nNAVIEN_EMAIL='q w'\r\n")
    assert read_dotenv(here / ".env") == {"NAVIEN_PASSWORD": "a$HOME${HOME}", "NAVIEN_EMAIL": "q w"}
    assert "NAVIEN_PASSWORD" not in os.environ


def test_a_password_in_a_file(here: Path, home: dict[str, str]) -> None:
    (here / "secret").write_bytes(CANARY.encode() + b"\r\n")
    config = gather_config({}, environ={**home, "NAVIEN_PASSWORD_FILE": str(here / "secret")}, directory=here)
    assert config.password == CANARY
    (here / "secret").write_text(CANARY + " \n\n")
    assert read_secret_file("x", here / "secret") == CANARY + " \n"
    (here / "navien.toml").write_text("[navien]\npassword_file = 3\n")
    label = f"password_file in {here / 'navien.toml'}"
    assert refusal(environ=home, directory=here) == f"{label}: expected the path of a file"
    (here / "empty").write_text("\n")
    assert refusal(environ={**home, "NAVIEN_PASSWORD_FILE": str(here / "empty")}, directory=here) == (
        "NAVIEN_PASSWORD_FILE: expected 1 to 1024 characters of text"
    )


def test_a_password_file_that_does_not_count_need_not_be_there(here: Path, home: dict[str, str]) -> None:
    (here / ".env").write_text("NAVIEN_PASSWORD_FILE=/absent\n")
    assert gather_config({"password": "x"}, environ=home, directory=here).password == "x"


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_a_password_may_come_through_a_pipe(here: Path) -> None:
    os.mkfifo(here / "pipe")
    writer = threading.Thread(target=(here / "pipe").write_text, args=(CANARY + "\n",))
    writer.start()
    assert read_secret_file("NAVIEN_PASSWORD_FILE", here / "pipe") == CANARY
    writer.join()


files = st.binary(max_size=60) | st.lists(
    st.sampled_from(["NAVIEN_UNITS", "=", "c", "'", '"', "\n", "#", " ", "export ", "\\", "$", "[navien]\n", "["]),
    max_size=12,
).map(lambda parts: "".join(parts).encode())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=files)
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes, here: Path, home: dict[str, str]) -> None:
    for name in (".env", "navien.toml"):
        (here / name).write_bytes(content)
        try:
            config = gather_config({}, environ=home, directory=here)
        except UsageError:
            pass
        else:
            assert isinstance(config, Config)
        (here / name).unlink()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=files)
def test_a_dotenv_file_means_what_python_dotenv_says(content: bytes, here: Path) -> None:
    (here / ".env").write_bytes(content)
    try:
        found = read_dotenv(here / ".env")
    except UsageError:
        return
    text = content.decode("utf-8-sig")
    assert found == dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False)


def test_a_toml_document_is_handed_over_whole(here: Path) -> None:
    (here / "x.toml").write_text("[navien]\nunits = 'c'\n[other]\nx = 1\n")
    assert read_toml(here / "x.toml") == {"navien": {"units": "c"}, "other": {"x": 1}}
