"""Runs nginx and Caddy with a block of the guides, in front of a local service."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import randint
from typing import Final
from uuid import uuid4

import httpx

from tests.factories import Creator
from tests.guides.service import PRINTED_ADDRESS
from tests.ports import free_port

PROGRAMS: Final = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


@dataclass(frozen=True)
class Proxy:
    url: str
    folder: Path

    @asynccontextmanager
    async def creator(self) -> AsyncIterator[Creator]:
        """A new creator with a separate address; only the proxy's address is trusted."""
        trust = ssl.create_default_context()
        trust.check_hostname = False
        if (certificate := self.folder / "fullchain.pem").exists():
            trust.load_verify_locations(certificate)
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.{randint(1, 254)}.{randint(1, 254)}", verify=trust)
        async with httpx.AsyncClient(base_url=self.url, transport=transport) as client:
            yield Creator(client, f"user-{uuid4()}", {})


@contextmanager
def running(command: list[str], url: str, folder: Path, port: int) -> Iterator[Proxy]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env={"HOME": str(folder)}, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield Proxy(url, folder)
    finally:
        process.terminate()
        process.wait()


def nginx(block: str, service: str, folder: Path) -> Iterator[Proxy]:
    port = free_port()
    certificate(folder)
    block = block.replace(PRINTED_ADDRESS, service).replace("listen 443", f"listen 127.0.0.1:{port}")
    block = block.replace("/etc/letsencrypt/live/api.example.com", str(folder)).replace("/var/log/nginx", str(folder))
    places = [f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {' '.join(places)}\n{block}\n}}\n"
    )
    folder.chmod(0o755)
    program = shutil.which("nginx", path=PROGRAMS)
    assert program is not None
    with running([program, "-c", str(file), "-p", str(folder)], f"https://127.0.0.1:{port}", folder, port) as proxy:
        yield proxy


def caddy(block: str, service: str, folder: Path) -> Iterator[Proxy]:
    port = free_port()
    block = block.replace(PRINTED_ADDRESS, service).replace("api.example.com", f"http://127.0.0.1:{port}")
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n}\n" + block)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    with running(command, f"http://127.0.0.1:{port}", folder, port) as proxy:
        yield proxy


def certificate(folder: Path) -> None:
    files = ("-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"))
    name = ("-subj", "/CN=api.example.com", "-days", "2")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *name]
    subprocess.run(command, check=True, capture_output=True)
