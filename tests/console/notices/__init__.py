"""A small app with operations for operators, whose pages are what its `admin.py` declares."""
