"""Options that several commands share, what was given with them, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import click
from attrs import Factory, define

from navien_anyio.cli.csvlog import CsvLog
from navien_anyio.cli.durations import parse_duration
from navien_anyio.cli.exits import CliError, ExitCode
from navien_anyio.cli.logs import configure_logging
from navien_anyio.cli.rows import COLUMN_SETS
from navien_proto.config import LOOPBACK, Config
from navien_proto.errors import UsageError
from navien_proto.redact import Redactor
from navien_proto.session.config import GRACE
from navien_sync.stores import MemoryStore, TokenFile, TokenStore, default_account_file, gather_config

__all__ = [
    "ANONYMOUS",
    "Given",
    "account_options",
    "combine",
    "common_options",
    "device_option",
    "footer",
    "given_of",
    "heater_options",
    "is_local",
    "log_options",
    "open_log",
    "say_store_problem",
    "seconds_of",
    "setting",
    "warn",
    "way",
]

# Column sets that do not say which heater a row is of.
ANONYMOUS = ("tank", "power")

F = TypeVar("F", bound=Callable[..., Any])


@define
class Given:
    """What the command line said, wherever it said it, and the redactor that knows the account's secrets."""

    flags: dict[str, object] = Factory(dict)
    debug: bool = False
    no_store: bool = False
    env_file: str | None = None
    config_file: str | None = None
    simulate: bool = False
    as_json: bool = False
    wait: str = "accepted"
    dry_run: bool = False
    expert: bool = False
    yes: bool = False
    units: str = "auto"
    redactor: Redactor = Factory(Redactor)

    def config(self, *, simulated: bool = False, **more: object) -> Config:
        """The configuration from everywhere, with ``more`` on top of what was given; starts logging.

        A service on this machine is a simulated one: what protects the real one is relaxed.

        Raises:
            UsageError: a setting cannot be used.
        """
        flags = {**self.flags, **{name: value for name, value in more.items() if value is not None}}
        return self.use(self._gather(flags, simulated=simulated or self._is_local(flags)))

    def account(self, *, interval: str | None = None) -> Config:
        """The configuration, in which an account is named.

        Raises:
            UsageError: as ``config``.
            CliError: nobody said whose heaters are meant.
        """
        config = self.config(interval=interval)
        if config.email is None:
            advice = "Put NAVIEN_EMAIL and NAVIEN_PASSWORD into .env or the environment; 'navien demo' needs none."
            raise CliError("no account is set", ExitCode.USAGE, advice=advice)
        return config

    def use(self, config: Config) -> Config:
        """Begin to work by ``config``: log at its level, hide its secrets, say its warnings."""
        self.units = config.units
        self.redactor = Redactor(filter(None, (config.password, config.email)))
        configure_logging("debug" if self.debug else config.log_level, self.redactor)
        for warning in config.warnings:
            warn(self.redactor.text(warning))
        return config

    def store(self) -> TokenStore:
        """Where tokens are kept: a file of the user's, or memory when that is wished or there is no home."""
        path = None if self.no_store else default_account_file()
        return MemoryStore() if path is None else TokenFile(path)

    def _is_local(self, flags: dict[str, object]) -> bool:
        try:
            return is_local(self._gather(flags, simulated=True).base_url)
        except UsageError:
            return False  # what is wrong is said when the settings are read in earnest

    def _gather(self, flags: dict[str, object], *, simulated: bool) -> Config:
        return gather_config(flags, env_file=self.env_file, config_file=self.config_file, simulated=simulated)


def is_local(base_url: str) -> bool:
    """Whether the REST service is on this machine."""
    return LOOPBACK.fullmatch(base_url.partition("://")[2]) is not None


def given_of(context: click.Context) -> Given:
    """What was given so far."""
    given: Given = context.ensure_object(Given)
    return given


def warn(sentence: str) -> None:
    """Say something that is not the command's result."""
    click.echo(f"navien: {sentence}", err=True)


