use super::*;
use crate::host::Nobody;
use crate::host::tests::Answers;
use crate::invocation::Invocation;
use crate::output::Console;
use rstest::rstest;
use std::ffi::OsString;

fn parse(line: &str) -> Result<RetentionOptions, Failure> {
    let words = line.split(' ').map(OsString::from).collect();
    match Invocation::parse(&Environment { program: "portcullis".into(), ..Environment::default() }, words)? {
        Invocation::Retention(options) => Ok(*options),
        other => panic!("{other:?}"),
    }
}

fn set(line: &str) -> SetOptions {
    match parse(&format!("retention set {line}")).map(|options| options.verb) {
        Ok(RetentionVerb::Set(options)) => options,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rule_as_it_is_written() {
    let options =
        set("-r lnxcr --repository samples/* --keep-last 5 --never latest v* --untagged-days 7 --data d --never x");
    assert_eq!(options.rule.registry.as_deref(), Some("lnxcr"));
    assert_eq!(options.rule.repository, "samples/*");
    assert_eq!((options.deletes.keep_last, options.deletes.untagged_days), (Some(5), Some(7)));
    assert_eq!(options.never, ["latest", "v*", "x"]);
    assert_eq!(options.folder.data.as_deref(), Some(std::path::Path::new("d")));
}

#[rstest]
#[case("set --repository a", "--keep-last <COUNT>|--untagged-days <DAYS>")]
#[case("set --keep-last 1", "--repository <PATTERN>")]
#[case("set --repository a --untagged-days 7 --never latest", "--keep-last <COUNT>")]
#[case("set --repository a --keep-last 1 --dry-run --yes", "cannot be used with")]
#[case("set --repository a --keep-last -1", "unexpected argument")]
#[case("remove", "--repository <PATTERN>")]
#[case("forget", "unrecognized subcommand")]
fn what_is_missing_is_named(#[case] line: &str, #[case] expected: &str) {
    let failure = parse(&format!("retention {line}")).expect_err("it is refused");
    assert!(failure.message().contains(expected), "{failure}");
}

#[rstest]
#[case::dry_run("--dry-run", false, true)]
#[case::yes("--yes", false, true)]
#[case::at_a_terminal("-r lnxcr", true, true)]
#[case::nobody("-r lnxcr", false, false)]
fn somebody_must_say_yes(#[case] words: &str, #[case] stdin_is_terminal: bool, #[case] expected: bool) {
    let environment = Environment { stdin_is_terminal, ..Environment::default() };
    let checked = set(&format!("--repository a --keep-last 1 {words}")).check(&environment);
    assert_eq!(checked.is_ok(), expected);
    if let Err(refused) = checked {
        assert!(refused.to_string().contains("--dry-run"), "{refused}");
    }
}

#[rstest]
#[case(&["y"], true)]
#[case(&["perhaps", "Yes"], true)]
#[case(&["n"], false)]
#[case(&["", "", ""], false)]
fn the_answer_counts(#[case] answers: &[&str], #[case] expected: bool) {
    let mut host = Answers::new(answers);
    assert_eq!(set("--repository a --keep-last 1").confirm(&mut host).is_ok(), expected);
    assert_eq!(host.left(), 0);
    assert!(set("--repository a --keep-last 1 --yes").confirm(&mut Nobody).is_ok());
    assert!(set("--repository a --keep-last 1").confirm(&mut Nobody).is_err());
}

fn written(write: impl FnOnce(&mut Console<'_>) -> Result<(), Failure>) -> String {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&Environment::default(), &mut stdout, &mut stderr);
    write(&mut console).expect("written");
    String::from_utf8(stdout).expect("UTF-8")
}

#[rstest]
#[case(Sums::default(), "There is no repository with a retention rule.\n")]
#[case(Sums { repositories: 2, ..Sums::default() }, "Nothing to delete.\n")]
#[case(
    Sums { repositories: 1, tags: 1_200, manifests: 3, image_bytes: 3 << 20, ..Sums::default() },
    "Deleted:\n    1,200  tags beyond those to keep\n        3  manifests without a tag, of images of 3.00 MiB in all\nWhat no other image needs of their bytes is collected after a day.\n"
)]
#[case(
    Sums { dry_run: true, repositories: 1, tags: 2, locked: 1, ..Sums::default() },
    "Would delete now:\n        2  tags beyond those to keep\n1 more are kept by locks.\nA dry run: nothing was deleted.\n"
)]
#[case(
    Sums { dry_run: true, is_preview: true, repositories: 1, tags: 2, ..Sums::default() },
    "Would delete now:\n        2  tags beyond those to keep\n"
)]
#[case(Sums { dry_run: true, is_preview: true, repositories: 1, ..Sums::default() }, "Nothing to delete now.\n")]
#[case(Sums { dry_run: true, is_preview: true, ..Sums::default() }, "There is no such repository yet.\n")]
fn sums_for_people(#[case] sums: Sums, #[case] expected: &str) {
    assert_eq!(written(|console| sums.show(crate::data_folder::Form::Table, console)), expected);
}

