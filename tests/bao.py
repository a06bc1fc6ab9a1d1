"""A real OpenBao on loopback that keeps its keys over a restart, sealed until somebody unseals it."""

import json
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.ports import free_port

PROGRAM = Path(sys.executable).with_name("bao")
CONFIGURATION = """
storage "raft" {{ path = "{folder}/data" node_id = "tests" performance_multiplier = 1 }}
api_addr = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{cluster_port}"
listener "tcp" {{ address = "127.0.0.1:{port}" tls_disable = true }}
disable_mlock = true
log_level = "error"
"""


class Bao:
    """`token` may do everything."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._file = folder / "bao.hcl"
        (folder / "data").mkdir()
        self._file.write_text(CONFIGURATION.format(folder=folder, port=self._port, cluster_port=free_port()))
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._unseal_key = ""
        self.token = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.run()
        made = self.call("PUT", "sys/init", secret_shares=1, secret_threshold=1)
        self._unseal_key, self.token = made["keys"][0], made["root_token"]
        self.unseal()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def run(self) -> None:
        """Starts the server, which is sealed."""
        with (self._folder / "bao.log").open("ab") as log:
            self._server = subprocess.Popen(
                [PROGRAM, "server", f"-config={self._file}"],
                stdout=log,
                stderr=log,
                env={"HOME": str(self._folder), "PATH": ""},
            )
        while self._server.poll() is None:
            try:
                httpx.get(f"{self.url}/v1/sys/seal-status", trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError((self._folder / "bao.log").read_text())

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait()
            self._server = None

    def unseal(self) -> None:
        self.call("PUT", "sys/unseal", key=self._unseal_key)
        while httpx.get(f"{self.url}/v1/sys/health", trust_env=False).status_code != HTTPStatus.OK:
            time.sleep(0.05)

    def seal(self) -> None:
        self.call("POST", "sys/seal")

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.url}/v1/{path}",
            headers={"X-Vault-Token": self.token},
            content=json.dumps(body) if body else None,
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def new_key(self, **options: Any) -> str:
        """Returns the name of a new key of the engine."""
        name = f"key-{uuid4().hex}"
        self.call("POST", f"transit/keys/{name}", **({"type": "aes256-gcm96"} | options))
        return name
