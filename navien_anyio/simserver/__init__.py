"""The simulated NaviLink cloud on sockets: REST over HTTP, MQTT over WebSocket at ``/mqtt``.

::

    cloud = SimCloud(rng=Random())
    account = cloud.add_account("user@example.com", "secret")
    cloud.add_heater(account, Heater(HeaterConfig(), rng=Random(), started=datetime.now(UTC)), system_clock())
    with SimServer(cloud) as server:
        async with NavienClient("user@example.com", "secret", **server.settings) as navien:
            ...

The server has a thread of its own; the cloud is touched there alone, see :meth:`SimServer.call`.
"""

from navien_anyio.simserver.app import simulator_app
from navien_anyio.simserver.pump import CloudPump
from navien_anyio.simserver.server import SimServer

__all__ = ["CloudPump", "SimServer", "simulator_app"]
