//! The registered cell list on disk: its database, its signed snapshots, and deltas between them.

pub mod database;
pub mod error;
mod indices;
pub mod lookup;
pub mod signed;

pub use database::{import_files, load, open};
pub use error::RegistryError;
pub use lookup::{RegisteredCells, RegistryDatabase};

#[cfg(test)]
mod same_answers;
