"""Delta sync: pages of what changed and what was deleted since a token (docs/sync.md)."""
