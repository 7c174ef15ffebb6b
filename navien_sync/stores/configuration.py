"""Configuration from where it lies: files and the environment. What it means is the core's affair.

A file that the user named must be there and be understood. The ones looked for by default may be absent; when
they are there, they too must be understood, and what is wrong with them is said.
"""

from __future__ import annotations

import io
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from navien_proto.config import Config, config_layers, secret_files
from navien_proto.errors import UsageError
from navien_proto.layers import Given
from navien_sync.stores.places import config_directory, read_limited, reason

__all__ = ["gather_config", "read_dotenv", "read_secret_file", "read_toml"]

CONFIG_NAME = "navien.toml"
OURS = ("NAVIEN_", "NAVILINK_")


def _read_text(path: Path) -> str:
    try:
        return read_limited(path)[0].decode("utf-8-sig")  # Windows' editor puts a byte-order mark
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {str(path)!r}: it is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {str(path)!r}: {reason(error)}") from None


def read_dotenv(path: str | os.PathLike[str]) -> dict[str, str | None]:
    """The variables of a ``.env`` file; ``$NAME`` in a value stands for itself, and nothing is exported.

    ``None`` is a name without ``=``. A line that cannot be understood is passed over unless it speaks of us.

    Raises:
        UsageError: the file cannot be read, is not UTF-8, or a line of ours cannot be understood.
    """
    from dotenv.parser import parse_stream  # of the extras "anyio" and "sync"; nothing else here needs it

    variables: dict[str, str | None] = {}
    for binding in parse_stream(io.StringIO(_read_text(Path(path)))):
        original = binding.original
        if binding.error and any(name in original.string.upper() for name in OURS):
            # The parser counts empty lines before it to the one it could not read.
            line = original.line + original.string[: -len(original.string.lstrip())].count("\n")
            raise UsageError(f"cannot read {str(path)!r}: line {line} is not NAME=value (a quote left open?)")
        if binding.key is not None:
            variables[binding.key] = binding.value
    return variables


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a TOML file.

    Raises:
        UsageError: the file cannot be read, is not UTF-8, or is not TOML; the sentence says where.
    """
    text = _read_text(Path(path))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"cannot read {str(path)!r}: it is not TOML that can be used") from None


def read_secret_file(label: str, path: object) -> str:
    """The secret in the file that the setting ``label`` names; one line break at its end is dropped.

    Raises:
        UsageError: ``path`` is no path, or the file cannot be read; the sentence begins with ``label``.
    """
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"{label}: expected the path of a file")
    try:
        text = _read_text(Path(path).expanduser())
    except (UsageError, RuntimeError) as error:  # RuntimeError: ~ of a user without a home
        raise UsageError(f"{label}: {error}") from None
    return text.removesuffix("\n").removesuffix("\r")


def gather_config(
    flags: Mapping[str, object],
    *,
    environ: Mapping[str, str] = os.environ,
    env_file: str | os.PathLike[str] | None = None,
    config_file: str | os.PathLike[str] | None = None,
    directory: str | os.PathLike[str] = "",
    simulated: bool = False,
) -> Config:
    """The configuration from command line, environment, ``.env`` and TOML, the most important first.

    Args:
        flags: values of the command line by setting name; ``None`` is a flag that was not given.
        environ: the environment.
        env_file: the ``.env`` file to read; ``.env`` in ``directory``, if there is one, when ``None``.
        config_file: the TOML file to read; when ``None``, the one ``NAVIEN_CONFIG`` names, else the first
            there is of ``navien.toml`` in ``directory`` and in the user's configuration directory
            (``~/.config/navien``).
        directory: where to look for files that were not named; the current one when empty.
        simulated: the service is a simulated one.

    Raises:
        UsageError: a file cannot be read, a name is unknown, or a value cannot be used.
    """
    here = Path(directory)
    dotenv_path = _named(env_file, "") or _first((here / ".env",))
    toml_path = _named(config_file, environ.get("NAVIEN_CONFIG", "")) or _first(_toml_places(here, environ))
    layers = config_layers(
        flags,
        environ,
        {} if dotenv_path is None else read_dotenv(dotenv_path),
        {} if toml_path is None else read_toml(toml_path),
        dotenv_name=str(dotenv_path or ".env"),
        toml_name=str(toml_path or CONFIG_NAME),
    )
    secrets = {given.label: _secret(given) for given in secret_files(layers)}
    return Config.from_layers(layers, secrets=secrets, simulated=simulated)


def _secret(given: Given) -> str:
    return read_secret_file(given.label, given.value)


def _named(path: str | os.PathLike[str] | None, otherwise: str) -> Path | None:
    if path is not None:
        return Path(path)
    return Path(otherwise) if otherwise else None


def _toml_places(here: Path, environ: Mapping[str, str]) -> Iterable[Path]:
    yield here / CONFIG_NAME
    if (directory := config_directory(environ)) is not None:
        yield directory / CONFIG_NAME


def _first(places: Iterable[Path]) -> Path | None:
    # A directory .env is somebody's virtual environment.
    return next((place for place in places if os.path.lexists(place) and not place.is_dir()), None)
