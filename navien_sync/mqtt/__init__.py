"""MQTT for any broker, for programs without an event loop.

::

    with MqttClient() as mqtt:
        broker = mqtt.connect("broker.example")
        broker.publish("tank/status", "warm", qos=1, retain=True)
        with broker.messages("tank/#", timeout=60) as messages:
            for message in messages:
                print(message.topic, message.payload)
"""

from navien_sync.mqtt.client import MqttClient
from navien_sync.mqtt.connection import MqttConnection
from navien_sync.mqtt.streams import MessageStream

__all__ = ["MessageStream", "MqttClient", "MqttConnection"]
