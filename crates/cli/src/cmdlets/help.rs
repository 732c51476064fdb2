//! Help pages, made from the tables of the cmdlets in the order of the reference page.

use super::call::{Here, Outcome};
use super::{ALL, Cmdlet, Does, Example};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{COMMON_PARAMETERS, Parameter};
use crate::cmdlet::types::{Kind, Property, Shape};
use crate::failure::{EXIT_CODES_HELP, Failure};
use crate::output::objects::{Column, View};

/// Columns that a syntax line takes at most, as on the reference page.
const SYNTAX_COLUMNS: usize = 110;

/// How much of a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Name, synopsis, syntax.
    Short,
    /// The examples.
    Examples,
    /// Everything.
    Full,
}

/// `Get-Help`.
pub static GET: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-Help",
        sets: &["AllUsersView", "DetailedView", "Examples", "Parameters"],
        declared: &[&[
            Parameter::optional("Name", Kind::Text, "The cmdlet, or a part of its name with *."),
            Parameter::mandatory("Detailed", Kind::Switch, "Shows the whole page.").within(&["DetailedView"]),
            Parameter::mandatory("Examples", Kind::Switch, "Shows the examples.").within(&["Examples"]),
            Parameter::optional("Full", Kind::Switch, "Shows the whole page.").within(&["AllUsersView"]),
            Parameter::mandatory("Parameter", Kind::Text, "Shows one parameter, or those that match with *.")
                .within(&["Parameters"]),
        ]],
        positional: &["Name"],
        should_process: false,
    },
    synopsis: "Displays information about cmdlets.",
    operation: "",
    inputs: &[],
    outputs: &["System.String"],
    view: &View { columns: &[Column::text("Name")], whole: false },
    examples: &[
        Example { title: "List the cmdlets", code: "Get-Help", output: "", remarks: "" },
        Example {
            title: "Show examples",
            code: "Get-Help New-AzContainerRegistryToken -Examples",
            output: "",
            remarks: "",
        },
        Example {
            title: "Show one parameter",
            code: "Get-Help New-AzContainerRegistryToken -Parameter CredentialsPassword",
            output: "",
            remarks: "",
        },
    ],
    does: Does::Here(|call| get(call).map(Outcome::text).into()),
};

fn get(call: &Here<'_>) -> Result<String, Failure> {
    let pattern = call.bound.text("Name").unwrap_or("*");
    let found: Vec<_> = ALL.iter().filter(|cmdlet| matches(pattern, cmdlet.name())).collect();
    match (found.as_slice(), call.bound.text("Parameter")) {
        ([], _) => Err(Failure::usage(format!(
            "Get-Help: Get-Help could not find {pattern} in a help file in this session. The cmdlets are: {}.",
            ALL.iter().map(|cmdlet| cmdlet.name()).collect::<Vec<_>>().join(", ")
        ))
        .id("HelpNotFound,Microsoft.PowerShell.Commands.GetHelpCommand")),
        ([one], Some(parameter)) => {
            let shown: String =
                one.spec.parameters().filter(|it| matches(parameter, it.name)).map(|it| about(&one.spec, it)).collect();
            if shown.is_empty() {
                return Err(Failure::usage(format!("Get-Help: No parameter matches criteria {parameter}."))
                    .id("NoParmsFound,Microsoft.PowerShell.Commands.GetHelpCommand"));
            }
            Ok(format!("\n{shown}"))
        }
        ([one], None) if call.set == "Examples" => Ok(page(one, Detail::Examples)),
        ([one], None) if call.set == "DetailedView" || call.bound.is_on("Full") => Ok(page(one, Detail::Full)),
        ([one], None) => Ok(page(one, Detail::Short)),
        (several, parameter) => {
            let of_one =
                parameter.map(|_| "-Parameter").or((call.set != "AllUsersView").then_some("-Detailed or -Examples"));
            if let Some(of_one) = of_one.or(call.bound.is_on("Full").then_some("-Full")) {
                return Err(GET.mistake(&format!(
                    "{of_one} is for the page of one cmdlet, and '{pattern}' means {} of them.",
                    several.len()
                )));
            }
            let width = several.iter().map(|cmdlet| cmdlet.name().len()).max().unwrap_or_default();
            let line = |cmdlet: &&&Cmdlet| format!("{:<width$}  {}\n", cmdlet.name(), cmdlet.synopsis);
            Ok(several.iter().map(line).collect())
        }
    }
}

