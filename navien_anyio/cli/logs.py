"""Logging of the command line: to standard error, or above the live table, and never a secret."""

from __future__ import annotations

import logging
import sys

from navien_proto.redact import Redactor

__all__ = ["RedactingFilter", "configure_logging"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class RedactingFilter(logging.Filter):
    """Replaces secrets in messages and tracebacks; lets everything pass."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Make the record's texts fit to be seen."""
        record.msg, record.args = self._redactor.text(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._redactor.text(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self._redactor.text(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.text(record.stack_info)
        return True


class _CurrentStderr(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what ``sys.stderr`` is at that moment: the live table puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure_logging(level: str, redactor: Redactor) -> None:
    """Log our own records of ``level`` and above, and warnings of everybody else's, through a redacting filter.

    Called again, it replaces what it did before.
    """
    handler = _CurrentStderr()
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(RedactingFilter(redactor))
    root = logging.getLogger()
    for before in [known for known in root.handlers if isinstance(known, _CurrentStderr)]:
        root.removeHandler(before)
    root.addHandler(handler)
    ours = logging.getLogger("navien")
    ours.setLevel(level.upper())
