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
    from navien_proto.lazily import loaders

    __getattr__, __dir__ = loaders(
        globals(),
        {
            "navien_anyio.callbacks": "Subscription",
            "navien_anyio.client": "NavienClient",
            "navien_anyio.heater": "Heater",
            "navien_anyio.mqtt": "MqttClient",
            "navien_anyio.streams": "EventStream StatusWatch",
            "navien_proto.session.events": "Level",
            "navien_proto.session.results": "SetPointChanged",
            "navien_sync.stores": "MemoryStore TokenFile",
        },
    )
