"""Descriptions and examples of the schemas of ideas."""

from typing import Final
from uuid import UUID

from creatorvault.core.http.schemas import CODE, Prose

IDEA_ID: Final = UUID("7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11")

OWNER: Final[Prose] = {"user_id": ("Owner of the ideas, which is the subject of your token.", "user-1")}
ONE_IDEA: Final[Prose] = {**OWNER, "idea_id": ("Id of the idea.", str(IDEA_ID))}

CONTENT: Final[Prose] = {
    "title": (
        "Title of the idea. Surrounding white space is removed; a title of only white space is refused.",
        "Five breakfasts in five minutes",
    ),
    "notes": (
        "Free text, stored exactly as it is sent.",
        "Film them all on one morning.\nAsk Mia for her pancakes.",
    ),
    "stage": ("Progress of the idea.", "outline"),
    "priority": ("Importance of the idea.", "high"),
    "tags": (
        "Tags are trimmed, split at commas, and deduplicated. Joined by commas they have at most 1,000 characters.",
        ["video", "food"],
    ),
    "due_date": (
        "Planned publication time. Times without an offset, dates and Unix timestamps are read as UTC. A date of "
        "digits only (20260115) is refused, since it is ambiguous.",
        "2026-12-24T18:00:00Z",
    ),
}

IDEA: Final[Prose] = {
    **CONTENT,
    "id": ("Permanent identifier.", str(IDEA_ID)),
    "user_id": ("Creator of the idea.", "user-1"),
    "created_at": ("Creation time, UTC.", "2026-11-22T21:10:00.123456Z"),
    "updated_at": (
        "Time of the last change, UTC; equal to `created_at` for a new idea.",
        "2026-11-22T21:10:00.123456Z",
    ),
}

CONFLICT: Final[Prose] = {
    "detail": (
        "Human-readable message.",
        "If-Match names another version than the stored one; read it again and retry",
    ),
    "code": (CODE, "precondition_failed"),
    "current": ("The current version.", {name: value for name, (_, value) in IDEA.items()}),
}

PAGE: Final[Prose] = {
    "items": ("The ideas of this page, in the requested order.", [{name: value for name, (_, value) in IDEA.items()}]),
    "total": ("Number of matching ideas on all pages.", 1),
    "limit": ("Maximum number of ideas per page.", 20),
    "offset": ("Number of matches before this page.", 0),
    "has_more": ("Whether more matches follow this page.", False),
    "next_cursor": (
        "The `cursor` of the next page; null on the last page. Only in responses to a request with a cursor.",
        "AQEAAAABnGkr2Zx0pXvT4mQ8c1dYh7eWUoFqbS3KJzVt6aMfRyG5CuNlPiHwEk9DsBxg0OvI2jTQ7rAmLZ4nXdYc8UfhKp1bSe",
    ),
}

QUERY: Final[Prose] = {
    "limit": ("Maximum number of ideas per page.", 20),
    "offset": ("Number of matches to skip. Past the end, `items` is empty.", 0),
    "search": (
        "Substring of title or notes, ignoring case and accents. There are no wildcards.",
        "breakfast",
    ),
    "stage": ("Only ideas in this stage. Repeat the parameter to match any of several.", "outline"),
    "priority": ("Only ideas with this priority. Repeat the parameter to match any of several.", "high"),
    "tags": (
        "Only ideas with any of these comma-separated tags; whole tags, ignoring case.",
        "food,travel",
    ),
    "sort": (
        "`priority` sorts by importance, `stage` by progress, `title` ignoring case and accents, with numbers by "
        "value; by `due_date`, ideas without one are last in both directions.",
        "created_at",
    ),
    "order": ("Descending or ascending.", "desc"),
    "cursor": (
        "Position of the page, independent of concurrent writes: empty for the first page, then the `next_cursor` "
        "of the previous page, with the same filters and order. Cannot be combined with `offset`.",
        "",
    ),
    "due_from": ("Only ideas due at this time or later. All times are read as `due_date` is.", "2026-12-01T00:00:00Z"),
    "due_to": ("Only ideas due before this time.", "2027-01-01T00:00:00Z"),
    "created_from": ("Only ideas created at this time or later.", "2026-11-01T00:00:00Z"),
    "created_to": ("Only ideas created before this time.", "2027-01-01T00:00:00Z"),
    "updated_from": ("Only ideas last changed at this time or later.", "2026-11-01T00:00:00Z"),
    "updated_to": ("Only ideas last changed before this time.", "2027-01-01T00:00:00Z"),
    "has_due": ("Only ideas with a due date, or only ideas without one.", True),
    "ids": (
        "Only ideas with one of these ids, at most 100, separated by commas or repeated. Ids without an idea are left "
        "out. Send `limit` as well.",
        [str(IDEA_ID)],
    ),
    "fields": (
        "Send only these fields of each idea, separated by commas or repeated. `title`, `id`, `user_id`, `created_at` "
        "and `updated_at` are always sent.",
        ["stage", "due_date"],
    ),
}
