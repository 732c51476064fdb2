//! The clouds of Azure: where each is managed and where one signs in to it. Data, so that one more cloud is one more row; a cloud
//! that is none of these describes itself.

pub mod metadata;

use std::borrow::Cow;

/// A cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// Its name in Az PowerShell and azure-cli.
    pub name: Cow<'static, str>,
    /// Another name that is understood.
    pub alias: &'static str,
    /// The management API.
    pub resource_manager: Cow<'static, str>,
    /// The authority, to which the tenant is added.
    pub authority: Cow<'static, str>,
    /// For whom bearers of the management API are.
    pub audience: Cow<'static, str>,
    /// What login servers end in, without a dot before it.
    pub login_server_suffix: Cow<'static, str>,
}

/// Public and sovereign clouds, as azure-cli knows them (`az cloud list`).
pub static CLOUDS: [Cloud; 3] = [
    Cloud {
        name: Cow::Borrowed("AzureCloud"),
        alias: "AzurePublicCloud",
        resource_manager: Cow::Borrowed("https://management.azure.com"),
        authority: Cow::Borrowed("https://login.microsoftonline.com"),
        audience: Cow::Borrowed("https://management.azure.com"),
        login_server_suffix: Cow::Borrowed("azurecr.io"),
    },
    Cloud {
        name: Cow::Borrowed("AzureUSGovernment"),
        alias: "AzureGovernment",
        resource_manager: Cow::Borrowed("https://management.usgovcloudapi.net"),
        authority: Cow::Borrowed("https://login.microsoftonline.us"),
        audience: Cow::Borrowed("https://management.usgovcloudapi.net"),
        login_server_suffix: Cow::Borrowed("azurecr.us"),
    },
    Cloud {
        name: Cow::Borrowed("AzureChinaCloud"),
        alias: "AzureChina",
        resource_manager: Cow::Borrowed("https://management.chinacloudapi.cn"),
        authority: Cow::Borrowed("https://login.chinacloudapi.cn"),
        audience: Cow::Borrowed("https://management.chinacloudapi.cn"),
        login_server_suffix: Cow::Borrowed("azurecr.cn"),
    },
];

impl Cloud {
    /// By its name, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.name.eq_ignore_ascii_case(name) || cloud.alias.eq_ignore_ascii_case(name))
    }

    /// By the host of its management API.
    pub fn of_endpoint(endpoint: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.resource_manager.eq_ignore_ascii_case(endpoint.trim_end_matches('/')))
    }
}
