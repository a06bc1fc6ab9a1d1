"""Declarations that do not fit the operations are refused at start, each with a message that says where."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from creatorvault.apps import sections
from creatorvault.console.catalogue import Catalogue, install_catalogue
from creatorvault.console.checking import DeclarationsWrong
from creatorvault.console.operations import Operations
from creatorvault.core.console.declarations import (
    Action,
    Chart,
    Column,
    Facts,
    Filter,
    Input,
    ItemPage,
    Part,
    Section,
    Series,
    Table,
)
from creatorvault.core.console.sections import Sections
from creatorvault.core.http.handlers import get

ID = Column(name="tenant_id", label="Tenant")
TENANTS = Table(title="Tenants", operation="list_tenants", columns=[ID])
TENANT = Facts(title="Tenant", operation="get_tenant", fields=[ID])
SUSPEND = Action(name="suspend", label="Suspend", operation="suspend_tenant")
CREATE = Action(
    name="create",
    label="Create",
    operation="create_tenant",
    inputs=[Input(name=name, label=name) for name in ("kind", "realm", "external_id")],
)
ITEM = ItemPage(keys=["tenant_id"], title="external_id", operation="get_tenant", blocks=[TENANT], actions=[SUSPEND])
SECTION = Section(name="proof", title="Proof", order=1, blocks=[TENANTS], actions=[CREATE], item=ITEM)


def faults(app: Litestar, **changes: Any) -> Sequence[str]:
    """What is wrong with the section after these changes to it."""
    try:
        Catalogue.of(Sections.of([replace(SECTION, **changes)]), Operations.of(app))
    except DeclarationsWrong as wrong:
        first, *found = str(wrong).splitlines()
        assert first == "pages of the console are not declared correctly:"
        assert all(fault.startswith("section proof: ") for fault in found)
        return [fault.removeprefix("section proof: ") for fault in found]
    return []


def test_what_the_apps_declare_fits_their_operations(app: Litestar) -> None:
    Catalogue.of(sections(), Operations.of(app))
    assert faults(app) == []


def test_a_field_is_called_the_same_wherever_it_is_shown() -> None:
    labels = defaultdict[tuple[str, str, str], set[object]](set)
    for section in sections().values():
        for block in [*section.blocks, *(section.item.blocks if section.item else ())]:
            columns = [] if isinstance(block, Chart) else block.columns if isinstance(block, Table) else block.fields
            rows = block.rows if isinstance(block, Table) else ""
            for column in columns:
                shown = (column.label, column.kind, *column.values.items())
                labels[block.operation, rows, column.name].add(shown)

    assert {field: shown for field, shown in labels.items() if len(shown) > 1} == {}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"operation": "list_tenant"}, "there is no operation list_tenant that reads"),
        ({"operation": "create_tenant"}, "there is no operation create_tenant that reads"),
        ({"operation": "get_tenant"}, "nothing gives the path parameter tenant_id of get_tenant"),
        ({"rows": "tenants"}, "list_tenants returns no list tenants"),
        ({"rows": "total"}, "list_tenants returns no list total"),
        ({"columns": [Column(name="title", label="")]}, "list_tenants returns no field title"),
        ({"columns": [Column(name="realm.name", label="")]}, "list_tenants returns no field realm.name"),
        ({"filters": [Filter(name="title", label="")]}, "list_tenants has no parameter title"),
        ({"search": Filter(name="title", label="")}, "list_tenants has no parameter title"),
        ({"fixed": {"title": "x"}}, "list_tenants has no parameter title"),
        (
            {"fixed": {"realm": "x"}, "filters": [Filter(name="realm", label="")]},
            "the parameter realm is given, and cannot be chosen",
        ),
        ({"given": {"realm": "realm"}}, "its page has no object with the field realm"),
        ({"given": {"title": "realm"}}, "list_tenants has no parameter title"),
        ({"actions": ["erase"]}, "there is no action erase"),
        ({"operation": "list_vaults", "sorts": {"ideas": ""}}, "list_vaults has no parameter sort"),
        ({"columns": [replace(ID, link="none")]}, "there is no section none with pages of objects"),
        ({"columns": [replace(ID, link="proof")]}, "a link to proof needs its keys: tenant_id"),
        (
            {"columns": [replace(ID, link="proof", keys={"tenant_id": "id"})]},
            "a link is made from a field id, which there is not",
        ),
    ],
)
def test_a_table_that_does_not_fit(app: Litestar, change: dict[str, Any], fault: str) -> None:
    assert f"Tenants: {fault}" in faults(app, blocks=[replace(TENANTS, **change)])


def test_an_action_in_rows_needs_their_keys(app: Litestar) -> None:
    jobs = Table(title="Jobs", operation="list_jobs", columns=[ID], actions=["suspend", "remove"])
    remove = Action(name="remove", label="", operation="cancel_job")

    assert faults(app, blocks=[jobs], actions=[remove]) == []
    assert "remove: there is no operation drop_job" in faults(
        app, blocks=[jobs], actions=[replace(remove, operation="drop_job")]
    )
    tenants = replace(jobs, operation="list_tenants")
    assert faults(app, blocks=[tenants], actions=[remove]) == [
        "Jobs: its rows have no field job_id, which remove needs"
    ]


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (replace(TENANT, operation="read_tenant"), "there is no operation read_tenant that reads"),
        (replace(TENANT, fields=[Column(name="title", label="")]), "get_tenant returns no field title"),
        (replace(TENANT, given={"tenant_id": "id"}), "its page has no object with the field id"),
        (replace(TENANTS, filters=[Filter(name="tenant_id", label="")]), "list_tenants has no parameter tenant_id"),
        (
            replace(TENANTS, operation="list_vaults", filters=[Filter(name="tenant_id", label="")]),
            "the parameter tenant_id is given, and cannot be chosen",
        ),
        (
            Facts(title="Tenant", operation="get_vault_erasure", fields=[]),
            "nothing gives the path parameter user_id of get_vault_erasure",
        ),
        (
            Chart(title="Tenant", operation="list_tenants", series=[Series(name="ideas", label="")]),
            "list_tenants returns no field at",
        ),
    ],
)
def test_a_block_of_an_object_that_does_not_fit(app: Litestar, block: Any, fault: str) -> None:
    assert f"{block.title}: {fault}" in faults(app, item=replace(ITEM, blocks=[block]))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"operation": "read_tenant"}, "there is no operation read_tenant that reads"),
        ({"operation": "create_tenant"}, "there is no operation create_tenant that reads"),
        ({"keys": ["id"]}, "the keys of its objects are not the path parameters of get_tenant"),
        ({"title": "name"}, "its objects have no field name"),
        ({"operation": None}, "its objects have no field external_id"),
    ],
)
def test_an_object_that_does_not_fit(app: Litestar, change: dict[str, Any], fault: str) -> None:
    assert fault in faults(app, item=replace(ITEM, **change))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"operation": "freeze_tenant"}, "there is no operation freeze_tenant"),
        ({"operation": "get_tenant"}, "get_tenant changes nothing"),
        ({"operation": "withdraw_vault_erasure"}, "its objects have no key user_id"),
        ({"operation": "set_owner_export"}, "set_owner_export requires owner_export"),
        ({"inputs": [Input(name="reason", label="")]}, "suspend_tenant has no field reason"),
        ({"when": {"state": ["active"]}}, "its objects have no field state"),
        ({"result": [Column(name="key", label="")]}, "suspend_tenant returns no field key"),
    ],
)
def test_an_action_that_does_not_fit(app: Litestar, change: dict[str, Any], fault: str) -> None:
    action = replace(SUSPEND, **change)

    assert f"suspend: {fault}" in faults(app, item=replace(ITEM, actions=[action]))


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (Part(operation="list_vault"), "vault: there is no operation list_vault that reads"),
        (Part(operation="suspend_tenant"), "vault: there is no operation suspend_tenant that reads"),
        (Part(operation="list_vaults", rows="vaults"), "vault: list_vaults returns no list vaults"),
        (Part(operation="list_vaults", given={"title": "tenant_id"}), "vault: list_vaults has no parameter title"),
        (
            Part(operation="get_vault_erasure"),
            "vault: nothing gives the path parameter user_id of get_vault_erasure",
        ),
        (Part(operation="list_vault"), "suspend: its objects have no field vault.status"),
        (Part(operation="list_vaults"), "suspend: its objects have no field vault.status"),
        (Part(operation="list_operators", rows="items"), "suspend: its objects have no field vault.status"),
    ],
)
def test_a_part_that_does_not_fit(app: Litestar, part: Part, fault: str) -> None:
    item = replace(ITEM, actions=[replace(SUSPEND, when={"vault.status": ["active"]})])
    vaults = Part(operation="list_vaults", rows="items", given={"tenant_id": "tenant_id"})

    assert faults(app, item=replace(item, parts={"vault": vaults})) == []
    assert fault in faults(app, item=replace(item, parts={"vault": part}))


def test_an_action_of_rows_depends_on_their_fields(app: Litestar) -> None:
    action = replace(SUSPEND, name="freeze", when={"state": ["active"]})

    found = faults(app, actions=[action], blocks=[replace(TENANTS, actions=["freeze"])])

    assert found == ["Tenants: its rows have no field state, on which freeze depends"]


def test_an_action_of_a_section_has_no_object(app: Litestar) -> None:
    found = faults(app, actions=[replace(SUSPEND, name="freeze")])

    assert found == ["freeze: nothing gives the path parameters of suspend_tenant"]


def test_names_are_unique(app: Litestar) -> None:
    assert faults(app, actions=[CREATE, CREATE])[0] == "two actions have the same name"
    with pytest.raises(ValueError, match="two sections of the console have the same name"):
        Sections.of([SECTION, SECTION])


def test_all_faults_are_reported_at_start(app: Litestar) -> None:
    wrong = replace(SECTION, blocks=[replace(TENANTS, operation="list"), replace(TENANTS, rows="rows")])

    with pytest.raises(DeclarationsWrong) as error:
        install_catalogue(app, Sections.of([wrong]))
    assert len(str(error.value).splitlines()) == 3


def test_two_operations_of_the_same_name_are_refused() -> None:
    def operation(path: str) -> HTTPRouteHandler:
        @get(path, operator="read")
        async def list_notes() -> None: ...

        return list_notes

    app = Litestar([operation("/one"), operation("/other")], openapi_config=None)
    with pytest.raises(ValueError, match="two operations for operators have the name list_notes"):
        Operations.of(app)
