//! The .NET types that parameters have on the reference page, as data.

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Nothing, or `:$true` or `:$false`.
    Switch,
    /// Text.
    Text,
    /// Several texts.
    Texts,
    /// A 32-bit number.
    Number,
    /// Several of them.
    Numbers,
    /// A date.
    Date,
    /// A word of an open enumeration: the known ones complete and lose their case, any other is sent as it is.
    Word(&'static Words),
    /// How a stream or a mistake is treated.
    Preference,
    /// An object.
    Object(&'static Shape),
    /// Several objects.
    Objects(&'static Shape),
    /// A hash table of texts.
    Dictionary,
}

/// An enumeration.
#[derive(Debug, PartialEq)]
pub struct Words {
    /// Its type, as messages name it.
    pub type_name: &'static str,
    /// What it knows, in the service's case.
    pub known: &'static [&'static str],
}

/// An object's type.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// Its type, as messages name it.
    pub type_name: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
    /// The property that text alone means.
    pub from_text: Option<&'static str>,
    /// How the management API writes it: members whose own members are properties here, and names that differ.
    pub wire: Wire,
}

/// What the management API's JSON of an object has that the object has not.
#[derive(Debug, PartialEq)]
pub struct Wire {
    /// Members that only group others: `properties`.
    pub groups: &'static [&'static str],
    /// Members by other names, and the properties that they are.
    pub names: &'static [(&'static str, &'static str)],
}

impl Wire {
    /// The same in both.
    pub const SAME: Self = Self { groups: &[], names: &[] };
}

/// A property of an object.
#[derive(Debug, PartialEq)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the service makes it: taken from what was read back, and not sent.
    pub read_only: bool,
    /// Whether help lists it: the reference page does.
    pub in_help: bool,
    /// What it is, for help.
    pub about: &'static str,
}

impl Property {
    /// One that is sent.
    pub const fn of(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, read_only: false, in_help: true, about }
    }

    /// One that the service makes.
    pub const fn read_only(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { read_only: true, in_help: false, ..Self::of(name, kind, about) }
    }

    /// One that the service makes, and that the reference page lists all the same.
    pub const fn listed(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { in_help: true, ..Self::read_only(name, kind, about) }
    }
}

impl Kind {
    /// The type's name in messages and help pages.
    pub fn type_name(&self) -> String {
        match self {
            Self::Switch => "System.Management.Automation.SwitchParameter".to_owned(),
            Self::Text => "System.String".to_owned(),
            Self::Texts => "System.String[]".to_owned(),
            Self::Number => "System.Int32".to_owned(),
            Self::Numbers => "System.Int32[]".to_owned(),
            Self::Date => "System.DateTime".to_owned(),
            Self::Word(words) => words.type_name.to_owned(),
            Self::Preference => "System.Management.Automation.ActionPreference".to_owned(),
            Self::Object(shape) => shape.type_name.to_owned(),
            Self::Objects(shape) => format!("{}[]", shape.type_name),
            Self::Dictionary => "System.Collections.Hashtable".to_owned(),
        }
    }

    /// The type's name in a syntax line, without its namespace: `ITokenPassword[]`.
    pub fn short_name(&self) -> String {
        let name = self.type_name();
        name.rsplit('.').next().unwrap_or(&name).to_owned()
    }
}

macro_rules! model {
    ($name:literal) => {
        concat!("Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.", $name)
    };
}

macro_rules! support {
    ($name:literal) => {
        concat!("Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Support.", $name)
    };
}

/// `enabled`, `disabled`.
pub static TOKEN_STATUS: Words = Words { type_name: support!("TokenStatus"), known: &["enabled", "disabled"] };
/// `password1`, `password2`.
pub static TOKEN_PASSWORD_NAME: Words =
    Words { type_name: support!("TokenPasswordName"), known: &["password1", "password2"] };
/// `certificate1`, `certificate2`.
pub static TOKEN_CERTIFICATE_NAME: Words =
    Words { type_name: support!("TokenCertificateName"), known: &["certificate1", "certificate2"] };
/// The kinds of caller.
pub static CREATED_BY_TYPE: Words =
    Words { type_name: support!("CreatedByType"), known: &["User", "Application", "ManagedIdentity", "Key"] };

/// The same kinds, under the name that they have where something was changed.
pub static LAST_MODIFIED_BY_TYPE: Words =
    Words { type_name: support!("LastModifiedByType"), known: CREATED_BY_TYPE.known };

/// A password of a token.
pub static TOKEN_PASSWORD: Shape = Shape {
    type_name: model!("ITokenPassword"),
    properties: &[
        Property::listed("CreationTime", Kind::Date, "The creation datetime of the password."),
        Property::of("Expiry", Kind::Date, "The expiry datetime of the password."),
        Property::of("Name", Kind::Word(&TOKEN_PASSWORD_NAME), "The password name \"password1\" or \"password2\""),
        Property::read_only("Value", Kind::Text, "The password, which the registry makes."),
        Property::read_only("LastUsedTime", Kind::Date, "When the password was last used."),
    ],
    from_text: None,
    wire: Wire::SAME,
};

/// A certificate of a token.
pub static TOKEN_CERTIFICATE: Shape = Shape {
    type_name: model!("ITokenCertificate"),
    properties: &[
        Property::of(
            "EncodedPemCertificate",
            Kind::Text,
            "Base 64 encoded string of the public certificate1 in PEM format that will be used for authenticating the token. \
             Here also the PEM text itself, or the path of a file.",
        ),
        Property::of("Expiry", Kind::Date, "The expiry datetime of the certificate."),
        Property::of("Name", Kind::Word(&TOKEN_CERTIFICATE_NAME), ""),
        Property::of("Thumbprint", Kind::Text, "The thumbprint of the certificate."),
        Property::read_only("CreationTime", Kind::Date, "When the certificate was put there."),
        Property::read_only("LastUsedTime", Kind::Date, "When the certificate was last used."),
    ],
    from_text: None,
    wire: Wire::SAME,
};

