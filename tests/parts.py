"""Short names for the parts of a process under test."""

from collections.abc import Callable

from litestar import Litestar

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.parts import AccountsParts, TenantNaming
from creatorvault.accounts.services import TokenVerifier
from creatorvault.admin.operator_keys import OperatorKeys
from creatorvault.admin.parts import AdminParts
from creatorvault.audit.auth_failures import AuthFailures
from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import TenantId, VaultId
from creatorvault.core.limits.rate_limits import RateLimits
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.parts import CryptoParts
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.erasure.parts import ErasureParts
from creatorvault.health.services import HealthService
from creatorvault.ideas.checkpoints.writer import CheckpointWriter
from creatorvault.ideas.content_search import ContentSearchParts
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.segments.growth import GrowingSegments
from creatorvault.ideas.segments.writer import SegmentWriter
from creatorvault.settings.sections import Settings
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.revisions import SeenRevisions


class OpenParts:
    """The parts of a running application."""

    def __init__(self, app: Litestar) -> None:
        self._app = app

    @property
    def settings(self) -> Settings:
        return part_of(self._app, Settings)

    @property
    def database(self) -> Database:
        return part_of(self._app, Database)

    @property
    def statements(self) -> Statements:
        return part_of(self._app, Statements)

    @property
    def root_keys(self) -> RootKeys:
        return part_of(self._app, CryptoParts).root_keys

    @property
    def keyring(self) -> Keyring:
        return part_of(self._app, CryptoParts).keyring

    def cipher_of(self, vault: VaultId) -> VaultCipher:
        """Returns the newest cipher in the cache of the process."""
        cipher = self.keyring.newest(vault)
        assert cipher is not None
        return cipher

    @property
    def pseudonyms(self) -> Pseudonyms:
        return part_of(self._app, Pseudonyms)

    @property
    def verifier(self) -> TokenVerifier:
        return part_of(self._app, AccountsParts).verifier

    @property
    def limits(self) -> RateLimits:
        return part_of(self._app, AccountsParts).limits

    @property
    def tenant_id_of(self) -> Callable[[Identity], TenantId]:
        return part_of(self._app, TenantNaming).tenant_id_of

    @property
    def audit(self) -> AuditLog:
        return part_of(self._app, AuditParts).log

    @property
    def refused_tokens(self) -> AuthFailures:
        return part_of(self._app, AuditParts).auth_failures

    @property
    def vaults(self) -> VaultParts:
        return part_of(self._app, VaultParts)

    @property
    def revisions(self) -> SeenRevisions:
        return self.vaults.revisions

    @property
    def erasure(self) -> ErasureParts:
        return part_of(self._app, ErasureParts)

    @property
    def health(self) -> HealthService:
        return part_of(self._app, HealthService)

    @property
    def ideas(self) -> IdeasParts:
        return part_of(self._app, IdeasParts)

    @property
    def opened(self) -> OpenedIdeas:
        return part_of(self._app, IdeasParts).opened

    @property
    def search_cache(self) -> SearchCache:
        return self.ideas.search_cache

    @property
    def in_doubt(self) -> InDoubtIdeas:
        return self.ideas.in_doubt

    @property
    def segment_writer(self) -> SegmentWriter:
        return self.ideas.segment_writer

    @property
    def checkpoint_writer(self) -> CheckpointWriter:
        return self.ideas.checkpoint_writer

    @property
    def growing_segments(self) -> GrowingSegments:
        return self.ideas.growing_segments

    @property
    def searching(self) -> ContentSearchParts:
        return self.ideas.searching

    @property
    def operators_database(self) -> Database:
        """Raises AdminOff if there is no login for operators."""
        return part_of(self._app, AdminParts).database()

    @property
    def operator_keys(self) -> OperatorKeys:
        keys = part_of(self._app, AdminParts).operator_keys
        assert keys is not None
        return keys
