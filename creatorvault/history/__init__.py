"""Undo for creators: the trash, earlier versions, undo tokens, retention, and the purge of what is too old."""
