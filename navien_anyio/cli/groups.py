"""Groups of commands: ``navien set …``, ``navien schedule …``. Without a command each shows its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from navien_anyio.cli.options import common_options

__all__ = ["group"]


def group(name: str, short_help: str, **how: Any) -> Callable[[Callable[..., Any]], click.Group]:
    """A decorator as `click.group`, for a function that does nothing but carry the help."""

    def decorate(function: Callable[..., Any]) -> click.Group:
        made = click.Group(
            name, short_help=short_help, invoke_without_command=True, help=function.__doc__, callback=_show, **how
        )
        common_options(made)
        made.params.reverse()  # a command takes its options from the last to the first
        return made

    return decorate


@click.pass_context
def _show(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
