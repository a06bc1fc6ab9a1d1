"""A real Better Auth in Node, on loopback, and the people who sign up there."""

import hashlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import httpx

from tests.ports import free_port

SOURCES: Final = Path(__file__).parent
FILES: Final = ("package.json", "package-lock.json", ".npmrc", "auth.mjs", "server.mjs")
INSTALL_SECONDS: Final = 300
START_SECONDS: Final = 60
PASSWORD: Final = "a-long-password"


class NotInstallable(Exception):
    """Why there is no Better Auth here, for the reason of a skip."""


def installed(cache: Path) -> Path:
    """A folder with the server and its locked packages, made once per lock. Raises NotInstallable."""
    if missing := [tool for tool in ("node", "npm") if shutil.which(tool) is None]:
        raise NotInstallable(f"{' and '.join(missing)} not found")
    content = hashlib.sha256(b"\0".join((SOURCES / name).read_bytes() for name in FILES)).hexdigest()
    folder = cache / content[:16]
    if not folder.exists():
        draft = Path(mkdtemp(dir=cache))
        for name in FILES:
            shutil.copy(SOURCES / name, draft)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        npm = subprocess.run(command, cwd=draft, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if npm.returncode != 0:
            raise NotInstallable(f"npm ci failed: {npm.stderr.strip().splitlines()[-1:]}")
        try:
            draft.rename(folder)
        except OSError:
            shutil.rmtree(draft)  # another worker was faster
    return folder


@dataclass
class Account:
    """Somebody who has signed up, with the session token that Better Auth's bearer plugin takes."""

    server: "BetterAuth"
    user_id: str
    email: str
    session_token: str
    cached_session: str = ""
    """The JWT in which a cookie caches the session, where Better Auth is so configured."""

    async def token(self) -> str:
        answer = await self.server.get("/api/auth/token", self.session_token)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    async def id_token(self, issuer: str) -> str:
        """What another application is told when this account signs in there."""
        answer = await self.server.get(f"/test/id-token?id={self.user_id}&iss={issuer}")
        token: str = answer.json()["token"]
        return token

    async def sign_in_again(self) -> None:
        answer = await self.server.post("/api/auth/sign-in/email", {"email": self.email, "password": PASSWORD})
        self.session_token = answer.headers["set-auth-token"]


@dataclass
class BetterAuth:
    folder: Path
    state: Path
    algorithm: str
    audience: str = ""
    session_cache: str = ""
    secret: str = "the-secret-that-encrypts-private-keys-1"
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[str] | None = None
    _people: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """What an operator sets on our side."""
        return {"BETTER_AUTH_URL": self.url, "BETTER_AUTH_ALGORITHMS": self.algorithm}

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "SECRET": self.secret,
            "ALGORITHM": self.algorithm,
            "AUDIENCE": self.audience,
            "SESSION_CACHE": self.session_cache,
            "STATE": str(self.state),
        }
        self._process = subprocess.Popen(
            ["node", "server.mjs"],
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == "ready\n", line + self._process.stdout.read()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(timeout=START_SECONDS)
            self._process = None

    def restart(self, secret: str | None = None) -> None:
        self.stop()
        self.secret = secret or self.secret
        self.start()

    async def get(self, path: str, session_token: str = "") -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return await client.get(path, headers={"Authorization": f"Bearer {session_token}"} if session_token else {})

    async def post(self, path: str, body: Any, session_token: str = "") -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {session_token}"} if session_token else {}
            answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    async def operate(self, what: str, user: Account | None = None) -> None:
        """What an operator does to its database, or the passing of time."""
        query = f"?id={user.user_id}" if user else ""
        assert (await self.get(f"/test/{what}{query}")).status_code == 200

    async def published_keys(self) -> list[str]:
        return [key["kid"] for key in (await self.get("/api/auth/jwks")).json()["keys"]]

    async def sign_up(self, name: str = "Ada") -> Account:
        self._people += 1
        email = f"person-{self._people}@example.org"
        answer = await self.post("/api/auth/sign-up/email", {"email": email, "password": PASSWORD, "name": name})
        cached = answer.cookies.get("better-auth.session_data") or ""
        return Account(self, answer.json()["user"]["id"], email, answer.headers["set-auth-token"], cached)
