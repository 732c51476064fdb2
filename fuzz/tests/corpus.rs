//! Every kept input once more, and what is one byte away from it, without a fuzzer: `cargo test` in this folder, with any toolchain.

use portcullis_fuzz::{auth, bearers, certificates, command, distribution, management, rights};
use std::collections::BTreeSet;
use std::path::Path;

/// How many neighbours of an input are tried at most.
const NEIGHBOURS_MAX: usize = 400;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 14] = [
    ("bearer", bearers::bearer),
    ("binder", command::binder),
    ("certificate", certificates::certificate),
    ("credentials", auth::credentials),
    ("filter", management::filter),
    ("form", auth::form),
    ("literal", command::literal),
    ("manifest", distribution::manifest),
    ("range", distribution::range),
    ("request", bearers::request),
    ("resource_id", management::resource_id),
    ("route", distribution::route),
    ("scope", rights::scope),
    ("scope_map", rights::scope_map),
];

fn names_in(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_target_has_a_corpus_and_a_program() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(known, names_in("corpus"));
    assert_eq!(known, names_in("fuzz_targets"));
}

/// One byte left out, doubled, or changed into one that means something to many parsers; and cut off there.
fn neighbours(input: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let step = (input.len() * 6 / NEIGHBOURS_MAX).max(1);
    (0..input.len()).step_by(step).flat_map(move |at| {
        let with = |middle: &[u8]| [&input[..at], middle, &input[at + 1..]].concat();
        let special = b"'\"%/:=*,.\0"[at % 10];
        [with(&[]), with(&[input[at], input[at]]), with(&[special]), with(&[input[at] ^ 0x20]), input[..at].to_vec()]
    })
}

#[test]
fn every_kept_input_and_its_neighbours_hold() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        for entry in std::fs::read_dir(folder).expect("a corpus") {
            let path = entry.expect("an input").path();
            let input = std::fs::read(&path).expect("bytes");
            println!("{}", path.display());
            target(&input);
            neighbours(&input).for_each(|neighbour| target(&neighbour));
        }
    }
}
