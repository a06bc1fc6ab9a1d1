"""Deadlines, keyed locks, shared timeouts and the event-loop budget."""
