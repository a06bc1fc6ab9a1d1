"""Measurements and drills. Each `python -m benchmarks…` needs the checkout's environment, and says so."""

import sys
from importlib.util import find_spec

if find_spec("msgspec") is None or find_spec("asyncpg") is None:
    sys.exit(
        f"Error: the dependencies are not installed for this Python ({sys.executable}). "
        "Run `make .venv/installed`, then `.venv/bin/python -m benchmarks`"
    )
