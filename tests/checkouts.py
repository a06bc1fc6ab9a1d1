"""A later version: a copy of the package and its migrations, with one additional migration."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import creatorvault
from creatorvault.apps import INSTALLED
from creatorvault.core.database.migrations import heads
from creatorvault.settings.bundled import bundled

LATER: Final = "99991231_01"
PACKAGE: Final = Path(creatorvault.__file__).parent

MIGRATION: Final = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {after!r}
{constants}

def upgrade() -> None:
    op.add_column("ideas", sa.Column("mood", sa.Text(), nullable=True))
    op.create_table("moods", sa.Column("name", sa.Text(), nullable=False))
    op.create_index("moods_name", "moods", ["name"])


def downgrade() -> None:
    op.drop_table("moods")
    op.drop_column("ideas", "mood")
"""


def later_checkout(folder: Path, constants: str = "", *, without: str = "") -> Path:
    """Returns its folder. Its migration adds a column, a table and an index. With `without` one of the current
    migrations is missing: it is a diverged version.
    """
    checkout = folder / "later"
    shutil.copytree(PACKAGE, checkout / PACKAGE.name)
    migrations = checkout / "migrations"
    shutil.copytree(bundled("migrations"), migrations)
    (after,) = heads()
    for file in migrations.glob("versions/*.py"):
        text = file.read_text(encoding="utf-8")
        if without and f'revision = "{without}"\n' in text.partition("down_revision")[0]:
            after = text.partition('down_revision = "')[2].partition('"')[0]
            file.unlink()
    (migrations / "versions" / "later.py").write_text(
        MIGRATION.format(revision=LATER, after=after, constants=constants), encoding="utf-8"
    )
    return checkout


def checkout_with_app(folder: Path, app: Path) -> Path:
    """Returns where it is: this version with one app more, which is in its folder, one line and one migration."""
    checkout = folder / "with-app"
    migrations, package = checkout / "migrations", checkout / PACKAGE.name
    shutil.copytree(PACKAGE, package)
    shutil.copytree(bundled("migrations"), migrations)
    shutil.copytree(app, package / app.name, ignore=shutil.ignore_patterns("driver.py", "*.txt", "__pycache__"))
    (after,) = heads()
    migration = (app / "migration.py.txt").read_text(encoding="utf-8").format(revision=LATER, after=after)
    (migrations / "versions" / f"{LATER}.py").write_text(migration, encoding="utf-8")
    apps = package / "apps.py"
    last = f'    "{INSTALLED[-1].name}",\n'
    apps.write_text(apps.read_text(encoding="utf-8").replace(last, f'{last}    "{app.name}",\n'), encoding="utf-8")
    return checkout


def ran(checkout: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `creatorvault …` of a checkout; its output is in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "creatorvault", *arguments],
        env=dict(environ),
        cwd=checkout,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
