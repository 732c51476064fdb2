use super::sets::Resolution;
use super::*;
use crate::cmdlet::sources::tests::Given;
use crate::cmdlets::ALL;
use crate::cmdlets::tokens::NEW;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;
use std::path::PathBuf;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn bind_words(given: &[&str]) -> Result<Bound, BindError> {
    bind(&NEW.spec, &words(given), &Given)
}

fn bound(given: &[&str], name: &str) -> Option<Value> {
    bind_words(given).unwrap_or_else(|error| panic!("{given:?}: {error}")).get(name).cloned()
}

#[rstest]
#[case(&["-ScopeMapId", "newmap"])]
#[case(&["-scopemapid", "newmap"])]
#[case(&["-SCOPEMAPID:newmap"])]
#[case(&["-ScopeMapId:", "newmap"])]
#[case(&["-Sc", "newmap"])]
#[case(&["-sc:newmap"])]
#[case(&["-ScopeMapId", "'newmap'"])]
#[case(&["\u{2013}ScopeMapId", "newmap"])]
fn a_parameter_binds_however_it_is_written(#[case] given: &[&str]) {
    assert_eq!(bound(given, "ScopeMapId"), Some(json!("newmap")));
}

#[rstest]
#[case(&["-ScopeMapId", "-1"], "-1")]
#[case(&["-ScopeMapId", "-"], "-")]
#[case(&["-ScopeMapId:-dash"], "-dash")]
#[case(&["-ScopeMapId:", "-dash"], "-dash")]
#[case(&["-ScopeMapId:a:b"], "a:b")]
#[case(&["-ScopeMapId", ""], "")]
#[case(&["-ScopeMapId", "$token.Id"], "/x/t1")]
fn a_value_may_look_like_anything(#[case] given: &[&str], #[case] expected: &str) {
    assert_eq!(bound(given, "ScopeMapId"), Some(json!(expected)));
}

#[rstest]
#[case(&["-TokenName", "t"], "Name")]
#[case(&["-tokenn", "t"], "Name")]
#[case(&["-R", "t"], "-")]
#[case(&["-Reg", "t"], "RegistryName")]
#[case(&["-I", "t"], "InputObject")]
#[case(&["-cf"], "Confirm")]
#[case(&["-wi"], "WhatIf")]
#[case(&["-ea", "Stop"], "ErrorAction")]
#[case(&["-ev", "x"], "ErrorVariable")]
#[case(&["-ov", "x"], "OutVariable")]
#[case(&["-ob", "1"], "OutBuffer")]
#[case(&["-pv", "x"], "PipelineVariable")]
#[case(&["-vb"], "Verbose")]
#[case(&["-db"], "Debug")]
#[case(&["-wa", "Stop"], "WarningAction")]
#[case(&["-wv", "x"], "WarningVariable")]
#[case(&["-infa", "Stop"], "InformationAction")]
#[case(&["-iv", "x"], "InformationVariable")]
#[case(&["-AzureCredential", "@{}"], "DefaultProfile")]
#[case(&["-AzureRMContext", "@{}"], "DefaultProfile")]
#[case(&["-D", "@{}"], "DefaultProfile")]
#[case(&["-A"], "-")]
fn aliases_and_prefixes_mean_their_parameter(#[case] given: &[&str], #[case] expected: &str) {
    let names = |bound: Bound| NEW.spec.parameters().filter(|it| bound.has(it.name)).map(|it| it.name).next();
    match bind_words(given) {
        Ok(bound) => assert_eq!(names(bound), Some(expected)),
        Err(error) => assert_eq!(("-", error.id()), (expected, "AmbiguousParameter")),
    }
}

const TRANSFORMATION: &str = "ParameterArgumentTransformationError";

