"""Checks of moods."""

from creatorvault.management.checks import Installation, Message


async def moods_check(_: Installation) -> list[Message]:
    return [Message("moods.W001", "Moods change.")]
