"""The commands that every installation has; apps bring their own in their `commands.py`."""