#[rstest]
#[case(&["-S", "x"], "AmbiguousParameter", "Parameter cannot be processed because the parameter name 'S' is ambiguous. Possible matches include: -SubscriptionId -ScopeMapId -Status.")]
#[case(&["-T", "x"], "AmbiguousParameter", "Parameter cannot be processed because the parameter name 'T' is ambiguous. Possible matches include: -Name -TokenCreateParameter.")]
#[case(&["-N", "x"], "AmbiguousParameter", "Parameter cannot be processed because the parameter name 'N' is ambiguous. Possible matches include: -Name -NoWait.")]
#[case(&["-Out", "x"], "AmbiguousParameter", "Parameter cannot be processed because the parameter name 'Out' is ambiguous. Possible matches include: -OutVariable -OutBuffer.")]
#[case(&["-W"], "AmbiguousParameter", "Parameter cannot be processed because the parameter name 'W' is ambiguous. Possible matches include: -WarningAction -WarningVariable -WhatIf.")]
#[case(&["-Nonsense", "x"], "NamedParameterNotFound", "A parameter cannot be found that matches parameter name 'Nonsense'.")]
#[case(&["-Name", "t", "-name", "x"], "ParameterAlreadyBound", "Cannot bind parameter because parameter 'Name' is specified more than once. To provide multiple values to parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\".")]
#[case(&["-Status"], "MissingArgument", "Missing an argument for parameter 'Status'. Specify a parameter of type 'Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Support.TokenStatus' and try again.")]
#[case(&["-Name", "-Status", "x"], "MissingArgument", "Missing an argument for parameter 'Name'. Specify a parameter of type 'System.String' and try again.")]
#[case(&["-Name", "--output", "json"], "MissingArgument", "Missing an argument for parameter 'Name'. Specify a parameter of type 'System.String' and try again.")]
#[case(&["x"], "PositionalParameterNotFound", "A positional parameter cannot be found that accepts argument 'x'.")]
#[case(&["--", "-Status"], "PositionalParameterNotFound", "A positional parameter cannot be found that accepts argument '-Status'.")]
#[case(&["-CredentialsPassword", "@{Name", "=", "password1}"], TRANSFORMATION, "Cannot process argument transformation on parameter 'CredentialsPassword'. The value '@{Name' begins with '@{' and does not end. A shell takes such a value apart: put it in double quotes, such as \"@{Name='password1'; Expiry='2027-01-01T00:00:00Z'}\".")]
#[case(&["-NoWait:perhaps"], TRANSFORMATION, "Cannot process argument transformation on parameter 'NoWait'. Cannot convert value \"System.String\" to type \"System.Management.Automation.SwitchParameter\". Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0.")]
#[case(&["-Confirm:"], "CannotConvertArgument", "Cannot convert 'System.String' to the type 'System.Management.Automation.SwitchParameter' required by parameter 'Confirm'.")]
#[case(&["-Verbose:perhaps"], "CannotConvertArgument", "Cannot convert 'System.String' to the type 'System.Management.Automation.SwitchParameter' required by parameter 'Verbose'.")]
#[case(&["-AsJob:"], TRANSFORMATION, "Cannot process argument transformation on parameter 'AsJob'. Cannot convert value \"System.String\" to type \"System.Management.Automation.SwitchParameter\". Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0.")]
#[case(&["-Confirm:@(1,2)"], "CannotConvertArgument", "Cannot convert 'System.Object[]' to the type 'System.Management.Automation.SwitchParameter' required by parameter 'Confirm'.")]
#[case(&["-ErrorAction", "loud"], "CannotConvertArgumentNoMessage", "Cannot bind parameter 'ErrorAction'. Cannot convert value \"loud\" to type \"System.Management.Automation.ActionPreference\". Error: \"Unable to match the identifier name loud to a valid enumerator name. Specify one of the following enumerator names and try again:\nSilentlyContinue, Stop, Continue, Inquire, Ignore, Suspend, Break\"")]
#[case(&["-OutBuffer", "many"], "CannotConvertArgumentNoMessage", "Cannot bind parameter 'OutBuffer'. Cannot convert value \"many\" to type \"System.Int32\". Error: \"The input string 'many' was not in a correct format.\"")]
#[case(&["-Name", "@(1,2)"], TRANSFORMATION, "Cannot process argument transformation on parameter 'Name'. Cannot convert value to type System.String.")]
#[case(&["-Name", ""], "ParameterArgumentValidationErrorEmptyStringNotAllowed", "Cannot bind argument to parameter 'Name' because it is an empty string.")]
#[case(&["-InputObject", "$null"], "ParameterArgumentValidationErrorNullNotAllowed", "Cannot bind argument to parameter 'InputObject' because it is null.")]
#[case(&["@missing.json"], "SplattingNotPermitted", "'@missing.json' cannot be splatted: Cannot find path 'missing.json' because it does not exist.")]
#[case(&["-Name", "t", "@splat.json"], "ParameterAlreadyBound", "Cannot bind parameter because parameter 'Name' is specified more than once. To provide multiple values to parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\".")]
#[case(&["--colour", "x"], "OptionNotFound", "The option '--colour' is not known.")]
#[case(&["--output"], "MissingOptionValue", "The option '--output' needs a value.")]
#[case(&["--output="], "MissingOptionValue", "The option '--output' needs a value.")]
#[case(&["-o", "json", "--output=tsv"], "OptionAlreadyBound", "The option '--output' is given more than once.")]
fn mistakes_are_answered_in_powershells_words(#[case] given: &[&str], #[case] id: &str, #[case] expected: &str) {
    let error = bind_words(given).unwrap_err();
    assert_eq!((error.id(), error.to_string().as_str()), (id, expected));
}

