"""MQTT for any broker, on asyncio or trio.

::

    async with MqttClient() as mqtt:
        broker = await mqtt.connect("broker.example")
        await broker.publish("tank/status", "warm", qos=1, retain=True)
        async with broker.messages("tank/#") as messages:
            async for message in messages:
                print(message.topic, message.payload)
"""

from navien_anyio.mqtt.client import MqttClient
from navien_anyio.mqtt.connection import MqttConnection
from navien_anyio.mqtt.streams import MessageStream

__all__ = ["MessageStream", "MqttClient", "MqttConnection"]
