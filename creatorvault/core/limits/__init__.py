"""Rate limits, counters, client addresses and the work allowance."""
