"""The CSV log of the command line: rows appended to a file, each on disk before the call returns. It blocks."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from types import TracebackType

from navien_anyio.cli.rows import Columns, ColumnSet, Gap, Reading, Unit, columns_of, unit_shown
from navien_proto.errors import UsageError
from navien_sync.stores import LineFile
from navien_sync.stores.places import reason

__all__ = ["CsvLog"]

UNITS: tuple[Unit, ...] = ("c", "f")


class CsvLog:
    """A file of rows of one column set.

    Opening fails at once when the file cannot be written. The unit ``auto`` is settled, and the header written,
    by what the file has already or else by the first row: what the first device displays. From then on nothing
    in the file changes but that rows come. When the file has other columns, the rows go to a new one beside it
    (``path`` says which, ``notices`` tells it in words). When nobody wrote to a continued file for longer than
    ``silence``, the first new row stands under a gap of its own: a logger that was off is not overlooked.

    Args:
        path: the file, created when absent.
        columns: which columns (``navien_anyio.cli.rows``).
        units: ``c``, ``f`` or ``auto``.
        silence: seconds between two rows that are no gap; ``None`` when rows are not of the present.

    Raises:
        UsageError: the file cannot be written; the sentence begins with ``--csv``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        columns: ColumnSet = "default",
        units: str = "auto",
        *,
        silence: float | None = None,
    ) -> None:
        self._set = columns
        self._units = units
        self._wanted = os.fspath(path)
        self._columns: Columns | None = None
        self._silence = silence
        self._last: datetime | None = None
        self.notices: tuple[str, ...] = ()
        try:
            self._file = LineFile(path)
        except (OSError, ValueError) as error:
            raise self._refusal(error) from None
        try:
            present = self._present() if units == "auto" else unit_shown(units, None)
            if present is not None:
                self._pin(present)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> CsvLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> str:
        """The file the rows go to."""
        return str(self._file.path)

    @property
    def unit(self) -> Unit | None:
        """The unit of temperatures; ``None`` while it is not settled."""
        return None if self._columns is None else self._columns.unit

    def write(self, what: Reading | Gap) -> None:
        """Append a row; it is on disk on return.

        Raises:
            UsageError: it could not be written; nothing of it stands in the file then.
        """
        columns = self._columns
        if columns is None:
            columns = self._pin(unit_shown(self._units, what.status if isinstance(what, Reading) else None))
        try:
            gap = self._gap_before(what)
            if gap is not None:
                self._file.append(columns.row(gap))
            self._file.append(columns.row(what))
        except (OSError, ValueError) as error:
            raise self._refusal(error) from None

    def close(self) -> None:
        """Close the file; may be called again."""
        self._file.close()

    def _gap_before(self, what: Reading | Gap) -> Gap | None:
        """The silence between the last row that stood in the file and the first one of ours."""
        last, self._last = self._last, None
        if last is None or self._silence is None:
            return None
        first = what.at if isinstance(what, Reading) else what.start
        return Gap(start=last, end=first) if (first - last).total_seconds() > self._silence else None

    def _present(self) -> Unit | None:
        """The unit of the rows that are in the file already, if they are of this column set."""
        first = self._file.first_line()
        return next((unit for unit in UNITS if columns_of(self._set, unit).header == first), None)

    def _pin(self, unit: Unit) -> Columns:
        columns = columns_of(self._set, unit)
        try:
            self._file.begin(columns.header)
            self._last = _moment(self._file.last_line())
        except (OSError, ValueError) as error:
            raise self._refusal(error) from None
        self._columns = columns
        notices = []
        if self._file.path != Path(self._wanted):
            notices.append(f"{self._wanted!r} has other columns and is left as it is: rows go to {self.path!r}")
        if self._file.repaired:
            notices.append(f"the last line of {self.path!r} was cut short; it is left as it is")
        self.notices = tuple(notices)
        return columns

    def _refusal(self, error: OSError | ValueError) -> UsageError:
        return UsageError(f"--csv: cannot write {self._wanted!r}: {reason(error)}")


def _moment(row: str) -> datetime | None:
    """The time stamp a row begins with, if it does."""
    try:
        moment = datetime.fromisoformat(row.partition(",")[0])
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
