"""docs/limits.md agrees with the settings and the code."""

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from creatorvault.accounts.claims import MAX_ID_LENGTH
from creatorvault.accounts.tokens import MAX_TOKEN_BYTES
from creatorvault.admin.operator_key_cache import MOST_KEYS
from creatorvault.admin.schemas import LONGEST_NAME
from creatorvault.core.http import bounds, field_errors
from creatorvault.core.http import edge as middleware
from creatorvault.core.http.inputs import MAX_PARAMETERS
from creatorvault.core.http.list_bodies import AT_ONCE
from creatorvault.core.http.nesting import MAX_DEPTH
from creatorvault.core.http.paging import CURSOR_LENGTH, FARTHEST, PageQuery
from creatorvault.core.text import MOST_LOOKED_AT
from creatorvault.core.waiting.event_loop_budget import SLICE_SECONDS
from creatorvault.ideas import fields as rules
from creatorvault.ideas import full_reads
from creatorvault.ideas import in_doubt as doubts
from creatorvault.ideas.errors import MOST_TAGS
from creatorvault.ideas.full_reads import MOST_WAITING
from creatorvault.ideas.in_doubt import DOUBT_SECONDS
from creatorvault.ideas.lists.parameters import MOST_IDS
from creatorvault.ideas.many.controllers import MOST_BYTES
from creatorvault.ideas.many.schemas import MOST_OPERATIONS
from creatorvault.ideas.many.tag_schemas import MOST_NAMES
from creatorvault.ideas.many.tags import MOST
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.statistics.schemas import TagQuery
from creatorvault.ideas.text.stream_safe import MOST_NON_STARTERS
from creatorvault.idempotency.services import KEPT_FOR
from creatorvault.idempotency.services import WELL_FORMED as KEY
from creatorvault.settings.sections import Settings
from creatorvault.sync.events.responses import STALLED_SECONDS
from creatorvault.transfer.exporting.schemas import LONGEST, MOST_RECIPIENTS
from creatorvault.transfer.importing.purging import KEPT, WORKING
from creatorvault.transfer.importing.services import MOST_UNFINISHED
from creatorvault.transfer.importing.uploads import SLOWEST_BYTES_PER_SECOND

DOCUMENT: Final = (Path(__file__).parent.parent / "docs" / "limits.md").read_text(encoding="utf-8")
IN_WORDS: Final = {
    "Exports under way for one caller",
    "User id in a path",
    "Idea id in a path",
    "Concurrent full reads of an identity",
}


class Row(NamedTuple):
    what: str
    default: str
    setting: str
    beyond: str

    @property
    def number(self) -> int | None:
        return None if self.default == "none" else int(self.default.split(" ")[0].replace(",", ""))


def longest(matches: Callable[[int], object]) -> int:
    return max(length for length in range(1, 1000) if matches(length))


def at_most(model: type[PageQuery | IdeaQuery | TagQuery], field: str) -> int:
    constraint: int = next(rule.le for rule in model.model_fields[field].metadata if hasattr(rule, "le"))
    return constraint


