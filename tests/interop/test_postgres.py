"""The device registry on a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from navien_proto.errors import StoreError
from navien_sync.stores.registry import DeviceRegistry, Presence
from tests.support.postgres import PostgreSQL
from tests.support.registry_suite import RegistrySuite


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    with PostgreSQL(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def place(server: PostgreSQL) -> Iterator[str]:
    yield server.url
    with DeviceRegistry(server.url) as registry, registry.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM navien_devices")


class TestOnPostgres(RegistrySuite):
    pass


WRITER = """
import sys
from navien_sync.stores import registry_tables
from navien_sync.stores.registry import DeviceRegistry
registry_tables.PATIENCE = 60.0  # each has its turn, however busy the machine
with DeviceRegistry(sys.stdin.readline().strip()) as registry:
    for number in range(25):
        registry.user("alice").register(f"{sys.argv[1]}-{number}", "Tank")
        registry.user("alice").register("shared", sys.argv[1])
"""


def test_several_processes_write_at_the_same_time(place: str) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], stdin=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    for writer in writers:
        writer.communicate(place, timeout=90)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    with DeviceRegistry(place) as registry:
        assert registry.user("alice").page(page_size=1000).total == 76


def test_a_wrong_password_is_said_and_not_shown(server: PostgreSQL) -> None:
    wrong = server.url.replace(server.password, "not-the-password")
    with pytest.raises(StoreError, match="refused the user or the password") as told:
        DeviceRegistry(wrong)
    assert "not-the-password" not in f"{told.value!r} {told.value}"


def test_a_server_gone_in_mid_transaction_leaves_nothing_half_written(tmp_path: Path) -> None:
    directory = tmp_path / "cluster"
    directory.mkdir()
    with PostgreSQL(directory) as server, DeviceRegistry(server.url) as registry:
        alice = registry.user("alice")
        alice.register("tank", "Tank")

        def lose_the_server() -> None:
            with registry.transaction() as held:
                held.exec_driver_sql("UPDATE navien_devices SET name = 'half'")
                server.stop()
                held.exec_driver_sql("UPDATE navien_devices SET presence = 'online'")

        with pytest.raises(StoreError, match="nothing is half-written") as told:
            lose_the_server()
        assert told.value.retryable
        assert server.password not in str(told.value)
        with pytest.raises(StoreError):
            alice.set_presence("tank", Presence.ONLINE)
        server.start()
        assert alice.get("tank").name == "Tank", "the registry finds its way back by itself"
        assert alice.get("tank").presence is Presence.UNKNOWN
