"""Files of lines: a header that never changes, every line whole and on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navien_sync.stores import LineFile

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.csv"


def write(path: Path, header: str, *lines: str) -> LineFile:
    """Open, write and close; the closed file tells where the lines went."""
    with LineFile(path) as file:
        file.begin(header)
        for line in lines:
            file.append(line)
    return file


def test_a_new_file_gets_its_header_and_its_lines(path: Path) -> None:
    file = write(path, "a,b", "1,2", "3,é")
    assert path.read_bytes() == "a,b\n1,2\n3,é\n".encode()
    assert (file.path, file.repaired) == (path, False)


def test_a_file_with_the_same_header_is_continued(path: Path) -> None:
    write(path, "a,b", "1,2")
    with LineFile(path) as file:
        assert file.first_line() == "a,b"
    write(path, "a,b", "3,4")
    assert path.read_text() == "a,b\n1,2\n3,4\n"


def test_each_line_is_on_disk_when_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    real_write, real_fsync = os.write, os.fsync

    def seen_write(descriptor: int, data: bytes) -> int:
        calls.append(f"write {data!r}")
        return real_write(descriptor, data)

    def seen_fsync(descriptor: int) -> None:
        calls.append("fsync")
        real_fsync(descriptor)

    monkeypatch.setattr("os.write", seen_write)
    monkeypatch.setattr("os.fsync", seen_fsync)
    with LineFile(path) as file:
        file.begin("a")
        calls.clear()
        file.append("1")
        file.append("2")
    assert calls == ["write b'1\\n'", "fsync", "write b'2\\n'", "fsync"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a,b\n9,9\n"),
        ("a", "a,b\n9,9\n"),
        ("a,b", "a,b\n9,9\n"),
        ("a,b\n", "a,b\n9,9\n"),
        ("a,b\n1,2\n3,", "a,b\n1,2\n3,\n9,9\n"),
        ("a,b\n1,2", "a,b\n1,2\n9,9\n"),
        ("a,b\r\n1,2\r\n", "a,b\r\n1,2\r\n9,9\n"),
    ],
)
def test_f39_half_a_line_is_ended_and_never_cut(before: str, after: str, path: Path) -> None:
    path.write_bytes(before.encode())
    file = write(path, "a,b", "9,9")
    assert path.read_bytes() == after.encode()
    assert file.repaired == (before != "" and not before.endswith("\n"))


def test_f39_another_header_is_never_mixed_in(path: Path) -> None:
    write(path, "a,b", "1,2")
    assert write(path, "a,b,c", "1,2,3").path.name == "log-2.csv"
    assert write(path, "x", "1").path.name == "log-3.csv"
    assert write(path, "a,b,c", "4,5,6").path.name == "log-2.csv"
    assert write(path, "a,b", "3,4").path.name == "log.csv"
    contents = {file.name: file.read_text() for file in path.parent.iterdir()}
    assert contents == {
        "log.csv": "a,b\n1,2\n3,4\n",
        "log-2.csv": "a,b,c\n1,2,3\n4,5,6\n",
        "log-3.csv": "x\n1\n",
    }


@pytest.mark.parametrize("foreign", ["a,bc\n", "a,b,c\n1,2,3", "notes without end", "\n", "\ufeffa,b\n", "a,c"])
def test_a_foreign_file_is_left_as_it_is(foreign: str, path: Path) -> None:
    path.write_text(foreign)
    assert write(path, "a,b", "1,2").path.name == "log-2.csv"
    assert path.read_text() == foreign


def test_there_is_an_end_to_numbered_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navien_sync.stores.lines.MOST_FILES", 3)
    for header in "abc":
        write(path, header)
    with pytest.raises(FileExistsError), LineFile(path) as file:
        file.begin("d")
    assert len(list(path.parent.iterdir())) == 3


@pytest.mark.parametrize("line", ["", "a\nb", "a\r", "\n"])
def test_a_line_is_one_line(line: str, path: Path) -> None:
    with LineFile(path) as file:
        with pytest.raises(ValueError, match="line break"):
            file.begin(line)
        file.begin("a")
        with pytest.raises(ValueError, match="line break"):
            file.append(line)
    assert path.read_text() == "a\n"


def test_lines_need_a_header_and_an_open_file(path: Path) -> None:
    file = LineFile(path)
    with pytest.raises(ValueError, match="no header yet"):
        file.append("1")
    file.begin("a")
    file.close()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.append("1")


def test_what_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LineFile(tmp_path / "absent" / "log.csv")
    with pytest.raises(IsADirectoryError):
        LineFile(tmp_path)


def run(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    # Unbuffered: what a buffer has read ahead, communicate with a time-out would never see.
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0)


@posix
def test_f39_killed_in_mid_run_every_line_acknowledged_is_whole_and_on_disk(path: Path) -> None:
    script = (
        "import sys\n"
        "from navien_sync.stores import LineFile\n"
        "file = LineFile(sys.argv[1])\n"
        "file.begin('number,filler')\n"
        "for number in range(10**9):\n"
        "    file.append(f'{number},' + 'x' * (number % 5000))\n"
        "    print(number, flush=True)\n"
    )
    for _ in range(3):
        path.unlink(missing_ok=True)
        process = run(script, path)
        assert process.stdout is not None
        for _ in range(40):
            process.stdout.readline()
        process.kill()
        told = process.communicate(timeout=90)[0].decode().split()
        acknowledged = int(told[-1]) if told else 39
        header, *lines, rest = path.read_text().split("\n")
        written = [f"{number}," + "x" * (number % 5000) for number in range(acknowledged + 2)]
        assert header == "number,filler"
        assert len(lines) in (acknowledged + 1, acknowledged + 2)
        assert lines == written[: len(lines)]
        # The system may cut the write in which the kill arrives, of a line that nobody was told of.
        assert rest == "" or written[len(lines)].startswith(rest)


@posix
def test_f39_a_full_disk_leaves_no_half_line(path: Path) -> None:
    # A limit on the file's size cuts a write short just as a full disk does.
    script = (
        "import resource, sys\n"
        "from navien_sync.stores import LineFile\n"
        "file = LineFile(sys.argv[1])\n"
        "file.begin('a' * 9)\n"
        "file.append('b' * 9)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (25, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    file.append('c' * 9)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))\n"
        "file.append('d' * 9)\n"
    )
    process = run(script, path)
    assert process.communicate(timeout=90)[0] == b"File too large\n"
    assert process.returncode == 0
    assert path.read_text().split() == ["a" * 9, "b" * 9, "d" * 9]


def test_f39_after_a_failed_write_nobody_elses_line_is_cut(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with LineFile(path) as file:
        file.begin("a")

        def torn(descriptor: int, data: bytes) -> int:
            monkeypatch.setattr("os.write", full)
            written = real(descriptor, data[:2])
            with path.open("a") as other:
                other.write("theirs\n")
            return written

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", torn)
        with pytest.raises(OSError, match="No space left"):
            file.append("ours")
    assert path.read_text() == "a\noutheirs\n"


def test_a_write_cut_short_is_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr("os.write", lambda fd, data: real(fd, data[:3]))
    write(path, "header", "line one")
    assert path.read_text() == "header\nline one\n"


@posix
def test_a_pipe_is_written_and_not_continued(path: Path) -> None:
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with LineFile(path) as file:
            assert file.first_line() == ""
            file.begin("a")
            file.append("1")
        assert os.read(reader, 100) == b"a\n1\n"
    finally:
        os.close(reader)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_device_raises() -> None:
    with LineFile("/dev/full") as file, pytest.raises(OSError, match="No space left"):
        file.begin("a")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(before=st.binary(max_size=20) | st.text("a,b\r\n12", max_size=12).map(str.encode))
def test_whatever_stood_there_stays_and_ours_are_whole_lines_under_their_header(
    before: bytes, tmp_path: Path
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    path = tmp_path / "log.csv"
    path.write_bytes(before)
    where = write(path, "a,b", "1,2", "3,4").path
    content = where.read_bytes()
    assert path.read_bytes().startswith(before)
    assert content.endswith(b"\n1,2\n3,4\n")
    assert content.splitlines()[0] == b"a,b"
    assert where == path or path.read_bytes() == before
