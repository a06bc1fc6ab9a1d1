"""docs/operations/database-url.md, row by row: each form is refused at start, or works for every connection."""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from creatorvault.core.database.migrations import Standing, migrated
from creatorvault.core.database.sessions import Database as Pool
from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.management.upgrade import DatabaseUnreachable, reachable
from creatorvault.settings.database_address import address_of, connected
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import DatabaseSettings
from tests.address_tables import forms
from tests.application import House
from tests.certificates import Authority
from tests.fronts import Front, opened
from tests.postgres import Database

ACCEPTED = forms("database-url.md", "## Accepted\n")
REFUSED = forms("database-url.md", "## Refused\n")
VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_OPERATOR_URL")
HOST = re.compile(r"(?:ep-[a-z0-9-]+|db\d?)\.[a-z0-9.-]+\.(?:com|tech)(:\d+)?")
CERTAIN = re.compile(r"sslmode=(require|verify)|ssl=(true|require)")


@dataclass(frozen=True)
class Place:
    """A real PostgreSQL behind the hosts, sockets and files that the page names."""

    database: Database
    files: Path
    front: Front
    direct: Front
    second: Front
    ipv6: Front | None

    def here(self, form: str) -> str:
        """Returns the same form with the examples replaced by servers and files of this machine."""
        front = self.direct if "sslnegotiation=direct" in form else self.front
        ports = iter((front.port, self.second.port))
        separate = re.search(r"port=([\d,]+)", form) if "host=db" in form or "/creatorvault?user" in form else None
        form = HOST.sub(lambda found: "127.0.0.1" if separate else f"127.0.0.1:{next(ports)}", form)
        if separate:
            given = [front.port, self.second.port][: separate[1].count(",") + 1]
            form = form.replace(separate[0], f"port={','.join(map(str, given))}")
        if self.ipv6 is not None:
            form = form.replace("[::1]:5432", f"[::1]:{self.ipv6.port}")
        form = form.replace("%2Fvar%2Frun%2Fpostgresql", quote(self.database.socket, safe=""))
        form = form.replace("/var/run/postgresql", self.database.socket).replace("/etc/creatorvault", str(self.files))
        return re.sub(r"/creatorvault(?=\?|$)", f"/{self.database.name}", form)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("creatorvault")
    Authority(folder)
    passwords = folder / "pgpass"
    passwords.write_text("*:*:*:*:secret\n")
    passwords.chmod(0o600)
    return folder


@pytest.fixture
async def place(worker_database: Database, files: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Place]:
    monkeypatch.setenv("HOME", str(files))
    monkeypatch.setenv("SSL_CERT_FILE", str(files / "ca.pem"))  # OpenSSL's variable for the system's authorities
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files / "ca.pem"))
    tls.verify_mode = ssl.CERT_OPTIONAL
    tls.load_cert_chain(files / "server.pem", files / "server.key")
    tls.set_alpn_protocols(["postgresql"])
    folder = Path(worker_database.socket)
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(opened(Front(folder, tls)))
        direct = await stack.enter_async_context(opened(Front(folder, tls, direct=True)))
        second = await stack.enter_async_context(opened(Front(folder)))
        try:
            ipv6 = await stack.enter_async_context(opened(Front(folder), "::1"))
        except OSError:  # a machine without IPv6
            ipv6 = None
        yield Place(worker_database, files, front, direct, second, ipv6)


def settings_of(form: str) -> DatabaseSettings:
    return load_settings(dict.fromkeys(VARIABLES, form)).database


async def every_way(database: DatabaseSettings) -> None:
    """Connects as the pool, the single statements, the commands, and the wait at start do."""
    assert database.url is not None
    await reachable(database.url, say=lambda said: None)
    await served(database)


async def served(database: DatabaseSettings) -> None:
    pool, statements = Pool(database), Statements(database)
    try:
        async with pool.writing() as session:
            assert (await session.execute(text("SELECT current_user"))).scalar_one() == "creatorvault_app"
        assert [tuple(row) for row in await statements.rows("SELECT current_user")] == [("creatorvault_app",)]
    finally:
        await statements.close()
        await pool.close()


def of(form: str, place: Place) -> Iterator[tuple[str, bool]]:
    """Returns the form for this machine, and whether it must be encrypted."""
    if "[::1]" not in form or place.ipv6 is not None:
        yield place.here(form), CERTAIN.search(form) is not None


