"""The example requests of the document are accepted, and responses match their schemas."""

from typing import Any, Final

import asyncpg
import jsonschema
from litestar import Litestar

from creatorvault.admin.openapi_of_operators import OPERATOR_ID
from creatorvault.core.openapi.document import document
from tests.admin.operators import ADMIN, EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House
from tests.factories import Creator

NOWHERE: Final = 10**9


def schema_of(published: Any, method: str, path: str, status: int) -> Any:
    response = published["paths"][path][method.lower()]["responses"][str(status)]
    return {**response["content"]["application/json"]["schema"], "components": published["components"]}


async def test_answers_are_as_documented(app: Litestar, ada: Creator, olga: AdminClient) -> None:
    await ada.idea()
    published, tenant = document(app), tenant_of(ada)
    one = f"{ADMIN}/tenants/{{tenant_id}}"
    asked = [
        ("GET", f"{ADMIN}/status", None, 200),
        ("GET", f"{ADMIN}/tenants", None, 200),
        ("GET", one, None, 200),
        ("POST", f"{one}/suspend", None, 200),
        ("POST", f"{one}/resume", None, 200),
        ("PUT", f"{one}/quotas", {"idea_quota": 5}, 200),
        ("PUT", f"{one}/root-key", {"root_key_id": "tests"}, 200),
        ("PUT", f"{one}/owner-export", {"owner_export": True}, 200),
        ("PUT", f"{one}/owner-export", {}, 422),
        ("PUT", f"{one}/root-key", {"root_key_id": "transit/elsewhere"}, 409),
        ("PUT", f"{one}/root-key", {"root_key_id": "transit/"}, 422),
        ("GET", f"{ADMIN}/vaults", None, 200),
        ("GET", f"{ADMIN}/root-keys", None, 200),
        ("GET", f"{ADMIN}/audit", None, 200),
        ("POST", f"{one}/erasure", None, 202),
        ("POST", f"{one}/erasure/confirm", {"confirmation": "wrong"}, 403),
        ("DELETE", f"{one}/erasure", None, 200),
        ("POST", f"{one}/resume", None, 200),
        ("POST", f"{one}/vaults/{{user_id}}/erasure", None, 202),
        ("GET", f"{one}/vaults/{{user_id}}/erasure", None, 200),
        ("POST", f"{one}/vaults/{{user_id}}/erasure", None, 409),
        ("POST", f"{one}/vaults/{{user_id}}/erasure/confirm", {"confirmation": "wrong"}, 403),
        ("DELETE", f"{one}/vaults/{{user_id}}/erasure", None, 200),
        ("GET", f"{one}/vaults/{{user_id}}/erasure", None, 404),
        ("GET", f"{ADMIN}/keys", None, 200),
        ("POST", f"{ADMIN}/keys/rotations", {"tenant_id": str(tenant), "root": True}, 422),
        ("GET", f"{ADMIN}/keys/rotations", None, 200),
        ("GET", f"{ADMIN}/keys/rotations/{{rotation_id}}", None, 404),
        ("GET", f"{ADMIN}/audit/verifications", None, 200),
        ("GET", f"{ADMIN}/audit/verifications/{{verification_id}}", None, 404),
        ("GET", f"{ADMIN}/operators", None, 200),
        ("POST", f"{ADMIN}/operators", {"name": "Oleg", "scopes": ["read"], "expires_in_days": 7}, 201),
        ("POST", f"{ADMIN}/operators", {"name": "Oleg", "scopes": []}, 422),
        ("POST", f"{ADMIN}/operators/{OPERATOR_ID}/revoke", None, 404),
        ("POST", f"{ADMIN}/operators/first/revoke", None, 422),
        ("POST", f"{ADMIN}/tenants", {"kind": "neither", "realm": "", "external_id": "x" * 256}, 422),
    ]
    for method, path, body, status in asked:
        documented = path.replace(str(OPERATOR_ID), "{operator_id}").replace("first", "{operator_id}")
        numbers = {"rotation_id": NOWHERE, "verification_id": NOWHERE}
        url = path.format(tenant_id=tenant, user_id=ada.user_id, **numbers).removeprefix(ADMIN)
        answer = await olga.request(method, url, json=body)
        assert answer.status_code == status, (path, answer.text)
        jsonschema.validate(answer.json(), schema_of(published, method, documented, status))


async def test_example_requests_are_accepted(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    """On a database without the tenant of the example. The erasure of the example was not requested."""
    ada, olga = fresh_house.creator(), await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)
    await ada.idea()

    statuses = {}
    for path, item in document(fresh_house.app)["paths"].items():
        for method, operation in item.items():
            if path.startswith(ADMIN) and "requestBody" in operation:
                for name, example in operation["requestBody"]["content"]["application/json"]["examples"].items():
                    url = path.removeprefix(ADMIN).format(tenant_id=tenant_of(ada), user_id=ada.user_id)
                    answer = await olga.request(method.upper(), url, json=example["value"])
                    statuses[name, "{user_id}" in path] = answer.status_code

    assert statuses == {
        ("TenantCreate", False): 201,
        ("TenantQuotas", False): 200,
        ("TenantRootKey", False): 409,
        ("TenantRetention", False): 200,
        ("TenantOwnerExport", False): 200,
        ("OperatorCreate", False): 201,
        ("ErasureConfirm", False): 409,
        ("ErasureConfirm", True): 409,
        ("RotationCreate", False): 404,
    }
