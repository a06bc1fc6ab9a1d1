"""Exit status 0 when the process behind PORT answers /health. Needs nothing but Python, and less than its timeout."""  # noqa: INP001  # a program, no package

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=2)
try:
    connection.request("GET", "/health")
    sys.exit(connection.getresponse().status != http.client.OK)
except OSError as error:
    sys.exit(f"unhealthy: {error}")
