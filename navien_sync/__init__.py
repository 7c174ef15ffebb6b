"""Watch and run water heaters from programs without an event loop.

::

    from navien_sync import NavienClient

    with NavienClient(email, password) as navien:              # or NavienClient.from_config()
        heater = navien.devices[0]
        status = heater.status()                               # asks, waits for the answer
        print(status.dhw_temperature, status.in_fahrenheit.dhw_temperature)
        heater.set_temperature(celsius=50)                     # returns when the device confirmed
        for event in heater.events():                          # push: status, changes, staleness
            ...

One thread does the work (:mod:`navien_sync.driver`), another what blocks, a third calls callbacks; any thread may
use the client. Events, commands, readings and errors are those of the core:
:mod:`navien_proto.session.events`, :mod:`navien_proto.wire.commands`, :mod:`navien_proto.model`,
:mod:`navien_proto.errors`. httpx and the MQTT codec are loaded when a client is entered.
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
    from navien_proto.session.events import Level
    from navien_proto.session.results import SetPointChanged
    from navien_sync.callbacks import Subscription
    from navien_sync.client import NavienClient
    from navien_sync.heater import Heater
    from navien_sync.mqtt import MqttClient
    from navien_sync.stores import MemoryStore, TokenFile
    from navien_sync.streams import EventStream
    from navien_sync.watching import StatusWatch
else:
    from navien_proto.lazily import loaders

    __getattr__, __dir__ = loaders(
        globals(),
        {
            "navien_proto.session.events": "Level",
            "navien_proto.session.results": "SetPointChanged",
            "navien_sync.callbacks": "Subscription",
            "navien_sync.client": "NavienClient",
            "navien_sync.heater": "Heater",
            "navien_sync.mqtt": "MqttClient",
            "navien_sync.stores": "MemoryStore TokenFile",
            "navien_sync.streams": "EventStream",
            "navien_sync.watching": "StatusWatch",
        },
    )
