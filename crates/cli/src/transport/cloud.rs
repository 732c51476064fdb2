//! The clouds of Azure: where each is managed and where one signs in to it. Data, so that one more cloud is one more row.

/// A cloud.
#[derive(Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Its name in Az PowerShell and azure-cli.
    pub name: &'static str,
    /// Another name that is understood.
    pub alias: &'static str,
    /// The management API.
    pub resource_manager: &'static str,
    /// The authority, to which the tenant is added.
    pub authority: &'static str,
}

/// Public and sovereign clouds, as azure-cli knows them (`az cloud list`).
pub static CLOUDS: [Cloud; 3] = [
    Cloud {
        name: "AzureCloud",
        alias: "AzurePublicCloud",
        resource_manager: "https://management.azure.com",
        authority: "https://login.microsoftonline.com",
    },
    Cloud {
        name: "AzureUSGovernment",
        alias: "AzureGovernment",
        resource_manager: "https://management.usgovcloudapi.net",
        authority: "https://login.microsoftonline.us",
    },
    Cloud {
        name: "AzureChinaCloud",
        alias: "AzureChina",
        resource_manager: "https://management.chinacloudapi.cn",
        authority: "https://login.chinacloudapi.cn",
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
