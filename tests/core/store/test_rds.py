"""PostgreSQL and MySQL as RDS has them: verified TLS, tokens in place of passwords, few connections."""

import socket
import ssl
import struct
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import make_url
from store_servers import address, execute, reachable

from spotify_assets.core.errors import StoreError
from spotify_assets.core.store import open_at
from spotify_assets.core.store.sql_address import iam_token, options
from tests.doubles.aws import CREDENTIALS


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def certificate(directory: Path, name: str) -> Path:
    """Write a certificate of its own for 127.0.0.1, with its key behind it; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = directory / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


@contextmanager
def postgres_with_tls(file: Path) -> Iterator[tuple[int, list[str]]]:
    """A PostgreSQL that asks for the password in plain text within TLS, notes it, and lets nobody in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    passwords: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def message(connection: socket.socket, kind: int = 0) -> bytes:
        if kind:
            connection.recv(1)
        (length,) = struct.unpack("!I", connection.recv(4))
        return connection.recv(length - 4)

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    message(plain)
                    plain.sendall(b"S")
                    with context.wrap_socket(plain, server_side=True) as secure:
                        message(secure)
                        secure.sendall(b"R" + struct.pack("!II", 8, 3))
                        passwords.append(message(secure, kind=1).rstrip(b"\0").decode())
                        told = b"SFATAL\0C28P01\0Mnobody is let in\0\0"
                        secure.sendall(b"E" + struct.pack("!I", len(told) + 4) + told)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], passwords
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_token_goes_to_a_verified_server_and_to_no_other(tmp_path: Path, credentials: None) -> None:
    mine, other = certificate(tmp_path, "mine"), certificate(tmp_path, "other")
    with postgres_with_tls(mine) as (port, passwords):
        url = f"postgresql+psycopg://bot@127.0.0.1:{port}/serving?auth=iam&sslmode=verify-full&sslrootcert="
        with pytest.raises(StoreError, match=r"cannot be used .*certificate verify failed"):
            open_at(f"{url}{other}")
        assert passwords == []
        with pytest.raises(StoreError, match=r"cannot be used .*nobody is let in") as error:
            open_at(f"{url}{mine}")
        token = passwords[-1]
        assert "X-Amz-Signature" in token
        assert token not in str(error.value)
    asked = parse_qs(urlsplit(f"//{token}").query)
    assert (token.partition("/")[0], asked["Action"], asked["DBUser"]) == (
        f"127.0.0.1:{port}", ["connect"], ["bot"]
    )  # fmt: skip


def test_a_token_is_made_for_mysql_s_port_and_user(credentials: None) -> None:
    url, given = options(make_url("mysql+pymysql://bot@db.example/serving?ssl_ca=/rds.pem&auth=iam"))
    assert given.iam
    assert "auth" not in url.query
    assert iam_token(url).startswith("db.example:3306/?Action=connect&DBUser=bot&")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://bot@db/x?auth=iam",
        "postgresql+psycopg://bot@db/x?auth=iam&sslmode=require",
        "mysql+pymysql://bot@db/x?auth=iam",
    ],
)
def test_a_token_is_never_shown_to_a_server_that_is_not_verified(url: str) -> None:
    with pytest.raises(StoreError, match="auth=iam needs a verified server"):
        open_at(url)


@pytest.mark.parametrize("option", ["auth=kerberos", "pool_size=0", "pool_size=many"])
def test_options_that_are_not_ours_are_refused(option: str) -> None:
    with pytest.raises(StoreError, match="auth=iam and pool_size=<1 or more> are allowed"):
        open_at(f"postgresql+psycopg://bot@db/x?{option}")


def test_on_lambda_one_connection_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url("postgresql+psycopg://bot@db/x")
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    assert (options(url)[1].pool_size, options(url)[1].overflow) == (5, 10)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "bot")
    assert (options(url)[1].pool_size, options(url)[1].overflow) == (1, 2)
    assert options(url.update_query_dict({"pool_size": "3"}))[1].pool_size == 3


def test_connections_that_are_exhausted_are_told_and_come_back() -> None:
    if not reachable("PostgreSQL"):
        pytest.skip("no PostgreSQL")
    root, own = address("PostgreSQL"), f"test_{uuid.uuid4().hex[:12]}"
    execute(root, f"CREATE ROLE {own} LOGIN CONNECTION LIMIT 1", f"CREATE SCHEMA {own} AUTHORIZATION {own}")
    url = root.set(username=own, password="x").update_query_dict({"options": f"-csearch_path={own}"})
    try:
        store = open_at(url.render_as_string(hide_password=False))
        with pytest.raises(
            StoreError, match=r"has no connection left \(.*too many connections.*\): close some"
        ):
            open_at(url.render_as_string(hide_password=False))
        store.ping()
        store.close()
        again = open_at(url.render_as_string(hide_password=False))
        again.ping()
        again.close()
    finally:
        execute(root, f"DROP SCHEMA {own} CASCADE", f"DROP ROLE {own}")
