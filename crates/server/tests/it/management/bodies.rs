//! Bodies of requests, member by member: what is refused says where, and what clients send back is taken.

use crate::client::Outcome;
use crate::harness::{GROUP, Harness, REGISTRY};
use http::Method;
use rstest::rstest;
use serde_json::{Map, Value, json};

/// A site with something of every kind.
async fn site() -> Outcome<Harness> {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let passwords = json!([{"name": "password1"}, {"name": "password2", "expiry": "2100-12-31T12:59:59Z"}]);
    let properties = json!({"scopeMapId": scope_map, "credentials": {"passwords": passwords}});
    harness.put(&harness.token_id("token2"), json!({"properties": properties})).await?;
    Ok(harness)
}

/// The path of a resource or an action, and a body that it takes.
fn taken(harness: &Harness, noun: &str) -> (String, Value) {
    let (registry, subscription) = (harness.registry_id(REGISTRY), format!("/subscriptions/{}", harness.subscription));
    match noun {
        "registry" => (registry, json!({"location": "westus", "sku": {"name": "Premium"}})),
        "scope map" => (harness.scope_map_id("newmap"), json!({"properties": {"actions": []}})),
        "token" => (harness.token_id("token2"), json!({"properties": {}})),
        "group" => (format!("{subscription}/resourceGroups/{GROUP}"), json!({"location": "westus"})),
        "generate" => (format!("{registry}/generateCredentials"), json!({"tokenId": harness.token_id("token2")})),
        "regenerate" => (format!("{registry}/regenerateCredential"), json!({"name": "password"})),
        _ => (
            format!("{subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability"),
            json!({"name": "freshcr", "type": "Microsoft.ContainerRegistry/registries"}),
        ),
    }
}

/// `body` with a member like `properties.credentials.passwords[0].name` set, and the objects and lists that it needs.
fn with(body: &mut Value, member: &str, value: Value) {
    let (first, rest) = match member.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (member, None),
    };
    let (name, in_list) = first.strip_suffix("[0]").map_or((first, false), |name| (name, true));
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    let mut place = &mut body[name];
    if in_list {
        *place = json!([null]);
        place = &mut place[0];
    }
    match rest {
        Some(rest) => with(place, rest, value),
        None => *place = value,
    }
}

const TEXT: [&str; 4] = ["number", "truth", "list", "object"];
const TRUTH: [&str; 4] = ["number", "text", "list", "object"];
const OBJECT: [&str; 4] = ["number", "text", "truth", "list"];
const LIST: [&str; 4] = ["number", "text", "truth", "object"];
const NUMBER: [&str; 4] = ["text", "truth", "list", "object"];

