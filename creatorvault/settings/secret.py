"""Secret text, which must never be shown."""

from typing import Final, final

MASK: Final = "********"


@final
class Secret:
    """A secret setting. Printing, formatting and debugging show a mask; only `reveal` returns the text.

    The text is stored as bytes in a slot, so that `vars()`, tracebacks with local variables and serialisers that
    inspect objects also get the mask. Pickling is refused: a pickle would contain the text in clear.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def reveal(self) -> str:
        return self._text.decode()

    def __len__(self) -> int:
        """Length in bytes, as used by the rules about secrets."""
        return len(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is not pickled")
