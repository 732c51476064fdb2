//! Transactions as values: what may be read in one, what may be written, and what must be told to others.

use crate::Error;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::cell::RefCell;
use std::ops::Deref;

/// A transaction that reads. Everything in it is seen at one instant.
pub struct Reading<'c> {
    db: &'c Connection,
    /// The last thing that SQLite failed at: when it then ends the transaction by itself, this is why.
    failure: RefCell<Option<Error>>,
}

/// A transaction that writes. It holds the write lock of the database.
pub struct Writing<'c> {
    reading: Reading<'c>,
    hooks: RefCell<Vec<Hook>>,
}

/// A transaction that writes what sign-ins are judged by: registries, scope maps, tokens, passwords, certificates.
///
/// Only [`Writing::manage`] makes one, so nothing can change there that other processes do not hear of.
pub struct Managing<'t> {
    writing: &'t Writing<'t>,
}

pub(crate) type Hook = Box<dyn FnOnce() + Send>;

impl<'c> Reading<'c> {
    pub(crate) fn new(db: &'c Connection) -> Self {
        Self { db, failure: RefCell::default() }
    }

    /// The row of a statement that gives one or none.
    pub(crate) fn find<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        // The row lives as long as the query, so it is read inside; the two kinds of error are told apart afterwards.
        let run = || self.db.prepare_cached(sql)?.query_row(params, |row| Ok(read(row))).optional();
        self.noted(run())?.transpose()
    }

    /// The row of a statement that always gives one, such as a count.
    pub(crate) fn get<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let run = || self.db.prepare_cached(sql)?.query_row(params, |row| Ok(read(row)));
        self.noted(run())?
    }

    /// All rows of a statement.
    pub(crate) fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.noted(self.db.prepare_cached(sql))?;
        let mut rows = self.noted(statement.query(params))?;
        let mut found = Vec::new();
        while let Some(row) = self.noted(rows.next())? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// Whether another process's lock was in the way.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(*self.failure.borrow(), Some(Error::Busy))
    }

    fn noted<T>(&self, result: rusqlite::Result<T>) -> Result<T, Error> {
        result.map_err(|error| {
            let error = Error::from(error);
            *self.failure.borrow_mut() = Some(error.clone());
            error
        })
    }
}

impl<'c> Writing<'c> {
    pub(crate) fn new(db: &'c Connection) -> Self {
        Self { reading: Reading::new(db), hooks: RefCell::default() }
    }

    /// Runs a statement that gives no rows. How many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        let run = || self.db.prepare_cached(sql)?.execute(params);
        self.noted(run())
    }

    /// Opens what sign-ins are judged by, and tells other processes that it changes (see [`crate::management_version`]).
    ///
    /// `forget` throws away what this process remembers of it. It is called once the commit was tried, before anybody is told of
    /// the result, and also when nobody waits for it any more: a client that hangs up must not keep a revoked token alive.
    pub fn manage(&self, forget: impl FnOnce() + Send + 'static) -> Result<Managing<'_>, Error> {
        crate::management_version::advance(self)?;
        self.hooks.borrow_mut().push(Box::new(forget));
        Ok(Managing { writing: self })
    }

    /// How many rows this transaction and those before it have changed: it grows with each change.
    pub fn changes(&self) -> u64 {
        self.db.total_changes()
    }

    /// Why SQLite ended the transaction by itself.
    pub(crate) fn cause(&self) -> Error {
        self.failure.borrow().clone().unwrap_or(Error::Undone)
    }

    pub(crate) fn into_hooks(self) -> Vec<Hook> {
        self.hooks.into_inner()
    }
}

impl<'c> Deref for Writing<'c> {
    type Target = Reading<'c>;

    fn deref(&self) -> &Reading<'c> {
        &self.reading
    }
}

impl<'t> Deref for Managing<'t> {
    type Target = Writing<'t>;

    fn deref(&self) -> &Writing<'t> {
        self.writing
    }
}
