"""Endpoints of a creator's own erasure, and the public keys of receipts."""

from typing import Any, Final

from litestar import Controller, Request, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from creatorvault.core.http.handlers import delete, get
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.erasure import openapi
from creatorvault.erasure.dependencies import OwnRequest, provide_own_erasure, require_fresh_token
from creatorvault.erasure.errors import HEADER
from creatorvault.erasure.models import ErasureState
from creatorvault.erasure.parts import ErasureParts
from creatorvault.erasure.receipts import PublicKeySet
from creatorvault.erasure.schemas import VaultErasureResponse
from creatorvault.erasure.services import VaultErasureService

CONFIRMATION: Final = HEADER.lower().encode()


class OwnErasureController(Controller):
    path = "/api/v1/users/me"
    tags = ["Users"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"erasure": Provide(provide_own_erasure)}

    @delete("/", summary="Erase your vault", status_code=HTTP_200_OK, **openapi.ERASE)
    async def erase_own_vault(
        self, request: OwnRequest, erasure: NamedDependency[VaultErasureService]
    ) -> Response[VaultErasureResponse]:
        """Erases all that you have stored in the token's tenant, permanently, in two requests.

        The first one destroys nothing. It returns a confirmation and what would be destroyed. The second one needs the
        header `Erasure-Confirmation` and a token that was issued within the last five minutes. It destroys the vault's
        keys, which makes all copies of the ideas unreadable, then the ideas. It may be repeated.
        """
        confirmation = header(request.scope, CONFIRMATION)
        if confirmation is None:
            return Response(await erasure.ask(), status_code=HTTP_202_ACCEPTED)
        require_fresh_token(request.user)
        return answered(await erasure.confirm(confirmation))

    @get("/erasure", summary="Read your vault's erasure", **openapi.READ)
    async def get_own_erasure(self, erasure: NamedDependency[VaultErasureService]) -> VaultErasureResponse:
        """Returns the state of the erasure, and the receipt when it is finished."""
        return await erasure.state()


class ReceiptKeysController(Controller):
    path = "/.well-known"
    tags = ["Receipts"]
    opt = {"public": True}
    cache_control = CacheControlHeader(public=True, max_age=300)

    @get("/jwks.json", summary="Public keys of receipts", **openapi.KEYS)
    async def get_receipt_keys(self, request: Request[Any, Any, Any]) -> PublicKeySet:
        """Returns the keys that verify the receipts of erasures, as a JWK Set."""
        return await part_of(request.app, ErasureParts).receipt_keys.published()


def answered(state: VaultErasureResponse) -> Response[VaultErasureResponse]:
    """202 as long as there is something left to delete."""
    return Response(state, status_code=HTTP_200_OK if state.state == ErasureState.ERASED else HTTP_202_ACCEPTED)
