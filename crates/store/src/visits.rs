//! Visits to the addresses of registered cells. None is ever changed or deleted: the latest of a cell is in force.

use std::str::FromStr;

use rusqlite::{TransactionBehavior, params};

use super::{Store, StoreError, records::stored};
use cellwarden_core::registry::inspect::Visit;

impl Store {
    /// Stores visits, all or none, and gives how many are new: one that is stored already is left out.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn add_visits(&mut self, visits: &[Visit]) -> Result<usize, StoreError> {
        let transaction = self.database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut added = 0;
        {
            let mut insert = transaction.prepare("INSERT OR IGNORE INTO visit VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for visit in visits {
                added += insert.execute(params![
                    visit.ecgi.to_string(),
                    visit.date.to_string(),
                    visit.outcome.word(),
                    visit.again_on.map(|day| day.to_string()).unwrap_or_default(),
                    visit.note,
                ])?;
            }
        }
        transaction.commit()?;
        Ok(added)
    }

    /// All visits, by day; those of one day in the order in which they were stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn visits(&self) -> Result<Vec<Visit>, StoreError> {
        let mut select =
            self.database.prepare("SELECT ecgi, date, outcome, again_on, note FROM visit ORDER BY date, rowid")?;
        let mut rows = select.query([])?;
        let mut visits = Vec::new();
        while let Some(row) = rows.next()? {
            let text = |column: usize| row.get::<_, String>(column);
            let again_on = text(3)?;
            visits.push(Visit {
                ecgi: parsed("visit.ecgi", &text(0)?)?,
                date: parsed("visit.date", &text(1)?)?,
                outcome: parsed("visit.outcome", &text(2)?)?,
                again_on: if again_on.is_empty() { None } else { Some(parsed("visit.again_on", &again_on)?) },
                note: text(4)?,
            });
        }
        Ok(visits)
    }
}

fn parsed<T: FromStr>(column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| stored(column, text))
}
