//! Variables of a shell session: what `-OutVariable` and its like keep, and `'$name.Id'` reads in a later command.
//!
//! One file a parent shell, in `$XDG_RUNTIME_DIR/portcullis`, else below `$XDG_STATE_HOME`; only its owner reads it. The values of
//! passwords are never kept.

use crate::cmdlet::sources::Sources;
use crate::environment::Environment;
use crate::limits::{PARAMETER_FILE_BYTES_MAX, SESSION_FILE_BYTES_MAX, SESSIONS_MAX};
use crate::private_files;
use crate::secret::mask_secrets;
use serde_json::{Map, Value};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The variables of the session that a run is in.
#[derive(Debug, Clone)]
pub struct Session {
    file: Option<PathBuf>,
}

/// How a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// In place of what was there.
    Only,
    /// Behind what was there: `-OutVariable +name`.
    Behind,
}

impl Session {
    /// The session of the shell that started this process.
    pub fn of(environment: &Environment) -> Self {
        let name = environment.session.as_ref().map(|session| format!("session-{session}.json"));
        let folder = environment.runtime_folder().map(|folder| folder.join("sessions"));
        Self { file: folder.zip(name).map(|(folder, name)| folder.join(name)) }
    }

    /// A variable; names have no case. A file that cannot be read holds nothing.
    pub fn get(&self, name: &str) -> Option<Value> {
        let variables = self.read();
        variables.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Keeps `values` under `name`, without their secrets.
    pub fn set(&self, name: &str, values: &[Value], keep: Keep) -> io::Result<()> {
        let file = self.file.as_deref().ok_or_else(|| io::Error::other("there is no folder for it"))?;
        let mut variables = self.read();
        let known = variables.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
        let before = known.and_then(|known| variables.remove(&known)).filter(|_| keep == Keep::Behind);
        let mut all = match before {
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
            None => Vec::new(),
        };
        all.extend(values.iter().cloned().map(without_secrets));
        variables.insert(name.to_owned(), Value::Array(all));
        let text = Value::Object(variables).to_string();
        if u64::try_from(text.len()).is_ok_and(|length| length > SESSION_FILE_BYTES_MAX) {
            return Err(io::Error::other(format!("the variables have more than {SESSION_FILE_BYTES_MAX} bytes")));
        }
        if let Some(folder) = file.parent() {
            private_files::make_folder(folder)?;
            forget_old(folder, file);
        }
        private_files::replace(file, text.as_bytes())
    }

    fn read(&self) -> Map<String, Value> {
        let bytes = self.file.as_deref().and_then(|file| private_files::read(file, SESSION_FILE_BYTES_MAX).ok());
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

impl Sources for Session {
    fn file(&self, path: &str) -> Result<String, String> {
        let bytes =
            private_files::read(Path::new(path), PARAMETER_FILE_BYTES_MAX).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => format!("Cannot find path '{path}' because it does not exist."),
                _ => format!("Cannot read '{path}': {error}."),
            })?;
        let text = String::from_utf8(bytes).map_err(|_| format!("'{path}' is not UTF-8 text."))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.get(name)
    }
}

fn without_secrets(mut value: Value) -> Value {
    mask_secrets(&mut value, &Value::Null);
    value
}

/// Nobody tells when a shell ends: the files that were written longest ago go when there are too many.
fn forget_old(folder: &Path, current: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path() != current)
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let excess = (files.len() + 1).saturating_sub(SESSIONS_MAX);
    for (_, file) in files.into_iter().take(excess) {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests;
