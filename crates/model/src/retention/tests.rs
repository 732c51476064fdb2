use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn rule(repositories: &str, keep_last: Option<u32>, untagged_days: Option<u32>, never: &[&str]) -> RetentionRule {
    let never = never.iter().map(|text| TagPattern::parse(text).expect("a pattern")).collect();
    let repositories = RepositoryPattern::parse(repositories).expect("a pattern");
    RetentionRule::new(repositories, RetentionSpec { keep_last, untagged_days, never, ..Default::default() })
        .expect("a rule")
}

/// As Azure's policy makes one.
fn rule_from(hours: i64, keep_last: Option<u32>, untagged_days: u32) -> RetentionRule {
    let (untagged_days, untagged_from) = (Some(untagged_days), Some(at(hours)));
    let spec = RetentionSpec { keep_last, untagged_days, untagged_from, never: Vec::new() };
    RetentionRule::new(RepositoryPattern::All, spec).expect("a rule")
}

fn judged(rule: &RetentionRule, tags: &[&str]) -> Vec<TagVerdict> {
    let mut keeping = rule.keeping().expect("tags are deleted");
    tags.iter().map(|tag| keeping.judge(&Tag::parse(tag).expect("a tag"))).collect()
}

#[rstest]
#[case("latest", "latest", true)]
#[case("latest", "latest2", false)]
#[case("latest", "Latest", false)]
#[case("v*", "v1.2", true)]
#[case("v*", "v", true)]
#[case("v*", "1v", false)]
#[case("*", "anything", true)]
#[case("*-rc", "v1-rc", true)]
#[case("*-rc", "v1-rc2", false)]
#[case("a*b*c", "abc", true)]
#[case("a*b*c", "a_c_b_c", true)]
#[case("a*b*c", "acb", false)]
#[case("a*a", "a", false)]
#[case("a*ab", "ab", false)]
#[case("**", "x", true)]
fn patterns_of_tags(#[case] pattern: &str, #[case] tag: &str, #[case] expected: bool) {
    let pattern = TagPattern::parse(pattern).expect("a pattern");
    assert_eq!(pattern.matches(&Tag::parse(tag).expect("a tag")), expected);
}

#[rstest]
#[case("")]
#[case("a/b")]
#[case("v?")]
#[case("v[12]")]
#[case("two words")]
fn not_patterns_of_tags(#[case] text: &str) {
    assert_eq!(TagPattern::parse(text), Err(InvalidRetentionRule::Pattern(text.to_owned())));
}

#[rstest]
#[case::neither(None, None, &[], InvalidRetentionRule::Nothing)]
#[case::only_never(None, None, &["latest"], InvalidRetentionRule::Nothing)]
#[case::never_of_no_delete(None, Some(7), &["latest"], InvalidRetentionRule::NeverWithoutKeepLast)]
#[case::none_kept(Some(0), None, &[], InvalidRetentionRule::KeepLast(0))]
#[case::too_many_kept(Some(10_001), None, &[], InvalidRetentionRule::KeepLast(10_001))]
#[case::at_once(None, Some(0), &[], InvalidRetentionRule::UntaggedDays(0))]
#[case::too_long(Some(1), Some(3_651), &[], InvalidRetentionRule::UntaggedDays(3_651))]
#[case::far_too_long(Some(1), Some(70_000), &[], InvalidRetentionRule::UntaggedDays(70_000))]
fn no_rules(
    #[case] keep_last: Option<u32>,
    #[case] untagged_days: Option<u32>,
    #[case] never: &[&str],
    #[case] expected: InvalidRetentionRule,
) {
    let never = never.iter().map(|text| TagPattern::parse(text).expect("a pattern")).collect();
    let spec = RetentionSpec { keep_last, untagged_days, never, ..Default::default() };
    assert_eq!(RetentionRule::new(RepositoryPattern::All, spec), Err(expected));
}

#[rstest]
#[case("samples/hello", Some("samples/hello"))]
#[case("samples/other", Some("samples/*"))]
#[case("samples/deep/below", Some("samples/deep/*"))]
#[case("samples", Some("*"))]
#[case("elsewhere", Some("*"))]
fn the_most_specific_rule_counts(#[case] repository: &str, #[case] expected: Option<&str>) {
    let rules = ["*", "samples/deep/*", "samples/hello", "samples/*"].map(|text| rule(text, Some(1), None, &[]));
    let repository = RepositoryName::parse(repository).expect("a name");
    let found = RetentionRule::most_specific(&rules, &repository).map(|rule| rule.repositories().to_string());
    assert_eq!(found.as_deref(), expected);
    assert_eq!(RetentionRule::most_specific(&[], &repository), None);
}

