"""How long pages of the console take over 10,000 tenants and 100,000 vaults:

    python -m benchmarks.console [--requests 100] [--only TEXT]

A hundred organizations have nine tenths of the vaults; 100,000 audit events, 10,000 jobs, 200 operators and a week of
figures are stored besides. One worker serves one browser, which sends one request at a time over one connection on
loopback: the pages in turn, in rounds, so that what else the machine does falls on all alike. /health is asked in the
same rounds, which shows what the machine's load adds. CPU is the processor time of a request in the service and in
PostgreSQL. Exit status 1 if the 95th percentile of a list is above the goal.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import md5
from itertools import repeat
from statistics import mean, median
from typing import Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import httpx
import uvloop

from benchmarks.cluster import Cluster, apart
from benchmarks.hostile.operators import OPERATOR
from benchmarks.load import Sample, drive
from benchmarks.measuring import costing
from benchmarks.processes import Server
from creatorvault.admin.totals import add_up
from creatorvault.core.database.operator_login import operators_database
from creatorvault.settings.loading import load_settings

GOAL_MILLISECONDS: Final = 200.0
EACH_ROUND: Final = 20
"""Requests for one page, one after the other."""

WARMING: Final = 3
TENANTS: Final = 10_000
VAULTS: Final = 100_000
EVENTS_OF_TENANT: Final = 10
USER_AGENT: Final = "benchmarks.console"
TOKEN: Final = re.compile(r'name="form_token" value="([^"]+)"')
NEXT: Final = re.compile(r'href="([^"]*[?&;]cursor=[^"]+)"')
OF_ONE: Final = str(UUID(bytes=md5(b"organization1", usedforsecurity=False).digest()))
HEALTH: Final = "/health"
CONSOLE: Final = "/console/"

FILL: Final = (
    """
    INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at)
    SELECT md5('organization' || number)::uuid, 'organization', 'better-auth', 'org-' || number, 'active',
        now() - interval '400 days' + number * interval '1 day'
    FROM generate_series(0, 99) AS number
    """,
    """
    INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at)
    SELECT md5('person' || number)::uuid, 'personal', 'better-auth', 'person-' || number,
        CASE WHEN number % 101 = 0 THEN 'suspended' WHEN number % 503 = 0 THEN 'erased' ELSE 'active' END,
        now() - number * interval '50 minutes'
    FROM generate_series(1, 9900) AS number
    """,
    """
    INSERT INTO vaults (tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at, changed_at)
    SELECT md5(CASE WHEN number <= 9900 THEN 'person' || number ELSE 'organization' || number % 100 END)::uuid,
        'person-' || number, number % 977, number % 701, number % 701 * 750, 1 + (number % 50 = 1)::integer,
        now() - number * interval '5 minutes', now() - number * 7919 % 100000 * interval '4 minutes'
    FROM generate_series(1::bigint, 100000) AS number
    """,
    """
    INSERT INTO keys.vault_keys (tenant_id, user_id, version, root_key_id, wrapped, first_revision, created_at)
    SELECT tenant_id, user_id, version, 'root-' || version, sha256('a') || sha256('b'), 1, created_at
    FROM vaults, generate_series(1, key_version) AS version
    """,
    """
    INSERT INTO audit_events
    SELECT tenant_id, sequence, created_at + sequence * interval '1 minute', 'user:better-auth/' || external_id,
        CASE sequence WHEN 1 THEN 'tenant.created' ELSE 'key.created' END, '{"kind": "personal"}', 'abcdefabcdefabcd',
        'done', sha256('a'), sha256('b')
    FROM tenants, generate_series(1, 10) AS sequence
    """,
    """
    INSERT INTO jobs.queue (tenant_id, user_id, subject_id, priority, status, entrypoint, headers)
    SELECT tenant_id, 'person-1', tenant_id, 0,
        (CASE WHEN number % 5 = 0 THEN 'failed' ELSE 'queued' END)::jobs.queue_status, 'erasure.erase_vault', '{}'
    FROM (SELECT tenant_id, row_number() OVER () AS number FROM tenants) AS numbered
    """,
    """
    INSERT INTO operators (id, name, key_id, key_hash, scopes, created_at)
    SELECT gen_random_uuid(), 'operator ' || number, 'key' || number,
        'sha256:' || encode(sha256(number::text::bytea), 'hex'), '{read}', now()
    FROM generate_series(1, 200) AS number
    """,
    """
    INSERT INTO request_figures (minute, errors, writes, durations)
    SELECT minute, 3, 200, array_fill(30::bigint, ARRAY[37])
    FROM generate_series(date_trunc('minute', now() - interval '8 days'), now(), interval '1 minute') AS minute
    """,
    """
    INSERT INTO vault_figures (taken_at, vaults, ideas, sealed_bytes, key_versions)
    SELECT moment, 100000, 35000000, 26250000000, '{"1": 98000, "2": 2000}'
    FROM generate_series(now() - interval '8 days', now(), interval '5 minutes') AS moment
    """,
    """
    INSERT INTO queue_figures (taken_at, waiting, failed)
    SELECT moment, 8000, 2000 FROM generate_series(now() - interval '8 days', now(), interval '1 minute') AS moment
    """,
)


class Page(NamedTuple):
    """`is_list` says whether the goal is for it. With `is_next`, what is measured is the page that follows it."""

    name: str
    address: str
    is_list: bool = True
    is_next: bool = False


def at(place: str, **query: str) -> str:
    return CONSOLE + place + (f"?{urlencode(query)}" if query else "")


def pages() -> list[Page]:
    sorts = [
        Page(f"tenants by {sort}, {order}", at("tenants", sort=sort, order=order))
        for sort in ("created_at", "last_activity", "ideas", "sealed_bytes")
        for order in ("desc", "asc")
    ]
    return [
        Page("/health, for comparison", HEALTH, is_list=False),
        *sorts,
        Page("tenants, the page that follows", at("tenants"), is_next=True),
        Page("tenants, from 5,000 on", at("tenants", offset="5000")),
        Page("tenants that are suspended", at("tenants", status="suspended")),
        Page("tenants, organizations by size", at("tenants", kind="organization", sort="sealed_bytes")),
        Page("tenants, search person-7", at("tenants", q="person-7")),
        Page("tenants, search an id", at("tenants", q=OF_ONE)),
        Page("vaults", at("vaults")),
        Page("vaults, the page that follows", at("vaults"), is_next=True),
        Page("vaults, from 50,000 on", at("vaults", offset="50000")),
        Page("vaults of an organization", at("vaults", tenant_id=OF_ONE)),
        Page("vaults with key version 2", at("vaults", key_version="2")),
        Page("vaults, search person-77", at("vaults", q="person-77")),
        Page("audit", at("audit")),
        Page("audit, the page that follows", at("audit"), is_next=True),
        Page("audit, one event", at("audit", verb="tenant.created")),
        Page("audit, one actor", at("audit", actor="user:better-auth/person-77")),
        Page("audit of a tenant", at("audit", tenant_id=OF_ONE)),
        Page("jobs", at("jobs")),
        Page("jobs, the page that follows", at("jobs"), is_next=True),
        Page("jobs that have failed", at("jobs", state="failed")),
        Page("operators", at("operators")),
        Page("keys", at("keys")),
        Page("overview", at("overview"), is_list=False),
        Page("settings", at("settings"), is_list=False),
        Page("a tenant", at("tenants/item", tenant_id=OF_ONE), is_list=False),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100, help="of each page; at least 100 for the goal")
    parser.add_argument("--only", default="", help="only pages with this text in their names, and /health")
    options = parser.parse_args()
    asked = [page for page in pages() if options.only in page.name or page.address == HEALTH]
    with Cluster() as cluster:
        (cluster.home / "logs").mkdir()
        cluster.create("ours")
        cluster.migrate("ours")
        environment = cluster.environment("ours") | {
            "DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours"),
            "CREATORVAULT_CONSOLE__ENABLED": "true",
            "CREATORVAULT_CONSOLE__SESSION_SECONDS": "86400",
        }
        key = appointed(environment)
        apart(fill, cluster.url("postgres", "ours"), environment)
        cluster.checkpoint()
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        with Server("console", command, environment, cluster.home / "logs") as server:
            cookies = signed_in(server, key)
            late = measured(cluster, server, cookies, asked, options.requests)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"lists above {GOAL_MILLISECONDS:.0f} ms at p95: {', '.join(late) or 'none'}")
    return 1 if late else 0


def appointed(environment: Mapping[str, str]) -> str:
    """Returns the key of an operator with every scope. Admits the login of the operators before."""
    variables = {**os.environ, **environment}
    scopes = [word for scope in ("read", "manage", "keys", "operators") for word in ("--scope", scope)]
    command = [sys.executable, "-m", "creatorvault"]
    subprocess.run([*command, "database", "upgrade"], env=variables, check=True, capture_output=True)
    create = [*command, "operators", "create", "--name", "Olga", *scopes]
    return subprocess.run(create, env=variables, check=True, capture_output=True, text=True).stdout.split()[-1]


def fill(url: str, environment: Mapping[str, str]) -> None:
    async def insert() -> None:
        database = await asyncpg.connect(url)
        await database.execute("SET session_replication_role = replica")  # chains of events begin and end anywhere
        for statement in FILL:
            await database.execute(statement)
        await database.execute("VACUUM ANALYZE")
        for table, least in (
            ("tenants", TENANTS),
            ("vaults", VAULTS),
            ("audit_events", TENANTS * EVENTS_OF_TENANT),
        ):
            assert await database.fetchval(f"SELECT count(*) FROM {table}") >= least
        await database.close()
        operators = operators_database(load_settings(environment).database)
        assert operators is not None
        await add_up(operators, datetime.now(UTC))
        await operators.close()

    asyncio.run(insert())


def signed_in(server: Server, key: str) -> httpx.Cookies:
    origin = f"http://127.0.0.1:{server.port}"
    with httpx.Client(base_url=origin, headers={"User-Agent": USER_AGENT}, timeout=30) as client:
        form = client.get(CONSOLE + "sign-in").text
        found = TOKEN.search(form)
        assert found is not None, form
        fields = {"form_token": found[1], "credential": key}
        answer = client.post(CONSOLE + "sign-in", data=fields, headers={"Origin": origin})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        return client.cookies


def measured(cluster: Cluster, server: Server, cookies: httpx.Cookies, asked: list[Page], requests: int) -> list[str]:
    """Prints a line for each page. Returns the names of lists that miss the goal."""
    headers = {"User-Agent": USER_AGENT, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    addresses = {page: address_of(server, headers, page) for page in asked}
    found: dict[Page, list[tuple[Sample, float, float]]] = {page: [] for page in asked}
    for page in asked:
        run(server, headers, addresses[page], WARMING)
    for _ in range(-(-requests // EACH_ROUND)):
        for page, address in addresses.items():
            asking = partial(run, server, headers, address, EACH_ROUND)
            found[page].append(costing(server, cluster, asking))
    print(f"{'page':34}{'p50':>10}{'p95':>10}{'CPU: service':>17}{'PostgreSQL':>12}")
    late = []
    for page, rounds in found.items():
        whole = Sample(0, sorted(each for sample, _, _ in rounds for each in sample.latencies))
        p50, p95 = 1000 * median(whole.latencies), 1000 * whole.percentile(95)
        ours, database = 1000 * mean(each for _, each, _ in rounds), 1000 * mean(each for _, _, each in rounds)
        print(f"{page.name:34}{p50:7.1f} ms{p95:7.1f} ms{ours:14.1f} ms{database:9.1f} ms", flush=True)
        late += [page.name] if page.is_list and p95 > GOAL_MILLISECONDS else []
    return late


def address_of(server: Server, headers: Mapping[str, str], page: Page) -> str:
    """Also looks at whether the page shows what it should: a table with rows."""
    if page.address == HEALTH:
        return page.address
    answer = httpx.get(f"http://127.0.0.1:{server.port}{page.address}", headers=headers, timeout=30)
    assert answer.status_code == httpx.codes.OK, answer.text
    assert not page.is_list or "<tbody" in answer.text, answer.text
    if not page.is_next:
        return page.address
    found = NEXT.search(answer.text)
    assert found is not None, answer.text
    return found[1].replace("&amp;", "&")


def run(server: Server, headers: Mapping[str, str], address: str, count: int) -> Sample:
    lines = [f"GET {address} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    return uvloop.run(drive(server.port, lambda: repeat(request), 1, 0, count))


if __name__ == "__main__":
    sys.exit(main())
