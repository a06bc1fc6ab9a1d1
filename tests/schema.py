"""The template database: built once per run, by the migrations that production runs."""

from concurrent.futures import ThreadPoolExecutor

from alembic import command

from creatorvault.core.database_url import asyncpg_url
from creatorvault.core.migrations import alembic_config
from creatorvault.core.secret import Secret
from tests.postgres import RUNTIME, TEMPLATE, Cluster, Database


def build_template(cluster: Cluster) -> None:
    database = cluster.create(TEMPLATE)
    migrate(database)
    cluster.run(f"GRANT creatorvault_runtime TO {RUNTIME}")


def migrate(database: Database, revision: str = "head", *, down: bool = False) -> None:
    """In a thread of its own, because a migration runs an event loop and so may its caller."""
    url = Secret(asyncpg_url(database.owner_url))
    step = command.downgrade if down else command.upgrade
    with ThreadPoolExecutor(1) as thread:
        thread.submit(step, alembic_config(url), revision).result()
