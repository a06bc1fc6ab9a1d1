"""Checkpoints: sealed statements of what a vault held, which are compared with what a full read of it finds."""
