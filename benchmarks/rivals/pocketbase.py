"""PocketBase: one collection with owner rules, seeded in its SQLite file, and requests in its API."""

import json
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from benchmarks.content import PRIORITIES, STAGES, Group, Stored, stored_ideas
from benchmarks.processes import Server
from benchmarks.rivals.answers import answer
from benchmarks.works import Body, http

HERE: Final = Path(__file__).parent
BINARY: Final = HERE.parent.parent / ".venv-bench" / "bin" / "pocketbase"
RECORDS: Final = "/api/collections/ideas/records"
USERS: Final = "/api/collections/users"
PAGE: Final = {"perPage": "20", "sort": "-created_at"}
SUPERUSER: Final = ("operator@example.org", "password-of-the-benchmark")
ID_CHARACTERS: Final = 15
TOKEN_SECONDS: Final = 86_400
INSERT: Final = """
    INSERT INTO ideas (id, owner, title, notes, stage, priority, tags, due_date, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?)
"""


class PocketBase(Server):
    """As it ships, its log of requests included; its rate limits are off unless they are switched on."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self._places = ("--dir", str(folder), "--migrationsDir", str(HERE / "pocketbase_migrations"))
        self._database = folder / "data.db"
        self._tokens: dict[str, str] = {}
        command = [str(BINARY), *self._places, "serve", "--http", "127.0.0.1:{port}"]
        super().__init__("pocketbase", command, {}, logs, health="/api/health")

    def fill(self, groups: Iterable[Group]) -> None:
        """Before it is started."""
        for words in (("migrate", "up"), ("superuser", "upsert", *SUPERUSER)):
            subprocess.run([BINARY, *self._places, *words], check=True, stdout=subprocess.DEVNULL)
        with sqlite3.connect(self._database) as database:
            for group in groups:
                for user_id in group.users():
                    database.executemany(INSERT, _rows(stored_ideas(group, user_id)))
            database.execute("ANALYZE")
        database.close()

    def sign_up(self, user_ids: Iterable[str]) -> None:
        identity, password = SUPERUSER
        sign_in = {"identity": identity, "password": password}
        superuser = self._ask(http("POST", "/api/collections/_superusers/auth-with-password", "", sign_in))["token"]
        for user_id in user_ids:
            own_id = record_id(user_id)
            user = {"id": own_id, "email": f"{user_id}@example.org", "password": password, "passwordConfirm": password}
            self._ask(http("POST", f"{USERS}/records", superuser, user))
            impersonated = http("POST", f"{USERS}/impersonate/{own_id}", superuser, {"duration": TOKEN_SECONDS})
            self._tokens[user_id] = self._ask(impersonated)["token"]

    def request(self, method: str, user_id: str, rest: str = "", body: Body | None = None) -> bytes:
        """As `benchmarks.works.request`, with queries of `page` and `search`."""
        if rest.startswith("/"):
            rest = "/" + idea_record_id(UUID(rest[1:]))
        if method == "POST":
            body = {**(body or {}), "owner": record_id(user_id)}
        return http(method, RECORDS + rest, self._tokens[user_id], body)

    def _ask(self, request: bytes) -> Any:
        status, content = answer(self, request)
        assert status == 200, content
        return content


def page() -> str:
    return "?" + urlencode(PAGE)


def search(term: str) -> str:
    return "?" + urlencode({**PAGE, "filter": f"title ~ '{term}' || notes ~ '{term}'"})


def record_id(name: str) -> str:
    """Names of PocketBase's records have 15 small letters and digits."""
    return sha256(name.encode()).hexdigest()[:ID_CHARACTERS]


def idea_record_id(idea_id: UUID) -> str:
    return idea_id.hex[:ID_CHARACTERS]


def _rows(ideas: Iterable[Stored]) -> Iterator[tuple[str, ...]]:
    for idea in ideas:
        time = f"{idea.time:%Y-%m-%d %H:%M:%S}.000Z"
        texts = idea.title, idea.notes, STAGES[idea.stage], PRIORITIES[idea.priority], json.dumps(idea.tags)
        yield idea_record_id(idea.id), record_id(idea.user_id), *texts, time, time