#[rstest]
#[case(2, &[], &["c", "b", "a"], "KKG")]
#[case(3, &[], &["c", "b", "a"], "KKK")]
#[case(1, &["latest"], &["latest", "c", "b"], "EKG")]
#[case(1, &["latest"], &["c", "b", "latest"], "KGE")]
#[case(1, &["v*", "latest"], &["v2", "x", "v1", "y", "latest"], "EKEGE")]
#[case(5, &["*"], &["b", "a"], "EE")]
#[case(1, &[], &[], "")]
#[case::of_a_manifest(2, &[], &["sha256-D.sig", "c", "sha256-D", "b", "sha256-D.att", "a"], "EKEKWG")]
#[case::of_a_manifest_and_never(1, &["*.sig"], &["a", "sha256-D.sig", "sha256-D.att"], "KEW")]
#[case::of_manifests_alone(1, &[], &["sha256-D.sig", "sha256-D.att"], "EE")]
fn tags(#[case] keep: u32, #[case] never: &[&str], #[case] newest_first: &[&str], #[case] expected: &str) {
    let letter = |verdict| match verdict {
        TagVerdict::Excepted => 'E',
        TagVerdict::Kept => 'K',
        TagVerdict::Goes => 'G',
        TagVerdict::GoesWithout(_) => 'W',
    };
    let newest_first: Vec<String> = newest_first.iter().map(|tag| tag.replace('D', &"d".repeat(64))).collect();
    let newest_first: Vec<&str> = newest_first.iter().map(String::as_str).collect();
    let found: String = judged(&rule("*", Some(keep), None, never), &newest_first).into_iter().map(letter).collect();
    assert_eq!(found, expected);
}

fn at(hours: i64) -> Timestamp {
    Timestamp::from_micros(hours * 3_600_000_000)
}

#[rstest]
#[case::rested(false, false, 0, 48, true)]
#[case::not_yet(false, false, 1, 48, false)]
#[case::tagged(true, false, 0, 480, false)]
#[case::needed(false, true, 0, 480, false)]
#[case::the_clock_went_back(false, false, 100, 48, false)]
fn manifests(
    #[case] is_tagged: bool,
    #[case] is_needed: bool,
    #[case] rests_since: i64,
    #[case] now: i64,
    #[case] expected: bool,
) {
    let facts = ManifestFacts { is_tagged, is_needed, rests_since: at(rests_since) };
    assert_eq!(rule("*", None, Some(2), &[]).takes(facts, at(now)), expected);
    assert!(!rule("*", Some(1), None, &[]).takes(facts, at(now)), "no day is named");
}

#[rstest]
#[case::it_rested_long_before(0, 100, 147, false)]
#[case::two_days_after_it_began(0, 100, 148, true)]
#[case::it_lost_its_tag_later(110, 100, 148, false)]
#[case::two_days_after_that(110, 100, 158, true)]
fn days_count_from_the_later_of_two(
    #[case] rests_since: i64,
    #[case] from: i64,
    #[case] now: i64,
    #[case] expected: bool,
) {
    let facts = ManifestFacts { is_tagged: false, is_needed: false, rests_since: at(rests_since) };
    assert_eq!(rule_from(from, None, 2).takes(facts, at(now)), expected);
}

#[rstest]
#[case(
    rule_from(1, None, 7),
    "*: delete manifests after 7 days without a tag, counted from 1970-01-01T01:00:00+00:00 on"
)]
#[case(rule("a/*", Some(5), None, &[]), "a/*: keep the last 5 tags")]
#[case(rule("*", Some(1), Some(1), &["v*", "latest", "v*"]), "*: keep the last 1 tag beside latest, v*; delete manifests after 1 day without a tag")]
#[case(rule("a", None, Some(30), &[]), "a: delete manifests after 30 days without a tag")]
fn rules_read_as_sentences(#[case] rule: RetentionRule, #[case] expected: &str) {
    assert_eq!(rule.to_string(), expected);
}

#[rstest]
#[case::on(None, Some(true), None, Some(7))]
#[case::on_with_days(None, Some(true), Some(30), Some(30))]
#[case::other_days(Some(7), None, Some(30), Some(30))]
#[case::again(Some(30), Some(true), None, Some(30))]
#[case::off(Some(30), Some(false), Some(30), None)]
#[case::nothing(Some(30), None, None, Some(30))]
#[case::nothing_yet(None, None, None, None)]
fn changes_of_the_policy(
    #[case] now: Option<u32>,
    #[case] enabled: Option<bool>,
    #[case] days: Option<u32>,
    #[case] expected: Option<u32>,
) {
    let change = UntaggedChange { enabled, days, nobody_applies: false };
    assert_eq!(change.apply(now), Ok(expected));
    let switches_on = now.is_none() && expected.is_some();
    let elsewhere = if switches_on { Err(InvalidUntaggedChange::NobodyApplies) } else { Ok(expected) };
    assert_eq!(UntaggedChange { nobody_applies: true, ..change }.apply(now), elsewhere, "where nobody applies it");
}

