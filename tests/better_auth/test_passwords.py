"""Password hashes of a Better Auth configured as in the guide."""

import re
import subprocess
from pathlib import Path

from tests.better_auth.conftest import Start
from tests.better_auth.driver import PASSWORD, BetterAuth

# OWASP, Password Storage Cheat Sheet: argon2id with 19 MiB, two passes and one lane. RFC 9106 §3.1: salts of 16 bytes.
ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")


async def stored_hash(better_auth: BetterAuth, user_id: str) -> str:
    [[stored]] = await better_auth.sql(
        """SELECT password FROM account WHERE "userId" = $1 AND "providerId" = 'credential'""", user_id
    )
    assert isinstance(stored, str)
    return stored


async def test_a_password_is_stored_as_argon2id(better_auth_with: Start) -> None:
    better_auth = better_auth_with()
    ada, eve = await better_auth.sign_up(), await better_auth.sign_up()

    hashes = [await stored_hash(better_auth, person.user_id) for person in (ada, eve)]

    assert all(ARGON2ID.fullmatch(stored) for stored in hashes)
    assert hashes[0] != hashes[1], "the same password has another salt for each person"
    everything = await better_auth.sql('SELECT to_jsonb(account)::text || to_jsonb("user")::text FROM account, "user"')
    assert not any(PASSWORD in row[0] for row in everything)


async def test_only_the_right_password_signs_in(better_auth_with: Start) -> None:
    better_auth = better_auth_with()
    ada = await better_auth.sign_up()

    wrong = ("", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), await stored_hash(better_auth, ada.user_id))

    assert await better_auth.sign_in(ada.email, PASSWORD) == 200
    assert {await better_auth.sign_in(ada.email, password) for password in wrong} == {401}


async def test_a_password_typed_in_another_unicode_form_signs_in(better_auth_with: Start) -> None:
    better_auth = better_auth_with()
    composed, decomposed = "Gr\u00fc\u00dfe aus K\u00f6ln \u2460", "Gru\u0308\u00dfe aus Ko\u0308ln 1"
    ada = await better_auth.sign_up(password=composed)

    assert await better_auth.sign_in(ada.email, decomposed) == 200


async def test_a_hash_of_another_kind_is_accepted_and_replaced(better_auth_with: Start, guide_project: Path) -> None:
    """A hash of Better Auth's scrypt, or of argon2id with older parameters."""
    better_auth = better_auth_with()
    ada = await better_auth.sign_up()

    for former in (
        printed(guide_project, "better-auth/crypto", "hashPassword(password)"),
        printed(guide_project, "@node-rs/argon2", "hash(password, {memoryCost: 4096, timeCost: 3, parallelism: 1})"),
    ):
        await better_auth.sql('UPDATE account SET password = $1 WHERE "userId" = $2', former, ada.user_id)

        assert await better_auth.sign_in(ada.email, "another-password") == 401
        assert await stored_hash(better_auth, ada.user_id) == former
        assert await better_auth.sign_in(ada.email, PASSWORD) == 200
        replaced = await stored_hash(better_auth, ada.user_id)
        assert ARGON2ID.fullmatch(replaced)
        assert await better_auth.sign_in(ada.email, PASSWORD) == 200
        assert await better_auth.sign_in(ada.email, "another-password") == 401
        assert await stored_hash(better_auth, ada.user_id) == replaced, "one that is current stays"


def printed(project: Path, package: str, call: str) -> str:
    """Returns the result of `call`, a function of the package, for the password."""
    name = call.partition("(")[0]
    program = f'import {{ {name} }} from "{package}"; const password = process.argv[1]; console.log(await {call});'
    command = ["node", "--input-type=module", "--eval", program, PASSWORD]
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout.strip()
