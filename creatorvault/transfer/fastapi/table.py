"""The table of the FastAPI service: which columns it has, and how its rows are read.

Deployments differ: ids are uuid or text, stages and priorities text or an enum, times with or without a time zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Self

import asyncpg

from creatorvault.core.database.statements import Row
from creatorvault.ideas.schemas import PriorityEnum, StageEnum
from creatorvault.transfer.fastapi.errors import SourceRefused

UUID: Final = "uuid"
TEXTS: Final = frozenset({"text", "varchar", "bpchar", "citext"})
TIMES: Final = frozenset({"timestamptz", "timestamp"})
ENUM: Final = "e"
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "id": TEXTS | {UUID},
    "user_id": TEXTS | {UUID},
    "title": TEXTS,
    "notes": TEXTS,
    "stage": TEXTS | {ENUM},
    "priority": TEXTS | {ENUM},
    "tags": TEXTS,
    "due_date": TIMES | {"date"},
    "created_at": TIMES,
    "updated_at": TIMES,
}
"""The columns that are read, and the types they may have."""

COLUMNS: Final = """
    SELECT attname::text, CASE of.typtype WHEN 'e' THEN 'e' ELSE coalesce(base.typname, of.typname)::text END,
        has_column_privilege(attrelid, attnum, 'SELECT'),
        ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = of.oid)
    FROM pg_attribute
    JOIN pg_type AS of ON of.oid = atttypid
    LEFT JOIN pg_type AS base ON base.oid = nullif(of.typbasetype, 0)
    WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
"""
FOUND: Final = """
    SELECT oid, oid::regclass::text, row_security_active(oid),
        EXISTS (
            SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = pg_class.oid AND indisunique AND indisvalid AND indpred IS NULL AND indnkeyatts = 1
              AND attname = 'id'
        )
    FROM pg_class WHERE oid = to_regclass($1) AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""

# Python has the years 1 to 9999. The driver stores its first and its last moment as -infinity and infinity, which a
# due date may be, but no time that the service assigns.
FIRST: Final = "'0001-01-01 00:00:00{zone}'::{kind}"
LAST: Final = "'9999-12-31 23:59:59.999999{zone}'::{kind}"


class SourceTable(NamedTuple):
    """`name` is quoted. `stages` and `priorities` translate the labels of an enum; other values are what they are.

    `has_unique_ids` is true if the database itself refuses a second row with the same id.
    """

    name: str
    kinds: Mapping[str, str]
    stages: Mapping[str, str]
    priorities: Mapping[str, str]
    has_unique_ids: bool

    @classmethod
    async def found(cls, connection: asyncpg.Connection, name: str) -> Self:
        """Raises SourceRefused, which names everything that is missing."""
        try:
            row = await connection.fetchrow(FOUND, name)
        except asyncpg.PostgresError:  # no name of a table
            row = None
        if row is None:
            raise SourceRefused(f"the database has no such table: {name}", "--table")
        oid, quoted, hides_rows, unique = row
        if hides_rows:
            raise SourceRefused(f"row-level security hides rows of {quoted} from this login")
        columns = {column[0]: column for column in await connection.fetch(COLUMNS, oid)}
        _refuse_missing(quoted, columns)
        labels = {name: _translated(columns[name][3], values) for name, values in VALUES.items()}
        kinds = {name: str(columns[name][1]) for name in KINDS}
        return cls(quoted, kinds, labels["stage"], labels["priority"], unique and kinds["id"] == UUID)

    def select(self, condition: str = "") -> str:
        """Rows by creator and id. The columns are those of `rows.Columns`."""
        texts = ", ".join(f"{name}::text" for name in ("user_id", "title", "notes", "stage", "priority", "tags"))
        times = ", ".join(
            (self._time("created_at"), self._time("updated_at"), self._time("due_date"), "due_date IS NOT NULL")
        )
        where = f"WHERE {condition}" if condition else ""
        return f"SELECT id, {texts}, {times} FROM {self.name} {where} ORDER BY user_id, id"  # noqa: S608 - quoted

    @property
    def changed_since(self) -> str:
        return self.select("updated_at >= $1")

    @property
    def newest(self) -> str:
        """When the newest change was made, but not later than now, less an interval."""
        now = "now()" if self.kinds["updated_at"] == "timestamptz" else "(now() AT TIME ZONE 'UTC')"
        return f"SELECT least(max(updated_at), {now}) - $1::interval FROM {self.name}"  # noqa: S608 - quoted

    @property
    def existing(self) -> str:
        """Which of these ids the creator has; as text, in any of the forms that are accepted."""
        kind = UUID if self.kinds["id"] == UUID else "text"
        user = "user_id" if self.kinds["user_id"] in TEXTS else "user_id::text"
        return f"SELECT id FROM {self.name} WHERE {user} = $1 AND id = ANY ($2::{kind}[])"  # noqa: S608 - quoted

    @property
    def counted(self) -> str:
        return f"SELECT count(*) FROM {self.name}"  # noqa: S608 - quoted

    def _time(self, name: str) -> str:
        """NULL for a time that is none of Python's."""
        kind = self.kinds[name]
        place = {"zone": "+00" if kind == "timestamptz" else "", "kind": "timestamp" if kind == "date" else kind}
        first, last = FIRST.format(**place), LAST.format(**place)
        limits = f"BETWEEN {first} AND {last}" if name == "due_date" else f"> {first} AND {name} < {last}"
        # As a timestamp a date of the far future overflows, so it is compared before.
        value = f"{name}::timestamp" if kind == "date" else name
        return f"CASE WHEN {name} {limits} THEN {value} END"


VALUES: Final[Mapping[str, type[StageEnum | PriorityEnum]]] = {"stage": StageEnum, "priority": PriorityEnum}


def _refuse_missing(table: str, columns: Mapping[str, Row]) -> None:
    if missing := [name for name in KINDS if name not in columns]:
        raise SourceRefused(f"the table {table} lacks {_listed(missing)}")
    if hidden := [name for name in KINDS if not columns[name][2]]:
        raise SourceRefused(f"permission denied for {_listed(hidden)} of the table {table}")
    if wrong := [f"{name} ({columns[name][1]})" for name, kinds in KINDS.items() if columns[name][1] not in kinds]:
        raise SourceRefused(f"the table {table} has columns of types that are not read: {_listed(wrong)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _translated(labels: Sequence[str], values: type[StageEnum | PriorityEnum]) -> Mapping[str, str]:
    """SQLAlchemy stores the names of an enum's members unless it is told to store their values."""
    names = {member.name: member.value for member in values}
    return {label: names[label] for label in labels if label in names}
