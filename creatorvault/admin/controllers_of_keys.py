"""Keys, /api/v1/admin/keys."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_202_ACCEPTED

from creatorvault.admin import openapi_of_keys
from creatorvault.admin.dependencies import AdminRequest, provide_reads, provide_rotations
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas_of_keys import (
    RotationCreate,
    RotationList,
    RotationPath,
    RotationQuery,
    RotationResponse,
)
from creatorvault.admin.scopes import Scope
from creatorvault.admin.services_of_keys import Rotations, one_rotation, rotation_page
from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.core.http.handlers import get, post
from creatorvault.core.http.inputs import Body, Path, Query
from creatorvault.core.parts import part_of
from creatorvault.key_management.schemas import KeysStatus
from creatorvault.key_management.status import keys_status


class KeyController(Controller):
    path = "/api/v1/admin/keys"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"reads": Provide(provide_reads), "rotations": Provide(provide_rotations)}

    @get("/", summary="Read the state of keys", operator=Scope.KEYS, **openapi_of_keys.KEYS)
    async def get_keys(self, request: AdminRequest) -> KeysStatus:
        """Returns root keys and what each of them wraps, whether providers can be used, and vault keys in figures.

        The providers are asked. No key is returned.
        """
        parts = part_of(request.app, AdminParts)
        return await keys_status(parts.database(), parts.root_keys, part_of(request.app, ProtectedData))

    @get("/rotations", summary="List rotations", operator=Scope.KEYS, **openapi_of_keys.ROTATIONS)
    async def list_rotations(self, asked: Query[RotationQuery], reads: NamedDependency[OperatorReads]) -> RotationList:
        """Returns a page of rotations, newest first, with what is done of each."""
        return await reads.read(lambda session, keys: rotation_page(session, keys, asked))

    @get(
        "/rotations/{rotation_id:str}",
        summary="Read a rotation",
        operator=Scope.KEYS,
        **openapi_of_keys.ROTATION_READ,
    )
    async def get_rotation(self, path: Path[RotationPath], reads: NamedDependency[OperatorReads]) -> RotationResponse:
        """Returns a rotation, how far it is, and what it has found."""
        return await reads.read(lambda session, _: one_rotation(session, path.rotation_id))

    @post(
        "/rotations",
        summary="Rotate keys",
        status_code=HTTP_202_ACCEPTED,
        operator=Scope.KEYS,
        **openapi_of_keys.ROTATION_REQUESTED,
    )
    async def rotate_keys(self, given: Body[RotationCreate], rotations: NamedDependency[Rotations]) -> RotationResponse:
        """Asks for new keys of all vaults, or of a tenant's, or, with `root`, for wrapping all keys again.

        A job does it while the service runs. One that was interrupted is resumed. A new vault key gets all rows of its
        vault; then the earlier keys of the vault are destroyed, unless a row cannot be opened.
        """
        return await rotations.request(given)
