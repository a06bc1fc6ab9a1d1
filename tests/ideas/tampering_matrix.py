"""Ways to tamper with a vault with full access to the database, and the expected responses to its creator.

All statements run as a superuser with triggers disabled. The victim is one idea. The attacker has saved its row from
before its last change, the row of an idea that was deleted since, and the segments of that time.
"""

from typing import Final

from tests.vault_rows import COPIED

LOGGED: Final = "an alarm in the log, and what is stored"

RIGHT: Final = "right"
"""The response is what the creator has stored, or the write is executed."""

CODES: Final = {"tampered", "vault_mismatch", "vault_set_back", "wrong_key", "lost_key"}
"""A 500 without details, and an alert with that code. A refused write has changed nothing."""

# Limits: a wrong result without an alert. docs/encryption.md documents them by these names.
GONE: Final = "A row that is gone"
COUNTED: Final = "Rows and count changed together"
SET_BACK: Final = "Put back as a whole"
MIDDLE: Final = "The middle of a list"
FILTERED: Final = "A filter by an edited column"
LISTED: Final = "The audit log in a list"
LIMITS: Final = {GONE, COUNTED, SET_BACK, MIDDLE, FILTERED, LISTED}

OPERATIONS: Final = (
    "list",
    "first page",
    "last page",
    "filtered list",
    "cursor walk",
    "get",
    "warm search",
    "cold search",
    "restarted list",
    "restarted get",
    "restarted search",
    "search without segments",
    "change",
    "search after a change",
    "create",
    "delete",
    "by id",
    "warm counts",
    "restarted counts",
    "restarted due dates",
    "counts without segments",
)
"""A restarted process has nothing of the vault in memory. `get`, `change`, `delete` and `by id` request the victim."""

ALIKE: Final = {
    "by id": "get",
    "warm counts": "warm search",
    "restarted counts": "restarted search",
    "restarted due dates": "restarted search",
    "counts without segments": "search without segments",
}
"""Operations that are not in `EXPECTED`, since they have the outcome of another."""

MISSED: Final = ("a row deleted", "all rows deleted")
"""After these, a list by id finds fewer rows than the vault counts, which reading one idea does not compare."""

OF_VICTIM: Final = "tenant_id = $1 AND user_id = $2 AND id = $3"
OF_ANOTHER: Final = "tenant_id = $4 AND user_id = $5 ORDER BY revision LIMIT 1"
OF_VAULT: Final = "tenant_id = $1 AND user_id = $2"
FIRST_SEGMENT: Final = (
    f"{OF_VAULT} AND first_revision = (SELECT min(first_revision) FROM idea_segments WHERE {OF_VAULT})"
)
COUNT: Final = f"UPDATE vaults SET idea_count = idea_count {{}} WHERE {OF_VAULT}"
DIGEST: Final = (
    f"UPDATE vaults SET digest = (SELECT coalesce(bit_xor(stamp), 0) FROM ideas WHERE {OF_VAULT}) WHERE {OF_VAULT}"
)
NO_COUNT: Final = f"UPDATE vaults SET idea_count = 0 WHERE {OF_VAULT}"
REVISION: Final = f"UPDATE vaults SET revision = revision {{}} WHERE {OF_VAULT}"
DELETE_ROW: Final = f"DELETE FROM ideas WHERE {OF_VICTIM}"
PUT_BACK_DELETED: Final = f"INSERT INTO ideas ({COPIED}) SELECT {COPIED} FROM kept_ideas WHERE {OF_VAULT} AND id <> $3"
PUT_BACK_OLDER: Final = f"INSERT INTO ideas ({COPIED}) SELECT {COPIED} FROM kept_ideas WHERE {OF_VICTIM}"
OLD_SEGMENTS: Final = f"INSERT INTO idea_segments SELECT * FROM kept_segments WHERE {OF_VAULT} ON CONFLICT DO NOTHING"
NO_CHECKPOINT: Final = f"DELETE FROM vault_checkpoints WHERE {OF_VAULT}"
OLD_CHECKPOINT: Final = f"INSERT INTO vault_checkpoints SELECT * FROM kept_checkpoints WHERE {OF_VAULT}"
CHECKPOINT: Final = f"UPDATE vault_checkpoints SET {{}} WHERE {OF_VAULT}"
NO_SEGMENTS: Final = f"DELETE FROM idea_segments WHERE {OF_VAULT}"
CONTENT: Final = COPIED.removeprefix("tenant_id, user_id, id, ")
KEY: Final = f"UPDATE keys.vault_keys SET {{}} WHERE {OF_VAULT}"

