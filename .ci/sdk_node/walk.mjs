// Azure's SDK for JavaScript, unmodified, as its users use it.
// usage: walk.mjs URL SUBSCRIPTION, with the service principal in AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET
import assert from "node:assert/strict";
import { ClientSecretCredential } from "@azure/identity";
import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import { ResourceManagementClient } from "@azure/arm-resources";

const [url, subscription] = process.argv.slice(2);
const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = process.env;
const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, {
  authorityHost: url,
  disableInstanceDiscovery: true,
});
const scopes = [`${url}/.default`];
const resources = new ResourceManagementClient(credential, subscription, { endpoint: url, credentialScopes: scopes });
const registries = new ContainerRegistryManagementClient(credential, subscription, { endpoint: url, credentials: { scopes } });

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}
// No operation is to make the client sleep.
const patience = 5000;
async function does(what, action) {
  const started = Date.now();
  try {
    const result = await action();
    assert.ok(Date.now() - started < patience, `it took ${Date.now() - started} ms`);
    console.log(`ok  JavaScript SDK: ${what}`);
    return result;
  } catch (error) {
    console.error(`FAILED  JavaScript SDK: ${what}`);
    throw error;
  }
}
async function refuses(what, code, action) {
  await does(what, () => assert.rejects(action, (error) => error.code === code));
}

const [group, registry] = ["sdk-js", "sdkjs01"];
await does("a resource group", () => resources.resourceGroups.createOrUpdate(group, { location: "westus" }));
await does("tags of a resource group", async () => {
  assert.deepEqual((await resources.resourceGroups.update(group, { tags: { a: "b" } })).tags, { a: "b" });
});
await does("providers", async () => {
  const names = (await all(resources.providers.list())).map((provider) => provider.namespace);
  assert.deepEqual(names, ["Microsoft.ContainerRegistry"]);
});
await does("a registry", async () => {
  const made = await registries.registries.create(group, registry, { location: "westus", sku: { name: "Premium" } });
  assert.equal(made.provisioningState, "Succeeded");
});
await does("what is not served is listed as empty", async () => {
  assert.deepEqual(await all(registries.registries.listPrivateLinkResources(group, registry)), []);
  assert.deepEqual(await all(registries.webhooks.list(group, registry)), []);
});
await refuses("what is not served is refused by name", "NotSupportedOperation", () =>
  registries.registries.importImage(group, registry, { source: { sourceImage: "library/hello", registryUri: "docker.io" } }),
);
const map = await does("a scope map", () =>
  registries.scopeMaps.create(group, registry, "js-map", { actions: ["repositories/app/content/read"] }),
);
const token = await does("a token", () =>
  registries.tokens.create(group, registry, "js-token", { scopeMapId: map.id }),
);
await does("passwords", async () => {
  const made = await registries.registries.generateCredentials(group, registry, { tokenId: token.id });
  assert.equal(made.passwords.filter((password) => password.value).length, 2);
});
await does("what was read can be sent back", async () => {
  const read = await registries.tokens.get(group, registry, "js-token");
  const kept = await registries.tokens.create(group, registry, "js-token", read);
  assert.equal(kept.credentials?.passwords?.length, 2);
});
await does("a change", async () => {
  const changed = await registries.tokens.update(group, registry, "js-token", { status: "disabled" });
  assert.equal(changed.status, "disabled");
});
await does("by resource id", async () => {
  assert.equal((await resources.resources.getById(token.id, "2023-07-01")).name, "js-token");
  assert.ok((await resources.resources.checkExistenceById(token.id, "2023-07-01")).body);
});
await does("deletes", async () => {
  await registries.tokens.delete(group, registry, "js-token");
  await registries.tokens.delete(group, registry, "js-token");
  await registries.scopeMaps.delete(group, registry, "js-map");
});
await refuses("what is gone", "ResourceNotFound", () => registries.tokens.get(group, registry, "js-token"));
await does("everything away", () => resources.resourceGroups.beginDeleteAndWait(group));
