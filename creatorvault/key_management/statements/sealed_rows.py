"""Statements on a table with sealed values (`core.database.sealed_data`), made from its declaration.

The first two arguments are the tenant's and the user's id.
"""

from typing import Any, Self

import msgspec
from sqlalchemy.dialects.postgresql import dialect

from creatorvault.core.database.sealed_data import SealedTable
from creatorvault.crypto.envelope import CIPHERTEXT_AT, HEADER_BYTES

_dialect: Any = dialect()  # type: ignore[no-untyped-call]


class RowStatements(msgspec.Struct, frozen=True):
    """`columns` are those of key, bound and sealed. A row is old if one of its envelopes has another header than the
    third argument, the header of the newest key.

    - `all_rows`: every row.
    - `first_old`, `next_old`: at most $4 old rows in the order of the key, from the beginning or after the key $5, ….
    - `old`: the number of old rows.
    - `replace`: arrays of keys, of the beginnings of the first envelopes as they were read, and of new envelopes. A row
      that was changed since is left. Returns a row for each row that was changed.
    - `delete`: arrays of keys and of beginnings.
    - `seen_by_operators`: the number of rows.
    """

    all_rows: str
    first_old: str
    next_old: str
    old: str
    replace: str
    delete: str
    seen_by_operators: str

    @classmethod
    def of(cls, table: SealedTable) -> Self:
        name, types = table.name, _types(table)
        columns = ", ".join(f"{name}.{column}" for column in (*table.key, *table.bound, *table.sealed))
        key = ", ".join(f"{name}.{column}" for column in table.key)
        scope = f"{name}.tenant_id = $1::text::uuid AND {name}.user_id = $2"
        old = " OR ".join(
            f"substring({name}.{column} from 1 for {HEADER_BYTES}) <> $3::bytea" for column in table.sealed
        )
        after = ", ".join(f"${number}::{types[column]}" for number, column in enumerate(table.key, start=5))
        arrays = [(column, types[column]) for column in table.key] + [("beginning", "bytea")]
        given = "unnest({}) AS given ({})"
        same = " AND ".join(
            [
                *(f"{name}.{column} = given.{column}" for column in table.key),
                f"substring({name}.{table.sealed[0]} from 1 for {CIPHERTEXT_AT}) = given.beginning",
            ]
        )
        returning = f"RETURNING {name}.user_id"
        order = f"ORDER BY {key}" if table.key else ""
        values = ", ".join(f"{column} = given.{column}" for column in table.sealed)
        rows = f"SELECT {columns} FROM {name} WHERE {scope}"  # noqa: S608 - declared names
        return cls(
            all_rows=rows,
            first_old=f"{rows} AND ({old}) {order} LIMIT $4::bigint",
            next_old=f"{rows} AND ({old}) AND ({key}) > ({after}) {order} LIMIT $4::bigint",
            old=f"SELECT count(*) FROM {name} WHERE {scope} AND ({old})",  # noqa: S608 - declared names
            replace=f"UPDATE {name} SET {values} "  # noqa: S608 - declared names
            f"FROM {_unnested(given, [*arrays, *((column, 'bytea') for column in table.sealed)])} "
            f"WHERE {scope} AND {same} {returning}",
            delete=f"DELETE FROM {name} USING {_unnested(given, arrays)} "  # noqa: S608 - declared names
            f"WHERE {scope} AND {same} {returning}",
            seen_by_operators=f"SELECT count(*) FROM {name} WHERE {scope}",  # noqa: S608 - declared names
        )


def _types(table: SealedTable) -> dict[str, str]:
    columns: Any = table.model.__table__.columns  # type: ignore[attr-defined]  # it is one with a table
    return {column: columns[column].type.compile(dialect=_dialect) for column in table.key}


def _unnested(text: str, arrays: list[tuple[str, str]]) -> str:
    numbered = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(arrays, start=3))
    return text.format(numbered, ", ".join(column for column, _ in arrays))