/// Whether a name fits a pattern in which `*` is any text.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A help page.
pub fn page(cmdlet: &Cmdlet, detail: Detail) -> String {
    let spec = &cmdlet.spec;
    let mut text = format!("\nNAME\n    {}\n\nSYNOPSIS\n    {}\n\n", cmdlet.name(), cmdlet.synopsis);
    if detail == Detail::Examples {
        return text + &examples(cmdlet);
    }
    text.push_str("\nSYNTAX\n");
    for set in spec.sets {
        text.push_str(&syntax(spec, set));
    }
    text.push_str(&format!("DESCRIPTION\n    {}\n\n\n", cmdlet.synopsis));
    if detail == Detail::Short {
        text.push_str(&format!(
            "REMARKS\n    To see the examples, type: \"Get-Help {name} -Examples\"\n    \
             For everything, type: \"Get-Help {name} -Full\"\n\n",
            name = cmdlet.name()
        ));
        return text;
    }
    text.push_str(&examples(cmdlet));
    text.push_str("PARAMETERS\n");
    let mut own: Vec<_> = spec.parameters().filter(|parameter| !is_common(parameter)).collect();
    own.sort_by_key(|parameter| (matches!(parameter.name, "Confirm" | "WhatIf"), parameter.name));
    text.extend(own.iter().map(|parameter| about(spec, parameter)));
    text.push_str(&common());
    for (heading, types) in [("INPUTS", cmdlet.inputs), ("OUTPUTS", cmdlet.outputs)] {
        let lines: String = types.iter().map(|name| format!("    {name}\n\n")).collect();
        text.push_str(&format!("{heading}\n{}\n", if lines.is_empty() { "    None\n\n" } else { &lines }));
    }
    text.push_str(&notes(spec));
    text.push_str(&format!("RELATED LINKS\n    Online version: {}\n\n", online(cmdlet.name())));
    text.push_str(OPTIONS);
    text + "\n" + EXIT_CODES_HELP + "\n"
}

/// One line for a set: what is mandatory first, then the rest, as on the reference page.
fn syntax(spec: &Spec, set: &str) -> String {
    let mut words = Vec::new();
    let mut within: Vec<_> = spec.parameters().filter(|it| it.is_in(set) && !is_common(it)).collect();
    // The page has them in this order, PowerShell's messages in the other.
    within.sort_by_key(|parameter| matches!(parameter.name, "Confirm" | "WhatIf").then_some(parameter.name));
    for parameter in within.iter().filter(|it| it.mandatory).chain(within.iter().filter(|it| !it.mandatory)) {
        let name = parameter.name;
        let whole = match parameter.kind {
            Kind::Switch => format!("-{name}"),
            kind if spec.positional.contains(&name) => format!("[-{name}] <{}>", kind.short_name()),
            kind => format!("-{name} <{}>", kind.short_name()),
        };
        words.push(if parameter.mandatory { whole } else { format!("[{whole}]") });
    }
    words.push("[<CommonParameters>]".to_owned());
    let mut text = String::new();
    let mut line = spec.name.to_owned();
    for word in words {
        if line.len() + 1 + word.len() > SYNTAX_COLUMNS {
            text.push_str(&format!("    {line}\n"));
            line = format!(" {word}");
        } else {
            line = format!("{line} {word}");
        }
    }
    format!("{text}    {line}\n\n")
}

fn is_common(parameter: &Parameter) -> bool {
    COMMON_PARAMETERS.iter().any(|common| common.name == parameter.name)
}

