use super::super::{Fingerprint, Thumbprint};
use super::*;
use CertificateName::{Certificate1, Certificate2};
use proptest::prelude::*;
use rstest::rstest;

const NOW: i64 = 1_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// Ends at second 5,000, but certificate 9 at second 500.
fn certificate(number: u8) -> Certificate {
    Certificate {
        der: vec![number],
        fingerprint: Fingerprint::new([number; 32]),
        thumbprint: Thumbprint::new([number; 20]),
        not_before: at(0),
        not_after: at(if number == 9 { 500 } else { 5_000 }),
    }
}

fn held(name: CertificateName, number: u8, expires_at: Option<i64>) -> TokenCertificate {
    let (certificate, expires_at) = (certificate(number), expires_at.map(at));
    TokenCertificate { name, certificate, created_at: at(0), expires_at, last_used_at: None }
}

fn named(name: CertificateName) -> CertificateSpec {
    CertificateSpec { name, expires_at: None, thumbprint: None, certificate: None }
}

fn with(name: CertificateName, number: u8) -> CertificateSpec {
    CertificateSpec { certificate: Some(certificate(number)), ..named(name) }
}

fn until(spec: CertificateSpec, end: i64) -> CertificateSpec {
    CertificateSpec { expires_at: Some(at(end)), ..spec }
}

fn known_as(spec: CertificateSpec, number: u8) -> CertificateSpec {
    CertificateSpec { thumbprint: Some(GivenThumbprint::Sha1(certificate(number).thumbprint)), ..spec }
}

/// `certificate1` holds 1 until second 3,000; `certificate2` holds 2 until its own end.
fn both() -> Vec<TokenCertificate> {
    vec![held(Certificate1, 1, Some(3_000)), held(Certificate2, 2, None)]
}

/// The slots after a plan, as `1:number@end`; the end only where it was given here.
fn after(present: &[TokenCertificate], plan: &Plan) -> Vec<String> {
    let mut slots: Vec<TokenCertificate> =
        present.iter().filter(|held| !plan.emptied.contains(&held.name)).cloned().collect();
    for (name, end) in &plan.ended {
        slots.iter_mut().filter(|held| held.name == *name).for_each(|held| held.expires_at = Some(*end));
    }
    slots.extend(plan.filled.iter().map(|new| TokenCertificate {
        name: new.name,
        certificate: new.certificate.clone(),
        created_at: at(NOW),
        expires_at: new.expires_at,
        last_used_at: None,
    }));
    slots.sort_by_key(|held| held.name);
    let shown = |held: &TokenCertificate| {
        let end = held.expires_at.map(|end| format!("@{}", end.as_unix_seconds())).unwrap_or_default();
        format!("{}:{}{end}", held.name as usize + 1, held.certificate.der[0])
    };
    slots.iter().map(shown).collect()
}

#[rstest]
#[case::none(&[], &[])]
#[case::one_named(&[named(Certificate2)], &["2:2"])]
#[case::both_named(&[named(Certificate2), named(Certificate1)], &["1:1@3000", "2:2"])]
#[case::one_replaced(&[with(Certificate1, 3), named(Certificate2)], &["1:3", "2:2"])]
#[case::one_replaced_alone(&[with(Certificate1, 3)], &["1:3"])]
#[case::replaced_with_an_end(&[until(with(Certificate1, 3), 2_000)], &["1:3@2000"])]
#[case::moved(&[with(Certificate2, 1)], &["2:1"])]
#[case::swapped(&[with(Certificate1, 2), with(Certificate2, 1)], &["1:2", "2:1"])]
#[case::sent_back(&[until(known_as(named(Certificate1), 1), 3_000), until(known_as(named(Certificate2), 2), 5_000)], &["1:1@3000", "2:2"])]
#[case::sent_back_whole(&[until(known_as(with(Certificate1, 1), 1), 3_000)], &["1:1@3000"])]
#[case::sent_again_without_its_end(&[with(Certificate1, 1)], &["1:1@3000"])]
#[case::with_another_end(&[until(named(Certificate1), 2_000), until(with(Certificate2, 2), 4_000)], &["1:1@2000", "2:2@4000"])]
fn followed(#[case] wanted: &[CertificateSpec], #[case] expected: &[&str]) {
    let present = both();
    let plan = plan(Some(&present), wanted, at(NOW)).expect("a plan");
    assert_eq!(after(&present, &plan), expected);
}

/// `certificates[position].member: reason`.
fn refusal(present: Option<&[TokenCertificate]>, wanted: &[CertificateSpec]) -> String {
    match plan(present, wanted, at(NOW)) {
        Ok(plan) => format!("{plan:?}"),
        Err(Refused { position, member, reason }) => format!("{position}.{member}: {reason}"),
    }
}

