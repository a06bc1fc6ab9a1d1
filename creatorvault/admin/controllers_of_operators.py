"""Operators, /api/v1/admin/operators."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK

from creatorvault.admin import openapi_of_operators
from creatorvault.admin.dependencies import AdminRequest, provide_operator_administration, provide_reads
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas_of_operators import (
    OperatorCreate,
    OperatorCreated,
    OperatorList,
    OperatorPath,
    OperatorQuery,
    OperatorResponse,
)
from creatorvault.admin.scopes import Scope
from creatorvault.admin.services_of_operators import OperatorAdministration
from creatorvault.core.http.handlers import get, post
from creatorvault.core.http.inputs import Body, Path, Query


class OperatorController(Controller):
    path = "/api/v1/admin/operators"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"reads": Provide(provide_reads), "operators": Provide(provide_operator_administration)}

    @get("/", summary="List operators", operator=Scope.READ, **openapi_of_operators.OPERATORS)
    async def list_operators(self, asked: Query[OperatorQuery], reads: NamedDependency[OperatorReads]) -> OperatorList:
        """Returns a page of operators, the newest first, without their keys."""
        return await reads.answer(lambda overview: overview.operators(asked))

    @post("/", summary="Create an operator", operator=Scope.OPERATORS, **openapi_of_operators.OPERATOR_CREATED)
    async def create_operator(
        self, request: AdminRequest, given: Body[OperatorCreate], operators: NamedDependency[OperatorAdministration]
    ) -> OperatorCreated:
        """Creates an operator, and returns its key, which is shown only once.

        An operator can only be given scopes that the caller has.
        """
        return await operators.appoint(given, request.user)

    @post(
        "/{operator_id:str}/revoke",
        summary="Revoke an operator",
        status_code=HTTP_200_OK,
        operator=Scope.OPERATORS,
        **openapi_of_operators.OPERATOR_REVOKED,
    )
    async def revoke_operator(
        self, path: Path[OperatorPath], operators: NamedDependency[OperatorAdministration]
    ) -> OperatorResponse:
        """Revokes the operator's key, immediately and permanently. One may revoke one's own."""
        return await operators.revoke(path.operator_id)
