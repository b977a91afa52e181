"""Phones in pages, for tests and benchmarks: the same key at Asterisk and at the dialer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asterisk_config.settings import Phone, Settings, Tls
from simulation.demo.switches import free_ports
from tests.lab_fixtures import Floor
from tests.shell.served import write_config

KEY = "a-key-for-the-phones-of-tests"
# The house's own exchange is played by the carrier: six digits there say what whoever answers does.
PBX = """
[[trunk]]
name = "pbx"
dial = "PJSIP/{number}@carrier"
tech_prefix = "56988"
inside = true
"""
FIRST = 100
COUNT = 22
SUPERVISORS = "120-121"  # the last of them


def with_browsers_phones(settings: Settings) -> Settings:
    """Asterisk's side: phones 100 to 121 register from browsers."""
    web = replace(settings.web, phones_key=KEY)
    return replace(settings, web=web, phones=(*settings.phones, Phone(str(FIRST), count=COUNT, webrtc=True)))


def over_tls(folder: Path) -> Callable[[Settings], Settings]:
    """The same phones over TLS, with a certificate made in the folder that nobody vouches for."""

    def settings_of(settings: Settings) -> Settings:
        certificate, key = _certificate(folder)
        [port] = free_ports(1)
        return replace(with_browsers_phones(settings), tls=Tls(certificate, key, web_port=port))

    return settings_of


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    began = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(key.private_bytes(*plain))
    return paths


def phone_config(folder: Path, floor: Floor) -> Path:
    """The dialer's side: a configuration whose pages find their phones at the floor's Asterisk."""
    config = write_config(folder, floor)
    tls = floor.settings.tls
    url = f"wss://127.0.0.1:{tls.web_port}/ws" if tls else f"ws://127.0.0.1:{floor.settings.web.port}/ws"
    told = f'[web]\nphone_url = "{url}"\nphone_key = "{KEY}"\nsupervisor_phones = "{SUPERVISORS}"\n'
    config.write_text(config.read_text().replace("[web]\n", told))
    return config