def open_log(
    path: str | None, columns: str | None, units: str, *, interval: float | None = None
) -> AbstractContextManager[CsvLog | None]:
    """The log that was asked for, open, or none. ``interval`` is that of the rows to come, in seconds.

    Raises:
        UsageError: it cannot be written; or columns were chosen for no file.
    """
    if path is None:
        if columns is not None:
            raise UsageError("--columns: it says what stands in the file of --csv, and none is given")
        return nullcontext()
    chosen = next((name for name in COLUMN_SETS if name == columns), COLUMN_SETS[0])
    return CsvLog(path, chosen, units, silence=None if interval is None else interval + GRACE)


def footer(log: CsvLog | None) -> str:
    """What stands below the live table."""
    return "Ctrl-C ends" if log is None else f"logging to {log.path}"


def seconds_of(label: str, text: str | None) -> float | None:
    """The seconds of a duration that may be left out.

    Raises:
        UsageError: it is none.
    """
    return None if text is None else parse_duration(label, text)


def say_store_problem(store: TokenStore) -> None:
    """Say what is wrong with where tokens are kept, if anything."""
    if store.problem:
        warn(f"tokens: {store.problem}")


def _flag(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and parameter.name is not None:
        given_of(context).flags[parameter.name] = value


def _switch(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name is not None:
        setattr(given_of(context), parameter.name, value)


def setting(*names: str, **how: Any) -> Callable[[F], F]:
    """An option that is a setting of the configuration, by its name there."""
    return click.option(*names, expose_value=False, callback=_flag, **how)


def way(*names: str, **how: Any) -> Callable[[F], F]:
    """An option that is an attribute of `Given`."""
    return click.option(*names, expose_value=False, callback=_switch, **how)


def combine(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, shown in that order."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


common_options: Callable[[F], F] = combine(
    setting(
        "--units",
        type=click.Choice(["auto", "f", "c"], case_sensitive=False),
        help="Temperatures in °F or °C; auto, the default, is what the heater displays.",
    ),
    setting(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error", "critical"], case_sensitive=False),
        help="The least important messages logged to standard error.",
    ),
    way("--debug", is_flag=True, help="Log every step and show where errors come from; never a secret."),
)
"""Of every command."""

account_options: Callable[[F], F] = combine(
    setting("--email", metavar="ADDRESS", help="Of the NaviLink account; better NAVIEN_EMAIL."),
    setting(
        "--password",
        metavar="TEXT",
        help="Of the account. Others see it in the list of processes: better NAVIEN_PASSWORD or .env.",
    ),
    setting("--password-file", metavar="FILE", help="A file that holds the password and nothing else."),
    way("--env-file", metavar="FILE", help="Read this file instead of .env."),
    way("--config", "config_file", metavar="FILE", help="Read this TOML file instead of navien.toml."),
    way("--no-store", is_flag=True, help="Keep no tokens on disk; every run signs in anew."),
)
"""Of commands that talk to the service."""

log_options: Callable[[F], F] = combine(
    click.option("--csv", "csv_path", metavar="FILE", help="Append a row a message to this file, and one a gap."),
    click.option(
        "--columns",
        type=click.Choice(COLUMN_SETS, case_sensitive=False),
        help="Of the file: default; all fields; or the layouts tank and power of older scripts, in °F.",
    ),
)
"""Of commands that write a log."""

device_option: Callable[[F], F] = setting(
    "--device", metavar="NAME|MAC-END", help="The heater meant, by name or end of its MAC; all when absent."
)

heater_options: Callable[[F], F] = combine(
    way("--json", "as_json", is_flag=True, help="One JSON document, for programs."),
    setting("--device", metavar="NAME|MAC-END", help="The heater meant, by name or end of its MAC."),
    way("--simulate", is_flag=True, help="Rehearse with a simulated heater; needs no account."),
    account_options,
    common_options,
)
"""Of commands that ask or tell one heater something."""