fn doomed(tag: Option<&str>) -> Doomed {
    Doomed {
        registry: "lnxcr".to_owned(),
        repository: "samples/hello".to_owned(),
        tag: tag.map(str::to_owned),
        digest: "sha256:00".to_owned(),
        bytes: Some(2048),
        rule: "samples/*".to_owned(),
    }
}

#[test]
fn names_for_people_and_for_programs() {
    use crate::data_folder::Form;
    let all = |form| {
        written(|console| {
            let mut names = Names::all(form);
            names.show(&doomed(Some("v1")), console)?;
            names.show(&doomed(None), console)?;
            names.finish(console)
        })
    };
    assert_eq!(all(Form::Table), "  lnxcr/samples/hello:v1  2.00 KiB\n  lnxcr/samples/hello@sha256:00  2.00 KiB\n");
    let json = all(Form::Json);
    let first = r#"{"registry":"lnxcr","repository":"samples/hello","tag":"v1","digest":"sha256:00","bytes":2048,"rule":"samples/*"}"#;
    assert_eq!(json.lines().next(), Some(first));
    assert!(!json.lines().nth(1).expect("a second").contains("tag"));
}

#[test]
fn before_a_question_people_are_told_the_first() {
    use crate::data_folder::Form;
    let some = |form| {
        written(|console| {
            let mut names = Names::some(form);
            (0..23).try_for_each(|_| names.show(&doomed(None), console))?;
            names.finish(console)
        })
    };
    assert_eq!(some(Form::Table).lines().count(), 21);
    assert!(some(Form::Table).ends_with("  and 3 more; --dry-run names all\n"));
    assert_eq!(some(Form::Json).lines().count(), 23);
}

#[test]
fn rules_in_a_table() {
    use crate::data_folder::Form;
    let rule = Rule {
        registry: "lnxcr".to_owned(),
        repository: "samples/*".to_owned(),
        keep_last: Some(5),
        untagged_days: None,
        untagged_from: None,
        never: vec!["latest".to_owned(), "v*".to_owned()],
        last_updated: "2027-01-01T00:00:00+00:00".to_owned(),
    };
    let table = |rules: &[Rule]| written(|console| Rule::show(rules, Form::Table, &Environment::default(), console));
    let expected = "\
Registry Repository Keep last Untagged days Never      Last updated
-------- ---------- --------- ------------- -----      ------------
lnxcr    samples/*  5                       latest, v* 2027-01-01T00:00:00+00:00

";
    assert_eq!(table(std::slice::from_ref(&rule)), expected);
    let of_policy =
        Rule { untagged_days: Some(7), untagged_from: Some("2027-01-01T00:00:00+00:00".to_owned()), ..rule };
    assert!(table(&[of_policy]).contains(" 7, from 2027-01-01T00:00:00+00:00 "));
    assert_eq!(table(&[]), "There is no retention rule: nothing is deleted.\n");
}

#[test]
fn progress_counts() {
    assert_eq!(progress_line(1_000, 2, 3), "Looking at repository 1,000: 2 tags and 3 manifests found");
}
