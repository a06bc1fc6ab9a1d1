"""Registration of the app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.management.apps import App
from creatorvault.transfer.commands import import_group
from creatorvault.transfer.models import ImportedIdea

APP: Final = App(name="transfer", commands=[import_group], erases=[Erased(model=ImportedIdea)])
