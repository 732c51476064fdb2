use super::*;
use crate::cmdlets::tokens::PARAMETERS;
use proptest::prelude::*;
use rstest::rstest;

const NEEDED: [&str; 6] = ["-Name", "token2", "-RegistryName", "lnxcr", "-ResourceGroupName", "lnxtest"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Binds `given` after the mandatory parameters.
fn bind_with(given: &[&str]) -> Result<Bound, BindError> {
    bind(PARAMETERS, &words(&[&NEEDED, given].concat()))
}

fn bound(given: &[&str], name: &str) -> Option<String> {
    bind_with(given).unwrap_or_else(|error| panic!("{given:?}: {error}")).take(name)
}

#[rstest]
#[case(&["-ScopeMapId", "newmap"])]
#[case(&["-scopemapid", "newmap"])]
#[case(&["-SCOPEMAPID:newmap"])]
#[case(&["-ScopeMapId:", "newmap"])]
#[case(&["-Sc", "newmap"])]
#[case(&["-sc:newmap"])]
#[case(&["\u{2013}ScopeMapId", "newmap"])]
fn a_parameter_binds_however_it_is_written(#[case] given: &[&str]) {
    assert_eq!(bound(given, "ScopeMapId").as_deref(), Some("newmap"));
}

#[rstest]
#[case(&["-ScopeMapId", "-1"], "-1")]
#[case(&["-ScopeMapId", "-"], "-")]
#[case(&["-ScopeMapId:-dash"], "-dash")]
#[case(&["-ScopeMapId:", "-dash"], "-dash")]
#[case(&["-ScopeMapId:a:b"], "a:b")]
#[case(&["-ScopeMapId", ""], "")]
fn a_value_may_look_like_anything(#[case] given: &[&str], #[case] expected: &str) {
    assert_eq!(bound(given, "ScopeMapId").as_deref(), Some(expected));
}

#[rstest]
#[case("-TokenName")]
#[case("-tokenn")]
#[case("-N")]
fn the_alias_and_its_prefixes_mean_name(#[case] name: &str) {
    // `-N` would be ambiguous with `-NoWait`, as in PowerShell.
    let given = words(&[name, "t", "-RegistryName", "r", "-ResourceGroupName", "g"]);
    match bind(PARAMETERS, &given) {
        Ok(mut bound) => assert_eq!(bound.take("Name").as_deref(), Some("t")),
        Err(error) => {
            assert_eq!(
                (name, error),
                ("-N", BindError::Ambiguous { name: "N".to_owned(), matches: vec!["Name", "NoWait"] })
            );
        }
    }
}

#[rstest]
#[case(&["-S", "x"], "Parameter cannot be processed because the parameter name 'S' is ambiguous. Possible matches include: -ScopeMapId -Status -SubscriptionId.")]
#[case(&["-T", "x"], "Parameter cannot be processed because the parameter name 'T' is ambiguous. Possible matches include: -Name -TokenCreateParameter.")]
#[case(&["-Out", "x"], "Parameter cannot be processed because the parameter name 'Out' is ambiguous. Possible matches include: -OutBuffer -OutVariable.")]
#[case(&["-Nonsense", "x"], "A parameter cannot be found that matches parameter name 'Nonsense'.")]
#[case(&["-name", "x"], "Cannot bind parameter because parameter 'Name' is specified more than once. To provide multiple values to parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\".")]
#[case(&["-Status"], "Missing an argument for parameter 'Status'. Specify a parameter of type 'TokenStatus' and try again.")]
#[case(&["-Status", "-ScopeMapId", "x"], "Missing an argument for parameter 'Status'. Specify a parameter of type 'TokenStatus' and try again.")]
#[case(&["-Status", "--output", "json"], "Missing an argument for parameter 'Status'. Specify a parameter of type 'TokenStatus' and try again.")]
#[case(&["x"], "A positional parameter cannot be found that accepts argument 'x'.")]
#[case(&["--", "-Status"], "A positional parameter cannot be found that accepts argument '-Status'.")]
#[case(&["-CredentialsPassword", "@{Name", "=", "password1}"], "The value of parameter 'CredentialsPassword' begins with '@{Name' and does not end: the shell took it apart.")]
#[case(&["-Confirm:", "x"], "Cannot convert '' to the type 'System.Management.Automation.SwitchParameter' required by parameter 'Confirm'.")]
#[case(&["--colour", "x"], "The option '--colour' is not known.")]
#[case(&["--output"], "The option '--output' needs a value.")]
#[case(&["--output="], "The option '--output' needs a value.")]
#[case(&["-o", "json", "--output=tsv"], "The option '--output' is given more than once.")]
fn mistakes_are_answered_in_powershells_words(#[case] given: &[&str], #[case] expected: &str) {
    assert_eq!(bind_with(given).unwrap_err().to_string(), expected);
}

#[rstest]
#[case(&["-AsJob"], "AsJob")]
#[case(&["-NoWait"], "NoWait")]
#[case(&["-wi"], "WhatIf")]
#[case(&["-W"], "WhatIf")]
#[case(&["-Confirm"], "Confirm")]
#[case(&["-cf:$true"], "Confirm")]
#[case(&["-InputObject", "x"], "InputObject")]
#[case(&["-I", "x"], "InputObject")]
#[case(&["-TokenCreateParameter", "@{}"], "TokenCreateParameter")]
#[case(&["-CredentialsCertificate", "@{}"], "CredentialsCertificate")]
#[case(&["-DefaultProfile", "x"], "DefaultProfile")]
#[case(&["-AzureCredential", "x"], "DefaultProfile")]
#[case(&["-Verbose"], "Verbose")]
#[case(&["-ErrorAction", "Stop"], "ErrorAction")]
#[case(&["-ea:Stop"], "ErrorAction")]
fn what_comes_later_is_refused_by_name(#[case] given: &[&str], #[case] name: &'static str) {
    assert_eq!(bind_with(given), Err(BindError::NotYet(name)));
}

#[rstest]
#[case(&["-Confirm:$false"])]
#[case(&["-WhatIf:$FALSE", "-Verbose:false", "-AsJob:0"])]
fn a_switch_that_is_off_asks_for_nothing(#[case] given: &[&str]) {
    assert_eq!(bound(given, "Confirm"), None);
}

#[test]
fn what_is_missing_is_listed() {
    let error = bind(PARAMETERS, &words(&["-ResourceGroupName", "g"])).unwrap_err().to_string();
    assert_eq!(error, "Cannot process command because of one or more missing mandatory parameters: Name RegistryName.");
}

#[test]
fn an_empty_name_is_refused() {
    let error = bind(PARAMETERS, &words(&["-Name", ""])).unwrap_err();
    assert_eq!(error, BindError::Empty("Name"));
}

#[test]
fn our_options_stand_anywhere() {
    let given =
        words(&["--output=yaml", "-Name", "t", "--endpoint", "http://h", "-RegistryName", "r", "-ResourceGroupName"]);
    let given = [given, words(&["g", "--data", "/d", "--credentials-file", "/c"])].concat();
    let expected = Options {
        output: Some("yaml".to_owned()),
        endpoint: Some("http://h".to_owned()),
        data: Some(PathBuf::from("/d")),
        credentials_file: Some(PathBuf::from("/c")),
        help: false,
    };
    assert_eq!(bind(PARAMETERS, &given).unwrap().options, expected);
    assert_eq!(bind_with(&["-o", "tsv"]).unwrap().options.output.as_deref(), Some("tsv"));
}

#[rstest]
#[case("-?")]
#[case("--help")]
fn help_needs_nothing_else(#[case] word: &str) {
    assert!(bind(PARAMETERS, &words(&[word])).unwrap().options.help);
}

proptest! {
    #[test]
    fn never_panics(given in proptest::collection::vec("(-|--|\u{2014})?[A-Za-z:=@{$]{0,6}\\PC{0,3}", 0..6)) {
        let _ = bind(PARAMETERS, &given);
    }
}