ROWS: Final = {
    row.what: row
    for line in re.findall(r"^\|(?! What|---)(.*)\|$", DOCUMENT, re.MULTILINE)
    for row in [Row(*(cell.strip() for cell in line.split("|")))]
}
FIXED: Final = {
    "Imports of a vault that are not finished": MOST_UNFINISHED,
    "Time without progress until an import has failed": WORKING // timedelta(hours=1),
    "Record of an import after its end": KEPT // timedelta(days=1),
    "Slowest average rate of a file to move in, after that time": SLOWEST_BYTES_PER_SECOND,
    "Headers": bounds.MAX_HEADERS,
    "Path": bounds.MAX_PATH_BYTES,
    "Token": MAX_TOKEN_BYTES,
    "Query parameters": MAX_PARAMETERS,
    "Nesting of a body": MAX_DEPTH,
    "Digits of an integer in a body": sys.get_int_max_str_digits(),
    "`Idempotency-Key`": longest(lambda length: KEY.fullmatch("a" * length)),
    "`X-Correlation-ID`": longest(lambda length: middleware.WELL_FORMED.fullmatch(b"a" * length)),
    "`title`": rules.TITLE_LENGTH,
    "`notes`": rules.NOTES_LENGTH,
    "`tags` of an idea, trimmed, without duplicates, joined by commas": rules.TAGS_LENGTH,
    "`search`": rules.SEARCH_LENGTH,
    "`tags` as a filter": rules.TAGS_LENGTH,
    "`cursor`": CURSOR_LENGTH,
    "`limit`": at_most(IdeaQuery, "limit"),
    "`limit` of tags": at_most(TagQuery, "limit"),
    "`ids`": MOST_IDS,
    "Different tags of a vault that can be listed": MOST_TAGS,
    "`offset` of ideas": rules.LARGEST_OFFSET,
    "`offset` of other lists": FARTHEST,
    "User id and organization id in a token": MAX_ID_LENGTH,
    "External id of a tenant (admin API)": LONGEST_NAME,
    "Consecutive combining marks, for searching": MOST_NON_STARTERS,
    "Errors that one 422 lists": field_errors.MAX_ERRORS,
    "Bytes of the list in excess of the request": field_errors.MORE_BYTES,
    "Characters of a text that is repeated as `input`": field_errors.MAX_INPUT,
    "Characters of a name in `loc`": field_errors.MAX_NAME,
    "Elements of `loc`": field_errors.MAX_STEPS,
    "Values of a body that are searched to locate U+0000 or a lone surrogate": MOST_LOOKED_AT,
    "Waiting full reads of an identity": MOST_WAITING,
    "A slice of long work, after which it yields to others": SLICE_SECONDS * 1000,
    "Time in which an equal POST creates the same idea, after one whose commit is in doubt": DOUBT_SECONDS,
    "Creates in doubt that a process remembers": doubts.REMEMBERED,
    "Operator keys cached by a process": MOST_KEYS,
    "A stream of live updates, for the client to take an event": STALLED_SECONDS,
    "Recipients of an encrypted export": MOST_RECIPIENTS,
    "Body of `POST …/ideas/bulk`": MOST_BYTES // 2**20,
    "Longer bodies than others in memory, for each process": AT_ONCE,
    "Operations of a bulk request": MOST_OPERATIONS,
    "Tags that are renamed at once": MOST_NAMES,
    "Ideas that renaming a tag may change": MOST,
    "Passphrase of an encrypted export, of 12 characters or more": LONGEST,
    "Results stored for an `Idempotency-Key`": KEPT_FOR // timedelta(hours=1),
}
SET: Final = {what: row for what, row in ROWS.items() if row.setting != "fixed" and row.default}


@pytest.mark.parametrize("what", SET)
def test_documented_defaults_match_the_settings(what: str) -> None:
    section, name = SET[what].setting.strip("`").split(".")

    assert getattr(getattr(Settings(), section), name) == SET[what].number


@pytest.mark.parametrize("what", FIXED)
def test_documented_fixed_limits_match_the_code(what: str) -> None:
    assert (ROWS[what].setting, ROWS[what].number) == ("fixed", FIXED[what])


def test_every_limit_is_compared() -> None:
    without = {what for what in ROWS if what not in SET and what not in FIXED}

    assert without <= IN_WORDS
    assert len(ROWS) > 45


@pytest.mark.parametrize(
    "setting",
    [
        *(f"server.{name}" for name in ("max_body_bytes", "max_target_bytes", "max_header_bytes")),
        *(f"server.{name}" for name in ("header_seconds", "body_seconds")),
        *(f"limits.{name}" for name in ("identity_reads", "identity_writes", "address_requests")),
        *("transfer.import_bytes", "transfer.imports_at_once"),
        *("limits.identity_work_milliseconds", "search.full_reads", "search.full_read_seconds"),
        *(f"tenancy.{name}" for name in ("idea_quota", "byte_quota", "vault_idea_quota", "vault_byte_quota")),
    ],
)
def test_every_setting_that_limits_clients_is_documented(setting: str) -> None:
    assert [row.what for row in ROWS.values() if row.setting == f"`{setting}`"]


def test_the_size_of_a_large_vault_is_documented() -> None:
    assert f"changed more than {full_reads.SMALL:,} times" in DOCUMENT
