"""Certificates of a test authority, for receivers with TLS."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


class Authority:
    """A certificate authority; its files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        start = datetime.now(UTC) - DAY
        built = _certificate(self._name, self._name, self._key.public_key(), start, start + 30 * DAY)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
        built = built.add_extension(_usage(signs_certificates=True), critical=True)
        self._certificate = built.sign(self._key, hashes.SHA256())

    def trusted(self) -> ssl.SSLContext:
        """Return a client's context that trusts this authority alone."""
        pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(self, host: str, *, is_expired: bool = False, is_self_signed: bool = False) -> ssl.SSLContext:
        """Return a server's context with a certificate for this name or address."""
        key = ec.generate_private_key(ec.SECP256R1())
        start = datetime.now(UTC) - (10 * DAY if is_expired else DAY)
        end = datetime.now(UTC) - DAY if is_expired else start + 30 * DAY
        issuer, issuer_key = (_name(host), key) if is_self_signed else (self._name, self._key)
        built = _certificate(_name(host), issuer, key.public_key(), start, end)
        built = built.add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        built = built.add_extension(authority, critical=False)
        certificate = built.sign(issuer_key, hashes.SHA256())
        path = self._folder / f"{host}-{certificate.serial_number}.pem".replace(":", "_")
        pem = serialization.Encoding.PEM
        plain = serialization.NoEncryption()
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return built.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    encrypts = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others = dict.fromkeys((*encrypts, "encipher_only", "decipher_only"), False)
    signs = {"key_cert_sign": signs_certificates, "crl_sign": signs_certificates}
    return x509.KeyUsage(digital_signature=True, **signs, **others)
