"""A test certificate authority, with a server certificate, a client certificate, and a revocation list."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLIENTS_PASSWORD: Final = "open"
DAY: Final = timedelta(days=1)

type Key = ec.EllipticCurvePrivateKey


class Authority:
    """Writes to `folder`: ca.pem, crl.pem, server.pem and server.key, client.pem and client.key, which is encrypted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of the tests")
        ca = self._certificate(self._name, self._key, authority=True)
        self._write("ca.pem", ca)
        self._issue("server", "")
        self._issue("client", CLIENTS_PASSWORD)
        self.revoke()

    def revoke(self, certificate: str | None = None) -> None:
        """Writes the revocation list with `certificate`."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder(self._name, now - DAY, now + DAY)
        if certificate is not None:
            revoked = x509.load_pem_x509_certificate((self._folder / certificate).read_bytes())
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(revoked.serial_number, now - DAY).build()
            )
        crl = builder.sign(self._key, hashes.SHA256())
        (self._folder / "crl.pem").write_bytes(crl.public_bytes(serialization.Encoding.PEM))

    def _issue(self, name: str, password: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._write(f"{name}.pem", self._certificate(_name(name), key, authority=False))
        lock = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        file = self._folder / f"{name}.key"
        file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))
        file.chmod(0o600)

    def _certificate(self, subject: x509.Name, key: Key, *, authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        names = [x509.DNSName("localhost"), *(x509.IPAddress(ip_address(ip)) for ip in ("127.0.0.1", "::1"))]
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(own, critical=False)
            .add_extension(_usage(authority=authority), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def _write(self, name: str, certificate: x509.Certificate) -> None:
        (self._folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