/// Every member that is read, and the kinds of JSON that it is not.
#[rstest]
#[case("registry", "location", TEXT)]
#[case("registry", "tags", OBJECT)]
#[case("registry", "tags.a", TEXT)]
#[case("registry", "sku", OBJECT)]
#[case("registry", "sku.name", TEXT)]
#[case("registry", "sku.tier", TEXT)]
#[case("registry", "identity", OBJECT)]
#[case("registry", "id", TEXT)]
#[case("registry", "name", TEXT)]
#[case("registry", "type", TEXT)]
#[case("registry", "systemData", OBJECT)]
#[case("registry", "systemData.createdAt", TEXT)]
#[case("registry", "properties", OBJECT)]
#[case("registry", "properties.adminUserEnabled", TRUTH)]
#[case("registry", "properties.anonymousPullEnabled", TRUTH)]
#[case("registry", "properties.dataEndpointEnabled", TRUTH)]
#[case("registry", "properties.publicNetworkAccess", TEXT)]
#[case("registry", "properties.networkRuleBypassOptions", TEXT)]
#[case("registry", "properties.zoneRedundancy", TEXT)]
#[case("registry", "properties.encryption", OBJECT)]
#[case("registry", "properties.encryption.status", TEXT)]
#[case("registry", "properties.networkRuleSet", OBJECT)]
#[case("registry", "properties.networkRuleSet.defaultAction", TEXT)]
#[case("registry", "properties.networkRuleSet.ipRules", LIST)]
#[case("registry", "properties.policies", OBJECT)]
#[case("registry", "properties.policies.exportPolicy", OBJECT)]
#[case("registry", "properties.policies.retentionPolicy.days", NUMBER)]
#[case("registry", "properties.policies.trustPolicy.type", TEXT)]
#[case("scope map", "id", TEXT)]
#[case("scope map", "properties", OBJECT)]
#[case("scope map", "properties.description", TEXT)]
#[case("scope map", "properties.actions", LIST)]
#[case("scope map", "properties.actions[0]", TEXT)]
#[case("token", "properties", OBJECT)]
#[case("token", "properties.scopeMapId", TEXT)]
#[case("token", "properties.status", TEXT)]
#[case("token", "properties.credentials", OBJECT)]
#[case("token", "properties.credentials.passwords", LIST)]
#[case("token", "properties.credentials.passwords[0]", OBJECT)]
#[case("token", "properties.credentials.passwords[0].name", TEXT)]
#[case("token", "properties.credentials.passwords[0].expiry", TEXT)]
#[case("token", "properties.credentials.passwords[0].creationTime", TEXT)]
#[case("token", "properties.credentials.passwords[0].value", TEXT)]
#[case("token", "properties.credentials.certificates", LIST)]
#[case("group", "location", TEXT)]
#[case("group", "tags", OBJECT)]
#[case("group", "tags.a", TEXT)]
#[case("generate", "tokenId", TEXT)]
#[case("generate", "name", TEXT)]
#[case("generate", "expiry", TEXT)]
#[case("regenerate", "name", TEXT)]
#[case("name check", "name", TEXT)]
#[case("name check", "type", TEXT)]
#[tokio::test]
async fn a_member_of_a_wrong_type(#[case] noun: &str, #[case] member: &str, #[case] kinds: [&str; 4]) -> Outcome {
    let harness = site().await?;
    let (path, body) = taken(&harness, noun);
    let methods = match noun {
        "registry" | "scope map" | "token" => vec![Method::PUT, Method::PATCH],
        "group" => vec![Method::PUT],
        _ => vec![Method::POST],
    };
    for (method, kind) in methods.iter().flat_map(|method| kinds.map(|kind| (method, kind))) {
        let wrong = match kind {
            "number" => json!(7),
            "truth" => json!(true),
            "text" => json!("x"),
            "list" => json!([{}]),
            _ => json!({"x": {}}),
        };
        let mut body = body.clone();
        with(&mut body, member, wrong);
        let answer = harness.manage(method.clone(), &path, Some(body.clone())).await?;
        assert_eq!(answer.status.as_u16(), 400, "{method} {body}: {answer:?}");
        // An object where a value belongs may be refused for what it holds.
        let target = answer.json()?["error"]["target"].as_str().unwrap_or_default().to_owned();
        assert!(target == member || kind == "object" && target == format!("{member}.x"), "{body}: {target}");
    }
    Ok(())
}

#[rstest]
#[case::no_location("registry", json!({"sku": {"name": "Basic"}}), "location")]
#[case::empty_location("registry", json!({"location": "", "sku": {"name": "Basic"}}), "location")]
#[case::location("registry", json!({"location": "west/us", "sku": {"name": "Basic"}}), "location")]
#[case::no_sku("registry", json!({"location": "westus"}), "sku")]
#[case::null_sku("registry", json!({"location": "westus", "sku": null}), "sku")]
#[case::nameless_sku("registry", json!({"location": "westus", "sku": {}}), "sku.name")]
#[case::tier_alone("registry", json!({"location": "westus", "sku": {"tier": "Basic"}}), "sku.name")]
#[case::unknown_sku("registry", json!({"location": "westus", "sku": {"name": "Gold"}}), "sku.name")]
#[case::tag_name("registry", json!({"location": "westus", "sku": {"name": "Basic"}, "tags": {"a/b": ""}}), "tags.a/b")]
#[case::no_group_location("group", json!({}), "location")]
#[case::group_tag("group", json!({"location": "westus", "tags": {"Team": "a", "team": "b"}}), "tags.team")]
#[case::no_properties("scope map", json!({}), "properties")]
#[case::no_actions("scope map", json!({"properties": {}}), "properties.actions")]
#[case::no_token_properties("token", json!({}), "properties")]
#[case::no_token("generate", json!({}), "tokenId")]
#[case::no_password("regenerate", json!({}), "name")]
#[case::other_password("regenerate", json!({"name": "password1"}), "name")]
#[case::no_name("name check", json!({"type": "Microsoft.ContainerRegistry/registries"}), "name")]
#[case::no_type("name check", json!({"name": "freshcr"}), "type")]
#[case::other_type("name check", json!({"name": "freshcr", "type": "Microsoft.Web/sites"}), "type")]
#[tokio::test]
async fn what_is_missing_or_wrong_is_named(#[case] noun: &str, #[case] body: Value, #[case] target: &str) -> Outcome {
    let harness = site().await?;
    let (path, _) = taken(&harness, noun);
    let method = if matches!(noun, "generate" | "regenerate" | "name check") { Method::POST } else { Method::PUT };
    let answer = harness.manage(method, &path, Some(body)).await?;
    assert_eq!((answer.seen().as_str(), &answer.json()?["error"]["target"]), ("400 InvalidParameter", &json!(target)));
    Ok(())
}

