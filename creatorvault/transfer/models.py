"""Tables of the app. Each kind of transfer declares its own."""

from creatorvault.transfer.fastapi.models import ImportedIdea

__all__ = ["ImportedIdea"]
