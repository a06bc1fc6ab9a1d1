"""The application's pool of connections."""

from sqlalchemy import QueuePool

from tests.application import House


def connections_in_use(house: House) -> int:
    pool = house.parts.database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()
