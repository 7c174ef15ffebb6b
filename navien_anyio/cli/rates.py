"""Electricity rates of the OpenEI database: asking, and choosing one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.options import Given, combine
from navien_proto.errors import UsageError

if TYPE_CHECKING:
    from navien_proto.cloud.openei import UtilityRate

__all__ = ["key_options", "look_up", "periods_needed", "pick"]

F = TypeVar("F", bound=Callable[..., Any])
# How many are named when several are meant.
SHOWN = 6

key_options: Callable[[F], F] = combine(
    click.option(
        "--openei-key",
        envvar="NAVIEN_OPENEI_KEY",
        metavar="TEXT",
        help="Your free key of openei.org; better NAVIEN_OPENEI_KEY in the environment.",
    ),
    click.option("--openei-url", envvar="NAVIEN_OPENEI_URL", hidden=True),
)
"""Of commands that look rates up."""


def look_up(given: Given, zip_code: str, key: str | None, url: str | None) -> tuple[UtilityRate, ...]:
    """The newest version of each tariff at a postcode.

    Raises:
        CliError: there is no key, or nothing was found.
        NavienError: the database cannot be reached or refuses.
    """
    import anyio

    from navien_anyio.cli import calling
    from navien_proto.cloud.openei import BASE_URL, MAX_BYTES, parse_utility_rates, utility_rates
    from navien_proto.redact import Redactor

    if not key:
        advice = "A key is free: https://openei.org/services/api/signup. Put it into NAVIEN_OPENEI_KEY."
        raise CliError("looking rates up needs a key of openei.org", ExitCode.USAGE, advice=advice)
    given.redactor = Redactor([key])
    request = utility_rates(key, zip_code, base_url=url or BASE_URL)

    async def ask() -> Any:
        return await calling.fetch(request, largest=MAX_BYTES, doing="looking up rates")

    found = parse_utility_rates(anyio.run(ask)).newest()
    if not found:
        raise CliError(f"the database has no residential rates at {zip_code:.20}", ExitCode.USAGE)
    return found


def pick(rates: tuple[UtilityRate, ...], wanted: str) -> UtilityRate:
    """The tariff meant by its label or its name, or by a part of the name that no other has.

    Raises:
        UsageError: there is none such, or several.
    """
    word = wanted.strip().casefold()
    exact = [rate for rate in rates if word in ((rate.label or "").casefold(), (rate.name or "").casefold())]
    found = exact or [rate for rate in rates if word and word in (rate.name or "").casefold()]
    if len(found) == 1:
        return found[0]
    told = "; ".join(f"{rate.label} {rate.name}" for rate in (found or rates)[:SHOWN])
    raise UsageError(f"--rate: {len(found) or 'no'} tariffs are called so: {told}")


def periods_needed(rate: UtilityRate) -> int | None:
    """How many periods a heater would need for it; ``None`` when it cannot be made a plan."""
    try:
        return len(rate.to_plan().merged().periods)
    except UsageError:
        return None
