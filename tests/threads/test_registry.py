"""The device registry on SQLite; what holds for every database stands in registry_suite."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from navien_proto.errors import StoreError, UsageError
from navien_sync.stores.registry import DeviceRegistry, Presence
from tests.support.registry_suite import RegistrySuite


class TestOnSqlite(RegistrySuite):
    @pytest.fixture
    def place(self, tmp_path: Path) -> str:
        return str(tmp_path / "registry.db")


def test_the_file_is_the_owners_alone_and_its_directory_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "registry.db"
    DeviceRegistry(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "path of a file"),
        ("mysql://host/database", "may be sqlite or postgresql"),
        ("://", "not one"),
    ],
)
def test_a_place_that_is_none_is_refused(where: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        DeviceRegistry(where)


def test_another_kind_of_file_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all, but long enough to be taken for one" * 40)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another kind of file"):
        DeviceRegistry(path)
    assert path.read_bytes() == before


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        DeviceRegistry(tmp_path / "file" / "registry.db")


def test_a_registry_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    DeviceRegistry(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE navien_registry SET schema = 99")
    newer.close()
    with pytest.raises(StoreError, match="schema 99"):
        DeviceRegistry(path)


def test_a_locked_file_is_waited_for_and_then_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.stores.registry_tables.PATIENCE", 0.1)
    path = tmp_path / "registry.db"
    registry = DeviceRegistry(path)
    alice = registry.user("alice")
    alice.register("tank", "Tank")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="in use by another process") as told:
        alice.register("tank", "Boiler")
    assert told.value.retryable
    holder.execute("ROLLBACK")
    holder.close()
    assert alice.get("tank").name == "Tank"


def test_a_read_only_registry_can_be_read_and_says_so_when_written(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    DeviceRegistry(path).user("alice").register("tank", "Tank")
    reader = DeviceRegistry(f"sqlite:///file:{path}?mode=ro&uri=true")
    alice = reader.user("alice")
    assert alice.get("tank").name == "Tank"
    with pytest.raises(StoreError, match="read-only"):
        alice.set_presence("tank", Presence.ONLINE)


WRITER = """
import sys
from navien_sync.stores import registry_tables
from navien_sync.stores.registry import DeviceRegistry
registry_tables.PATIENCE = 60.0  # SQLite gives turns by chance, and a busy disk takes long over each
with DeviceRegistry(sys.argv[1]) as registry:
    for number in range(25):
        registry.user("alice").register(f"{sys.argv[2]}-{number}", "Tank")
        registry.user("alice").register("shared", sys.argv[2])
"""


def test_several_processes_write_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b", "c")]
    assert [writer.wait(90) for writer in writers] == [0, 0, 0]
    with DeviceRegistry(path) as registry:
        assert registry.user("alice").page(page_size=1000).total == 76