#[rstest]
#[case(&["-Confirm:$false"], false)]
#[case(&["-Confirm:$FALSE"], false)]
#[case(&["-Confirm:0"], false)]
#[case(&["-Confirm:$true"], true)]
#[case(&["-Confirm"], true)]
#[case(&["-Confirm:7"], true)]
#[case(&["-Confirm:-1"], true)]
fn a_switch_is_on_unless_it_says_otherwise(#[case] given: &[&str], #[case] expected: bool) {
    assert_eq!(bind_words(given).unwrap().is_on("Confirm"), expected);
}

#[rstest]
#[case(&["-CredentialsPassword", "@{Name='password1'},", "@{Name='password2'}"])]
#[case(&["-CredentialsPassword", "@{Name='password1'}", ",@{Name='password2'}"])]
#[case(&["-CredentialsPassword", "@{Name='password1'}", ",", "@{Name='password2'}"])]
#[case(&["-CredentialsPassword:@{Name='password1'},", "@{Name='password2'}"])]
fn an_array_goes_on_behind_a_comma(#[case] given: &[&str]) {
    let expected = json!([{ "Name": "password1" }, { "Name": "password2" }]);
    assert_eq!(bound(given, "CredentialsPassword"), Some(expected));
}

#[test]
fn a_file_of_parameters_is_splatted() {
    let bound = bind_words(&["@splat.json", "-Status", "disabled"]).unwrap();
    assert_eq!(
        (bound.text("Name"), bound.text("Status"), bound.is_on("NoWait"), bound.is_on("Confirm")),
        (Some("t1"), Some("disabled"), true, false)
    );
    assert_eq!(sets::resolve(&NEW.spec, &bound), Ok(Resolution::Complete("CreateExpanded")));
}

#[rstest]
#[case(&["-Confirm:"], "The shell took $true or $false for a variable of its own.")]
#[case(&["-AsJob:"], "The shell took $true or $false for a variable of its own.")]
#[case(&["-Verbose:perhaps"], "A switch stands alone")]
#[case(&["-AsJob:perhaps"], "A switch stands alone")]
#[case(&["-CredentialsPassword", "password1"], "Write \"@{Name='password1'")]
#[case(&["-CredentialsCertificate", "robot.pem"], "Write \"@{Name='certificate1'; EncodedPemCertificate='robot.pem'}\"")]
#[case(&["-CredentialsCertificate", "@bad.json"], "Write \"@{Name='certificate1'; EncodedPemCertificate='robot.pem'}\"")]
fn a_value_of_the_wrong_form_has_a_hint(#[case] given: &[&str], #[case] expected: &str) {
    let hint = bind_words(given).unwrap_err().hint().unwrap_or_default();
    assert!(hint.starts_with(expected), "{hint}");
}

