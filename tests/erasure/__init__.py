"""Tests of erasing a vault."""
