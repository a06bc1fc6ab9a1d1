"""A small app, which `tests/test_new_app.py` adds to a copy of the service as `creatorvault/moods/`."""
