//! House rules that neither the compiler nor clippy checks.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// A file that is longer has more than one subject.
const FILE_LINES_MAX: usize = 600;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crates folder").to_owned()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

fn source_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for member in fs::read_dir(crates()).expect("crates") {
        rust_files(&member.expect("a crate").path(), &mut found);
    }
    rust_files(&crates().join("../fuzz/src"), &mut found);
    assert!(found.len() > 50, "the search for source files is broken: it found {}", found.len());
    found
}

fn check(complaint: &str, is_wrong: impl Fn(&Path, &str) -> bool) {
    let wrong: Vec<PathBuf> =
        source_files().into_iter().filter(|path| is_wrong(path, &fs::read_to_string(path).expect("UTF-8"))).collect();
    assert!(wrong.is_empty(), "{complaint}: {wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    // A `tests.rs` is for what its folder is for.
    check("these files do not begin with //!", |path, text| !path.ends_with("tests.rs") && !text.starts_with("//!"));
}

#[test]
fn every_file_has_one_subject() {
    check(&format!("these files are longer than {FILE_LINES_MAX} lines"), |_, text| {
        text.lines().count() > FILE_LINES_MAX
    });
}

#[test]
fn no_file_is_outside_the_build() {
    check("no module declares these files", |path, _| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let folder = path.parent().expect("a folder");
        let is_root = matches!(stem, "lib" | "main")
            || (folder.ends_with("tests") || folder.ends_with("benches"))
                && folder.parent().is_some_and(|p| p.join("Cargo.toml").exists());
        if is_root {
            return false;
        }
        // `a/mod.rs` is declared one folder up as `a`; `a/b.rs` in `a/mod.rs`, `a.rs`, or the crate's root.
        let (name, declared_in) = if stem == "mod" {
            (folder.file_name().and_then(|name| name.to_str()).expect("a name"), folder.parent().expect("a folder"))
        } else {
            (stem, folder)
        };
        // Any file of that folder may declare it: test binaries share modules.
        let outer = declared_in.with_extension("rs");
        let mut beside = vec![outer.clone()];
        rust_files(declared_in, &mut beside);
        beside.retain(|file| file.parent() == Some(declared_in) || *file == outer);
        let declaration = format!("mod {name};");
        !beside.iter().any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&declaration)))
    });
}

#[test]
fn nothing_is_left_for_later() {
    // Spelled in two parts so that this file does not find itself.
    let marks = [concat!("to", "do!"), concat!("unimple", "mented!"), concat!("FIX", "ME"), concat!("#[ign", "ore")];
    check("these files leave something unfinished", |_, text| marks.iter().any(|mark| text.contains(mark)));
}

#[test]
fn the_map_of_the_rules_is_right() {
    let text = fs::read_to_string(crates().join("../ARCHITECTURE.md")).expect("UTF-8");
    let (_, table) = text.split_once("## Where a rule lives").expect("the section");
    let (table, _) = table.split_once("\n## ").expect("a section after it");
    let named: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    assert!(named.len() > 15, "the table is not read right: {named:?}");
    let is_there = |path: &str| {
        let (room, rest) = path.split_once('/').expect("a room and a file");
        ["src", ""].iter().any(|folder| crates().join(room).join(folder).join(rest).exists())
    };
    let wrong: Vec<&str> = named.into_iter().filter(|path| !is_there(path)).collect();
    assert!(wrong.is_empty(), "ARCHITECTURE.md names files that are not there: {wrong:?}");
}

#[test]
fn every_test_that_has_an_advisory_in_view_is_there() {
    let text = fs::read_to_string(crates().join("../docs/advisories.md")).expect("UTF-8");
    // The last column of a row; what is no name of a test there is code or a path.
    let cells = text.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | ").map(|(_, cell)| cell));
    let is_name = |word: &&str| word.contains('_') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let named: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(is_name).collect();
    assert!(named.len() > 40, "the tables are not read right: {named:?}");
    let sources: Vec<String> = source_files().iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    // What says that it is a test stands between it and the empty line before.
    let is_test = |before: &str| {
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        ["#[test]", "#[tokio::test", "#[rstest]"].iter().any(|attribute| attributes.contains(attribute))
    };
    let is_there = |name: &str| {
        let function = format!("fn {name}(");
        sources.iter().any(|source| source.split_once(&function).is_some_and(|(before, _)| is_test(before)))
    };
    let wrong: Vec<&str> = named.into_iter().filter(|name| !is_there(name)).collect();
    assert!(wrong.is_empty(), "docs/advisories.md names what is no test: {wrong:?}");
}

/// What writes past the doors of the audit log: the doors themselves and the log, what was made before there was one, and what the program
/// does by itself: the site's rule on credentials, with an entry of its own; the rows of principals, what is left of uploads, when credentials
/// were last used; and a write of nothing, which asks whether there could be one.
#[test]
fn no_write_goes_past_the_audit_log() {
    let allowed = [
        "audit/mod.rs",
        "audit/log.rs",
        "expiry_rule.rs",
        "lib.rs",
        "refresh_tokens.rs",
        "site.rs",
        "uploads.rs",
        "uses.rs",
    ];
    check("these files write without an entry in the audit log", |path, text| {
        let room = crates().join("service/src");
        let flat: String = text.split_whitespace().collect();
        let past = flat.contains("metadata.write(") || flat.contains("metadata.write::<");
        path.starts_with(&room) && past && !allowed.iter().any(|file| path == room.join(file))
    });
}

#[test]
fn no_junk_drawers() {
    let names = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    check("these names say nothing", |path, _| {
        path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| names.contains(&stem))
    });
}
