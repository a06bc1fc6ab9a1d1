"""Erasing one vault: its keys first, then its rows, and a signed receipt that anybody can verify."""
