"""How deep a JSON text nests, found out before it is decoded: what reads the value afterwards may recurse."""

import re
from itertools import accumulate
from typing import Final

MAX_DEPTH: Final = 64
NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""Down and up again, as signed bytes."""

LEAF: Final = b"\x01\xff"
UP: Final = b"\xff"
UP_AND_DOWN: Final = b"\xff\x01"
# A string without its end is taken whole too: trying again at each quotation mark in it would take quadratic time.
BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|([\[{])|[\]}]', re.DOTALL)


def is_shallow(body: bytes) -> bool:
    """Whether it nests no deeper than MAX_DEPTH, in a tenth of the time that `too_deep` takes.

    Of what is no JSON, this holds as far as a decoder reads it.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return True
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    steps = b"".join(body.split(b'"')[::2]).translate(STEPS, NOT_BRACKETS)
    # Most that there is of them, and quickly gone. They are one level deeper than what they are in.
    above_leaves = _deepest(steps.replace(LEAF, b""))
    return above_leaves < MAX_DEPTH or (above_leaves == MAX_DEPTH and _deepest(steps) == MAX_DEPTH)


def _deepest(steps: bytes) -> int:
    """By each step, or by each turn where there are few of them."""
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
    """The offset at which the nesting passes MAX_DEPTH."""
    depth = 0
    for found in BRACKET.finditer(text):
        if found[1]:
            depth += 1
            if depth > MAX_DEPTH:
                return found.start()
        elif found[0] in "]}":
            depth -= 1
    return None
