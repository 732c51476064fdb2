use super::*;
use rstest::rstest;

fn parse_as(program: &str, words: &[&str]) -> Result<Invocation, Failure> {
    let environment = Environment { program: program.into(), ..Environment::default() };
    Invocation::parse(&environment, words.iter().map(OsString::from).collect())
}

fn parse(words: &[&str]) -> Result<Invocation, Failure> {
    parse_as("/usr/bin/portcullis", words)
}

const NEEDED: [&str; 6] = ["-Name", "token2", "-RegistryName", "lnxcr", "-ResourceGroupName", "lnxtest"];

#[rstest]
#[case("portcullis", &["New-AzContainerRegistryToken"], true)]
#[case("portcullis", &["new-azcontainerregistrytoken"], true)]
#[case("portcullis", &["--output", "json", "New-AzContainerRegistryToken"], true)]
#[case("/usr/local/bin/New-AzContainerRegistryToken", &[], true)]
#[case("NEW-azContainerRegistryToken.EXE", &[], true)]
#[case("C:\\bin\\New-AzContainerRegistryToken.exe", &[], true)]
#[case("New-AzContainerRegistryTokens", &[], false)]
#[case("portcullis", &["New-AzContainerRegistryWebhook"], false)]
fn a_cmdlet_is_called_by_word_or_by_link(#[case] program: &str, #[case] before: &[&str], #[case] expected: bool) {
    let invocation = parse_as(program, &[before, &NEEDED].concat());
    assert_eq!(matches!(invocation, Ok(Invocation::Cmdlet(_))), expected, "{invocation:?}");
}

#[rstest]
#[case(&["New-AzContainerRegistryToken", "-?"])]
#[case(&["help", "New-AzContainerRegistryToken"])]
fn a_cmdlet_has_help_of_its_own(#[case] words: &[&str]) {
    let Ok(Invocation::Cmdlet(command)) = parse(words) else { panic!("no cmdlet") };
    let environment = Environment::default();
    assert!(command.stays_here());
    assert_eq!(command.chosen(&environment), Ok(crate::destination::Chosen::nowhere()));
}

#[test]
fn serve_takes_its_flags() {
    let words = ["serve", "--config", "c.toml", "--data", "d", "--listen", "[::1]:1", "--log-format", "json"];
    let Ok(Invocation::Serve(options)) = parse(&words) else { panic!("not serve") };
    let expected = ServeOptions {
        config: Some("c.toml".into()),
        data: Some("d".into()),
        listen: Some("[::1]:1".parse().unwrap()),
        log_format: Some(LogFormat::Json),
        ..ServeOptions::default()
    };
    assert_eq!(options, expected);
}

#[rstest]
#[case(&["--tls-cert", "c.pem", "--tls-key", "k.pem"], Some(("c.pem", "k.pem")), false)]
#[case(&["--tls-self-signed"], None, true)]
fn serve_takes_one_source_of_a_certificate(
    #[case] words: &[&str],
    #[case] files: Option<(&str, &str)>,
    #[case] tls_self_signed: bool,
) {
    let Ok(Invocation::Serve(options)) = parse(&[&["serve"], words].concat()) else { panic!("not serve") };
    let (tls_cert, tls_key) = files.map(|(cert, key)| (cert.into(), key.into())).unzip();
    assert_eq!(options, ServeOptions { tls_cert, tls_key, tls_self_signed, ..ServeOptions::default() });
}

#[test]
fn quickstart_listens_on_loopback_unless_told() {
    let Ok(Invocation::Quickstart(options)) = parse(&["quickstart"]) else { panic!("not quickstart") };
    let expected = QuickstartOptions { data: None, listen: "127.0.0.1:5000".parse().unwrap(), new_password: false };
    assert_eq!(options, expected);
}

#[rstest]
#[case(&[], "Usage: portcullis <COMMAND>")]
#[case(&["server"], "unrecognized subcommand 'server'")]
#[case(&["serve", "--listne", "x"], "unexpected argument '--listne'")]
#[case(&["serve", "--tls-cert", "c.pem"], "--tls-key <FILE>")]
#[case(&["serve", "--tls-key", "k.pem"], "--tls-cert <FILE>")]
#[case(&["serve", "--tls-self-signed", "--tls-cert", "c", "--tls-key", "k"], "cannot be used with")]
#[case(&["Get-AzContainerRegistryTask"], "The term 'Get-AzContainerRegistryTask' is not recognized as a name of a cmdlet")]
#[case(&["quickstart", "--listen", "nowhere"], "invalid value 'nowhere'")]
#[case(&["serve", "--config", "New-AzContainerRegistryToken", "x"], "unexpected argument 'x'")]
fn a_wrong_word_is_a_usage_failure(#[case] words: &[&str], #[case] expected: &str) {
    let failure = parse(words).unwrap_err();
    assert!(failure.to_string().contains(expected), "{failure}");
    assert_eq!(failure.status.code(), 2);
}

#[rstest]
#[case(&["--help"], "New-AzContainerRegistryToken")]
#[case(&["help"], "Exit codes:")]
#[case(&["quickstart", "--help"], "--new-password")]
#[case(&["--version"], concat!("portcullis ", env!("CARGO_PKG_VERSION")))]
fn what_is_asked_for_is_printed(#[case] words: &[&str], #[case] expected: &str) {
    let Ok(Invocation::Print(text)) = parse(words) else { panic!("nothing printed") };
    assert!(text.contains(expected), "{text}");
}