#[rstest]
#[case::count((0..51).map(|number| (format!("tag{number}"), String::new())).collect(), "tags")]
#[case::name(vec![("n".repeat(513), String::new())], &format!("tags.{}", "n".repeat(513)))]
#[case::value(vec![("a".to_owned(), "v".repeat(257))], "tags.a")]
#[tokio::test]
async fn tags_have_limits(
    #[case] tags: Vec<(String, String)>,
    #[case] target: &str,
    #[values("registry", "group")] noun: &str,
) -> Outcome {
    let harness = site().await?;
    let (path, mut body) = taken(&harness, noun);
    body["tags"] = tags.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let answer = harness.manage(Method::PUT, &path, Some(body.clone())).await?;
    assert_eq!((answer.seen().as_str(), &answer.json()?["error"]["target"]), ("400 InvalidParameter", &json!(target)));
    if noun == "registry" {
        let answer = harness.manage(Method::PATCH, &path, Some(json!({"tags": body["tags"]}))).await?;
        assert_eq!(answer.seen(), "400 InvalidParameter");
    }
    Ok(())
}

#[tokio::test]
async fn scope_maps_have_limits() -> Outcome {
    let harness = site().await?;
    let id = harness.scope_map_id("newmap");
    let same = "repositories/a/content/read";
    for (properties, expected) in [
        (json!({"description": "ä".repeat(256), "actions": []}), "200"),
        (json!({"description": "ä".repeat(257), "actions": []}), "400 InvalidParameter"),
        // Twice is once in its rights, and comes back as it was sent, as Terraform expects of a list.
        (json!({"actions": [same, same]}), "200"),
        (json!({"actions": ["Repositories/a/content/read"]}), "400 InvalidParameter"),
        (json!({"actions": [""]}), "400 InvalidParameter"),
    ] {
        let answer = harness.manage(Method::PUT, &id, Some(json!({"properties": properties}))).await?;
        assert_eq!(answer.seen(), expected, "{properties}");
    }
    assert_eq!(harness.get(&id).await?["properties"]["actions"], json!([same, same]));
    Ok(())
}

#[rstest]
#[case::short("tokens/abcd")]
#[case::long(&format!("tokens/{}", "a".repeat(51)))]
#[case::underscore("tokens/my_token")]
#[case::dot("scopeMaps/my.map")]
#[case::short_map("scopeMaps/abcd")]
#[case::umlaut("tokens/t%C3%B6ken")]
#[case::space("tokens/my%20token")]
#[tokio::test]
async fn names_that_are_none(#[case] child: &str) -> Outcome {
    let harness = site().await?;
    let path = format!("{}/{child}", harness.registry_id(REGISTRY));
    let answer = harness.manage(Method::PUT, &path, Some(json!({"properties": {"actions": []}}))).await?;
    assert_eq!(answer.seen(), "400 InvalidResourceName");
    Ok(())
}

