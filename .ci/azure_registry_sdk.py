"""Azure's own Python SDK of the data plane (azure-containerregistry, azure-identity), unmodified, for what .ci/azure does with az.

usage: azure_registry_sdk.py URL SERVICE_PRINCIPAL_FILE; the registry is there already.
"""

import json
import sys
from io import BytesIO

from azure.containerregistry import ArtifactManifestOrder, ArtifactTagOrder, ContainerRegistryClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential

REPOSITORY = "sdk/data/plane"

url, principal_file = sys.argv[1:]
with open(principal_file, encoding="utf-8") as file:
    principal = json.load(file)
credential = ClientSecretCredential(
    principal["tenantId"],
    principal["clientId"],
    principal["clientSecret"],
    authority=url,
    disable_instance_discovery=True,
)
client = ContainerRegistryClient(url, credential, retry_total=0)


def check(what, holds):
    if not holds:
        sys.exit(f"FAILED  {what}")
    print(f"ok  {what}")


def refused(what, status, call):
    try:
        call()
    except HttpResponseError as caught:
        check(what, caught.status_code == status)
        return caught
    sys.exit(f"FAILED  {what}: it was allowed")


def names(items):
    return [item.name for item in items]


# A layer of three chunks of the SDK's four megabytes.
layer = bytes(range(256)) * (40 << 10)
layer_digest, layer_size = client.upload_blob(REPOSITORY, BytesIO(layer))
check("the SDK uploads a blob in chunks", layer_size == len(layer))
config = json.dumps({"architecture": "arm64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
config_digest, config_size = client.upload_blob(REPOSITORY, BytesIO(config))


def manifest(number):
    return {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config_size},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer_digest, "size": layer_size}],
        "annotations": {"number": str(number)},
    }


digests = {tag: client.set_manifest(REPOSITORY, manifest(number), tag=tag) for number, tag in enumerate(["c", "a", "b"])}
check("the SDK uploads manifests", len(set(digests.values())) == 3)
read = client.get_manifest(REPOSITORY, "a")
check("and reads one back", read.digest == digests["a"] and read.manifest == manifest(1))
check("the SDK downloads the blob", b"".join(client.download_blob(REPOSITORY, layer_digest)) == layer)

check("the SDK lists repositories in pages", REPOSITORY in list(client.list_repository_names(results_per_page=1)))
properties = client.get_repository_properties(REPOSITORY)
check("the SDK reads a repository's properties", (properties.name, properties.manifest_count, properties.tag_count) == (REPOSITORY, 3, 3))
check("its times", properties.created_on <= properties.last_updated_on)
check("the SDK lists tags in pages", names(client.list_tag_properties(REPOSITORY, results_per_page=1)) == ["a", "b", "c"])
newest = client.list_tag_properties(REPOSITORY, order_by=ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING, results_per_page=2)
check("the newest first, in pages", names(newest) == ["b", "a", "c"])
oldest = client.list_manifest_properties(REPOSITORY, order_by=ArtifactManifestOrder.LAST_UPDATED_ON_ASCENDING, results_per_page=1)
check("the SDK lists manifests, the oldest first, in pages", [found.digest for found in oldest] == [digests[tag] for tag in "cab"])
found = client.get_manifest_properties(REPOSITORY, "a")
check("the SDK reads a manifest's properties", (found.digest, found.tags, found.size_in_bytes) == (digests["a"], ["a"], layer_size + config_size))
check("what it runs on", (found.architecture, found.operating_system) == ("arm64", "linux"))

index = {
    "schemaVersion": 2,
    "manifests": [
        {"mediaType": read.media_type, "digest": read.digest, "size": 1, "platform": {"architecture": "arm64", "os": "linux"}}
    ],
}
index_digest = client.set_manifest(REPOSITORY, index, tag="multi", media_type="application/vnd.oci.image.index.v1+json")
check("the SDK reads an index's properties", client.get_manifest_properties(REPOSITORY, index_digest).tags == ["multi"])

tag = client.update_tag_properties(REPOSITORY, "a", can_write=False, can_delete=False)
check("the SDK locks a tag", not tag.can_write and not tag.can_delete and tag.can_read and tag.can_list)
refused("a locked tag is not pointed elsewhere", 405, lambda: client.set_manifest(REPOSITORY, manifest(9), tag="a"))
refused("nor deleted", 405, lambda: client.delete_tag(REPOSITORY, "a"))
error = refused("nor is its manifest", 405, lambda: client.delete_manifest(REPOSITORY, digests["a"]))
check("the SDK shows why", "REGISTRY_DISALLOWED_OPERATION" in str(error))
refused("nor its repository", 405, lambda: client.delete_repository(REPOSITORY))
tag.can_write = tag.can_delete = True
check("the SDK unlocks it", client.update_tag_properties(REPOSITORY, "a", tag).can_write)
hidden = client.update_manifest_properties(REPOSITORY, digests["b"], can_list=False)
listed = [found.digest for found in client.list_manifest_properties(REPOSITORY)]
check("the SDK hides a manifest", not hidden.can_list and digests["b"] not in listed and len(listed) == 3)
closed = client.update_repository_properties(REPOSITORY, can_read=False)
check("the SDK closes a repository to pulls", not closed.can_read)
refused("no manifest is pulled", 405, lambda: client.get_manifest(REPOSITORY, "a"))
refused("no blob is pulled", 405, lambda: client.download_blob(REPOSITORY, layer_digest))
check("the SDK opens it", client.update_repository_properties(REPOSITORY, can_read=True).can_read)

client.delete_tag(REPOSITORY, "c")
refused("a deleted tag is gone", 404, lambda: client.get_tag_properties(REPOSITORY, "c"))
check("its manifest is not", client.get_manifest(REPOSITORY, digests["c"]).digest == digests["c"])
client.delete_manifest(REPOSITORY, digests["c"])
refused("the SDK deletes a manifest", 404, lambda: client.get_manifest(REPOSITORY, digests["c"]))
client.delete_repository(REPOSITORY)
refused("the SDK deletes a repository", 404, lambda: client.get_repository_properties(REPOSITORY))
check("what is not there is deleted without an error", client.delete_repository(REPOSITORY) is None)

# Without a credential the SDK asks for an anonymous token, which this registry does not give.
anonymous = ContainerRegistryClient(url, retry_total=0)
for what, call in [
    ("nobody lists repositories", lambda: list(anonymous.list_repository_names())),
    ("nobody pulls", lambda: anonymous.get_manifest("app/web", "v1")),
]:
    error = refused(what, 401, call)
    check("which the SDK takes for a failed sign-in", isinstance(error, ClientAuthenticationError))
