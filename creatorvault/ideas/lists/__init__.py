"""Pages and cursors."""
