"""An OpenID issuer on this machine, over HTTPS, for .ci/issuers.

issuer.py serve FOLDER                    makes keys and certificates in FOLDER, writes its URL to FOLDER/url, and serves
issuer.py token FOLDER SUBJECT AUDIENCE   prints a token of it; further words CLAIM=TEXT are further claims
"""

import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import sys
import time

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

KEY_ID = "ci-1"


def write_key(path, key):
    no_password = serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))


def certificate(subject, public_key, issuer, issuer_key, extensions):
    """A certificate that counts for an hour."""
    name = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def make(folder):
    """The authority, the certificate for 127.0.0.1, and the key that signs tokens."""
    authority, host = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    is_authority = (x509.BasicConstraints(ca=True, path_length=0), True)
    (folder / "ca.pem").write_bytes(certificate("authority", authority.public_key(), "authority", authority, [is_authority]))
    names = (x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    leaf = (x509.BasicConstraints(ca=False, path_length=None), True)
    (folder / "host.pem").write_bytes(certificate("host", host.public_key(), "authority", authority, [names, leaf]))
    write_key(folder / "host-key.pem", host)
    write_key(folder / "signing-key.pem", rsa.generate_private_key(public_exponent=65537, key_size=2048))


def serve(folder):
    make(folder)
    private = serialization.load_pem_private_key((folder / "signing-key.pem").read_bytes(), None)
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    key.update(kid=KEY_ID, use="sig", alg="RS256")
    documents = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            document = documents.get(self.path)
            body = json.dumps(document or {}).encode()
            self.send_response(200 if document else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "host.pem", folder / "host-key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"https://127.0.0.1:{server.server_port}/ci"
    documents["/ci/.well-known/openid-configuration"] = {"issuer": url, "jwks_uri": f"{url}/keys"}
    documents["/ci/keys"] = {"keys": [key]}
    (folder / "url.new").write_text(url)
    (folder / "url.new").rename(folder / "url")
    server.serve_forever()


def token(folder, subject, audience, *further):
    now = int(time.time())
    claims = {"iss": (folder / "url").read_text(), "sub": subject, "aud": audience, "iat": now, "exp": now + 300}
    claims.update(claim.split("=", 1) for claim in further)
    print(jwt.encode(claims, (folder / "signing-key.pem").read_text(), "RS256", {"kid": KEY_ID}))


if __name__ == "__main__":
    command, folder, *words = sys.argv[1:]
    {"serve": serve, "token": token}[command](pathlib.Path(folder), *words)