const NAMES: [&str; 6] = ["-Name", "t", "-RegistryName", "r", "-ResourceGroupName", "g"];
const BODY: [&str; 2] = ["-TokenCreateParameter", "@{Status='disabled'}"];
const IDENTITY: [&str; 2] = ["-InputObject", "/x"];

/// The set, `pipe`, the missing parameters, or the id of the mistake.
#[rstest]
#[case(&[&NAMES[..]], "CreateExpanded")]
#[case(&[&NAMES[..], &["-Status", "enabled"]], "CreateExpanded")]
#[case(&[&NAMES[..], &BODY], "Create")]
#[case(&[&BODY[..], &NAMES[..]], "Create")]
#[case(&[&IDENTITY[..]], "CreateViaIdentityExpanded")]
#[case(&[&IDENTITY[..], &["-ScopeMapId", "m"]], "CreateViaIdentityExpanded")]
#[case(&[&IDENTITY[..], &BODY], "CreateViaIdentity")]
#[case(&[], "pipe")]
#[case(&[&["-Status", "enabled"][..]], "pipe")]
#[case(&[&BODY[..]], "pipe")]
#[case(&[&["-Name", "t"][..]], "missing RegistryName ResourceGroupName")]
#[case(&[&["-ResourceGroupName", "g"][..]], "missing Name RegistryName")]
#[case(&[&["-Name", "t"][..], &BODY], "missing RegistryName ResourceGroupName")]
#[case(&[&NAMES[..], &BODY, &["-Status", "enabled"]], "AmbiguousParameterSet")]
#[case(&[&NAMES[..], &IDENTITY], "AmbiguousParameterSet")]
#[case(&[&IDENTITY[..], &BODY, &["-ScopeMapId", "m"]], "AmbiguousParameterSet")]
#[case(&[&IDENTITY[..], &["-SubscriptionId", "s"]], "AmbiguousParameterSet")]
fn the_parameter_set_follows_from_the_parameters(#[case] given: &[&[&str]], #[case] expected: &str) {
    let bound = bind_words(&given.concat()).unwrap();
    let resolved = match sets::resolve(&NEW.spec, &bound) {
        Ok(Resolution::Complete(set)) => set.to_owned(),
        Ok(Resolution::Pipeline) => "pipe".to_owned(),
        Ok(Resolution::Missing(missing)) => {
            missing.iter().fold("missing".to_owned(), |text, parameter| format!("{text} {}", parameter.name))
        }
        Err(error) => error.id().to_owned(),
    };
    assert_eq!(resolved, expected);
}

#[rstest]
#[case(&[], "missing Name RegistryName ResourceGroupName")]
#[case(&["-TokenCreateParameter", "@{}"], "AmbiguousParameterSet")]
fn without_a_pipe_the_default_set_is_meant(#[case] given: &[&str], #[case] expected: &str) {
    let bound = bind_words(given).unwrap();
    let resolved = match sets::unfinished(&NEW.spec, &bound) {
        Ok(Resolution::Missing(missing)) => {
            missing.iter().fold("missing".to_owned(), |text, parameter| format!("{text} {}", parameter.name))
        }
        other => other.unwrap_err().id().to_owned(),
    };
    assert_eq!(resolved, expected);
}

