"""Checks the nesting depth of JSON before it is decoded, since code that processes the value may recurse."""

import re
from itertools import accumulate
from typing import Final

MAX_DEPTH: Final = 64
NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""Opening and closing brackets as +1 and -1, signed bytes."""

LEAF: Final = b"\x01\xff"
UP: Final = b"\xff"
UP_AND_DOWN: Final = b"\xff\x01"
# An unterminated string is also matched as a whole: retrying at each quotation mark in it would take quadratic time.
BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|([\[{])|[\]}]', re.DOTALL)


def is_shallow(body: bytes) -> bool:
    """Whether the nesting is at most MAX_DEPTH, in a tenth of the time of `too_deep`.

    For invalid JSON this applies to the part that a decoder reads.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return True
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    steps = b"".join(body.split(b'"')[::2]).translate(STEPS, NOT_BRACKETS)
    # These are the most frequent, and quickly removed. They are one level deeper than their parent.
    above_leaves = _deepest(steps.replace(LEAF, b""))
    return above_leaves < MAX_DEPTH or (above_leaves == MAX_DEPTH and _deepest(steps) == MAX_DEPTH)


def _deepest(steps: bytes) -> int:
    """Returns the maximum depth, computed step by step, or per change of direction if there are few."""
    turns = steps.split(UP_AND_DOWN)
    if len(turns) * 8 > len(steps):
        return max(accumulate(memoryview(steps).cast("b")), default=0)
    depth = deepest = 0
    for turn in turns:
        up = turn.count(UP)
        down = len(turn) - up
        depth += down
        deepest = max(deepest, depth)
        depth -= up
    return deepest


def too_deep(text: str) -> int | None:
    """Returns the offset at which the nesting exceeds MAX_DEPTH."""
    depth = 0
    for found in BRACKET.finditer(text):
        if found[1]:
            depth += 1
            if depth > MAX_DEPTH:
                return found.start()
        elif found[0] in "]}":
            depth -= 1
    return None
