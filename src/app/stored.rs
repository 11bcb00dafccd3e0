//! Opens a store for a command that only reads it.

use std::path::Path;

use anyhow::{Context, Result};

use crate::console;
use cellwarden_store::Store;

/// Opens a store that is there to read it; what may be missing, where the store cannot be written, is reported.
///
/// # Errors
/// What is wrong with it.
pub fn open_to_read(path: &Path) -> Result<Store> {
    let opened = Store::open_to_read(path).with_context(|| format!("{}: cannot use the store", path.display()));
    let (store, missing) = opened?;
    missing.iter().for_each(console::write_error_line);
    Ok(store)
}
