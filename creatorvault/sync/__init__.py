"""What changed in a vault, for clients that keep a copy of it."""
