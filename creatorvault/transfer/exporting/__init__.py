"""Exports: everything of a vault, streamed from one snapshot."""
