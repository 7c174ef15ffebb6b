"""MQTT without a broker in mind and without I/O: topics, the connection machine, its inputs and actions."""