#[test]
fn our_options_stand_anywhere() {
    let given = [
        "--output=yaml",
        "-Name",
        "t",
        "--endpoint",
        "http://h",
        "--data",
        "/d",
        "--credentials-file",
        "/c",
        "--context",
        "c",
    ];
    let expected = Options {
        output: Some("yaml".to_owned()),
        destination: DestinationOptions {
            endpoint: Some("http://h".to_owned()),
            data: Some(PathBuf::from("/d")),
            credentials_file: Some(PathBuf::from("/c")),
            context: Some("c".to_owned()),
        },
        help: false,
    };
    assert_eq!(bind_words(&given).unwrap().options, expected);
    assert_eq!(bind_words(&["-o", "tsv"]).unwrap().options.output.as_deref(), Some("tsv"));
}

#[rstest]
#[case("-?")]
#[case("--help")]
fn help_needs_nothing_else(#[case] word: &str) {
    assert!(bind_words(&[word]).unwrap().options.help);
}

#[test]
fn what_is_bound_comes_back_in_another_process() {
    let given = [&NAMES[..], &["-NoWait", "--endpoint", "http://h", "--data", "/d"]].concat();
    let bound = bind_words(&given).unwrap();
    assert_eq!(Bound::from_json(&NEW.spec, &bound.to_json()), Some(bound));
}

#[test]
fn the_tables_of_the_cmdlets_are_sound() {
    for cmdlet in ALL {
        let spec = &cmdlet.spec;
        let mut names: Vec<String> = spec
            .parameters()
            .flat_map(|parameter| std::iter::once(parameter.name).chain(parameter.aliases.iter().copied()))
            .map(str::to_ascii_lowercase)
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{}: a name stands for two parameters", spec.name);
        for parameter in spec.parameters() {
            assert!(parameter.sets.iter().all(|set| spec.sets.contains(set)), "{}: {}", spec.name, parameter.name);
            assert!(!parameter.about.is_empty(), "{}: {} says nothing", spec.name, parameter.name);
        }
        for name in spec.positional {
            assert!(spec.parameters().any(|parameter| parameter.name == *name), "{}: {name}", spec.name);
        }
    }
}

proptest! {
    #[test]
    fn never_panics(given in proptest::collection::vec("(-|--|\u{2014}|@)?[A-Za-z:=@{$'(,;]{0,6}\\PC{0,3}", 0..6)) {
        for cmdlet in ALL {
            if let Ok(bound) = bind(&cmdlet.spec, &given, &Given) {
                let _ = sets::resolve(&cmdlet.spec, &bound);
                let _ = sets::unfinished(&cmdlet.spec, &bound);
            }
        }
    }

    #[test]
    fn never_panics_on_what_is_nearly_right(
        given in proptest::collection::vec("-(Name|Inp|Cred[ceP]{0,3}|TokenC|St|Sc|wi|ea|ov)|@\\{(Name|Expiry|x)=['$a-z0-9]{0,6}\\}?|\\$(token|true|x)(\\.Id|\\[0\\])?|[,/a-z]{0,4}", 0..8),
    ) {
        if let Ok(bound) = bind(&NEW.spec, &given, &Given) {
            let _ = sets::resolve(&NEW.spec, &bound);
        }
    }

    #[test]
    fn any_unambiguous_prefix_means_its_parameter(index in 0usize..40, length in 1usize..30) {
        let parameters: Vec<_> = NEW.spec.parameters().collect();
        let parameter = parameters[index % parameters.len()];
        let prefix = &parameter.name[..length.min(parameter.name.len())];
        let word = format!("-{prefix}");
        let value = match parameter.kind {
            Kind::Switch => vec![word],
            Kind::Number => vec![word, "1".to_owned()],
            Kind::Preference => vec![word, "Stop".to_owned()],
            Kind::Object(_) | Kind::Objects(_) => vec![word, "@{}".to_owned()],
            _ => vec![word, "x".to_owned()],
        };
        match bind(&NEW.spec, &value, &Given) {
            Ok(bound) => prop_assert!(bound.has(parameter.name) || prefix.len() < parameter.name.len()),
            // A shorter one may mean another parameter, which does not take such a value.
            Err(error) => prop_assert!(error.id() == "AmbiguousParameter" || prefix.len() < parameter.name.len()),
        }
    }
}
