"""Scopes, pages and actions: the console decides as the API does for the same operator.

Nothing has the ids that are used here, so that what is permitted changes nothing that another test looks at.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final

from litestar import Litestar

from creatorvault.console.catalogue import Catalogue
from creatorvault.console.operations import AdminOperation
from creatorvault.core.parts import part_of
from tests.admin.operators import ADMIN, EVERY_SCOPE, AdminClient, Appoint
from tests.application import House
from tests.console.browserless import Browserless, forms_of

IDS: Final = {"tenant_id": "00000000-0000-4000-8000-000000000000", "user_id": "nobody", "job_id": str(2**62)}
FEWEST_CELLS: Final = 120

SUBSETS: Final = [each for count in range(1, len(EVERY_SCOPE) + 1) for each in combinations(EVERY_SCOPE, count)]


def keys_of(operation: AdminOperation) -> Mapping[str, str]:
    return {name: IDS.get(name, "1") for name in operation.keys}


async def is_permitted(operator: AdminClient, operation: AdminOperation) -> bool:
    """What the API decides about a request of the operator's own."""
    path = operation.template.format_map(keys_of(operation)).removeprefix(ADMIN)
    answer = await operator.request(operation.method, path, **({} if operation.reads else {"json": {}}))
    assert answer.status_code < 500, answer.text
    return answer.status_code != 403 or answer.json()["code"] != "scope_missing"


def pages(app: Litestar) -> Iterator[tuple[str, list[AdminOperation], Mapping[str, str]]]:
    """Each with the operations behind it, of which any lets one see something."""
    for plan in part_of(app, Catalogue).values():
        yield f"/console/{plan.name}", [block.operation for block in plan.blocks], {}
        if plan.section.item is not None:
            read = plan.item_operation
            behind = [block.operation for block in plan.item_blocks] if read is None else [read]
            yield f"/console/{plan.name}/item", behind, {key: IDS.get(key, "1") for key in plan.section.item.keys}


def actions(app: Litestar) -> Iterator[tuple[str, AdminOperation, Mapping[str, str]]]:
    for plan in part_of(app, Catalogue).values():
        for name, action in plan.actions.items():
            keys = plan.item.keys if action.of_object else action.operation.keys
            yield f"/console/{plan.name}/act/{name}", action.operation, {key: IDS.get(key, "1") for key in keys}


async def test_every_page_and_action_is_decided_as_in_the_api(console: House, appoint: Appoint) -> None:
    cells = 0
    for scopes in SUBSETS:
        operator, browser = await appoint(*scopes), Browserless(console.app)
        assert (await browser.sign_in(operator.key)).status_code == 303
        token = forms_of(await browser.get("/console/none"))[0].fields["form_token"]

        for path, behind, keys in pages(console.app):
            expected = any([await is_permitted(operator, operation) for operation in behind])
            page = await browser.client.get(path, params=keys)
            assert (page.status_code != 403) == expected, (scopes, path, page.text)
            cells += 1

        for path, operation, keys in actions(console.app):
            expected = await is_permitted(operator, operation)
            asked = await browser.client.get(path, params=keys)
            assert (asked.status_code != 403) == expected, (scopes, path, asked.text)
            address = str(asked.request.url)
            done = await browser.send(address, {"form_token": token})
            assert (done.status_code != 403) == expected, (scopes, path, done.text)
            cells += 1

    assert cells >= FEWEST_CELLS


async def test_the_navigation_has_what_one_may_see(console: House, appoint: Appoint) -> None:
    for scopes in SUBSETS:
        operator, browser = await appoint(*scopes), Browserless(console.app)
        await browser.sign_in(operator.key)
        page = await browser.get("/console/none")
        for path, behind, keys in pages(console.app):
            if not keys:
                expected = any([await is_permitted(operator, operation) for operation in behind])
                assert (f'<a href="{path}">' in page.text) == expected, (scopes, path)
