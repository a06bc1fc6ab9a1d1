"""Descriptions of the figures API for the OpenAPI document."""

from typing import Final

from creatorvault.admin.openapi import admin
from creatorvault.admin.scopes import Scope
from creatorvault.core.errors import RequestInvalid, ServiceUnavailable
from creatorvault.core.openapi.responses import DocumentedResponse

INVALID_SPAN: Final = RequestInvalid(
    [
        {
            "type": "literal_error",
            "loc": ("query", "span"),
            "msg": "Input should be 'hour', 'day' or 'week'",
            "input": "year",
            "ctx": {"expected": "'hour', 'day' or 'week'"},
        }
    ]
)
SERIES: Final = admin(Scope.READ, DocumentedResponse(description="The figures."), INVALID_SPAN)
SETTINGS: Final = admin(Scope.READ, DocumentedResponse(description="The settings in force."))
CHECKS: Final = admin(
    Scope.READ,
    DocumentedResponse(description="What the checks have found."),
    ServiceUnavailable("The checks take longer than 10 seconds"),
)
READINESS: Final = admin(Scope.READ, DocumentedResponse(description="Whether the process is ready, and the checks."))
