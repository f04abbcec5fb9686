"""Certificate authorities and what they sign, valid when a test says, and an application behind one, on a real socket."""

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW_YEAR, LATER_YEAR, EARLIER_YEAR = 2020, 2090, 2000
"""In which year a certificate's half century begins: it is valid now; it will be, as all seem to a clock in 1970; it was."""

_NO_PASSWORD = serialization.NoEncryption()


@dataclass
class Authority:
    """Signs certificates for fifty years from the first day of `year` on (2000: for one)."""

    folder: Path
    year: int = NOW_YEAR
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def name(self) -> x509.Name:
        """Its own."""
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])

    @property
    def file(self) -> str:
        """Its own certificate, for whoever trusts it."""
        ca = x509.BasicConstraints(ca=True, path_length=0)
        made = self._begun(self.name, self.key).add_extension(ca, critical=True).sign(self.key, hashes.SHA256())
        return self._write("ca.pem", made.public_bytes(serialization.Encoding.PEM))

    def signs(self, host: str) -> tuple[str, str]:
        """A certificate for `host` and its key: two files."""
        key = ec.generate_private_key(ec.SECP256R1())
        begun = self._begun(x509.Name([]), key).add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=True)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _NO_PASSWORD)
        made = begun.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return self._write("server.pem", made), self._write("server.key", pem)

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        begins = datetime(self.year, 1, 1, tzinfo=UTC)
        made = x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
        return made.not_valid_before(begins).not_valid_after(begins + timedelta(days=365 * (1 if self.year < NOW_YEAR else 50)))

    def _write(self, name: str, data: bytes) -> str:
        self.folder.mkdir(exist_ok=True)
        path = self.folder / name
        path.write_bytes(data)
        return str(path)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@contextlib.asynccontextmanager
async def behind_tls(app: Any, certificate: tuple[str, str]) -> AsyncIterator[int]:
    """Serve `app` over TLS by a real uvicorn; its port."""
    import asyncio

    file, key = certificate
    config = uvicorn.Config(
        app, ssl_certfile=file, ssl_keyfile=key, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.load()
        assert isinstance(config.ssl, ssl.SSLContext)
        serving = asyncio.create_task(server._serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving
