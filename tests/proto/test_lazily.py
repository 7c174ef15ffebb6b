"""Public names that are loaded when they are first named."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import navien_proto
from navien_proto.lazily import loaders
from navien_proto.model.codes import DhwOperationSetting

PACKAGES = (
    "navien_proto",
    "navien_proto.session",
    "navien_proto.wire.commands",
    "navien_anyio",
    "navien_sync",
    "navien_sync.stores",
)


def loaded_by(code: str) -> set[str]:
    """Our modules that a fresh interpreter has after ``code``."""
    told = "print(*(name for name in sys.modules if name.startswith('navien')))"
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{told}"], check=True, capture_output=True, text=True
    )
    return set(answer.stdout.split())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_listed(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None, name
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_any_other_name_is_an_error_that_says_where(package: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Nothing'"):
        _ = import_module(package).Nothing


def test_a_name_may_be_another_in_its_home() -> None:
    assert navien_proto.Mode is DhwOperationSetting


def test_a_name_is_looked_up_once() -> None:
    package = ModuleType("package")
    load, listed = loaders(vars(package), {"string": "digits letters=ascii_letters"})
    vars(package)["__getattr__"] = load
    assert {"digits", "letters", "__name__"} <= set(listed())
    assert "letters" not in vars(package)
    assert package.letters == package.letters == vars(package)["letters"]


def test_who_decodes_needs_no_session() -> None:
    modules = loaded_by("from navien_proto import decode, SetTemperature")
    assert "navien_proto.wire.decode" in modules
    assert not {"navien_proto.session", "navien_proto.cloud", "navien_proto.mqtt"} & modules


@pytest.mark.parametrize("transport", ["navien_anyio", "navien_sync"])
def test_who_talks_to_a_broker_needs_nothing_of_heaters(transport: str) -> None:
    modules = loaded_by(f"from {transport} import MqttClient\nimport {transport}.link")
    assert "navien_proto.link.protocol" in modules
    assert not {"navien_proto.model", "navien_proto.wire", "navien_proto.session.session"} & modules
