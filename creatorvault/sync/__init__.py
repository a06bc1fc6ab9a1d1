"""Devices that stay in step with a vault."""
