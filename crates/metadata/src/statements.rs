//! How statements are declared, so that the test below sees every one: no SQL stands outside of `statements!`.
//!
//! Text that both SQLite and PostgreSQL take. Parameters are `$1…$n`; SQLite numbers them by first appearance, not by the figure.

/// Declares constants with SQL text, and lists them for the test that prepares each.
macro_rules! statements {
    ($($name:ident = $sql:expr;)+) => {
        $(const $name: &str = $sql;)+
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

pub(crate) use statements;

#[cfg(test)]
mod tests {
    use crate::{connection, migrations};
    use rusqlite::StatementStatus;

    #[test]
    fn every_statement_prepares_and_numbers_its_parameters() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let mut db = connection::open(&folder.path().join("metadata.sqlite3"), crate::Stay::Lasting)?;
        migrations::run(&mut db)?;
        for (noun, statements) in all() {
            for (name, sql) in statements {
                let statement = db.prepare(sql).map_err(|error| format!("{noun}::{name}: {error}"))?;
                for position in 1..=statement.parameter_count() {
                    assert_eq!(
                        statement.parameter_name(position),
                        Some(format!("${position}").as_str()),
                        "{noun}::{name}: first appearances of parameters must be in order"
                    );
                }
            }
        }
        Ok(())
    }

    /// A plan costs more than most statements do with it.
    #[test]
    fn no_statement_is_planned_again_when_other_values_are_bound() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let mut db = connection::open(&folder.path().join("metadata.sqlite3"), crate::Stay::Lasting)?;
        migrations::run(&mut db)?;
        db.pragma_update(None, "foreign_keys", false)?;
        for (noun, statements) in all() {
            for (name, sql) in statements {
                let change = db.transaction()?;
                for value in ["a", "b"] {
                    let mut statement = change.prepare_cached(sql)?;
                    let values = vec![value; statement.parameter_count()];
                    // What a statement makes of such values is of no interest, nor whether it takes them.
                    let _ = statement.query(rusqlite::params_from_iter(values))?.next();
                }
                let planned_again = change.prepare_cached(sql)?.get_status(StatementStatus::RePrepare);
                assert_eq!(planned_again, 0, "{noun}::{name}");
            }
        }
        Ok(())
    }

    /// What is asked for each manifest of a repository must not read all of them.
    #[test]
    fn what_is_asked_of_each_manifest_is_found_by_its_digest() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let mut db = connection::open(&folder.path().join("metadata.sqlite3"), crate::Stay::Lasting)?;
        migrations::run(&mut db)?;
        let of_each = [
            ("locks", "LOCKED_HOLDERS_OF"),
            ("locks", "LOCKED_TAGS_ON_HOLDERS_OF"),
            ("manifests", "DELETE"),
            ("retention", "IS_NEEDED_BY_WHAT_STAYS"),
            ("retention", "LIST_MANIFESTS"),
            ("tags", "LIST_OF_MANIFEST"),
        ];
        for (noun, name) in of_each {
            let mut listed = all().into_iter().filter(|(of, _)| *of == noun).flat_map(|(_, statements)| statements);
            let (_, sql) = listed.find(|(of, _)| *of == name).ok_or(name)?;
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            // As they come when they are prepared: nothing is known of the values.
            let values = vec![rusqlite::types::Value::Null; plan.parameter_count()];
            let steps = plan.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>("detail"))?;
            for step in steps.collect::<Result<Vec<_>, _>>()? {
                assert!(
                    !step.contains("(repository=?)") && !step.contains("SCAN m") && !step.contains("SCAN t"),
                    "{name}: {step}"
                );
            }
        }
        Ok(())
    }

    type Listed = (&'static str, &'static [(&'static str, &'static str)]);

    fn all() -> Vec<Listed> {
        macro_rules! of {
            ($($noun:ident),* $(,)?) => { vec![$((stringify!($noun), crate::$noun::STATEMENTS)),*] };
        }
        of![
            admin_user,
            audit,
            blob_links,
            certificates,
            collection,
            locations,
            locks,
            management_version,
            manifests,
            operations,
            passwords,
            principal_secrets,
            principal_users,
            principals,
            registries,
            repositories,
            resource_groups,
            retention,
            role_assignments,
            scope_maps,
            settings,
            tags,
            tokens,
            uploads,
            uses,
            verification,
        ]
    }

    #[test]
    fn every_noun_is_listed_above() -> std::io::Result<()> {
        let listed: Vec<&str> = all().into_iter().map(|(noun, _)| noun).collect();
        for entry in std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let declares = path.is_file() && std::fs::read_to_string(&path)?.contains("\nstatements! {");
            assert!(!declares || listed.contains(&stem), "add '{stem}' to the list in statements.rs");
        }
        Ok(())
    }
}
