//! Two processes on one data folder: what one changes counts in the other from its next look on (decision D5).

use crate::client::{Outcome, TokenClient};
use crate::harness::Harness;
use http::StatusCode;
use rstest::rstest;
use serde_json::json;

/// A change that another process makes to `token2`, which holds `newmap`.
#[derive(Debug, Clone, Copy)]
enum Change {
    Disable,
    Delete,
    Regenerate,
    RemovePassword,
    TakeRights,
    DeleteScopeMap,
}

impl Change {
    async fn make(self, process: &Harness) -> Outcome {
        let (token, scope_map) = (process.token_id("token2"), process.scope_map_id("newmap"));
        match self {
            Self::Disable => drop(process.patch(&token, json!({"properties": {"status": "disabled"}})).await?),
            Self::Delete => drop(process.delete(&token).await?),
            Self::Regenerate => drop(process.generate("token2", json!({"name": "password1"})).await?),
            Self::RemovePassword => {
                process.patch(&token, json!({"properties": {"credentials": {"passwords": []}}})).await?;
            }
            Self::TakeRights => {
                let actions = ["repositories/other/content/read"];
                process.patch(&scope_map, json!({"properties": {"actions": actions}})).await?;
            }
            Self::DeleteScopeMap => drop(process.delete(&scope_map).await?),
        }
        Ok(())
    }
}

#[rstest]
#[case(Change::Disable, None)]
#[case(Change::Delete, None)]
#[case(Change::Regenerate, None)]
#[case(Change::RemovePassword, None)]
#[case(Change::TakeRights, Some(""))]
#[case(Change::DeleteScopeMap, Some(""))]
#[tokio::test]
async fn a_change_counts_everywhere(#[case] change: Change, #[case] granted: Option<&str>) -> Outcome {
    let here = Harness::new().await?;
    let there = here.second_process().await?;
    let scope_map = there.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let made_there = there.token("token2", &scope_map).await?;
    here.follow_changes().await?;
    let used_here = TokenClient::new(&here, &made_there.name, &made_there.password);
    let scope = "repository:samples/a:pull";
    // Asked in both, so that both remember it.
    for token in [&used_here, &made_there] {
        assert_eq!(token.issue(&[scope]).await?.succeeded()?.json()?["scope"], scope);
    }
    let live = used_here.bearer(scope).await?;
    assert_eq!(live.get("/v2/").await?.status, StatusCode::OK);
    change.make(&there).await?;
    here.follow_changes().await?;
    assert_eq!(live.get("/v2/").await?.status, StatusCode::UNAUTHORIZED, "a bearer from before {change:?}");
    for token in [&used_here, &made_there] {
        let answer = token.issue(&[scope]).await?;
        match granted {
            None => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{change:?}"),
            Some(granted) => {
                let scope = answer.succeeded()?.json()?["scope"].as_str().unwrap_or_default().to_owned();
                assert_eq!(scope, granted, "{change:?}");
            }
        }
    }
    Ok(())
}