# $1 and $2 are the vault's tenant and user, $3 the victim's id, $4 and $5 the tenant and user of another vault.
OF_ROWS: Final[dict[str, tuple[str, ...]]] = {
    "nothing": (),
    "a row deleted": (DELETE_ROW,),
    "a row deleted and the count adjusted": (DELETE_ROW, COUNT.format("- 1")),
    "a row and all segments deleted and the count adjusted": (DELETE_ROW, NO_SEGMENTS, COUNT.format("- 1")),
    "a row deleted, count and digest adjusted": (DELETE_ROW, COUNT.format("- 1"), DIGEST),
    "a row and all segments deleted, count and digest adjusted": (
        *(DELETE_ROW, NO_SEGMENTS),
        *(COUNT.format("- 1"), DIGEST),
    ),
    "a row, all segments and the checkpoint deleted, count and digest adjusted": (
        *(DELETE_ROW, NO_SEGMENTS, NO_CHECKPOINT),
        *(COUNT.format("- 1"), DIGEST),
    ),
    "a row and all segments deleted, the checkpoint set back, count and digest adjusted": (
        *(DELETE_ROW, NO_SEGMENTS, NO_CHECKPOINT, OLD_CHECKPOINT),
        *(COUNT.format("- 1"), DIGEST),
    ),
    "a row and all segments deleted, count and digest adjusted, and the revision raised": (
        *(DELETE_ROW, NO_SEGMENTS),
        *(COUNT.format("- 1"), DIGEST, REVISION.format("+ 1")),
    ),
    "a row deleted, the count adjusted and another's revision put in its place": (
        f"UPDATE ideas SET revision = (SELECT revision FROM ideas WHERE {OF_VICTIM}) WHERE {OF_VAULT} AND id ="
        f" (SELECT id FROM ideas WHERE {OF_VAULT} ORDER BY revision DESC LIMIT 1)",
        DELETE_ROW,
        COUNT.format("- 1"),
    ),
    "a deleted row put back": (PUT_BACK_DELETED,),
    "a deleted row put back and the count adjusted": (PUT_BACK_DELETED, COUNT.format("+ 1")),
    "a deleted row put back, the segments deleted and the count adjusted": (
        PUT_BACK_DELETED,
        NO_SEGMENTS,
        COUNT.format("+ 1"),
    ),
    "a deleted row put back, the segments deleted, count and digest adjusted": (
        *(PUT_BACK_DELETED, NO_SEGMENTS),
        *(COUNT.format("+ 1"), DIGEST),
    ),
    "a deleted row put back for another that is deleted": (PUT_BACK_DELETED, DELETE_ROW),
    "a row set back": (DELETE_ROW, PUT_BACK_OLDER),
    "a row set back and the segments deleted": (DELETE_ROW, PUT_BACK_OLDER, NO_SEGMENTS),
    "a row set back, the segments deleted and the digest adjusted": (DELETE_ROW, PUT_BACK_OLDER, NO_SEGMENTS, DIGEST),
    "a row set back with the old segments, and the digest adjusted": (
        *(DELETE_ROW, PUT_BACK_OLDER),
        *(NO_SEGMENTS, OLD_SEGMENTS, DIGEST),
    ),
    "a row set back with the old segments": (DELETE_ROW, PUT_BACK_OLDER, NO_SEGMENTS, OLD_SEGMENTS),
    "a row copied under another id": (
        f"INSERT INTO ideas ({COPIED})"
        f" SELECT tenant_id, user_id, gen_random_uuid(), {CONTENT} FROM ideas WHERE {OF_VICTIM}",
    ),
    "a row copied under another id and the count adjusted": (
        f"INSERT INTO ideas ({COPIED})"
        f" SELECT tenant_id, user_id, gen_random_uuid(), {CONTENT} FROM ideas WHERE {OF_VICTIM}",
        COUNT.format("+ 1"),
    ),
    "another vault's row copied in": (
        f"INSERT INTO ideas ({COPIED}) SELECT $1, $2, id, {CONTENT} FROM ideas WHERE {OF_ANOTHER}",
    ),
    "another vault's row in the place of one": (
        f"DELETE FROM ideas WHERE {OF_VICTIM}",
        f"INSERT INTO ideas ({COPIED}) SELECT $1, $2, $3, {CONTENT} FROM ideas WHERE {OF_ANOTHER}",
    ),
    "a clear column edited": (f"UPDATE ideas SET stage = (stage + 1) % 4 WHERE {OF_VICTIM}",),
    "a byte of a title flipped": (
        f"UPDATE ideas SET title = set_byte(title, 30, get_byte(title, 30) # 1) WHERE {OF_VICTIM}",
    ),
    "the title and the notes of a row swapped": (f"UPDATE ideas SET title = notes, notes = title WHERE {OF_VICTIM}",),
    "the tags of another row": (
        f"UPDATE ideas SET tags = (SELECT tags FROM ideas WHERE {OF_VAULT} AND id <> $3 LIMIT 1) WHERE {OF_VICTIM}",
    ),
    "a due date added": (f"UPDATE ideas SET due_date = now() WHERE {OF_VICTIM}",),
    "a priority edited": (f"UPDATE ideas SET priority = (priority + 1) % 3 WHERE {OF_VICTIM}",),
    "the time of the last change edited": (
        f"UPDATE ideas SET updated_at = updated_at + interval '1 second' WHERE {OF_VICTIM}",
    ),
    "a row under a new id": (f"UPDATE ideas SET id = gen_random_uuid() WHERE {OF_VICTIM}",),
    "all rows deleted": (f"DELETE FROM ideas WHERE {OF_VAULT}",),
    "all rows deleted and the count zero": (f"DELETE FROM ideas WHERE {OF_VAULT}", NO_COUNT),
    "all rows deleted, count and digest zero": (f"DELETE FROM ideas WHERE {OF_VAULT}", NO_COUNT, DIGEST),
    "the digest edited": (f"UPDATE vaults SET digest = digest + 1 WHERE {OF_VAULT}",),
    "a row's stamp edited": (f"UPDATE ideas SET stamp = stamp - 1 WHERE {OF_VICTIM}",),
    "a row said to be from before stamps": (f"UPDATE ideas SET stamp = 0 WHERE {OF_VICTIM}",),
    "a row's number edited": (f"UPDATE ideas SET number = number + 1 WHERE {OF_VICTIM}",),
    "a row said to follow another version": (f"UPDATE ideas SET previous = previous + 1 WHERE {OF_VICTIM}",),
    "a row said to be from before there was a history": (
        f"UPDATE ideas SET number = 1, previous = NULL WHERE {OF_VICTIM}",
    ),
    "the count zero": (NO_COUNT,),
    "the bytes zero": (f"UPDATE vaults SET sealed_bytes = 0 WHERE {OF_VAULT}",),
    "a row's revision edited": (f"UPDATE ideas SET revision = revision - 3 WHERE {OF_VICTIM}",),
    "a row's revision far ahead": (f"UPDATE ideas SET revision = revision + 1000 WHERE {OF_VICTIM}",),
    "the count one more": (COUNT.format("+ 1"),),
    "the count one less": (COUNT.format("- 1"),),
    "a byte of the checkpoint flipped": (CHECKPOINT.format("sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)"),),
    "an empty checkpoint": (CHECKPOINT.format("sealed = ''"),),
    "a checkpoint that says more ideas": (CHECKPOINT.format("ideas = ideas + 1"),),
    "a checkpoint that says another digest": (CHECKPOINT.format("digest = sha256(digest)"),),
    "a checkpoint said to be of an earlier revision": (CHECKPOINT.format("revision = revision - 1"),),
    "another vault's checkpoint in the place of the own": (
        "UPDATE vault_checkpoints SET (revision, ideas, digest, sealed) = (SELECT revision, ideas, digest, sealed FROM"
        f" vault_checkpoints WHERE tenant_id = $4 AND user_id = $5) WHERE {OF_VAULT}",
    ),
    "the checkpoint deleted": (NO_CHECKPOINT,),
    "an old checkpoint put back": (NO_CHECKPOINT, OLD_CHECKPOINT),
}
TAMPERINGS: Final = OF_ROWS | {
    "the revision set back by one": (REVISION.format("- 1"),),
    "the revision set back by twenty": (f"UPDATE vaults SET revision = greatest(revision - 20, 1) WHERE {OF_VAULT}",),
    "the latest change undone as a whole": (
        f"DELETE FROM ideas WHERE {OF_VAULT} AND revision = (SELECT revision FROM vaults WHERE {OF_VAULT})",
        COUNT.format("- 1"),
        REVISION.format("- 1"),
    ),
    "the revision set ahead": (REVISION.format("+ 20"),),
    "the vault's row deleted": (f"DELETE FROM vaults WHERE {OF_VAULT}",),
    "the vault's key version set back": (f"UPDATE vaults SET key_version = 0 WHERE {OF_VAULT}",),
    "old segments put back": (OLD_SEGMENTS,),
    "old segments in the place of the new": (NO_SEGMENTS, OLD_SEGMENTS),
    "old segments in the place of the new, count and revision adjusted": (
        NO_SEGMENTS,
        OLD_SEGMENTS,
        COUNT.format("+ 1"),
        REVISION.format("- 1"),
    ),
    "old segments, and the revision of the victim as it was": (
        NO_SEGMENTS,
        OLD_SEGMENTS,
        f"UPDATE ideas SET revision = (SELECT revision FROM kept_ideas WHERE {OF_VICTIM}) WHERE {OF_VICTIM}",
    ),
    "old segments in the place of the new, and the count adjusted": (NO_SEGMENTS, OLD_SEGMENTS, COUNT.format("+ 2")),
    "a byte of a segment flipped": (
        f"UPDATE idea_segments SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE {FIRST_SEGMENT}",
    ),
    "a segment cut short": (f"UPDATE idea_segments SET sealed = substring(sealed FOR 100) WHERE {FIRST_SEGMENT}",),
    "an empty segment": (f"UPDATE idea_segments SET sealed = '' WHERE {FIRST_SEGMENT}",),
    "a segment copied behind the last": (
        "INSERT INTO idea_segments (tenant_id, user_id, first_revision, last_revision, ideas, folding, sealed)"
        " SELECT tenant_id, user_id, first_revision + 1000, last_revision + 1000, ideas, folding, sealed"
        f" FROM idea_segments WHERE {FIRST_SEGMENT}",
    ),
    "a segment deleted": (f"DELETE FROM idea_segments WHERE {FIRST_SEGMENT}",),
    "all segments deleted": (NO_SEGMENTS,),
    "a segment that says more ideas": (f"UPDATE idea_segments SET ideas = ideas + 1 WHERE {FIRST_SEGMENT}",),
    "a segment that says fewer ideas": (f"UPDATE idea_segments SET ideas = ideas - 1 WHERE {FIRST_SEGMENT}",),
    "a segment that begins earlier": (
        f"UPDATE idea_segments SET first_revision = first_revision - 1 WHERE {FIRST_SEGMENT}",
    ),
    "a segment that ends earlier": (
        f"UPDATE idea_segments SET last_revision = last_revision - 1 WHERE {FIRST_SEGMENT}",
    ),
    "a segment under another rule of folding": (f"UPDATE idea_segments SET folding = '1/3.0.0' WHERE {FIRST_SEGMENT}",),
    "two segments swapped": (
        f"UPDATE idea_segments SET sealed = (SELECT sealed FROM idea_segments WHERE {OF_VAULT}"
        f" ORDER BY first_revision DESC LIMIT 1) WHERE {FIRST_SEGMENT}",
    ),
    "another vault's segment in the place of one": (
        "UPDATE idea_segments SET sealed = (SELECT sealed FROM idea_segments WHERE tenant_id = $4 AND user_id = $5"
        f" ORDER BY first_revision LIMIT 1) WHERE {FIRST_SEGMENT}",
    ),
    "a flag that says there are no segments": (f"UPDATE vaults SET segmented = false WHERE {OF_VAULT}",),
    "the key deleted": (f"DELETE FROM keys.vault_keys WHERE {OF_VAULT}",),
    "the key replaced by another vault's": (
        KEY.format("wrapped = (SELECT wrapped FROM keys.vault_keys WHERE tenant_id = $4 AND user_id = $5)"),
    ),
    "a byte of the wrapped key flipped": (KEY.format("wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)"),),
    "the key copied as a newer version": (
        "INSERT INTO keys.vault_keys (tenant_id, user_id, version, root_key_id, wrapped, first_revision, created_at)"
        " SELECT tenant_id, user_id, version + 1, root_key_id, wrapped, first_revision, created_at"
        f" FROM keys.vault_keys WHERE {OF_VAULT}",
    ),
    "the key said to be of a later revision": (KEY.format("first_revision = first_revision + 1"),),
    "the key said to be under another root key": (KEY.format("root_key_id = 'other'"),),
    "the events of the audit log deleted": ("DELETE FROM audit_events WHERE tenant_id = $1",),
    "an event of the audit log edited": ("UPDATE audit_events SET actor = 'nobody' WHERE tenant_id = $1",),
    "the head of the audit log set back": (
        "UPDATE audit_heads SET sequence = sequence - 1, digest = sha256('') WHERE tenant_id = $1",
    ),
}

