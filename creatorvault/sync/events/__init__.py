"""Live updates: streams of a vault's revisions, as server-sent events."""