#[test]
fn days_of_no_policy_are_refused() {
    let days = |days| UntaggedChange { days: Some(days), ..UntaggedChange::default() };
    assert_eq!(days(30).apply(None), Err(InvalidUntaggedChange::DaysOfNoPolicy));
    assert_eq!(days(7).apply(None), Ok(None), "as answers have it");
}

#[test]
fn so_many_patterns_and_no_more() {
    let never = |count: usize| (0..count).map(|number| TagPattern::parse(&format!("v{number}")).expect("a pattern"));
    let with = |never: Vec<TagPattern>| {
        RetentionRule::new(RepositoryPattern::All, RetentionSpec { keep_last: Some(1), never, ..Default::default() })
    };
    assert!(with(never(50).chain(never(50)).collect()).is_ok(), "each counts once");
    assert_eq!(with(never(51).collect()), Err(InvalidRetentionRule::TooManyNever(51)));
}

#[rstest]
#[case::made(None, Some(7), Some(rule_from(500, None, 7)))]
#[case::made_beside_the_other_part(Some(rule("*", Some(5), None, &[])), Some(7), Some(rule_from(500, Some(5), 7)))]
#[case::its_days_go_on(Some(rule_from(100, None, 7)), Some(3), Some(rule_from(100, None, 3)))]
#[case::changed(Some(rule("*", Some(5), Some(3), &["v*"])), Some(7), Some(rule("*", Some(5), Some(7), &["v*"])))]
#[case::its_other_part_stays(Some(rule("*", Some(5), Some(3), &["v*"])), None, Some(rule("*", Some(5), None, &["v*"])))]
#[case::gone(Some(rule("*", None, Some(3), &[])), None, None)]
fn the_rule_of_the_policy(
    #[case] before: Option<RetentionRule>,
    #[case] untagged_days: Option<u32>,
    #[case] expected: Option<RetentionRule>,
) {
    assert_eq!(RetentionRule::with_untagged(before.as_ref(), untagged_days, at(500)), Ok(expected));
}

proptest! {
    #[test]
    fn exactly_the_last_are_kept(
        tags in prop::collection::vec("[a-c][0-9]{0,2}", 0..40), keep in 1_u32..10, never in "[a-c*][0-9*]{0,2}",
    ) {
        let rule = rule("*", Some(keep), None, &[&never]);
        let pattern = &rule.never()[0];
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let mut newer = 0;
        for (tag, verdict) in tags.iter().zip(judged(&rule, &tags)) {
            let excepted = pattern.matches(&Tag::parse(tag).expect("a tag"));
            let expected = match (excepted, newer < keep) {
                (true, _) => TagVerdict::Excepted,
                (false, true) => TagVerdict::Kept,
                (false, false) => TagVerdict::Goes,
            };
            prop_assert_eq!(verdict, expected);
            newer += u32::from(!excepted);
        }
    }

    #[test]
    fn what_has_a_tag_or_is_needed_or_is_young_stays(
        is_tagged: bool, is_needed: bool, rests_since in 0_i64..2_000, now in 0_i64..2_000, days in 1_u32..60,
    ) {
        let facts = ManifestFacts { is_tagged, is_needed, rests_since: at(rests_since) };
        if rule("*", None, Some(days), &[]).takes(facts, at(now)) {
            prop_assert!(!is_tagged && !is_needed && now - rests_since >= i64::from(days) * 24);
        }
    }

    /// Each piece is looked for in the simplest way: at every place.
    #[test]
    fn patterns_match_as_they_are_defined(pattern in "[ab*]{1,8}", tag in "[ab]{1,8}") {
        fn matches(pattern: &str, tag: &str) -> bool {
            match pattern.split_at_checked(1) {
                None => tag.is_empty(),
                Some(("*", rest)) => (0..=tag.len()).any(|at| matches(rest, &tag[at..])),
                Some((letter, rest)) => tag.strip_prefix(letter).is_some_and(|tag| matches(rest, tag)),
            }
        }
        let parsed = TagPattern::parse(&pattern).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let as_tag = Tag::parse(&tag).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(parsed.matches(&as_tag), matches(&pattern, &tag));
    }
}
