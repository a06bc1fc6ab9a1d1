"""Receipts are verified offline, by the command and by the script in Node; a flipped byte makes both fail."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.crypto.errors import WrongKey
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.erasure.errors import ReceiptInvalid
from creatorvault.erasure.receipts import PublicKey, encoded, public_key_of, signed, verified
from creatorvault.erasure.signing import receipt_keys
from creatorvault.erasure.signing.receipt_keys import ReceiptKeys
from tests.application import ROOT_KEYS, House, environment_of
from tests.erasure.erasing import KEYS, STATE, asked, completed, confirmed, erased, receipt_of, run_command
from tests.factories import Creator

SCRIPT: Final = Path(__file__).parents[2] / "docs" / "erasure" / "verify.mjs"
NODE: Final = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed")

PRIVATE: Final = bytes(range(32))
PUBLIC: Final = public_key_of(Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw())
ROSTER: Final[Mapping[str, Any]] = {
    "scope": "service",
    "taken_at": "2026-11-30T10:00:00Z",
    "size": 0,
    "root": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "target": "11" * 32,
    "neighbours": [],
}
RECEIPT: Final[Mapping[str, Any]] = {
    "jti": "9b2f7c2e-0b1d-4b52-8f6d-0f6f5a1c7e11",
    "iat": 1_796_000_000,
    "tenant_id": "5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10",
    "user_id": "user-1",
    "whole_tenant": True,
    "requested_at": "2026-11-30T10:00:00Z",
    "destroyed_at": "2026-11-30T10:01:00Z",
    "finished_at": "2026-11-30T10:01:01Z",
    "key_backups_expire_at": None,
    "keys": [{"version": 1, "root_key_id": "root-1", "sha256": "22" * 32}],
    "rows": {"ideas": 3},
    "audit": {"tenant_id": "5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10", "sequence": 5, "digest": "33" * 32},
    "roster": ROSTER,
}


def by_node(receipt: Path, keys: Path) -> subprocess.CompletedProcess[str]:
    command = [str(NODE), str(SCRIPT), str(receipt), str(keys)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
async def files(eve: Creator, tmp_path: Path) -> tuple[Path, Path]:
    """A receipt and the published keys, as somebody saves them."""
    await eve.idea()
    receipt, keys = tmp_path / "receipt.jws", tmp_path / "jwks.json"
    receipt.write_text((await erased(eve))["receipt"], encoding="ascii")
    keys.write_bytes((await eve.client.get(KEYS)).content)
    return receipt, keys


def test_the_script_is_short() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 80


async def test_the_command_verifies_a_receipt(files: tuple[Path, Path], eve: Creator, environ: dict[str, str]) -> None:
    receipt, keys = files

    done = run_command(environ, "receipts", "verify", str(receipt), "--keys", str(keys))

    assert done.exit_code == 0, done.output
    assert eve.user_id in done.output
    assert "not among" in done.output


@needs_node
async def test_the_script_verifies_a_receipt(files: tuple[Path, Path], eve: Creator) -> None:
    done = by_node(*files)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["user_id"] == eve.user_id


async def test_each_flipped_byte_of_a_receipt_fails(eve: Creator) -> None:
    await eve.idea()
    text = (await erased(eve))["receipt"] + "\n"
    keys = [PublicKey(**key) for key in (await eve.client.get(KEYS)).json()["keys"]]
    verified(text, keys)
    content = text.encode()

    for place in range(len(content)):
        for bit in range(8):
            flipped = content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
            with pytest.raises(ReceiptInvalid):
                verified(flipped.decode("latin-1"), keys)


EVERY_FLIP: Final = """
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
const [script, receipt, keys, copy] = process.argv.slice(1);
const source = readFileSync(script, 'utf8')
  .replace(/^try \\{[\\s\\S]*$/m, '')
  .replaceAll('process.exit(1)', 'throw new Error(reason)')
  .replace('console.error(', 'void (');
writeFileSync(copy, source + `
  export const check = (text, keys) => {
    if (!isAbsent(signedContent(text, keys).roster)) fail('roster');
  };`);
const { check } = await import(copy);
const content = readFileSync(receipt), known = JSON.parse(readFileSync(keys, 'utf8')).keys;
check(content.toString('latin1'), known);
let accepted = 0, tried = 0;
for (let place = 0; place < content.length; place++) for (let bit = 0; bit < 8; bit++) {
  const flipped = Buffer.from(content);
  flipped[place] ^= 1 << bit;
  tried++;
  try { check(flipped.toString('latin1'), known); accepted++; } catch {}
}
console.log(JSON.stringify({ tried, accepted }));
"""


@needs_node
async def test_each_flipped_byte_fails_in_node_too(files: tuple[Path, Path], tmp_path: Path) -> None:
    """In one process, with the functions of the script. A few are tried with the script itself."""
    receipt, keys = files
    receipt.write_text(receipt.read_text(encoding="ascii") + "\n", encoding="ascii")
    content = receipt.read_bytes()

    command = [
        str(NODE),
        "--input-type=module",
        "-e",
        EVERY_FLIP,
        *map(str, (SCRIPT, receipt, keys, tmp_path / "c.mjs")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"tried": len(content) * 8, "accepted": 0}
    for place in (0, len(content) // 2, len(content) - 2, len(content) - 1):
        receipt.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert by_node(receipt, keys).returncode == 1


def wrong_receipts() -> Mapping[str, str]:
    """Receipts that are signed by the right key, but do not say what they should."""
    one = {"index": 0, "leaf": "22" * 32, "path": []}
    return {
        "the neighbours in the roster": signed({**RECEIPT, "roster": {**ROSTER, "size": 1}}, PRIVATE),
        "leaf 0 is not in the roster": signed(
            {**RECEIPT, "roster": {**ROSTER, "size": 1, "neighbours": [one]}}, PRIVATE
        ),
        "a digest is not in hexadecimal": signed({**RECEIPT, "roster": {**ROSTER, "target": "zz"}}, PRIVATE),
        "its root is not that of an empty tree": signed({**RECEIPT, "roster": {**ROSTER, "root": "00" * 32}}, PRIVATE),
    }


def test_a_signed_receipt_must_also_prove_something() -> None:
    assert verified(signed(RECEIPT, PRIVATE), [PUBLIC]).user_id == "user-1"

    for reason, text in wrong_receipts().items():
        with pytest.raises(ReceiptInvalid, match=reason):
            verified(text, [PUBLIC])


@needs_node
def test_the_script_refuses_the_same(tmp_path: Path) -> None:
    receipt, keys = tmp_path / "receipt.jws", tmp_path / "jwks.json"
    keys.write_text(json.dumps({"keys": [{name: getattr(PUBLIC, name) for name in PUBLIC.__struct_fields__}]}))
    receipt.write_text(signed(RECEIPT, PRIVATE))
    assert by_node(receipt, keys).returncode == 0

    for text in (*wrong_receipts().values(), "", "no receipt", other_tokens()[0]):
        receipt.write_text(text)
        assert by_node(receipt, keys).returncode == 1, text


def other_tokens() -> list[str]:
    """Compact JWS of other kinds."""
    _, content, signature = signed(RECEIPT, PRIVATE).split(".")
    headers = (
        {"alg": "none", "kid": PUBLIC.kid, "typ": "erasure-receipt+jws"},
        {"alg": "EdDSA", "kid": "", "typ": "JWT"},
    )
    return [f"{encoded(json.dumps(header).encode())}.{content}.{signature}" for header in headers]


def test_what_is_no_receipt_is_refused() -> None:
    text = signed(RECEIPT, PRIVATE)
    header, content, signature = text.split(".")
    other = public_key_of(bytes(32))
    for wrong in (
        *("", "no receipt", f"{text}\n\n", f" {text}", f"{header}.{content}", f"{header}.{content}.{signature[:-1]}"),
        *(f"{encoded(b'{}')}.{content}.{signature}", f"{encoded(b'x')}.{content}.{signature}"),
        *(f"{header[:-1]}.{content}.{signature}", f"A.{content}.{signature}", *other_tokens()),
    ):
        with pytest.raises(ReceiptInvalid):
            verified(wrong, [PUBLIC])
    for keys in ([], [other], [PublicKey(x=other.x, kid=PUBLIC.kid)], [PublicKey(x="AA", kid=PUBLIC.kid)]):
        with pytest.raises(ReceiptInvalid):
            verified(text, keys)


async def test_keys_are_published_and_rotated(
    fresh_house: House, fresh_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    environ = environment_of(fresh_house.database, home)
    ada, bob = fresh_house.creator(), fresh_house.creator()
    await ada.idea()
    await bob.idea()
    before = (await erased(ada))["receipt"]
    monkeypatch.setattr(receipt_keys, "REMEMBERED_SECONDS", 0.0)

    rotated = run_command(environ, "receipts", "rotate-key").stdout

    answer = await fresh_house.client.get(KEYS)
    assert answer.headers["cache-control"] == "max-age=300, public"
    keys = [PublicKey(**key) for key in answer.json()["keys"]]
    assert len(keys) == 2
    assert rotated.strip().endswith(f"{keys[0].kid}.")
    assert verified(before, keys).user_id == ada.user_id
    after = (await erased(bob))["receipt"]
    assert verified(after, keys[:1]).user_id == bob.user_id
    shown = json.loads(run_command(environ, "receipts", "keys").stdout)
    assert shown == answer.json()
    stored = await fresh_sql.fetch("SELECT wrapped, retired_at FROM keys.receipt_keys ORDER BY created_at")
    assert [row["retired_at"] is None for row in stored] == [False, True]
    verbs = await fresh_sql.fetch("SELECT verb FROM audit_events WHERE verb LIKE 'receipt_key%'")
    assert [row["verb"] for row in verbs] == ["receipt_key.rotated"]


async def test_without_keys_the_command_asks_the_database(files: tuple[Path, Path], environ: dict[str, str]) -> None:
    assert "The receipt is valid" in run_command(environ, "receipts", "verify", str(files[0])).output


def test_the_command_names_what_is_wrong(tmp_path: Path, environ: dict[str, str]) -> None:
    receipt, keys = tmp_path / "receipt.jws", tmp_path / "jwks.json"
    receipt.write_text("no receipt")
    keys.write_text('{"keys": []}')

    invalid = run_command(environ, "receipts", "verify", str(receipt), "--keys", str(keys))
    no_keys = run_command(environ, "receipts", "verify", str(receipt), "--keys", str(receipt))

    assert (invalid.exit_code, no_keys.exit_code) == (1, 1)
    assert "is not a valid receipt: this is not a compact JWS" in invalid.output
    assert "is not a JWK Set" in no_keys.output


async def test_without_a_key_the_erasure_waits_for_its_receipt(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    ada = fresh_house.creator()
    await ada.idea()
    key = await fresh_sql.fetchrow("DELETE FROM keys.receipt_keys RETURNING *")
    confirmation = await asked(ada)

    waiting = await confirmed(ada, confirmation)
    await fresh_sql.execute("INSERT INTO keys.receipt_keys VALUES ($1, $2, $3, $4, $5, $6)", *key.values())
    done = await completed(ada, confirmation)

    assert (waiting.status_code, waiting.json()["state"], waiting.json()["ideas"]) == (202, "erasing", 0)
    assert (done.status_code, done.json()["state"]) == (200, "erased")


async def test_a_key_that_is_not_the_published_one_signs_nothing(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    ada = fresh_house.creator()
    await ada.idea()
    await fresh_sql.execute("UPDATE keys.receipt_keys SET kid = 'another'")

    state = (await confirmed(ada, await asked(ada))).json()

    assert (state["state"], state["receipt"]) == ("erasing", None)


async def test_published_keys_are_read_once_a_minute(house: House) -> None:
    now = 0.0
    keys = ReceiptKeys(house.parts.erasure.receipt_keys._provider, house.parts.database, lambda: now)
    first = await keys.published()
    now = 59.0

    assert await keys.published() is first
    now = 60.0
    assert await keys.published() is not first


async def test_a_lost_database_is_503_for_the_keys(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(_: object) -> None:
        raise ServiceUnavailable

    monkeypatch.setattr(receipt_keys, "published_keys", lost)
    monkeypatch.setattr(house.parts.erasure.receipt_keys, "_read_at", None)

    assert (await house.client.get(KEYS)).status_code == 503


async def test_receipts_are_dropped_after_their_time(eve: Creator, house: House, database: asyncpg.Connection) -> None:
    await eve.idea()
    await erased(eve)
    assert (await receipt_of(eve)).user_id == eve.user_id
    keeper = house.parts.erasure.keeper
    await keeper.drop_expired()
    assert (await eve.request("GET", STATE)).status_code == 200
    past = "now() - interval '366 days'"
    await database.execute(f"UPDATE vault_erasures SET finished_at = {past} WHERE user_id = $1", eve.user_id)
    await database.execute(f"UPDATE erased_vaults SET erased_at = {past}")

    await keeper.drop_expired()

    assert (await eve.request("GET", STATE)).status_code == 404
    assert (await eve.post({"title": "back"})).status_code == 403


class ForgetfulProvider(RootKeyring):
    """Opens wraps to another key."""

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        return bytes(32)


async def test_a_key_whose_wrap_opens_to_another_one_is_not_stored(house: House) -> None:
    provider = ForgetfulProvider.parse(ROOT_KEYS)
    async with house.parts.database.writing() as session:
        with pytest.raises(WrongKey):
            await receipt_keys.store_new_key(session, provider)
