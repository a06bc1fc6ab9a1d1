"""Counts of ideas and of tags."""
