"""Uses a service with the app and prints its observations as JSON: python -m tests.moods.driver DATABASE SOCKET"""

import asyncio
import json
import os
import sys
from typing import Any

import asyncpg

from creatorvault.apps import INSTALLED
from tests.admin.operators import EVERY_SCOPE, appointed, tenant_of
from tests.application import House, open_house
from tests.factories import Creator
from tests.isolation.catalogue import faults
from tests.postgres import Database
from tests.schema import compare

MOODS = "/api/v1/moods"
COUNT = "SELECT count(*) FROM moods"


async def seen_by(database: Database, creator: Creator) -> int:
    """Counts as the login of the service, in a transaction of a creator's tenant."""
    sql = await asyncpg.connect(database.runtime_url)
    try:
        async with sql.transaction():
            await sql.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_of(creator)))
            return int(await sql.fetchval(COUNT))
    finally:
        await sql.close()


async def observed(house: House, sql: asyncpg.Connection) -> dict[str, Any]:
    ada, bob, nobody = house.creator(), house.creator(), house.client
    for creator in (ada, bob):
        await creator.idea()
    noted = await ada.request("POST", MOODS, json={"mood": "calm"})
    await bob.request("POST", MOODS, json={"mood": "curious"})
    listed = {name: await someone.request("GET", MOODS) for name, someone in (("ada", ada), ("bob", bob))}
    found = {
        "installed": [app.name for app in INSTALLED],
        "noted": [noted.status_code, noted.json()],
        "listed": {name: answer.json() for name, answer in listed.items()},
        "refused": [
            (await nobody.get(MOODS)).status_code,
            (await ada.request("POST", MOODS, json={"mood": ""})).status_code,
        ],
        "documented": sorted((await nobody.get("/openapi.json")).json()["paths"].get(MOODS, {})),
        "rows": {"all": await sql.fetchval(COUNT), "ada": await seen_by(house.database, ada)},
        "faults": sorted(await faults(sql)),
        "metrics": (
            await nobody.get(
                "/metrics", headers={"Authorization": f"Bearer {os.environ['CREATORVAULT_METRICS__TOKEN']}"}
            )
        ).text,
    }
    olga, path = await appointed(sql, nobody, *EVERY_SCOPE), f"/tenants/{tenant_of(ada)}/erasure"
    confirmation = (await olga.post(path))["confirmation"]
    await sql.execute("UPDATE tenant_erasures SET not_before = now()")
    await olga.post(f"{path}/confirm", {"confirmation": confirmation})
    left = await sql.fetch("SELECT tenant_id = $1 AS ada FROM moods", tenant_of(ada))
    return found | {"left": [row["ada"] for row in left]}


async def main() -> None:
    database = Database(*sys.argv[1:])
    compare(database)  # the migration matches the models
    sql = await asyncpg.connect(database.superuser_url)
    async with open_house(os.environ, database) as house:
        found = await observed(house, sql)
    await sql.close()
    sys.stdout.write("\n" + json.dumps(found))


asyncio.run(main())
