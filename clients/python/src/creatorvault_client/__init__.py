"""A typed client of CreatorVault."""

from creatorvault_client.client import Client
from creatorvault_client.cursors import every_item
from creatorvault_client.errors import ApiError, StreamEndedError, UnreachableError
from creatorvault_client.models import IdeaCreate, IdeaUpdate
from creatorvault_client.sending import Retries, Token
from creatorvault_client.store import MemoryStore, Store
from creatorvault_client.sync import (
    Change,
    Conflict,
    Create,
    Delete,
    Device,
    LocalIdea,
    Operation,
    Rejected,
    Rule,
    merge,
)
from creatorvault_client.vault import BulkOperation, Idea, Vault, Version

__all__ = [
    "ApiError",
    "BulkOperation",
    "Change",
    "Client",
    "Conflict",
    "Create",
    "Delete",
    "Device",
    "Idea",
    "IdeaCreate",
    "IdeaUpdate",
    "LocalIdea",
    "MemoryStore",
    "Operation",
    "Rejected",
    "Retries",
    "Rule",
    "Store",
    "StreamEndedError",
    "Token",
    "UnreachableError",
    "Vault",
    "Version",
    "every_item",
    "merge",
]
