"""Watch and run water heaters from asyncio or trio.

::

    from navien_anyio import NavienClient

    async with NavienClient(email, password) as navien:        # or NavienClient.from_config()
        heater = navien.devices[0]
        status = await heater.status()                         # asks, waits for the answer
        print(status.dhw_temperature, status.in_fahrenheit.dhw_temperature)
        await heater.set_temperature(celsius=50)               # returns when the device confirmed
        async for event in heater.events():                    # push: status, changes, staleness
            ...

Events, commands, readings and errors are those of the core: :mod:`navien_proto.session.events`,
:mod:`navien_proto.wire.commands`, :mod:`navien_proto.model`, :mod:`navien_proto.errors`. httpx and the MQTT codec
are loaded when a client is entered.
"""

from typing import TYPE_CHECKING

__all__ = [
    "EventStream",
    "Heater",
    "Level",
    "MemoryStore",
    "MqttClient",
    "NavienClient",
    "SetPointChanged",
    "StatusWatch",
    "Subscription",
    "TokenFile",
]

if TYPE_CHECKING:
    from navien_anyio.callbacks import Subscription
    from navien_anyio.client import NavienClient
    from navien_anyio.heater import Heater
    from navien_anyio.mqtt import MqttClient
    from navien_anyio.streams import EventStream, StatusWatch
    from navien_proto.session.events import Level
    from navien_proto.session.results import SetPointChanged
    from navien_sync.stores import MemoryStore, TokenFile
else:

    def __getattr__(name: str) -> object:
        # The command line stands in this package, and without its extra it has to say that anyio is missing.
        from importlib import import_module

        homes = {
            "EventStream": "navien_anyio.streams",
            "Heater": "navien_anyio.heater",
            "Level": "navien_proto.session.events",
            "MemoryStore": "navien_sync.stores",
            "MqttClient": "navien_anyio.mqtt",
            "NavienClient": "navien_anyio.client",
            "SetPointChanged": "navien_proto.session.results",
            "StatusWatch": "navien_anyio.streams",
            "Subscription": "navien_anyio.callbacks",
            "TokenFile": "navien_sync.stores",
        }
        if name not in homes:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)