/// Whoever reads may send it back, with whatever in the members that are read only.
#[rstest]
#[case("registry")]
#[case("scope map")]
#[case("token")]
#[case("group")]
#[tokio::test]
async fn what_was_read_is_taken_back(#[case] noun: &str) -> Outcome {
    let harness = site().await?;
    let (path, _) = taken(&harness, noun);
    let read = harness.get(&path).await?;
    let lasting = |body: &Value| {
        let mut body = body.clone();
        body["systemData"] = Value::Null;
        body
    };
    assert_eq!(lasting(&harness.put(&path, read.clone()).await?), lasting(&read));
    let mut other = read.clone();
    for (member, value) in [
        ("id", json!("/subscriptions/other")),
        ("name", json!("other")),
        ("type", json!("Microsoft.Web/sites")),
        ("systemData.createdBy", json!("somebody")),
        ("systemData.createdAt", json!("yesterday")),
        ("properties.provisioningState", json!("Failed")),
        ("properties.creationDate", json!("2001-01-01T00:00:00Z")),
    ] {
        with(&mut other, member, value);
    }
    if noun == "registry" {
        with(&mut other, "properties.loginServer", json!("other.azurecr.io"));
        with(&mut other, "properties.status", json!({"displayStatus": "Ready"}));
        with(&mut other, "sku.tier", json!("Basic"));
    }
    if noun == "scope map" {
        with(&mut other, "properties.type", json!("SystemDefined"));
    }
    assert_eq!(lasting(&harness.put(&path, other).await?), lasting(&read));
    assert_eq!(lasting(&harness.get(&path).await?), lasting(&read));
    Ok(())
}

/// terraform-provider-azurerm sends every property that it knows (management-api.md, section 10).
#[rstest]
#[case::no_rules(Value::Null)]
#[case::default_rules(json!({"defaultAction": "Allow", "ipRules": []}))]
#[tokio::test]
async fn a_registry_as_terraform_makes_it(#[case] rules: Value) -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.registry_id("freshcr");
    assert_eq!(harness.manage(Method::GET, &id, None).await?.seen(), "404 ResourceNotFound");
    let (check, asked) = taken(&harness, "name check");
    let available = harness.manage(Method::POST, &check, Some(asked)).await?.json()?;
    assert_eq!(available["nameAvailable"], true);
    let body = json!({
        "identity": {"type": "None"},
        "location": "westus",
        "properties": {
            "adminUserEnabled": false,
            "anonymousPullEnabled": false,
            "autoGeneratedDomainNameLabelScope": "Unsecure",
            "dataEndpointEnabled": false,
            "encryption": {"status": "disabled"},
            "metadataSearch": "Disabled",
            "networkRuleBypassAllowedForTasks": false,
            "networkRuleBypassOptions": "AzureServices",
            "networkRuleSet": rules,
            "policies": {
                "azureADAuthenticationAsArmPolicy": {"status": "enabled"},
                "exportPolicy": {"status": "enabled"},
                "quarantinePolicy": {"status": "disabled"},
                "retentionPolicy": {"days": 7, "status": "disabled"},
                "softDeletePolicy": {"retentionDays": 7, "status": "disabled"},
                "trustPolicy": {"type": "Notary", "status": "disabled"},
            },
            "publicNetworkAccess": "Enabled",
            "roleAssignmentMode": "LegacyRegistryPermissions",
            "zoneRedundancy": "Disabled",
        },
        "sku": {"name": "Basic", "tier": "Basic"},
        "tags": {},
    });
    let path = |version: &str| format!("{id}?api-version={version}");
    let made = harness.manage(Method::PUT, &path("2025-11-01"), Some(body.clone())).await?.succeeded()?;
    let operation = made.header("azure-asyncoperation").and_then(|url| url.strip_prefix("http://127.0.0.1:5000"));
    assert_eq!(harness.get(operation.ok_or("an operation")?).await?["status"], "Succeeded");
    let read = harness.get(&path("2025-11-01")).await?;
    assert_eq!(read["properties"]["provisioningState"], "Succeeded");
    assert_eq!(harness.get(&format!("{id}/replications")).await?, json!({"value": []}));
    // And once more, as after a change of one tag.
    harness.manage(Method::PUT, &path("2023-11-01-preview"), Some(body)).await?.succeeded()?;
    harness.manage(Method::PATCH, &path("2025-11-01"), Some(json!({"tags": {"a": "b"}}))).await?.succeeded()?;
    Ok(())
}
