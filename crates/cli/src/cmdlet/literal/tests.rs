use super::*;
use crate::cmdlet::sources::tests::Given;
use proptest::prelude::*;
use rstest::rstest;

fn text(value: &str) -> Literal {
    Literal::Text(value.to_owned())
}

fn table(pairs: &[(&str, Literal)]) -> Literal {
    Literal::Table(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

#[rstest]
#[case("$TRUE", Literal::Bool(true))]
#[case("$false", Literal::Bool(false))]
#[case("$token.Id", Literal::Variable("token.Id".to_owned()))]
#[case("@{A=$list[0].Name}", table(&[("A", Literal::Variable("list[0].Name".to_owned()))]))]
#[case("'it''s'", text("it's"))]
#[case("\"a`\"b`n\"", text("a\"b\n"))]
#[case("\"cost $5\"", text("cost $5"))]
#[case("'$env:HOME'", text("$env:HOME"))]
#[case("bare word", text("bare word"))]
#[case("a,b", Literal::Array(vec![text("a"), text("b")]))]
#[case("@('a')", Literal::Array(vec![text("a")]))]
#[case("@(a, b; c)", Literal::Array(vec![text("a"), text("b"), text("c")]))]
#[case("@{}", table(&[]))]
#[case("@{ A = 1 ; 'b c' = $null }", table(&[("A", text("1")), ("b c", Literal::Null)]))]
#[case("@{A=1\nB=2\n}", table(&[("A", text("1")), ("B", text("2"))]))]
#[case("@{A=1,2;}", table(&[("A", Literal::Array(vec![text("1"), text("2")]))]))]
#[case("@{A=@{B='x'}}", table(&[("A", table(&[("B", text("x"))]))]))]
#[case(r#"{"A":[1,true,null]}"#, table(&[("A", Literal::Array(vec![text("1"), Literal::Bool(true), Literal::Null]))]))]
fn reads_powershell_and_json(#[case] written: &str, #[case] expected: Literal) {
    assert_eq!(Literal::parse(written), Ok(expected));
}

/// What a shell leaves of an unquoted table. Each must say that quotes are missing.
#[rstest]
#[case("@{Name=password1")]
#[case("@{Name=")]
#[case("@{Name")]
#[case("@{")]
#[case("@(@{Name='password1'}")]
#[case("@{Name='password1")]
#[case("@{Name='password1';")]
fn a_value_that_does_not_end_asks_for_quotes(#[case] written: &str) {
    let error = Literal::parse(written).unwrap_err();
    assert!(matches!(error, LiteralError::Unclosed(..)), "{error:?}");
    assert!(error.to_string().contains("put it in double quotes"), "{error}");
}

#[rstest]
#[case("(Get-Date).AddDays(30)")]
#[case("[datetime]'2027-01-01'")]
#[case("$(Get-Date)")]
#[case("$$")]
#[case("\"$expiry\"")]
#[case("@{Expiry=(Get-Date)}")]
fn an_expression_is_not_run(#[case] written: &str) {
    assert!(matches!(Literal::parse(written), Err(LiteralError::Expression(_))));
}

#[rstest]
#[case("@{A=1 B=2}")]
#[case("@{A 1}")]
#[case("@{=1}")]
#[case("'a' b")]
#[case("a}")]
#[case("@{A=1}}")]
#[case("")]
fn what_does_not_fit_is_shown(#[case] written: &str) {
    assert!(matches!(Literal::parse(written), Err(LiteralError::Unexpected { .. })), "{:?}", Literal::parse(written));
}

#[test]
fn variables_are_looked_up_wherever_they_stand() {
    let given = Literal::parse("@{A=$text; B=@($token.Id, 'x')}").unwrap().resolve(&Given);
    let expected = table(&[("A", text("enabled")), ("B", Literal::Array(vec![text("/x/t1"), text("x")]))]);
    assert_eq!(given, Ok(expected));
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}{}", "@(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(Literal::parse(&deep), Err(LiteralError::TooDeep));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(Literal::parse(&deep), Err(LiteralError::Json(_))));
}

proptest! {
    #[test]
    fn never_panics(written in "\\PC*") {
        let _ = Literal::parse(&written);
    }

    #[test]
    fn never_panics_on_what_is_nearly_a_table(written in "[@{}()\\[\\]=;,'\"`$a-z \n]{0,40}") {
        let _ = Literal::parse(&written);
    }

    #[test]
    fn quoted_text_comes_back(value in "\\PC*") {
        let quoted = format!("'{}'", value.replace('\'', "''"));
        prop_assert_eq!(Literal::parse(&quoted), Ok(Literal::Text(value)));
    }
}
