"""Something for each page of the console to show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Final, NamedTuple
from uuid import uuid4

import asyncpg
from litestar import Litestar

from creatorvault.console.catalogue import Catalogue, SectionPlan
from creatorvault.console.places import address, of_action, of_item, of_section
from creatorvault.core.parts import part_of
from creatorvault.figures.durations import BUCKETS
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House
from tests.factories import Creator
from tests.vault_rows import QUEUED

SECRET_WORDS: Final = "Nobody sees this"
ROTATION: Final = """
    INSERT INTO keys.rotations
        (scope, started_at, finished_at, requested_by, vaults_done, vaults_total, rows_done, rows_total, findings,
         problems)
    VALUES ($1, now() - interval '2 minutes', now(), $2, 41, 42, 1000, 1001, 1, $3) RETURNING rotation_id
"""
VERIFICATION: Final = """
    INSERT INTO audit_verifications
        (requested_by, requested_at, finished_at, events_done, events_total, chains, findings, problems)
    VALUES ($1, now() - interval '2 minutes', now(), 5000, 5000, 12, 1, $2) RETURNING verification_id
"""
FIGURES: Final = "INSERT INTO request_figures VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
ALARM: Final = (
    "INSERT INTO alert_figures VALUES (date_trunc('minute', now()), 'audit_chain_broken', 2) ON CONFLICT DO NOTHING"
)
SAMPLE_OF_VAULTS: Final = "INSERT INTO vault_figures VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
SAMPLE_OF_QUEUE: Final = (
    "INSERT INTO queue_figures (taken_at, waiting, failed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
)
JOB: Final = "SELECT id FROM jobs.queue WHERE headers ->> 'tenant_id' = $1 ORDER BY id"


@dataclass(frozen=True)
class Scene:
    """`keys` are those of an object of each kind that has a page or actions, by parameter."""

    sql: asyncpg.Connection
    olga: AdminClient
    ada: Creator
    keys: dict[str, str]

    async def job(self, status: str) -> str:
        """Returns the id of a new job of the tenant."""
        await self.sql.execute(QUEUED, tenant_of(self.ada), self.ada.user_id)
        newest = (await self.sql.fetch(JOB, str(tenant_of(self.ada))))[-1]["id"]
        await self.sql.execute("UPDATE jobs.queue SET status = $2 WHERE id = $1", newest, status)
        return str(newest)


class Place(NamedTuple):
    """A page of the console. `kind` is that of its template."""

    name: str
    kind: str
    path: str


def places(app: Litestar, keys: dict[str, str]) -> Iterator[Place]:
    """The page of every section, object and action that is declared; a KeyError means a parameter `keys` lacks."""
    for plan in part_of(app, Catalogue).values():
        yield Place(plan.name, "section", of_section(plan.name))
        if plan.section.item is not None:
            own = {name: keys[name] for name in plan.section.item.keys}
            yield Place(f"{plan.name}-item", "item", address(of_item(plan.name), own))
        for name in plan.actions:
            own = {key: keys[key] for key in keys_of_action(plan, name)}
            yield Place(f"{plan.name}-{name}", "action", address(of_action(plan.name, name), own))


def keys_of_action(plan: SectionPlan, name: str) -> list[str]:
    action = plan.actions[name]
    return [*(plan.item.keys if action.of_object else action.operation.keys)]


def declared_actions(app: Litestar) -> set[tuple[str, str]]:
    return {(plan.name, name) for plan in part_of(app, Catalogue).values() for name in plan.actions}


async def owner(house: House) -> Creator:
    """Somebody with a vault in an organization of their own."""
    ada = house.creator(claims={"org_id": f"org-{uuid4()}", "org_role": "owner"})
    await ada.idea(SECRET_WORDS)
    return ada


async def set_scene(sql: asyncpg.Connection, house: House) -> Scene:
    """A tenant of an organization of its own, with a vault, jobs, events, a rotation, a verification, and figures."""
    olga = await appointed(sql, house.client, *EVERY_SCOPE)
    ada = await owner(house)
    tenant = tenant_of(ada)
    found = [{"tenant_id": str(tenant), "user_id": ada.user_id, "table": "ideas", "row": "7", "problem": "altered"}]
    rotation = await sql.fetchval(ROTATION, tenant, f"operator:{olga.id}", dumps(found))
    broken = [{"tenant_id": str(tenant), "sequence": 2, "problem": "altered"}]
    verification = await sql.fetchval(VERIFICATION, f"operator:{olga.id}", dumps(broken))
    scene = Scene(
        sql,
        olga,
        ada,
        {
            "tenant_id": str(tenant),
            "user_id": ada.user_id,
            "operator_id": str((await appointed(sql, house.client, "read")).id),
            "rotation_id": str(rotation),
            "verification_id": str(verification),
        },
    )
    scene.keys["job_id"] = await scene.job("failed")
    await scene.job("queued")
    await _set_figures(sql)
    return scene


async def _set_figures(sql: asyncpg.Connection) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for age in range(1, 50):
        durations = [((age * bucket) % 23) if bucket < 8 else 0 for bucket in range(BUCKETS)]
        await sql.execute(FIGURES, now - timedelta(minutes=age), age % 7, age % 40, durations)
    for hours in range(150):
        versions = dumps({"1": 900 + hours, "2": 100 - hours // 2})
        sample = (1000 + hours, 50_000 + 120 * hours, 70_000_000 + 9000 * hours, versions)
        await sql.execute(SAMPLE_OF_VAULTS, now - timedelta(hours=150 - hours), *sample)
    jobs = [(now - timedelta(minutes=5 * age), age % 9, age % 4) for age in range(280)]
    await sql.executemany(SAMPLE_OF_QUEUE, jobs)
    await sql.execute(ALARM)
