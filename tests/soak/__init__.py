"""Many heaters for a long time: a client process against the simulated cloud in another, with faults."""
