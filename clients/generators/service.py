"""A live service for generated clients: its own database, operators' keys, and people with tokens."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import jwt

from tests.commands import INHERITED, ROOT
from tests.running import Run, running

SECRET: Final = "the-shared-secret-of-generated-clients-0123456789"
SETTINGS: Final = {
    "BETTER_AUTH_SECRET": SECRET,
    "LOG_LEVEL": "WARNING",
    # Each client confirms an erasure, and waits this long for it.
    "CREATORVAULT_ADMIN__ERASURE_DELAY_SECONDS": "10",
    "CREATORVAULT_LIMITS__IDENTITY_READS": "100000",
    "CREATORVAULT_LIMITS__IDENTITY_WRITES": "100000",
    "CREATORVAULT_LIMITS__ADDRESS_REQUESTS": "100000",
    # The clients call the service at the same time, and on a busy machine an export of each may be under way.
    "CREATORVAULT_TRANSFER__EXPORTS_AT_ONCE": "16",
    # One person of each client exceeds this one.
    "CREATORVAULT_LIMITS__GROUPS": '[{"name": "accounts", "reads": 8}]',
}


class Service:
    """A running service whose database can be stopped once."""

    def __init__(self, run: Run, home: Path) -> None:
        self.address = run.address
        self._run = run
        self._home = home
        run.until("is ready")
        self._operator = self._key("read", "manage", "keys", "operators")
        self._viewer = self._key("read")

    def stage(self, client: str) -> str:
        """Returns the JSON that a scenario reads: people and keys that only this client uses."""
        return json.dumps(
            {
                "url": self.address,
                "creator": _person(f"{client}-creator"),
                "stranger": _person(f"{client}-stranger"),
                "leaver": _person(f"{client}-leaver"),
                "hurried": _person(f"{client}-hurried"),
                "owner": _person(f"{client}-owner", org_id=f"{client}-organization", org_role="owner"),
                "organization": f"{client}-organization",
                "operator": self._operator,
                "viewer": self._viewer,
                "secondTenant": f"{client}-tenant",
            }
        )

    def stop_database(self) -> None:
        """Ends the server at once, and waits until it has removed its file."""
        lock = self._home / "postgres" / "data" / "postmaster.pid"
        os.kill(int(lock.read_text().split()[0]), signal.SIGQUIT)
        while lock.exists():
            time.sleep(0.05)

    def _key(self, *scopes: str) -> str:
        options = [word for scope in scopes for word in ("--scope", scope)]
        command = [sys.executable, "-m", "creatorvault", "operators", "create", "--name", "Client", *options]
        environ = {**INHERITED, **SETTINGS, "CREATORVAULT_HOME": str(self._home)}
        done = subprocess.run(
            [*command, "--expires", "1"], cwd=ROOT, env=environ, check=True, capture_output=True, text=True
        )
        return done.stdout.split()[-1]


@contextmanager
def serving(home: Path) -> Iterator[Service]:
    with running(home, **SETTINGS) as run:
        yield Service(run, home)


def _person(user_id: str, **claims: str) -> dict[str, str]:
    now = int(time.time())
    facts = {"sub": user_id, "user_id": user_id, "email": "ada@example.org", "name": "Ada"}
    token = jwt.encode({**facts, "iat": now, "exp": now + 3600, **claims}, SECRET, algorithm="HS256")
    return {"id": user_id, "token": token}
