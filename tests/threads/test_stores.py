"""The token file: one account's tokens never serve another, nothing on the disk prevents a sign-in."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navien_proto.cloud.account import Refusal, SavedAccount, account_key
from navien_proto.cloud.tokens import Tokens
from navien_sync.stores import MemoryStore, TokenFile, TokenStore, default_account_file
from navien_sync.stores.locking import locked
from navien_sync.stores.places import state_directory
from tests.support.waiting import PATIENCE

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
A = account_key("a@example.com", "https://example.com")
B = account_key("b@example.com", "https://example.com")

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def saved(name: str) -> SavedAccount:
    """An account whose every secret has ``name`` in it."""
    tokens = Tokens(
        access_token=f"{name}-access",
        refresh_token=f"{name}-refresh",
        authentication_expires_at=NOON + timedelta(hours=1),
        access_key_id=f"{name}-key",
        secret_key=f"{name}-secret",
        session_token=f"{name}-session",
        authorization_expires_at=NOON + timedelta(hours=1),
    )
    refusal = Refusal(NOON, f"{name}-fingerprint", f"{name}-salt")
    return SavedAccount(tokens=tokens, sign_ins=(NOON,), refusal=refusal)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def store(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "state" / "accounts.json")


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_f20_tokens_of_one_account_never_serve_another(kind: str, store: TokenFile) -> None:
    accounts: TokenStore = MemoryStore() if kind == "memory" else store
    assert accounts.load(A) is None
    assert accounts.forget(A)
    assert accounts.save(A, saved("a"))
    assert accounts.load(B) is None
    assert accounts.save(B, saved("b"))
    assert (accounts.load(A), accounts.load(B)) == (saved("a"), saved("b"))
    assert accounts.forget(A)
    assert (accounts.load(A), accounts.load(B)) == (None, saved("b"))
    assert accounts.problem is None


def test_f17_sign_ins_and_refusals_outlive_the_process(store: TokenFile) -> None:
    store.save(A, saved("a"))
    found = TokenFile(store.path).load(A)
    assert found is not None
    assert found.sign_ins == (NOON,)
    assert found.refusal == saved("a").refusal


def test_f22_the_address_is_not_in_the_file(store: TokenFile) -> None:
    store.save(A, saved("a"))
    assert b"example.com" not in store.path.read_bytes()


@posix
def test_f20_the_file_is_made_private_whatever_the_umask(store: TokenFile) -> None:
    before = os.umask(0)
    try:
        store.save(A, saved("a"))
    finally:
        os.umask(before)
    assert mode(store.path) == 0o600
    assert mode(store.path.parent) == 0o700
    assert {mode(path) for path in store.path.parent.iterdir()} == {0o600}


@posix
def test_f20_a_file_others_can_read_is_made_private_and_it_is_said(store: TokenFile) -> None:
    store.save(A, saved("a"))
    store.path.chmod(0o644)
    assert store.load(A) == saved("a")
    assert mode(store.path) == 0o600
    assert store.problem == f"{str(store.path)!r} could be read by others; it is private now"
    assert store.load(A) == saved("a")
    assert store.problem is None


@posix
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_f20_killed_in_mid_save_the_old_file_stands(call: str, store: TokenFile) -> None:
    store.save(A, saved("old"))
    script = (
        "import os, signal, sys\n"
        "from navien_proto.cloud.account import SavedAccount\n"
        "from navien_sync.stores import TokenFile\n"
        f"os.{call} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "TokenFile(sys.argv[1]).save(sys.argv[2], SavedAccount())\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, store.path, A], check=False, timeout=90)
    assert ended.returncode == -signal.SIGKILL
    assert store.load(A) == saved("old")
    # What the dead one left is private, is no lock, and goes with the next save.
    assert {mode(path) for path in store.path.parent.iterdir()} == {0o600}
    assert store.save(A, saved("new"))
    assert store.load(A) == saved("new")
    assert sorted(path.name for path in store.path.parent.iterdir()) == ["accounts.json", "accounts.json.lock"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"9" * 5000, "not JSON"),
        (b'{"tokens": "canary"}', "not a file of this program, or of another version"),
        (b'{"schema": 2, "accounts": {}}', "not a file of this program, or of another version"),
        (b'{"schema": 1, "accounts": []}', "it holds no accounts"),
        (b"x" * (2 << 20), "larger than 1 MiB"),
    ],
    ids=["empty", "binary", "deep", "digits", "foreign", "newer", "list", "large"],
)
def test_f20_garbage_prevents_nothing_and_is_kept_aside(content: bytes, said: str, store: TokenFile) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    store.path.chmod(0o600)
    assert store.load(A) is None
    assert store.problem == f"cannot read {str(store.path)!r}: {said}"
    assert store.save(A, saved("a"))
    assert store.load(A) == saved("a")
    aside = store.path.with_name("accounts.json.bad")
    assert aside.read_bytes() == content
    assert os.name != "posix" or mode(aside) == 0o600


def test_f20_one_damaged_account_hurts_no_other(store: TokenFile) -> None:
    store.save(A, saved("a"))
    document = json.loads(store.path.read_bytes())
    document["accounts"][B] = {"tokens": {"access_token": "canary-token"}}
    store.path.write_text(json.dumps(document))
    assert store.load(B) is None
    assert store.problem is not None
    assert "tokens" in store.problem
    assert "canary" not in store.problem
    assert store.load(A) == saved("a")
    document["accounts"][B] = "canary"
    store.path.write_text(json.dumps(document))
    assert store.load(B) is None
    assert store.save(B, saved("b"))
    assert (store.load(A), store.load(B)) == (saved("a"), saved("b"))


def test_a_directory_in_the_files_place_is_left_alone(store: TokenFile) -> None:
    store.path.mkdir(parents=True)
    assert store.load(A) is None
    assert store.problem is not None
    assert not store.save(A, saved("a"))
    assert store.problem.startswith("cannot write ")
    assert store.path.is_dir()


@posix
def test_a_pipe_in_the_files_place_is_neither_waited_for_nor_replaced(store: TokenFile) -> None:
    store.path.parent.mkdir()
    os.mkfifo(store.path)
    assert store.load(A) is None
    assert not store.save(A, saved("a"))
    assert store.path.is_fifo()


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")]
)
def test_what_the_system_refuses_is_a_problem_and_no_exception(
    error: OSError, store: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    store.save(A, saved("a"))
    monkeypatch.setattr("os.replace", refuse)
    assert not store.save(A, saved("b"))
    assert store.problem == f"cannot write {str(store.path)!r}: {error.strerror}"
    assert store.load(A) == saved("a")


def test_a_file_that_cannot_be_read_is_kept_aside_and_one_that_fails_is_not(
    store: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(error: OSError) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("navien_sync.stores.documents.read_limited", refuse)

    store.save(A, saved("a"))
    failing(OSError(24, "Too many open files"))  # passes: the other accounts must not be lost for it
    assert store.load(A) is None
    assert not store.save(B, saved("b"))
    failing(PermissionError(13, "Permission denied"))  # lasts: somebody ran it as root once
    assert store.save(B, saved("b"))
    monkeypatch.undo()
    assert (store.load(A), store.load(B)) == (None, saved("b"))
    assert TokenFile(store.path.with_name("accounts.json.bad")).load(A) == saved("a")


def test_a_path_that_cannot_be_made_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = TokenFile(tmp_path / "file" / "accounts.json")
    assert store.load(A) is None
    assert not store.save(A, saved("a"))
    assert store.problem is not None
    assert store.forget(A)


@posix
def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "real" / "accounts.json")
    assert TokenFile(tmp_path / "link.json").save(A, saved("a"))
    assert (tmp_path / "link.json").is_symlink()
    assert TokenFile(tmp_path / "real" / "accounts.json").load(A) == saved("a")


def test_a_store_held_by_somebody_else_is_waited_for_but_not_for_ever(store: TokenFile) -> None:
    store.save(A, saved("a"))
    lock = store.path.with_name("accounts.json.lock")
    with locked(lock), pytest.raises(TimeoutError), locked(lock, patience=0):
        pass
    with locked(lock, patience=0):
        pass


@posix
def test_a_file_system_without_locks_is_used_unlocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(tmp_path / "lock"), locked(tmp_path / "lock", patience=0):
        pass


def test_windows_locks_with_what_windows_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Msvcrt:
        LK_NBLCK = 2
        calls = 0

        @classmethod
        def locking(cls, descriptor: int, how: int, length: int) -> None:
            cls.calls += 1
            if cls.calls > 1:
                raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt)
    with locked(tmp_path / "lock"), pytest.raises(TimeoutError), locked(tmp_path / "lock", patience=0):
        pass


def test_many_writers_lose_nothing(store: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each has its turn, however long a busy disk takes over those of the others.
    monkeypatch.setattr("navien_sync.stores.documents.locked", partial(locked, patience=PATIENCE))

    def work(number: int) -> None:
        mine = TokenFile(store.path)
        for turn in range(5):
            assert mine.save(f"account-{number}-{turn}", saved(f"{number}")), mine.problem

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        for turn in range(5):
            assert store.load(f"account-{number}-{turn}") == saved(f"{number}")


def test_the_default_place_is_the_users_state() -> None:
    home = {"HOME": "/home/me"}
    assert state_directory(home, "linux") == Path("/home/me/.local/state/navien")
    assert state_directory({**home, "XDG_STATE_HOME": "/state"}, "linux") == Path("/state/navien")
    assert state_directory({**home, "XDG_STATE_HOME": "state"}, "linux") == Path("/home/me/.local/state/navien")
    assert state_directory(home, "darwin") == Path("/home/me/Library/Application Support/navien")
    assert state_directory({"LOCALAPPDATA": "/local"}, "win32") == Path("/local/navien")
    place = default_account_file()
    assert place is None or place.name == "accounts.json"


def test_no_home_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert state_directory({}, "linux") is None


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    content=st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["schema", "accounts"]),
        st.just(1) | st.dictionaries(st.just(A), st.none() | st.text(max_size=5) | st.dictionaries(
            st.sampled_from(["tokens", "sign_ins", "refusal"]), st.none() | st.integers() | st.lists(st.text()))),
    ).map(lambda document: json.dumps(document).encode())
)  # fmt: skip
def test_f20_whatever_lies_there_a_load_answers_and_a_save_works(content: bytes, store: TokenFile) -> None:
    store.path.parent.mkdir(exist_ok=True)
    store.path.write_bytes(content)
    found = store.load(A)
    assert found is None or isinstance(found, SavedAccount)
    assert store.save(A, saved("a")), store.problem
    assert store.load(A) == saved("a")
    assert store.problem is None