/// A token.
pub static TOKEN: Shape = Shape {
    type_name: model!("IToken"),
    properties: &[
        Property::listed("SystemDataCreatedAt", Kind::Date, "The timestamp of resource creation (UTC)."),
        Property::listed("SystemDataCreatedBy", Kind::Text, "The identity that created the resource."),
        Property::listed(
            "SystemDataCreatedByType",
            Kind::Word(&CREATED_BY_TYPE),
            "The type of identity that created the resource.",
        ),
        Property::listed("SystemDataLastModifiedAt", Kind::Date, "The timestamp of resource modification (UTC)."),
        Property::listed("SystemDataLastModifiedBy", Kind::Text, "The identity that last modified the resource."),
        Property::listed(
            "SystemDataLastModifiedByType",
            Kind::Word(&LAST_MODIFIED_BY_TYPE),
            "The type of identity that last modified the resource.",
        ),
        Property::of("CredentialsCertificate", Kind::Objects(&TOKEN_CERTIFICATE), ""),
        Property::of("CredentialsPassword", Kind::Objects(&TOKEN_PASSWORD), ""),
        Property::of(
            "ScopeMapId",
            Kind::Text,
            "The resource ID of the scope map to which the token will be associated with.",
        ),
        Property::of("Status", Kind::Word(&TOKEN_STATUS), "The status of the token example enabled or disabled."),
        Property::read_only("SystemData", Kind::Dictionary, "Who made the resource and who changed it."),
        Property::read_only("Id", Kind::Text, ""),
        Property::read_only("Name", Kind::Text, ""),
        Property::read_only("Type", Kind::Text, ""),
        Property::read_only("CreationDate", Kind::Date, ""),
        Property::read_only("ProvisioningState", Kind::Text, ""),
        Property::read_only("ResourceGroupName", Kind::Text, ""),
    ],
    from_text: None,
    wire: Wire {
        groups: &["properties", "credentials"],
        names: &[("passwords", "CredentialsPassword"), ("certificates", "CredentialsCertificate")],
    },
};

/// What a resource is reached by: its id, or the names in it.
pub static IDENTITY: Shape = Shape {
    type_name: "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity",
    properties: &[
        Property::of("AgentPoolName", Kind::Text, "The name of the agent pool."),
        Property::of("ConnectedRegistryName", Kind::Text, "The name of the connected registry."),
        Property::of("ExportPipelineName", Kind::Text, "The name of the export pipeline."),
        Property::of("GroupName", Kind::Text, "The name of the private link resource."),
        Property::of("Id", Kind::Text, "Resource identity path"),
        Property::of("ImportPipelineName", Kind::Text, "The name of the import pipeline."),
        Property::of("PipelineRunName", Kind::Text, "The name of the pipeline run."),
        Property::of("PrivateEndpointConnectionName", Kind::Text, "The name of the private endpoint connection."),
        Property::of("RegistryName", Kind::Text, "The name of the container registry."),
        Property::of("ReplicationName", Kind::Text, "The name of the replication."),
        Property::of(
            "ResourceGroupName",
            Kind::Text,
            "The name of the resource group to which the container registry belongs.",
        ),
        Property::of("RunId", Kind::Text, "The run ID."),
        Property::of("ScopeMapName", Kind::Text, "The name of the scope map."),
        Property::of("SubscriptionId", Kind::Text, "The Microsoft Azure subscription ID."),
        Property::of("TaskName", Kind::Text, "The name of the container registry task."),
        Property::of("TaskRunName", Kind::Text, "The name of the task run."),
        Property::of("TokenName", Kind::Text, "The name of the token."),
        Property::of("WebhookName", Kind::Text, "The name of the webhook."),
    ],
    from_text: Some("Id"),
    wire: Wire::SAME,
};

/// Where a cmdlet goes and as whom, in place of the options and variables.
pub static PROFILE: Shape = Shape {
    type_name: "System.Management.Automation.PSObject",
    properties: &[
        Property::of("Name", Kind::Text, "A context, in place of all others."),
        Property::of("Endpoint", Kind::Text, "The management API."),
        Property::of("Data", Kind::Text, "The data folder of the local store."),
        Property::of("SubscriptionId", Kind::Text, "The subscription's id."),
        Property::of("TenantId", Kind::Text, "The service principal's tenant."),
        Property::of("ClientId", Kind::Text, "The service principal's client id."),
        Property::of("ClientSecret", Kind::Text, "The service principal's secret."),
        Property::of("CredentialsFile", Kind::Text, "A file that holds the service principal."),
    ],
    from_text: Some("Name"),
    wire: Wire::SAME,
};

/// A job.
pub static JOB: Shape = Shape {
    type_name: "System.Management.Automation.Job",
    properties: &[
        Property::of("Id", Kind::Number, "The job's number."),
        Property::read_only("Name", Kind::Text, "The job's name."),
        Property::read_only("PSJobTypeName", Kind::Text, "The kind of job."),
        Property::read_only("State", Kind::Text, "How far it is."),
        Property::read_only("HasMoreData", Kind::Switch, "Whether there is output that was not received."),
        Property::read_only("Location", Kind::Text, "Where it runs."),
        Property::read_only("Command", Kind::Text, "What it runs."),
    ],
    from_text: None,
    wire: Wire::SAME,
};
