"""A real Better Auth in Node, on loopback, and its users."""

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from tests.ports import free_port
from tests.postgres import Database

START_SECONDS: Final = 60
PASSWORD: Final = "a-long-password"

OPERATIONS: Final = {
    # The newest key has reached the end of its rotation interval: the next token is signed with a new one.
    "expire-keys": """UPDATE jwks SET "expiresAt" = now() - interval '1 second'""",
    # The grace period is also over: no key is published any more.
    "outlive-keys": """UPDATE jwks SET "expiresAt" = 'epoch'""",
    # A leaked key is deleted.
    "delete-keys": "DELETE FROM jwks",
    "make-admin": """UPDATE "user" SET role = 'admin' WHERE id = $1""",
    # The flag is set in the database, without ending sessions.
    "mark-banned": """UPDATE "user" SET banned = true WHERE id = $1""",
}
"""Changes of its database by an operator, or by the passing of time."""


@dataclass
class Account:
    """A user with the session token for Better Auth's bearer plugin, if it is installed."""

    server: "BetterAuth"
    user_id: str
    email: str
    session_token: str
    cached_session: str = ""
    """The JWT in which a cookie caches the session, if Better Auth is configured to do so."""

    async def token(self) -> str:
        answer = await self.server.get("/api/auth/token", self.session_token)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    async def id_token(self, issuer: str) -> str:
        """Returns the id token that another application gets when this account signs in there."""
        answer = await self.server.get(f"/test/id-token?id={self.user_id}&iss={issuer}")
        token: str = answer.json()["token"]
        return token

    async def sign_in_again(self) -> None:
        answer = await self.server.post("/api/auth/sign-in/email", {"email": self.email, "password": PASSWORD})
        self.session_token = answer.headers["set-auth-token"]


@dataclass
class BetterAuth:
    """`folder` is a `project`. Without an algorithm it is configured as in the guide."""

    folder: Path
    database: Database
    algorithm: str = ""
    audience: str = ""
    session_cache: str = ""
    secret: str = "the-secret-that-encrypts-private-keys-1"
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    """Additional environment variables."""

    _process: subprocess.Popen[str] | None = None
    _people: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """Returns the environment variables for CreatorVault."""
        return {"BETTER_AUTH_URL": self.url, "BETTER_AUTH_ALGORITHMS": self.algorithm or "EdDSA"}

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "BETTER_AUTH_URL": self.url,
            "BETTER_AUTH_SECRET": self.secret,
            "BETTER_AUTH_TELEMETRY": "0",
            "AUTH_DATABASE_URL": self.database.owner_url,
            "ALGORITHM": self.algorithm,
            "AUDIENCE": self.audience,
            "SESSION_CACHE": self.session_cache,
            **self.settings,
        }
        self._process = subprocess.Popen(
            ["node", "server.js"],
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
        await self.sql(OPERATIONS[what], *([user.user_id] if user else []))

    async def sql(self, statement: str, *arguments: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database.owner_url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
        finally:
            await connection.close()
        return rows

    async def published_keys(self) -> list[str]:
        return [key["kid"] for key in (await self.get("/api/auth/jwks")).json()["keys"]]

    async def sign_up(self, name: str = "Ada", password: str = PASSWORD) -> Account:
        self._people += 1
        email = f"person-{self._people}@example.org"
        answer = await self.post("/api/auth/sign-up/email", {"email": email, "password": password, "name": name})
        cached = answer.cookies.get("better-auth.session_data") or ""
        return Account(self, answer.json()["user"]["id"], email, answer.headers.get("set-auth-token", ""), cached)

    async def sign_in(self, email: str, password: str) -> int:
        """Returns the status of the response."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            body = {"email": email, "password": password}
            return (await client.post("/api/auth/sign-in/email", json=body)).status_code
