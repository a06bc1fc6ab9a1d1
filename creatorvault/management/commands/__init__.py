"""The built-in commands; apps add their own in their `commands.py`."""
