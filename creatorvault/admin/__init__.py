"""Operators: who runs the service, without a way to read an idea."""
