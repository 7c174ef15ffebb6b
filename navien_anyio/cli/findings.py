"""What the doctor finds: steps, their outcome, and the exit code of the whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from attrs import frozen

from navien_anyio.cli.durations import show_duration
from navien_anyio.cli.exits import ExitCode
from navien_proto.cloud.dates import parse_date
from navien_proto.config import SETTINGS, Config
from navien_proto.instant import Instant
from navien_proto.session.inputs import HttpAnswered, HttpFailed

__all__ = ["STEPS", "Finding", "Outcome", "clock_finding", "configuration_finding", "first_failure"]

STEPS = (
    "configuration",
    "DNS",
    "TLS",
    "clock",
    "sign-in",
    "devices",
    "WebSocket",
    "subscription",
    "first status",
)
# Always shown; of the other settings only those that somebody set.
SHOWN = ("email", "password", "interval", "units", "base_url", "mqtt_host")
# Seconds a clock may be off without a word. Signatures are refused at five minutes.
SMALL_OFFSET = 60.0


class Outcome(Enum):
    """How a step came out."""

    FINE = "ok"
    NOTE = "note"  # it works, and yet there is something to know
    FAILED = "FAILED"
    SKIPPED = "skipped"


@frozen(kw_only=True)
class Finding:
    """One step: what was found, what to do, and, for a failure, the exit code it stands for."""

    step: str
    outcome: Outcome = Outcome.FINE
    found: tuple[str, ...] = ()
    advice: str = ""
    code: ExitCode = ExitCode.FINE


def configuration_finding(config: Config) -> Finding:
    """Where each value came from; secrets are only said to be set."""
    lines = []
    for name in SETTINGS:
        source = config.source(name)
        if name in SHOWN or source.where != "default":
            where = source.where if source.where in ("default", "command line") else source.label
            value = getattr(config, name)
            shown = f"{value:g}" if isinstance(value, float) else config.shown(name)
            lines.append(f"{name}: {shown} ({where})")
    found = (*lines, *config.warnings)
    if config.email is None or config.password is None:
        missing = " and ".join(
            f"NAVIEN_{name.upper()}" for name in ("email", "password") if getattr(config, name) is None
        )
        return Finding(
            step="configuration",
            outcome=Outcome.FAILED,
            found=found,
            advice=f"Put {missing} into the environment or into a file .env here: the NaviLink app's account.",
            code=ExitCode.USAGE,
        )
    return Finding(step="configuration", outcome=Outcome.NOTE if config.warnings else Outcome.FINE, found=found)


def clock_finding(report: HttpAnswered | HttpFailed, before: Instant, after: Instant) -> Finding:
    """What an answer's date says of our clock; it was asked for ``before`` and came ``after``."""
    if isinstance(report, HttpFailed):
        return Finding(
            step="clock",
            outcome=Outcome.FAILED,
            found=(report.reason,),
            advice="The service takes connections and does not answer: is a proxy in between? Else wait a little.",
            code=ExitCode.NETWORK,
        )
    date = parse_date(report.reply.headers.get("date", ""))
    if date is None:
        return Finding(step="clock", outcome=Outcome.NOTE, found=("the service did not say what time it is",))
    middle = before.after((after.monotonic - before.monotonic) / 2)
    offset = (date - middle.utc).total_seconds()
    if abs(offset) < SMALL_OFFSET:
        return Finding(step="clock", found=(f"agrees with the service's to {max(1, round(abs(offset)))} s",))
    side = "behind" if offset > 0 else "ahead of"
    return Finding(
        step="clock",
        outcome=Outcome.NOTE,
        found=(f"{show_duration(abs(offset))} {side} the service's; signatures follow the service's clock",),
        advice="Let this machine set its clock from the network (NTP): its logs have the wrong time.",
    )


def first_failure(findings: Iterable[Finding]) -> ExitCode:
    """The exit code of the first step that failed."""
    return next((finding.code for finding in findings if finding.outcome is Outcome.FAILED), ExitCode.FINE)
