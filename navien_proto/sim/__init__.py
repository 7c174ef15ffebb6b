"""The second peer: a heater, the cloud behind it, a broker, and a world that joins them with sessions."""
