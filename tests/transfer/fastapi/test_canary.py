"""Nothing of the source is in the clear in what an import makes PostgreSQL write, or writes itself."""

from asyncio import to_thread
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.application import environment_of
from tests.canaries import Mark, files_under, search
from tests.commands import INHERITED, completed
from tests.postgres import Cluster
from tests.schema import build_template
from tests.transfer.fastapi.moving import Move, Row, row

pytestmark = pytest.mark.xdist_group("canary")


@pytest.fixture
def target() -> Iterator[Cluster]:
    """A server of its own: that of the source holds everything in the clear."""
    cluster = Cluster.start()
    try:
        build_template(cluster)
        yield cluster
    finally:
        cluster.stop()


async def test_no_canary_is_written(target: Cluster, move: Move, tmp_path: Path) -> None:
    mark = Mark.new()
    sown, home = mark.canaries(), tmp_path / "home"
    home.mkdir()

    def one(user_id: str, **values: str) -> Row:
        content = {"title": next(sown), "notes": next(sown), "tags": f"{next(sown)},{next(sown)}"}
        return row(user_id, **content | values)

    changed = one("canary-owner")
    broken = [one("ada", stage=next(sown)), one("ada", title=next(sown) * 20), one("ada", notes=next(sown) * 500)]
    await move.sql.execute("ALTER TABLE ideas ALTER stage TYPE text")
    await move.insert(changed, *(one("canary-owner") for _ in range(300)), *broken)
    database = target.clone("canaries")
    environ = {**INHERITED, **environment_of(database, home), "FASTAPI_DATABASE_URL": move.database.superuser_url}
    arguments = ("import", "fastapi", "--report", str(home / "report"))

    runs = [await to_thread(completed, *arguments, env=environ)]
    await move.change(changed["id"], title=next(sown))
    runs.append(await to_thread(completed, *arguments, env=environ))
    target.run("ALTER TABLE ideas RENAME TO mislaid", database.name)
    runs.append(await to_thread(completed, *arguments, env=environ))
    target.run("ALTER TABLE mislaid RENAME TO ideas; CHECKPOINT", database.name)

    assert [run.returncode for run in runs] == [0, 0, 1], runs[1].stderr
    written = [*files_under(Path(target.folder)), *files_under(home)]
    written += [("output", (run.stdout + run.stderr).encode()) for run in runs]
    assert search(mark, written) == []
    assert b"canary-owner" in b"".join(content for _, content in written)
    assert target.run("SELECT count(*) FROM ideas", database.name).strip() == "301"
