"""Azure's own Python SDK (azure-mgmt-containerregistry, azure-identity), unmodified, for what .ci/azure does with az.

usage: azure_sdk.py URL SERVICE_PRINCIPAL_FILE SUBSCRIPTION RESOURCE_GROUP REGISTRY; the registry is there already.
"""

import base64
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

url, principal_file, subscription, group, registry = sys.argv[1:]
with open(principal_file, encoding="utf-8") as file:
    principal = json.load(file)
credential = ClientSecretCredential(
    principal["tenantId"],
    principal["clientId"],
    principal["clientSecret"],
    authority=url,
    disable_instance_discovery=True,
)
# Polls at once: an operation that is not done when its answer leaves would show.
client = ContainerRegistryManagementClient(
    credential, subscription, base_url=url, credential_scopes=[f"{url}/.default"], polling_interval=0
)


def check(what, holds):
    if not holds:
        sys.exit(f"FAILED  {what}")
    print(f"ok  {what}")


def refused(what, error, call):
    try:
        call()
    except error as caught:
        check(what, caught.error is None or bool(caught.message))
        return caught
    sys.exit(f"FAILED  {what}: it was allowed")


def scope_map(name, actions):
    return client.scope_maps.begin_create(group, registry, name, {"properties": {"actions": actions}}).result()


check("the SDK finds the registry", registry in [found.name for found in client.registries.list()])
made = scope_map("sdk-map", ["repositories/sdk/*/content/read"])
check("the SDK makes a scope map", made.provisioning_state == "Succeeded")
token = client.tokens.begin_create(group, registry, "sdk-token", {"properties": {"scopeMapId": made.id, "status": "enabled"}}).result()
check("the SDK makes a token, and waits for it", token.id.endswith("/tokens/sdk-token"))
expiry = datetime.now(timezone.utc) + timedelta(days=1)
generated = client.registries.begin_generate_credentials(group, registry, {"tokenId": token.id, "expiry": expiry.isoformat()}).result()
check("the SDK generates both passwords", [p.name for p in generated.passwords] == ["password1", "password2"] and all(p.value for p in generated.passwords))
check("their expiry comes back", all(abs(p.expiry - expiry) < timedelta(seconds=1) for p in generated.passwords))
updated = client.tokens.begin_update(group, registry, "sdk-token", {"properties": {"credentials": {"passwords": [{"name": "password2"}]}}}).result()
kept = updated.credentials.passwords
check("the SDK keeps one password", [p.name for p in kept] == ["password2"] and kept[0].value is None)


# Certificates: made by OpenSSL, sent as base64 of PEM, named by thumbprint from then on.
def certificate(name):
    with tempfile.NamedTemporaryFile() as key:
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key.name, "-days", "9"]
        return subprocess.run([*made, "-subj", f"/CN={name}"], check=True, capture_output=True).stdout


def thumbprint(pem):
    printed = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha1"], input=pem, check=True, capture_output=True).stdout
    return printed.decode().strip().split("=")[1].replace(":", "").lower()


def set_certificates(*certificates):
    return client.tokens.begin_update(group, registry, "sdk-token", {"properties": {"credentials": {"certificates": list(certificates)}}}).result()


def entry(number, pem=None):
    encoded = {"encodedPemCertificate": base64.b64encode(pem).decode()} if pem else {}
    return {"name": f"certificate{number}", **encoded}


first, second = certificate("first"), certificate("second")
held = set_certificates(entry(1, first), {**entry(2, second), "expiry": expiry.isoformat()}).credentials
check("the SDK puts two certificates, and passwords stay", [c.name for c in held.certificates] == ["certificate1", "certificate2"] and len(held.passwords) == 1)
check("their thumbprints are OpenSSL's", [c.thumbprint for c in held.certificates] == [thumbprint(first), thumbprint(second)])
check("the certificates come back", [base64.b64decode(c.encoded_pem_certificate) for c in held.certificates] == [first, second])
check("one ends when it was told to", abs(held.certificates[1].expiry - expiry) < timedelta(seconds=1))
read = client.tokens.get(group, registry, "sdk-token")
again = client.tokens.begin_create(group, registry, "sdk-token", read).result()
check("what the SDK read can be put back", again.credentials.certificates == read.credentials.certificates)
with ThreadPoolExecutor(2) as pool:
    one = pool.submit(set_certificates, entry(1, certificate("third")), entry(2))
    two = pool.submit(set_certificates, entry(1), entry(2, certificate("fourth")))
    one.result(), two.result()
held = {c.name: c.thumbprint for c in client.tokens.get(group, registry, "sdk-token").credentials.certificates}
check("two that each replace one keep the other's", len(held) == 2 and not {thumbprint(first), thumbprint(second)} & set(held.values()))
error = refused("a thumbprint of another certificate", HttpResponseError, lambda: set_certificates({**entry(1, first), "thumbprint": thumbprint(second)}))
check("which is named", error.error.target == "properties.credentials.certificates[0].thumbprint")
check("the SDK removes them", set_certificates().credentials.certificates is None)
updated = client.scope_maps.begin_update(group, registry, "sdk-map", {"properties": {"description": "changed"}}).result()
check("the SDK changes a scope map", updated.description == "changed")
refused("a token that is not there", ResourceNotFoundError, lambda: client.tokens.get(group, registry, "nosuchtoken"))
error = refused(
    "an action of the wrong shape",
    HttpResponseError,
    lambda: scope_map("bad-map", ["some/complex/repo/content/read"]),
)
check("in Azure's words", "is invalid or not supported" in error.message)

# Many at the same time: each makes a token of its own, and changes one scope map that all share.
def make(number):
    name = f"many-{number:02}"
    client.tokens.begin_create(group, registry, name, {"properties": {"scopeMapId": made.id}}).result()
    client.scope_maps.begin_update(group, registry, "sdk-map", {"properties": {"description": name}}).result()
    return name


with ThreadPoolExecutor(8) as pool:
    names = set(pool.map(make, range(24)))
listed = {found.name for found in client.tokens.list(group, registry)}
check("24 tokens made by eight at the same time are all there", names <= listed)
for name in sorted(names | {"sdk-token"}):
    client.tokens.begin_delete(group, registry, name).result()
client.tokens.begin_delete(group, registry, "sdk-token").result()
client.scope_maps.begin_delete(group, registry, "sdk-map").result()
check("the SDK deletes them, and once more", not names & {found.name for found in client.tokens.list(group, registry)})
