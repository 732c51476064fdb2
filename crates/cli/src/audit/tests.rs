use super::chain::tests::{chain, known, pruned};
use super::*;
use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, drive, lines_exchange};
use crate::invocation::Invocation;
use crate::limits::LIST_EMPTY_PAGES_MAX;
use rstest::rstest;
use std::ffi::OsString;

/// 2027-01-08T00:00:00Z
const NOW_MICROS: i64 = 1_799_366_400_000_000;

#[rstest]
#[case("2027-01-01T00:00:00Z", Some("2027-01-01T00:00:00Z"))]
#[case("2027-01-01T01:00:00+01:00", Some("2027-01-01T00:00:00Z"))]
#[case("90s", Some("2027-01-07T23:58:30Z"))]
#[case("30m", Some("2027-01-07T23:30:00Z"))]
#[case("12h", Some("2027-01-07T12:00:00Z"))]
#[case("7d", Some("2027-01-01T00:00:00Z"))]
#[case("1w", Some("2027-01-01T00:00:00Z"))]
#[case("7", None)]
#[case("d", None)]
#[case("-7d", None)]
#[case("4000000000d", None)]
#[case("yesterday", None)]
#[case("7ü", None)]
#[case("", None)]
fn times(#[case] text: &str, #[case] expected: Option<&str>) {
    assert_eq!(time("--since", text, NOW_MICROS).ok().as_deref(), expected);
}

#[rstest]
#[case("yesterday", "--since: 'yesterday' is not a length of time such as 14d, 12h or 30m.")]
#[case("40000d", "--since: '40000d' is longer than a hundred years.")]
fn what_is_no_time_is_told_with_its_reason(#[case] text: &str, #[case] expected: &str) {
    let failure = time("--since", text, NOW_MICROS).unwrap_err();
    assert_eq!(failure.message(), expected);
    assert!(failure.to_string().contains("\nhint: Write a time such as 2027-01-01T00:00:00Z"), "{failure}");
}

#[rstest]
#[case(&["audit", "--who", "ci", "--last", "3", "--json", "--data", "d"], true)]
#[case(&["audit", "verify", "--data", "d"], true)]
#[case(&["audit", "export", "--after", "7"], true)]
// It would pick nothing there.
#[case(&["audit", "--who", "ci", "verify"], false)]
#[case(&["audit", "verify", "--who", "ci"], false)]
#[case(&["audit", "verify", "--known", "7"], false)]
#[case(&["audit", "--last", "1001"], false)]
fn words_that_fit(#[case] words: &[&str], #[case] expected: bool) {
    let program = std::iter::once("portcullis");
    let parsed = crate::invocation::command().try_get_matches_from(program.chain(words.iter().copied()));
    assert_eq!(parsed.is_ok(), expected, "{parsed:?}");
}

const ENTRIES: &str = "/providers/Portcullis.Audit/entries";

fn parsed(words: &[&str]) -> Box<AuditOptions> {
    let words = std::iter::once("audit").chain(words.iter().copied()).map(OsString::from).collect();
    match Invocation::parse(&Environment::default(), words) {
        Ok(Invocation::Audit(options)) => options,
        other => panic!("{other:?}"),
    }
}

/// What a run wrote to standard output and standard error, and its exit code.
fn run_in(environment: &Environment, words: &[&str], exchanges: Vec<Exchange>) -> (String, String, u8) {
    let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(environment, &mut stdout, &mut stderr);
    let client = Some(Client::new(&transport, &sleeper));
    let outcome = drive(parsed(words).run(client, environment, &mut console));
    let code = console.finish(outcome).code();
    assert_eq!(transport.left(), 0, "{}", String::from_utf8_lossy(&stderr));
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), code)
}

fn run(words: &[&str], exchanges: Vec<Exchange>) -> (String, String, u8) {
    run_in(&Environment::default(), words, exchanges)
}

fn part(lines: &[String], next: Option<u64>) -> Exchange {
    let next = next.map(|after| format!("{ENTRIES}?api-version=x&after={after}"));
    lines_exchange(&format!("GET {ENTRIES}"), lines, next.as_deref())
}

#[rstest]
#[case::whole(vec![part(&chain(4)[..2], Some(2)), part(&chain(4)[2..], None)], "", 0)]
#[case::pruned_meanwhile(vec![part(&chain(6)[..2], Some(2)), part(&pruned(6, &[4])[4..], None)], "", 0)]
#[case::missing(vec![part(&chain(6)[..2], Some(2)), part(&chain(6)[4..], None)], "Entry 3 is missing: 5 comes after 2.", 1)]
fn a_log_is_verified_part_by_part(#[case] exchanges: Vec<Exchange>, #[case] said: &str, #[case] code: u8) {
    let (stdout, stderr, ended) = run(&["verify"], exchanges);
    assert_eq!((stdout.is_empty(), ended), (code != 0, code), "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

#[test]
fn the_head_is_printed() {
    let (stdout, _, _) = run(&["verify"], vec![part(&chain(4), None)]);
    assert_eq!(stdout, format!("{}\n", known(&chain(4)[3])));
}

#[rstest]
#[case::back(vec![part(&chain(2), Some(2)), part(&[], Some(2))])]
#[case::empty((1..).map(|after| part(&[], Some(after))).take(LIST_EMPTY_PAGES_MAX + 1).collect())]
fn a_log_that_does_not_end_is_not_followed(#[case] exchanges: Vec<Exchange>) {
    let (_, stderr, code) = run(&["export"], exchanges);
    assert!(stderr.starts_with("The list does not end: after /providers/"), "{stderr}");
    assert_eq!(code, 3);
}

#[rstest]
#[case(&["export"])]
#[case(&["--json"])]
fn what_is_no_entry_is_not_printed(#[case] words: &[&str]) {
    let lines = [chain(1), vec!["\u{1b}]0;x\u{7}".to_owned()]].concat();
    let (stdout, stderr, code) = run(words, vec![part(&lines, None)]);
    assert!(!stdout.contains('\u{1b}') && stderr.contains("a line that is no entry of its log"), "{stdout}{stderr}");
    assert_eq!(code, 3);
}

#[rstest]
#[case::file(false, '\u{9b}')]
#[case::terminal(true, ' ')]
fn an_entry_is_printed_as_it_is_kept_and_moves_no_cursor(#[case] stdout_is_terminal: bool, #[case] expected: char) {
    let environment = Environment { stdout_is_terminal, ..Environment::default() };
    let line = chain(1)[0].replace("signIn", "sign\u{9b}2JIn");
    for words in [&["export"], &["--json"]] {
        let (stdout, _, code) = run_in(&environment, words, vec![part(std::slice::from_ref(&line), None)]);
        assert_eq!((stdout, code), (format!("{}\n", line.replace('\u{9b}', &expected.to_string())), 0));
    }
}

#[rstest]
#[case(&["verify", "f"], None)]
#[case(&["verify", "f", "--endpoint", "https://a.example"], Some("--endpoint"))]
#[case(&["verify", "f", "--data", "d"], Some("--data"))]
#[case(&["verify", "f", "--context", "c"], Some("--context"))]
#[case(&["verify", "f", "--credentials-file", "c"], Some("--credentials-file"))]
fn a_file_is_verified_without_a_service(#[case] words: &[&str], #[case] refused: Option<&str>) {
    let settled = parsed(words).destination(&Environment::default()).map_err(|failure| failure.message().to_owned());
    let expected =
        refused.map(|option| format!("A file is verified without a service: {option} has no meaning beside it."));
    assert_eq!(settled, expected.map_or(Ok(Destination::None), Err));
}
