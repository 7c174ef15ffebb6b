"""The things the protocol speaks of, as frozen classes. No JSON and no topics here: see ``navien_proto.wire``."""