async def test_every_form_that_is_accepted_works_on_every_way(place: Place) -> None:
    assert len(ACCEPTED) > 30
    for form, encrypted in (pair for row, _ in ACCEPTED for pair in of(row, place)):
        place.front.encrypted.clear()
        place.direct.encrypted.clear()
        try:
            await every_way(settings_of(form))
        except (SettingsError, DatabaseUnreachable, ServiceUnavailable) as error:
            pytest.fail(f"{form}: {error}")
        if encrypted:
            assert set(place.front.encrypted + place.direct.encrypted) == {True}, form
        if "sslmode=disable" in form:
            assert set(place.front.encrypted) == {False}


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_form_that_is_refused_is_refused_at_start_and_says_why(variable: str, files: Path) -> None:
    assert len(REFUSED) > 30
    for form, said in REFUSED:
        given = form.replace("/etc/creatorvault", str(files))
        environ = {"DATABASE_URL": "postgresql://app@db.example.com/creatorvault", variable: given}
        with pytest.raises(SettingsError) as caught:
            load_settings(environ)
        assert list(caught.value.problems) == [f"{variable} {said.strip('`')}"], form


async def test_session_parameters_of_the_address_reach_the_server(place: Place) -> None:
    form = (
        "postgresql://creatorvault_app@db.example.com/creatorvault?application_name=ideas&options=-c%20work_mem%3D9MB"
    )
    database = settings_of(place.here(form))
    statements = Statements(database)
    pool = Pool(database)
    asked = "SELECT current_setting('application_name'), current_setting('work_mem')"

    async with pool.reading() as session:
        by_pool = tuple((await session.execute(text(asked))).one())
    by_statement = tuple((await statements.rows(asked))[0])
    await statements.close()
    await pool.close()

    assert by_pool == by_statement == ("ideas", "9MB")


async def test_the_endpoint_of_neon_reaches_its_proxy(place: Place) -> None:
    form = "postgresql://creatorvault_app@ep-a.eu.neon.tech/creatorvault?sslmode=require&options=endpoint%3Dep-a"

    await every_way(settings_of(place.here(form)))

    assert {said.get("options") for said in place.front.asked} == {"endpoint=ep-a"}


async def test_migrations_accept_the_same_forms_as_the_service(place: Place) -> None:
    owner = f"postgresql://creatorvault_owner@127.0.0.1:1,127.0.0.1:{place.front.port}/{place.database.name}?ssl=true"
    url = settings_of(owner).owner_url
    assert url is not None

    assert (await migrated(url)).standing is Standing.CURRENT


async def test_an_invalid_certificate_is_a_503_and_not_a_500(place: Place, files: Path, tmp_path: Path) -> None:
    Authority(tmp_path)  # another authority's
    form = "postgresql://creatorvault_app@db.example.com/creatorvault?sslmode=verify-full&sslrootcert="
    database = settings_of(place.here(f"{form}{tmp_path / 'ca.pem'}"))

    await unavailable(database)