#[rstest]
#[case::twice(&[named(Certificate1), with(Certificate1, 3)], "1.name: 'certificate1' is named twice")]
#[case::ended(&[with(Certificate1, 9)], "0.encodedPemCertificate: the certificate ended at 1970-01-01T00:08:20+00:00: give one that is still valid")]
#[case::past(&[until(with(Certificate1, 3), NOW)], "0.expiry: 1970-01-01T00:16:40+00:00 is in the past; give a later time, or none for the certificate's own end")]
#[case::past_of_a_kept_one(&[until(named(Certificate1), 10)], "0.expiry: 1970-01-01T00:00:10+00:00 is in the past; give a later time, or none for the certificate's own end")]
#[case::thumbprint_of_another(&[known_as(with(Certificate1, 3), 1)], "0.thumbprint: it is not the thumbprint of 'certificate1': correct it or leave it out, and give the certificate if another is meant")]
#[case::thumbprint_of_a_kept_one(&[known_as(named(Certificate2), 1)], "0.thumbprint: it is not the thumbprint of 'certificate2': correct it or leave it out, and give the certificate if another is meant")]
#[case::in_both(&[with(Certificate1, 3), with(Certificate2, 3)], "1.encodedPemCertificate: the same certificate is in 'certificate1': one slot is enough")]
#[case::in_the_kept_one(&[named(Certificate1), with(Certificate2, 1)], "1.encodedPemCertificate: the same certificate is in 'certificate1': one slot is enough")]
#[case::in_the_kept_one_named_later(&[with(Certificate1, 2), named(Certificate2)], "0.encodedPemCertificate: the same certificate is in 'certificate2': one slot is enough")]
fn refused(#[case] wanted: &[CertificateSpec], #[case] expected: &str) {
    assert_eq!(refusal(Some(&both()), wanted), expected);
}

/// A bare name leaves an empty slot empty, so that callers who fill one slot each can name the other's; a description does not.
#[test]
fn empty_slots() {
    let empty = "Plan { emptied: [], ended: [], filled: [] }";
    let missing = "0.encodedPemCertificate: the token has no 'certificate1': give its certificate";
    assert_eq!(refusal(Some(&[]), &[named(Certificate1)]), empty);
    assert_eq!(refusal(Some(&[]), &[until(named(Certificate1), 2_000)]), missing);
    assert_eq!(refusal(Some(&[]), &[known_as(named(Certificate1), 1)]), missing);
    assert_eq!(refusal(None, &[named(Certificate1)]), missing);
    assert_eq!(refusal(None, &[]), empty);
}

/// Also what an answer says of a certificate that has ended may be sent back.
#[test]
fn an_ended_one_is_kept() {
    let present = [held(Certificate1, 9, None), held(Certificate2, 2, Some(700))];
    let wanted = [until(known_as(with(Certificate1, 9), 9), 500), until(named(Certificate2), 700)];
    assert_eq!(plan(Some(&present), &wanted, at(NOW)), Ok(Plan::default()));
}

/// An end after the certificate's own one is taken, and changes nothing about when it ends.
#[test]
fn the_earlier_end_counts() {
    let slot = held(Certificate1, 1, Some(9_000));
    assert_eq!(slot.ends_at(), at(5_000));
    let wanted = [until(named(Certificate1), 9_000)];
    assert_eq!(plan(Some(&[slot]), &wanted, at(NOW)), Ok(Plan::default()));
}

fn specs() -> impl Strategy<Value = Vec<CertificateSpec>> {
    let name = prop::sample::select(CertificateName::ALL.to_vec());
    let spec = (name, prop::option::of(1u8..5), prop::option::of(900i64..6_000), prop::option::of(1u8..5));
    let spec = spec.prop_map(|(name, number, end, known)| CertificateSpec {
        name,
        expires_at: end.map(at),
        thumbprint: known.map(|number| GivenThumbprint::Sha256(certificate(number).fingerprint)),
        certificate: number.map(certificate),
    });
    prop::collection::vec(spec, 0..3)
}

proptest! {
    #[test]
    fn a_followed_list_holds(wanted in specs()) {
        let present = both();
        if let Ok(plan) = plan(Some(&present), &wanted, at(NOW)) {
            let slots = after(&present, &plan);
            // As many slots as names, none of them twice, and no certificate twice.
            let mut names: Vec<_> = wanted.iter().map(|spec| spec.name).collect();
            names.sort_unstable();
            prop_assert_eq!(slots.len(), names.len());
            let certificates: Vec<_> = slots.iter().map(|slot| slot.split([':', '@']).nth(1)).collect();
            prop_assert!(certificates.len() < 2 || certificates[0] != certificates[1]);
            // Every certificate that was given is where it was to be.
            for spec in &wanted {
                if let Some(given) = &spec.certificate {
                    let slot = format!("{}:{}", spec.name as usize + 1, given.der[0]);
                    prop_assert!(slots.iter().any(|held| held.split('@').next() == Some(&slot)));
                }
            }
        }
    }

    #[test]
    fn the_same_list_again_changes_nothing(wanted in specs()) {
        let present = both();
        if let Ok(first) = plan(Some(&present), &wanted, at(NOW)) {
            let mut slots: Vec<_> = present.into_iter().filter(|held| !first.emptied.contains(&held.name)).collect();
            for (name, end) in &first.ended {
                slots.iter_mut().filter(|held| held.name == *name).for_each(|held| held.expires_at = Some(*end));
            }
            slots.extend(first.filled.into_iter().map(|new| TokenCertificate {
                name: new.name, certificate: new.certificate, created_at: at(NOW), expires_at: new.expires_at, last_used_at: None,
            }));
            prop_assert_eq!(plan(Some(&slots), &wanted, at(NOW)), Ok(Plan::default()));
        }
    }
}
