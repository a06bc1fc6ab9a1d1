"""The entries of an export, in the order in which every format writes them."""

from datetime import datetime
from typing import NamedTuple

from creatorvault.ideas.schemas import IdeaResponse


class Beginning(NamedTuple):
    user_id: str
    exported_at: datetime


class VaultSettings(NamedTuple):
    """`retention_days` is None if the vault has not chosen any."""

    retention_days: int | None


class LiveIdea(NamedTuple):
    """`number` is that of the idea's current version, from 1."""

    number: int
    idea: IdeaResponse


class EarlierVersion(NamedTuple):
    """Follows its idea; lower numbers come first."""

    number: int
    replaced_at: datetime
    idea: IdeaResponse


class TrashedIdea(NamedTuple):
    number: int
    deleted_at: datetime
    idea: IdeaResponse


class End(NamedTuple):
    """How many entries of each kind there were. Without it, an export was cut off."""

    ideas: int
    versions: int
    trashed: int


type IdeaEntry = LiveIdea | EarlierVersion | TrashedIdea
type Entry = Beginning | VaultSettings | IdeaEntry | End
