from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Examples are drawn anew at each local run. In CI they are the same each time, so that a change is never refused
# for an old mistake that its run happened to find. How long an example takes says nothing on a busy machine.
settings.register_profile("local", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live",
        action="store_true",
        help="ask the real account of the environment (NAVIEN_EMAIL, NAVIEN_PASSWORD, …); nothing is changed",
    )


@pytest.fixture(scope="session", autouse=True)
def _names_that_do_not_exist() -> Iterator[None]:
    """Names under ``.invalid`` (RFC 6761) do not exist, and nobody's resolver is asked about them."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if name.endswith(".invalid") and all(len(label) < 64 for label in name.split(".")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield
