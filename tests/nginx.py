"""A real nginx in front of the service, on loopback ports, as a subprocess for one test."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Final

import pytest

START_SECONDS: Final = 180
CONFIGURATION: Final = Template("""
daemon off; master_process off; pid $folder/pid; error_log $folder/error.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $folder/body; proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi; uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
    gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;
    server {
        listen 127.0.0.1:$port;
        proxy_set_header Host $$http_host;
        location / { proxy_pass http://127.0.0.1:$upstream; }
        location /stripped/ { proxy_pass http://127.0.0.1:$stripped/; }
    }
}
""")


@contextmanager
def nginx(port: int, upstream: int, stripped: int) -> Generator[None]:
    """Forwards requests unchanged to `upstream`; those under /stripped/ without this prefix to `stripped`."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        pytest.skip("no nginx on PATH")
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder:
        file = Path(folder) / "nginx.conf"
        file.write_text(CONFIGURATION.substitute(folder=folder, port=port, upstream=upstream, stripped=stripped))
        process = subprocess.Popen([program, "-c", str(file), "-e", f"{folder}/start.log"])
        try:
            _wait(process, port)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(START_SECONDS * 10):
        assert process.poll() is None, "nginx ended by itself"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nginx did not listen within {START_SECONDS} s")