ENDS: Final = ("list", "last page", "filtered list", "cursor walk", "restarted list")
UNFILTERED: Final = ("list", "last page", "cursor walk", "restarted list")
AT_HAND: Final = (
    "list",
    "first page",
    "last page",
    "filtered list",
    "cursor walk",
    "get",
    "warm search",
    "cold search",
    "change",
    "search after a change",
    "create",
    "delete",
)
RESTARTED: Final = ("restarted list", "restarted get", "restarted search", "search without segments")
READS: Final = ("get", "restarted get")
FROM_SEGMENTS: Final = ("cold search", "restarted search")
WRITES: Final = ("change", "search after a change", "create", "delete")
VICTIM_ALONE: Final = ("get", "restarted get", "change", "search after a change", "delete")

# Expected for several kinds of tampering.
UNREADABLE_ROW: Final[dict[str, tuple[str, ...]]] = {
    "tampered": (*ENDS, *READS, "first page", "search without segments", "change", "search after a change")
}
SEARCHES: Final = (*FROM_SEGMENTS, "search without segments")
UNREADABLE_CHECKPOINT: Final[dict[str, tuple[str, ...]]] = {"tampered": (*SEARCHES, "search after a change")}
UNREADABLE_SEGMENT: Final[dict[str, tuple[str, ...]]] = {"tampered": (*FROM_SEGMENTS, "search after a change")}
UNBELIEVED_SEGMENT: Final[dict[str, tuple[str, ...]]] = {"vault_mismatch": (*FROM_SEGMENTS, "search after a change")}
WRONG_COUNT: Final[dict[str, tuple[str, ...]]] = {
    "vault_mismatch": (*ENDS, *FROM_SEGMENTS, "warm search", "search without segments", "search after a change"),
    MIDDLE: ("first page",),
}

