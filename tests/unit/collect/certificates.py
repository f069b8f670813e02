"""Certificates for tests: an authority of our own, and servers it vouches for."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A certificate authority; with ``subject`` of a server it may vouch for itself too."""

    def __init__(self, folder: Path, name: str = "CA thử nghiệm") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = self._sign(self._name, self._key.public_key(), constraints)
        self.bundle = folder / f"{name}.pem"
        self.bundle.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, address: str = "127.0.0.1", *, days: int = 30) -> ssl.SSLContext:
        """What a server at this address needs to be believed; expired for negative ``days``."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        signed = self._sign(_name(address), key.public_key(), alternative, days=days)
        path = self._folder / f"server-{address}-{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        extension: x509.ExtensionType,
        *,
        days: int = 30,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        begin = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        begin = begin.public_key(key).serial_number(x509.random_serial_number())
        begin = begin.not_valid_before(now - timedelta(days=60))
        begin = begin.not_valid_after(now + timedelta(days=days))
        return begin.add_extension(extension, critical=True).sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
