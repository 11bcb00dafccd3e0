//! `config init`, `completions` and `man`: what the program tells of itself.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, Result, bail};

use super::Outcome;
use crate::{
    cli::{self, Shell},
    config::ConfigInitSettings,
};

/// Writes a commented configuration file; one that is there stays unless `force` is given.
pub fn config_init(settings: &ConfigInitSettings) -> Result<Outcome> {
    let ConfigInitSettings { file, force } = settings;
    let text = cli::commented();
    if file.as_os_str() == "-" {
        return print(text.as_bytes());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{}: cannot make the folder", folder.display()))?;
    }
    let mut options = OpenOptions::new();
    let options = if *force { options.create(true).truncate(true) } else { options.create_new(true) };
    match options.write(true).open(file).and_then(|mut file| file.write_all(text.as_bytes())) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{}: is there already; --force writes over it", file.display())
        }
        written => written.with_context(|| format!("{}: cannot write", file.display()))?,
    }
    print(format!("{}\n", file.display()).as_bytes())
}

/// Prints what makes a shell complete.
pub fn completions(shell: Shell) -> Result<Outcome> {
    print(&cli::completions(shell))
}

/// Prints the manual page, or writes all of them into a folder.
pub fn man(folder: Option<&Path>) -> Result<Outcome> {
    let Some(folder) = folder else { return print(&cli::man_page()?) };
    let write = || fs::create_dir_all(folder).and_then(|()| cli::man_pages(folder));
    write().with_context(|| format!("{}: cannot write the manual pages", folder.display()))?;
    Ok(Outcome::Done)
}

fn print(bytes: &[u8]) -> Result<Outcome> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Outcome::Done)
}
