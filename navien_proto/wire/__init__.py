"""Between the model and what travels: JSON, topics, envelopes, commands. Pure; see ``navien_proto.model``."""
