"""`creatorvault keys generate`."""

from click.testing import CliRunner

from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.key_management.commands import generate


def test_generate_prints_an_entry_on_its_last_line() -> None:
    result = CliRunner().invoke(generate, ["--id", "production-1"])
    assert result.exit_code == 0
    last = result.output.splitlines()[-1]
    assert repr(RootKeyring.parse(last)) == "RootKeyring(production-1:********)"


def test_generate_creates_an_id_by_default() -> None:
    entries = {CliRunner().invoke(generate, []).output.strip() for _ in range(3)}
    assert repr(RootKeyring.parse(",".join(entries))).count("root-") == 3


def test_generate_refuses_an_invalid_id() -> None:
    result = CliRunner().invoke(generate, ["--id", "Production 1"])
    assert result.exit_code == 2
    assert "1 to 32 characters" in result.output