UNCOUNTED_ROW: Final[dict[str, tuple[str, ...]]] = {
    COUNTED: (*ENDS, "first page"),
    GONE: (*VICTIM_ALONE,),
    "vault_mismatch": (*FROM_SEGMENTS, "search without segments", "warm search"),
}

# Operations that are not listed are expected to be right.
EXPECTED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "nothing": {},
    "a row deleted": {
        "vault_mismatch": (*ENDS, *FROM_SEGMENTS, "search without segments"),
        MIDDLE: ("first page",),
        GONE: (*VICTIM_ALONE,),
    },
    "a row deleted and the count adjusted": UNCOUNTED_ROW,
    "a row and all segments deleted and the count adjusted": UNCOUNTED_ROW,
    "a row deleted, count and digest adjusted": {
        COUNTED: (*ENDS, "first page"),
        GONE: (*VICTIM_ALONE,),
        "vault_mismatch": (*SEARCHES, "warm search"),
    },
    "a row and all segments deleted, count and digest adjusted": {
        COUNTED: (*ENDS, "first page"),
        GONE: (*VICTIM_ALONE,),
        "vault_mismatch": (*SEARCHES, "warm search"),
    },
    "a row, all segments and the checkpoint deleted, count and digest adjusted": {
        COUNTED: (*ENDS, *SEARCHES, "first page"),
        GONE: (*VICTIM_ALONE,),
        LOGGED: ("warm search",),
    },
    "a row and all segments deleted, the checkpoint set back, count and digest adjusted": {
        COUNTED: (*ENDS, *SEARCHES, "first page"),
        GONE: (*VICTIM_ALONE,),
        LOGGED: ("warm search",),
    },
    "a row and all segments deleted, count and digest adjusted, and the revision raised": {
        COUNTED: (*ENDS, *SEARCHES, "first page", "warm search"),
        GONE: (*VICTIM_ALONE,),
    },
    "a row deleted, the count adjusted and another's revision put in its place": UNCOUNTED_ROW,
    "a deleted row put back": {
        "vault_mismatch": (*ENDS, *FROM_SEGMENTS, "search without segments", "search after a change"),
        MIDDLE: ("first page",),
    },
    "a deleted row put back and the count adjusted": {
        COUNTED: (*ENDS, "first page"),
        "vault_mismatch": (*FROM_SEGMENTS, "search without segments", "warm search", "search after a change"),
    },
    "a deleted row put back, the segments deleted and the count adjusted": {
        COUNTED: (*ENDS, "first page"),
        "vault_mismatch": (*FROM_SEGMENTS, "search without segments", "warm search", "search after a change"),
    },
    "a deleted row put back, the segments deleted, count and digest adjusted": {
        COUNTED: (*ENDS, "first page", "search after a change"),
        "vault_mismatch": (*SEARCHES, "warm search"),
    },
    "a deleted row put back for another that is deleted": {
        COUNTED: (*ENDS, "first page"),
        GONE: (*VICTIM_ALONE,),
        "vault_mismatch": (*FROM_SEGMENTS, "search without segments"),
    },
    # Its next change finds the version that it would keep among the kept ones already.
    "a row set back": {
        SET_BACK: (*ENDS, *READS, "first page"),
        "vault_mismatch": ("search without segments", "search after a change", "change"),
    },
    "a row set back and the segments deleted": {
        SET_BACK: (*ENDS, *READS, "first page"),
        "vault_mismatch": (*FROM_SEGMENTS, "search without segments", "search after a change", "change"),
    },
    "a row set back, the segments deleted and the digest adjusted": {
        SET_BACK: (*ENDS, *READS, "first page"),
        "vault_mismatch": (*SEARCHES, "warm search", "change", "search after a change"),
    },
    "a row set back with the old segments, and the digest adjusted": {
        SET_BACK: (*ENDS, *READS, "first page"),
        "vault_mismatch": (*SEARCHES, "warm search", "change", "search after a change"),
    },
    "a row set back with the old segments": {
        SET_BACK: (*ENDS, *READS, "first page"),
        "vault_mismatch": (*FROM_SEGMENTS, "search without segments", "search after a change", "change"),
    },
    "a row copied under another id": {
        "tampered": (*ENDS, "first page", "search without segments"),
        "vault_mismatch": (*FROM_SEGMENTS, "search after a change"),
    },
    "a row copied under another id and the count adjusted": {
        "tampered": (*ENDS, "first page", "search without segments", "search after a change"),
        "vault_mismatch": (*FROM_SEGMENTS, "warm search"),
    },
    "another vault's row copied in": {
        "tampered": (*ENDS, "first page", "search without segments"),
        "vault_mismatch": (*FROM_SEGMENTS, "search after a change"),
    },
    "another vault's row in the place of one": UNREADABLE_ROW,
    "a clear column edited": {
        "tampered": (*UNFILTERED, *READS, "first page", "search without segments", "change", "search after a change"),
        FILTERED: ("filtered list",),
    },
    "a byte of a title flipped": UNREADABLE_ROW,
    "the title and the notes of a row swapped": UNREADABLE_ROW,
    "the tags of another row": UNREADABLE_ROW,
    "a due date added": UNREADABLE_ROW,
    "a priority edited": UNREADABLE_ROW,
    "the time of the last change edited": UNREADABLE_ROW,
    "a row under a new id": {
        "tampered": (*ENDS, "first page", "search without segments"),
        "vault_mismatch": (*FROM_SEGMENTS,),
        GONE: (*VICTIM_ALONE,),
    },
    "all rows deleted": {
        "vault_mismatch": (*ENDS, *FROM_SEGMENTS, "first page", "search without segments"),
        GONE: (*VICTIM_ALONE,),
    },
    "all rows deleted and the count zero": {
        COUNTED: (*ENDS, "first page"),
        "vault_mismatch": (*FROM_SEGMENTS, "search without segments", "warm search"),
        GONE: (*VICTIM_ALONE,),
    },
    "all rows deleted, count and digest zero": {
        COUNTED: (*ENDS, "first page"),
        "vault_mismatch": (*SEARCHES, "warm search"),
        GONE: (*VICTIM_ALONE,),
    },
    "the digest edited": {
        "vault_mismatch": (*FROM_SEGMENTS, "warm search", "search without segments", "search after a change"),
    },
    "a row's stamp edited": UNREADABLE_ROW,
    "a row said to be from before stamps": UNREADABLE_ROW,
    "a row's number edited": UNREADABLE_ROW,
    "a row said to follow another version": UNREADABLE_ROW,
    "a row said to be from before there was a history": UNREADABLE_ROW,
    "the count zero": {
        "vault_mismatch": (
            *(*ENDS, *FROM_SEGMENTS, "first page", "warm search"),
            *("search without segments", "search after a change", "delete"),
        ),
    },
    "the bytes zero": {},
    "a row's revision edited": {"vault_mismatch": ("search without segments",)},
    "a row's revision far ahead": {
        "vault_mismatch": (
            *(*ENDS, *READS, *FROM_SEGMENTS, "first page"),
            *("search without segments", "change", "search after a change"),
        ),
    },
    "the count one more": WRONG_COUNT,
    "the count one less": WRONG_COUNT,
    "a byte of the checkpoint flipped": UNREADABLE_CHECKPOINT,
    "an empty checkpoint": UNREADABLE_CHECKPOINT,
    "a checkpoint that says more ideas": UNREADABLE_CHECKPOINT,
    "a checkpoint that says another digest": UNREADABLE_CHECKPOINT,
    "a checkpoint said to be of an earlier revision": UNREADABLE_CHECKPOINT,
    "another vault's checkpoint in the place of the own": UNREADABLE_CHECKPOINT,
    "the checkpoint deleted": {},
    "an old checkpoint put back": {},
    "the revision set back by one": {
        "vault_set_back": (*AT_HAND, "restarted search", "search without segments"),
        "vault_mismatch": ("restarted list",),
    },
    "the revision set back by twenty": {
        "vault_set_back": (*AT_HAND, "restarted search", "search without segments"),
        "vault_mismatch": ("restarted list",),
    },
    "the latest change undone as a whole": {
        "vault_set_back": (*AT_HAND, "restarted search", "search without segments"),
        SET_BACK: ("restarted list",),
    },
    "the revision set ahead": {},
    "the vault's row deleted": {"vault_set_back": (*AT_HAND,), "vault_mismatch": (*RESTARTED,)},
    "the vault's key version set back": {
        "lost_key": (*ENDS, *READS, *FROM_SEGMENTS, "first page", "warm search", "search without segments"),
        "vault_set_back": (*WRITES,),
    },
    "old segments put back": {},
    "old segments in the place of the new": UNBELIEVED_SEGMENT,
    "old segments in the place of the new, count and revision adjusted": {
        "vault_set_back": (*AT_HAND, "restarted search", "search without segments"),
        "vault_mismatch": ("restarted list",),
    },
    "old segments, and the revision of the victim as it was": {"vault_mismatch": (*SEARCHES,)},
    "old segments in the place of the new, and the count adjusted": WRONG_COUNT,
    "a byte of a segment flipped": UNREADABLE_SEGMENT,
    "a segment cut short": UNREADABLE_SEGMENT,
    "an empty segment": UNREADABLE_SEGMENT,
    "a segment copied behind the last": UNBELIEVED_SEGMENT,
    "a segment deleted": {},
    "all segments deleted": {},
    "a segment that says more ideas": UNBELIEVED_SEGMENT,
    "a segment that says fewer ideas": UNBELIEVED_SEGMENT,
    "a segment that begins earlier": UNBELIEVED_SEGMENT,
    "a segment that ends earlier": UNBELIEVED_SEGMENT,
    "a segment under another rule of folding": {},
    "two segments swapped": UNREADABLE_SEGMENT,
    "another vault's segment in the place of one": UNREADABLE_SEGMENT,
    "a flag that says there are no segments": {"vault_mismatch": ("search after a change",)},
    "the key deleted": {"lost_key": (*RESTARTED, *WRITES)},
    "the key replaced by another vault's": {"wrong_key": (*RESTARTED, *WRITES)},
    "a byte of the wrapped key flipped": {"wrong_key": (*RESTARTED, *WRITES)},
    "the key copied as a newer version": {"wrong_key": (*RESTARTED,)},
    "the key said to be of a later revision": {"wrong_key": (*RESTARTED, *WRITES)},
    "the key said to be under another root key": {"lost_key": (*RESTARTED, *WRITES)},
    # `audit verify` detects it; no response about ideas depends on it (tests/audit).
    "the events of the audit log deleted": {},
    "an event of the audit log edited": {},
    "the head of the audit log set back": {},
}