async def test_a_revoked_certificate_is_refused(place: Place, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    form = f"postgresql://creatorvault_app@localhost:{{}}/{place.database.name}?sslmode=verify-full"
    async with opened(Front(Path(place.database.socket), tls)) as front:
        address = f"{form.format(front.port)}&sslrootcert={tmp_path}/ca.pem&sslcrl={tmp_path}/crl.pem"
        await every_way(settings_of(address))
        authority.revoke("server.pem")
        await unavailable(settings_of(address))


async def test_a_server_without_tls_is_refused_if_tls_is_required(place: Place) -> None:
    port = place.second.port  # the driver has none
    for mode in ("require", "verify-full"):
        await unavailable(settings_of(f"postgresql://creatorvault_app@127.0.0.1:{port}/x?sslmode={mode}"))


async def unavailable(database: DatabaseSettings) -> None:
    pool, statements = Pool(database), Statements(database)
    with pytest.raises(ServiceUnavailable):
        async with pool.reading() as session:
            await session.execute(text("SELECT 1"))
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT 1")
    await statements.close()
    await pool.close()


async def test_a_silent_host_does_not_prevent_trying_the_next_one(place: Place) -> None:
    """The next one is asked long before the time of the first is over."""
    async with opened(Silent(Path(place.database.socket))) as silent:
        form = (
            f"postgresql://creatorvault_app@127.0.0.1:{silent.port},127.0.0.1:{place.front.port}/{place.database.name}"
        )
        await served(replace(settings_of(form), connect_seconds=3600.0, answer_seconds=60.0))


async def test_the_promoted_host_is_found_while_another_is_silent(
    fresh_database: Database, fresh_sql: asyncpg.Connection
) -> None:
    """By the attempt that had found a standby there."""
    folder = Path(fresh_database.socket)
    await fresh_sql.execute(f"ALTER DATABASE {fresh_database.name} SET default_transaction_read_only = on")
    async with opened(Silent(folder)) as silent, opened(Front(folder)) as standby:
        hosts = f"127.0.0.1:{silent.port},127.0.0.1:{standby.port}"
        form = f"postgresql://creatorvault_app@{hosts}/{fresh_database.name}"
        serving = asyncio.create_task(served(replace(settings_of(form), connect_seconds=3600.0, answer_seconds=60.0)))
        while len(standby.asked) < 2:  # noqa: ASYNC110  # each is a connection
            await asyncio.sleep(0.01)
        await fresh_sql.execute(f"ALTER DATABASE {fresh_database.name} SET default_transaction_read_only = off")
        await serving


async def test_silent_hosts_are_unavailable_after_the_time_of_each(place: Place) -> None:
    async with opened(Silent(Path(place.database.socket))) as silent:
        hosts = f"127.0.0.1:{silent.port},127.0.0.1:{silent.port}"
        form = f"postgresql://creatorvault_app@{hosts}/{place.database.name}"
        await unavailable(replace(settings_of(form), connect_seconds=0.5, answer_seconds=60.0))


async def test_a_host_that_refuses_the_login_is_reported_and_not_hidden_by_the_next(place: Place) -> None:
    hosts = f"127.0.0.1:{place.front.port},127.0.0.1:{place.second.port}"
    url = settings_of(f"postgresql://nobody@{hosts}/{place.database.name}").url
    assert url is not None

    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await connected(address_of(url.reveal()))


class Silent(Front):
    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Reads everything, and does not respond."""
        while await reader.read(64):
            pass


async def test_of_two_hosts_the_one_that_accepts_writes_is_used(
    fresh_database: Database, worker_database: Database, fresh_sql: asyncpg.Connection
) -> None:
    """A login that is read-only on the first host, as a standby reports itself."""
    await fresh_sql.execute(f"ALTER DATABASE {fresh_database.name} SET default_transaction_read_only = on")
    folder = Path(fresh_database.socket)
    async with opened(Front(folder)) as first, opened(Front(folder)) as second:
        form = f"postgresql://creatorvault_app@127.0.0.1:{first.port},127.0.0.1:{second.port}/{{}}"
        await unavailable(settings_of(form.format(fresh_database.name)))
        await every_way(settings_of(form.format(worker_database.name)))
        await every_way(settings_of(form.format(fresh_database.name) + "?target_session_attrs=any"))


async def test_requests_get_503_while_no_host_accepts_writes(
    place: Place,
    fresh_database: Database,
    fresh_sql: asyncpg.Connection,
    house_with: Callable[..., Awaitable[House]],
) -> None:
    await fresh_sql.execute(f"ALTER DATABASE {fresh_database.name} SET default_transaction_read_only = on")
    hosts = f"127.0.0.1:{place.front.port},127.0.0.1:{place.second.port}"
    address = f"postgresql://creatorvault_app@{hosts}/{{}}?target_session_attrs=read-write"

    failing_over = (await house_with(DATABASE_URL=address.format(fresh_database.name))).creator()
    served = (await house_with(DATABASE_URL=address.format(place.database.name))).creator()

    for creator, created, listed in ((failing_over, 503, 503), (served, 201, 200)):
        assert (await creator.post({"title": "one"})).status_code == created
        assert (await creator.list()).status_code == listed


def test_no_form_shows_its_password_when_it_is_refused() -> None:
    for form, _ in REFUSED:
        with pytest.raises(SettingsError) as caught:
            load_settings({"DATABASE_URL": form.replace("secret", "hunter2").replace("sec", "hunter2")})
        assert "hunter2" not in str(caught.value)


def test_an_address_that_was_read_can_be_read_again() -> None:
    """Workers get it from the environment, as the first process has read it."""
    for form, _ in ACCEPTED:
        if "/etc/" in form:
            continue
        url = settings_of(form).url
        assert url is not None
        assert settings_of(url.reveal()).url == Secret(url.reveal()), form
