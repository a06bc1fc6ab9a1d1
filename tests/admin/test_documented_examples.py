"""The document's own examples of requests are accepted, and answers have the documented form."""

from typing import Any

import jsonschema
from litestar import Litestar

from creatorvault.core.openapi.document import document
from tests.admin.conftest import ADMIN, AdminClient, tenant_of
from tests.factories import Creator


def schema_of(published: Any, method: str, path: str, status: int) -> Any:
    response = published["paths"][path][method.lower()]["responses"][str(status)]
    return {**response["content"]["application/json"]["schema"], "components": published["components"]}


async def test_answers_are_as_documented(app: Litestar, ada: Creator, olga: AdminClient) -> None:
    await ada.idea()
    published, tenant = document(app), tenant_of(ada)
    one = f"{ADMIN}/tenants/{{tenant_id}}"
    asked = [
        ("GET", f"{ADMIN}/status", None),
        ("GET", f"{ADMIN}/tenants", None),
        ("GET", one, None),
        ("POST", f"{one}/suspend", None),
        ("POST", f"{one}/resume", None),
        ("PUT", f"{one}/quotas", {"idea_quota": 5}),
        ("GET", f"{ADMIN}/vaults", None),
        ("GET", f"{ADMIN}/root-keys", None),
        ("GET", f"{ADMIN}/audit", None),
        ("POST", f"{one}/erasure", None),
        ("POST", f"{one}/erasure/confirm", {"confirmation": "wrong"}),
        ("DELETE", f"{one}/erasure", None),
        ("POST", f"{ADMIN}/tenants", {"kind": "neither", "realm": "", "external_id": "x" * 256}),
    ]
    for method, path, body in asked:
        url = path.replace("{tenant_id}", str(tenant)).removeprefix(ADMIN)
        answer = await olga.request(method, url, json=body)
        jsonschema.validate(answer.json(), schema_of(published, method, path, answer.status_code))


async def test_example_requests_are_accepted(app: Litestar, ada: Creator, olga: AdminClient) -> None:
    await ada.idea()
    for path, item in document(app)["paths"].items():
        for method, operation in item.items():
            if path.startswith(ADMIN) and "requestBody" in operation and not path.endswith("/confirm"):
                for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                    url = path.removeprefix(ADMIN).replace("{tenant_id}", str(tenant_of(ada)))
                    answer = await olga.request(method.upper(), url, json=example["value"])
                    assert answer.status_code in {200, 201, 409}, (path, answer.text)
