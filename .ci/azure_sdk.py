"""Azure's own Python SDK (azure-mgmt-containerregistry, azure-identity), unmodified, for what .ci/azure does with az.

usage: azure_sdk.py URL SERVICE_PRINCIPAL_FILE SUBSCRIPTION RESOURCE_GROUP REGISTRY; the registry is there already.
"""

import json
import sys
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