fn examples(cmdlet: &Cmdlet) -> String {
    let mut text = String::new();
    for (index, Example { title, code, output, remarks }) in cmdlet.examples.iter().enumerate() {
        text.push_str(&format!("    ---------- Example {}: {title} ----------\n\n    PS> {code}\n\n", index + 1));
        text.extend(output.lines().map(|line| format!("    {line}\n")));
        if !output.is_empty() {
            text.push('\n');
        }
        if !remarks.is_empty() {
            text.push_str(&format!("    {remarks}\n\n"));
        }
        text.push('\n');
    }
    if text.is_empty() { text } else { format!("EXAMPLES\n{text}") }
}

/// The page of Azure's or PowerShell's cmdlet of this name.
fn online(name: &str) -> String {
    let module = match name.split_once("-Az") {
        Some((_, noun)) if noun.starts_with("ContainerRegistry") => "az.containerregistry",
        Some((_, "ResourceGroup")) => "az.resources",
        Some(_) => "az.accounts",
        None => "microsoft.powershell.core",
    };
    format!("https://learn.microsoft.com/powershell/module/{module}/{}", name.to_ascii_lowercase())
}

fn about(spec: &Spec, parameter: &Parameter) -> String {
    let sets = if parameter.sets.is_empty() || parameter.sets.len() == spec.sets.len() {
        "(All)".to_owned()
    } else {
        parameter.sets.join(", ")
    };
    let word = match parameter.kind {
        Kind::Switch => "[<SwitchParameter>]".to_owned(),
        kind => format!("<{}>", kind.short_name()),
    };
    let yes = |it: bool| if it { "True" } else { "False" };
    let known = match parameter.kind {
        Kind::Word(words) => format!("        Completes with               {}\n", words.known.join(", ")),
        _ => String::new(),
    };
    let shape = match parameter.kind {
        Kind::Object(_) | Kind::Objects(_) => format!(
            "        To construct, see NOTES section for {} properties and create a hash table.\n",
            parameter.name.to_ascii_uppercase()
        ),
        _ => String::new(),
    };
    format!(
        "    -{} {word}\n        {}\n{shape}\n        Type                         {}\n        Parameter Sets               {sets}\n        \
         Aliases                      {}\n        Required?                    {}\n        Position?                    {}\n        \
         Default value                {}\n        Accept pipeline input?       {}\n        Accept wildcard characters?  False\n\
         {known}\n",
        parameter.name,
        parameter.about,
        parameter.kind.type_name(),
        parameter.aliases.join(", "),
        yes(parameter.mandatory),
        spec.positional.iter().position(|name| *name == parameter.name).map_or("Named".to_owned(), |at| at.to_string()),
        parameter.default,
        if parameter.from_pipeline { "True (ByValue)" } else { "False" },
    )
}

fn common() -> String {
    let names: Vec<String> =
        COMMON_PARAMETERS.iter().map(|it| format!("-{} ({})", it.name, it.aliases.join(", "))).collect();
    format!("    <CommonParameters>\n        This cmdlet supports the common parameters: {}.\n\n", names.join(", "))
}

/// The properties of objects, as the page's notes list them.
fn notes(spec: &Spec) -> String {
    let mut text = String::new();
    let mut parameters: Vec<_> = spec.parameters().collect();
    parameters.sort_by_key(|parameter| parameter.name);
    for parameter in parameters {
        if let Kind::Object(shape) | Kind::Objects(shape) = parameter.kind {
            let name = parameter.name.to_ascii_uppercase();
            text.push_str(&format!("    {name} <{}>: {}\n", parameter.kind.short_name(), parameter.about));
            text.push_str(&properties(shape, 1));
            text.push('\n');
        }
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "NOTES\n    COMPLEX PARAMETER PROPERTIES\n\n    Write such a parameter as a hash table, \"@{{Name='x'; …}}\", as JSON, or as @file.json.\n\n{text}"
    )
}

