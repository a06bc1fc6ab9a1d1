"""Ideas with some of their fields."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from creatorvault.ideas.lists.parameters import REQUIRED_FIELDS, IdeaField

_decode: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


def with_fields(ideas: Sequence[msgspec.Raw], wanted: Collection[IdeaField]) -> list[msgspec.Raw]:
    """Returns the ideas in JSON with these fields and the required ones, in the same order."""
    kept = REQUIRED_FIELDS.union(wanted)
    return [
        msgspec.Raw(_encode({name: value for name, value in _decode(idea).items() if name in kept})) for idea in ideas
    ]
