"""Errors: whose fault, whether a retry helps, and that they travel between processes."""

from __future__ import annotations

import pickle

import pytest

from navien_proto import errors


@pytest.mark.parametrize(
    "error",
    [
        errors.GuardError("no", "read_only"),
        errors.DecodeError("a/b", "response.status", "no object"),
        errors.HttpStatusError("no", status=503),
        errors.CommandRefused("no", code=2),
        errors.Throttled("too many", retry_after=30.0),
        errors.CommandMismatch("another list", differences=2),
        errors.ScheduleConflict("another list", differences=2),
        errors.CommandTimedOut("no answer"),
        errors.LinkBroken("the line is dead"),
        errors.UsageError("that is no topic"),
    ],
)
def test_an_error_goes_from_process_to_process_with_all_it_says(error: errors.NavienError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert again.retryable is error.retryable
