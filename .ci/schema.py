"""Makes of Azure's swagger what Schemathesis can ask a server: the paths that are served, with names that are there.

usage: schema.py SWAGGER SUBSCRIPTION RESOURCE_GROUP REGISTRY >OPENAPI
"""

import json
import re
import sys

swagger_file, subscription, group, registry = sys.argv[1:]
with open(swagger_file, encoding="utf-8") as file:
    swagger = json.load(file)

PROVIDER = "/providers/Microsoft.ContainerRegistry"
REGISTRY = f"/subscriptions/{{subscriptionId}}/resourceGroups/{{resourceGroupName}}{PROVIDER}/registries/{{registryName}}"
SERVED = [
    f"{PROVIDER}/operations",
    f"/subscriptions/{{subscriptionId}}{PROVIDER}/checkNameAvailability",
    f"/subscriptions/{{subscriptionId}}{PROVIDER}/registries",
    f"/subscriptions/{{subscriptionId}}/resourceGroups/{{resourceGroupName}}{PROVIDER}/registries",
    REGISTRY,
    *(f"{REGISTRY}/{end}" for end in (
        "generateCredentials", "listCredentials", "listUsages", "regenerateCredential",
        "scopeMaps", "scopeMaps/{scopeMapName}", "tokens", "tokens/{tokenName}",
    )),
]


def one_of(name, *values):
    return {"name": name, "in": "path", "required": True, "type": "string", "enum": list(values)}


# Names that are there, so that requests come further than to a 404; few, so that they meet what others made.
COMMON = {
    "ApiVersionParameter": {**one_of("api-version", swagger["info"]["version"]), "in": "query"},
    "SubscriptionIdParameter": one_of("subscriptionId", subscription),
    "ResourceGroupParameter": one_of("resourceGroupName", group),
    # So called in versions that take it from Azure's common types, which are not beside the swagger here.
    "ResourceGroupNameParameter": one_of("resourceGroupName", group),
    "RegistryNameParameter": one_of("registryName", registry),
    "ScopeMapNameParameter": one_of("scopeMapName", "sample-one", "sample-two", "_repositories_pull"),
    "TokenNameParameter": one_of("tokenName", "sample-one", "sample-two"),
}
# An error may be answered to every request, whether or not the swagger says so of the operation.
ERROR = {"description": "An error.", "schema": {"$ref": "#/definitions/ErrorResponse"}}


def with_common(node):
    if isinstance(node, list):
        return [with_common(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = re.search(r"#/parameters/(\w+)$", str(node.get("$ref", "")))
    if found and found.group(1) in COMMON:
        return COMMON[found.group(1)]
    members = {name: with_common(value) for name, value in node.items() if name != "x-ms-examples"}
    return members


swagger["paths"] = {path: with_common(swagger["paths"][path]) for path in SERVED}
# What becomes of the others' answers when their registry goes is tested elsewhere.
del swagger["paths"][REGISTRY]["delete"]
JSON = swagger.pop("produces")
for operations in swagger["paths"].values():
    for method, operation in operations.items():
        operation["responses"].setdefault("default", ERROR)
        # An answer to DELETE may have no body, and so no media type.
        if method != "delete":
            operation["produces"] = JSON
for name in ("securityDefinitions", "security", "host", "schemes"):
    swagger.pop(name, None)
swagger = with_common(swagger)
text = json.dumps(swagger)
if found := re.search(r'"\$ref": "[^#"][^"]*"', text):
    sys.exit(f"{swagger_file}: {found.group(0)} is another file, which is not known here")
sys.stdout.write(text)
