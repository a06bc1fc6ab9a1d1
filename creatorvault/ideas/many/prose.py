"""Descriptions and examples of the fields of bulk operations for the OpenAPI document."""

from typing import Any, Final

from creatorvault.core.http.schemas import CODE, Prose
from creatorvault.ideas.prose import CONTENT, IDEA, IDEA_ID

TAG: Final = '"1f0c5e7a92b3d846"'
UNUSED_ID: Final = "b1d2f3a4-0c5e-4b7f-8a69-3d2c1b0a9f8e"

_ID: Final = ("Id of the idea, which an earlier operation of the request may have created.", str(IDEA_ID))
_IF_MATCH: Final = (
    "Entity tags as in the header `If-Match`: the operation is executed only if the idea is one of these versions.",
    TAG,
)


def example(prose: Prose) -> dict[str, Any]:
    return {name: value for name, (_, value) in prose.items()}


CREATE_OPERATION: Final[Prose] = {
    "op": ("Kind of the operation.", "create"),
    "id": (
        "Id of the new idea, a random UUID of the client's own; so an operation may refer to an idea that an earlier "
        "one creates. An id that is or was in use is refused with `id_taken`.",
        UNUSED_ID,
    ),
    "idea": ("The new idea.", example(CONTENT)),
}
CHANGE_OPERATION: Final[Prose] = {
    "op": ("Kind of the operation.", "change"),
    "id": _ID,
    "if_match": _IF_MATCH,
    "changes": ("The fields to change.", {"stage": "draft"}),
}
REPLACE_OPERATION: Final[Prose] = {
    "op": ("Kind of the operation.", "replace"),
    "id": _ID,
    "if_match": _IF_MATCH,
    "idea": ("The idea; omitted fields are reset to their defaults.", example(CONTENT)),
}
DELETE_OPERATION: Final[Prose] = {
    "op": ("Kind of the operation.", "delete"),
    "id": _ID,
    "if_match": _IF_MATCH,
}
BULK: Final[Prose] = {
    "atomic": (
        "Whether all operations are executed or none. If not, each one that can be executed is, all in one "
        "transaction.",
        True,
    ),
    "operations": (
        "The operations, in their order.",
        [
            {"op": "create", "idea": {"title": "Five breakfasts in five minutes"}},
            {"op": "change", "id": str(IDEA_ID), "if_match": TAG, "changes": {"stage": "draft"}},
        ],
    ),
}
ERROR: Final[Prose] = {
    "detail": ("Human-readable message.", f"Idea {IDEA_ID} not found"),
    "code": (CODE, "idea_not_found"),
    "errors": (
        "The invalid fields, if the operation is invalid.",
        [{"type": "missing", "loc": ["body", "operations", 0, "idea", "title"], "msg": "Field required"}],
    ),
}
_WITHOUT_ERRORS: Final = {name: value for name, value in example(ERROR).items() if name != "errors"}
RESULT: Final[Prose] = {
    "op": ("Kind of the operation.", "change"),
    "id": ("Id of the idea; null if the operation names none that is valid.", str(IDEA_ID)),
    "status": (
        "Status that the operation would have as a request of its own: 201, 200, 204, 403, 404, 409, 412 or 422; 424 "
        "if it could be executed, but another one could not.",
        200,
    ),
    "idea": (
        "The idea after the operation; of a refused one (409, 412) the current idea. Null if there is none.",
        example(IDEA),
    ),
    "etag": ("Version of `idea`, as in the header `ETag`.", TAG),
    "error": ("Why the operation was not executed.", None),
}
RESPONSE: Final[Prose] = {
    "applied": ("Number of operations that were executed.", 1),
    "results": ("One result for each operation, in their order.", [example(RESULT)]),
}
REFUSAL: Final[Prose] = {
    "detail": ("Human-readable message.", "An operation could not be executed, so none was"),
    "code": (CODE, "bulk_refused"),
    "results": (
        "One result for each operation, in their order.",
        [example(RESULT) | {"status": 404, "idea": None, "etag": None, "error": _WITHOUT_ERRORS}],
    ),
}
RENAME: Final[Prose] = {
    "from": ("The tags to rename, whole tags, ignoring case.", ["movie", "clip"]),
    "to": (
        "The tag that takes their place, where the first of them stands. If an idea has it already, they are merged.",
        "video",
    ),
}
RENAMED: Final[Prose] = {
    "tag": ("The tag that has taken their place.", "video"),
    "changed": ("Number of ideas that were changed. An idea that would be the same is not changed.", 12),
}