fn properties(shape: &Shape, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = String::new();
    for property in shape.properties.iter().filter(|property| property.in_help) {
        let Property { name, kind, read_only, about, .. } = property;
        // As the page writes a type whose values are no references.
        let nullable = if matches!(kind, Kind::Date | Kind::Word(_) | Kind::Number | Kind::Switch) { "?" } else { "" };
        let by_whom = if *read_only { " Set by the registry: what is given is passed over." } else { "" };
        text.push_str(&format!("    {indent}[{name} <{}{nullable}>]: {about}{by_whom}\n", kind.short_name()));
        if let Kind::Objects(inner) | Kind::Object(inner) = property.kind {
            text.push_str(&properties(inner, depth + 1));
        }
    }
    text
}

const OPTIONS: &str = "\
OPTIONS
    -o, --output FORM            table, list, json, yaml or tsv. Default: table on a terminal, lines of JSON on a pipe.
        --endpoint URL           The management API to talk to (or PORTCULLIS_ENDPOINT). Default: the local store.
        --data DIR               The data folder of the local store (or PORTCULLIS_DATA).
        --context NAME           The context to use. Default: the current one.
        --credentials-file FILE  The service principal for --endpoint, as {\"tenantId\",\"clientId\",\"clientSecret\"}.
                                 Default: PORTCULLIS_CLIENT_ID, PORTCULLIS_CLIENT_SECRET and PORTCULLIS_TENANT_ID,
                                 else service-principal.json in the data folder.
    -?, --help                   This text.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlets::tokens::NEW;
    use rstest::rstest;

    /// The syntax of the reference page, as it stands there.
    #[rstest]
    #[case(
        "CreateExpanded",
        "New-AzContainerRegistryToken -Name <String> -RegistryName <String> -ResourceGroupName <String> [-SubscriptionId <String>] [-CredentialsCertificate <ITokenCertificate[]>] [-CredentialsPassword <ITokenPassword[]>] [-ScopeMapId <String>] [-Status <TokenStatus>] [-DefaultProfile <PSObject>] [-AsJob] [-NoWait] [-Confirm] [-WhatIf] [<CommonParameters>]"
    )]
    #[case(
        "Create",
        "New-AzContainerRegistryToken -Name <String> -RegistryName <String> -ResourceGroupName <String> -TokenCreateParameter <IToken> [-SubscriptionId <String>] [-DefaultProfile <PSObject>] [-AsJob] [-NoWait] [-Confirm] [-WhatIf] [<CommonParameters>]"
    )]
    #[case(
        "CreateViaIdentity",
        "New-AzContainerRegistryToken -InputObject <IContainerRegistryIdentity> -TokenCreateParameter <IToken> [-DefaultProfile <PSObject>] [-AsJob] [-NoWait] [-Confirm] [-WhatIf] [<CommonParameters>]"
    )]
    #[case(
        "CreateViaIdentityExpanded",
        "New-AzContainerRegistryToken -InputObject <IContainerRegistryIdentity> [-CredentialsCertificate <ITokenCertificate[]>] [-CredentialsPassword <ITokenPassword[]>] [-ScopeMapId <String>] [-Status <TokenStatus>] [-DefaultProfile <PSObject>] [-AsJob] [-NoWait] [-Confirm] [-WhatIf] [<CommonParameters>]"
    )]
    fn the_syntax_is_the_pages(#[case] set: &str, #[case] expected: &str) {
        let syntax = syntax(&NEW.spec, set);
        assert!(syntax.lines().all(|line| line.len() <= SYNTAX_COLUMNS + 4), "{syntax}");
        assert_eq!(syntax.split_whitespace().collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn a_page_has_every_parameter_and_every_heading() {
        let page = page(&NEW, Detail::Full);
        for heading in [
            "NAME",
            "SYNOPSIS",
            "SYNTAX",
            "DESCRIPTION",
            "EXAMPLES",
            "PARAMETERS",
            "INPUTS",
            "OUTPUTS",
            "NOTES",
            "RELATED LINKS",
        ] {
            assert!(page.contains(&format!("\n{heading}\n")), "{heading} is not in {page}");
        }
        for parameter in NEW.spec.parameters() {
            assert!(page.contains(&format!("-{} ", parameter.name)), "{}", parameter.name);
        }
        for parameter in ["CREDENTIALSCERTIFICATE", "CREDENTIALSPASSWORD", "INPUTOBJECT", "TOKENCREATEPARAMETER"] {
            let line = format!("To construct, see NOTES section for {parameter} properties and create a hash table.\n");
            assert!(page.contains(&line), "{line}");
        }
    }

    /// The properties that the reference page's notes list for `IToken`, in its order and with its types.
    #[test]
    fn the_notes_list_the_properties_of_the_page() {
        let notes = notes(&NEW.spec);
        let token = notes.split_once("TOKENCREATEPARAMETER <IToken>: ").unwrap().1;
        let property = |line| str::strip_prefix(str::trim(line), "[")?.split_once("]:").map(|(property, _)| property);
        let listed: Vec<&str> = token.lines().filter_map(property).collect();
        let expected = [
            "SystemDataCreatedAt <DateTime?>",
            "SystemDataCreatedBy <String>",
            "SystemDataCreatedByType <CreatedByType?>",
            "SystemDataLastModifiedAt <DateTime?>",
            "SystemDataLastModifiedBy <String>",
            "SystemDataLastModifiedByType <LastModifiedByType?>",
            "CredentialsCertificate <ITokenCertificate[]>",
            "EncodedPemCertificate <String>",
            "Expiry <DateTime?>",
            "Name <TokenCertificateName?>",
            "Thumbprint <String>",
            "CredentialsPassword <ITokenPassword[]>",
            "CreationTime <DateTime?>",
            "Expiry <DateTime?>",
            "Name <TokenPasswordName?>",
            "ScopeMapId <String>",
            "Status <TokenStatus?>",
        ];
        assert_eq!(listed, expected);
        assert!(notes.contains("The creation datetime of the password. Set by the registry"), "{notes}");
    }

    #[test]
    fn the_first_example_is_the_pages() {
        let id = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/\
                  Microsoft.ContainerRegistry/registries/lnxcr/scopeMaps/newmap";
        let page = page(&NEW, Detail::Examples);
        let first = page.split("---------- Example 2").next().unwrap();
        for part in [
            "Example 1: Create new token for certain container registry -",
            &format!(
                "PS> New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId {id}\n"
            ),
            "    Name   SystemDataCreatedAt SystemDataCreatedBy       SystemDataCreatedByType SystemDataLastModifiedAt SystemDataLa\n",
            "    token 01/20/2023 05:14:16  user@microsoft.com User                01/20/2023 05:14:16                       user\n",
            "\n    Create new token for certain container registry\n",
        ] {
            assert!(first.contains(part), "{part} is not in {first}");
        }
    }

    #[rstest]
    #[case("New-AzContainerRegistryToken", "az.containerregistry/new-azcontainerregistrytoken")]
    #[case("Get-AzResourceGroup", "az.resources/get-azresourcegroup")]
    #[case("Connect-AzAccount", "az.accounts/connect-azaccount")]
    #[case("Get-Job", "microsoft.powershell.core/get-job")]
    fn a_page_names_the_one_of_azure(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(online(name), format!("https://learn.microsoft.com/powershell/module/{expected}"));
    }

    #[rstest]
    #[case("*", "Get-Help", true)]
    #[case("get-help", "Get-Help", true)]
    #[case("*token", "New-AzContainerRegistryToken", true)]
    #[case("new*registry*", "New-AzContainerRegistryToken", true)]
    #[case("new-*map", "New-AzContainerRegistryToken", false)]
    #[case("New", "New-AzContainerRegistryToken", false)]
    fn a_star_is_any_text(#[case] pattern: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, name), expected);
    }
}
