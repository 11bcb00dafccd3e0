//! The carriers that scans heard, kept from one scan to the next: the first sweep begins where they are.

use std::{fs, io, ops::RangeInclusive, path::Path};

use lte_dsp::units::Hertz;

/// Carriers kept at most.
const MOST: usize = 1024;

/// The carriers that the file holds, in hertz, ascending; none where it is absent or damaged, as it is written anew.
pub fn read(file: &Path) -> Vec<Hertz> {
    let all: Vec<u64> = fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    all.into_iter().take(MOST).map(|hz| Hertz(hz as f64)).collect()
}

/// Keeps the carriers that a complete sweep of `searched` knows, beside those elsewhere.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(file: &Path, known: impl Iterator<Item = Hertz>, searched: &[RangeInclusive<f64>]) -> io::Result<()> {
    let is_elsewhere = |hertz: &Hertz| !searched.iter().any(|centres| centres.contains(&hertz.0));
    let mut all: Vec<u64> =
        known.chain(read(file).into_iter().filter(is_elsewhere)).map(|hertz| hertz.0.round() as u64).collect();
    all.truncate(MOST);
    all.sort_unstable();
    all.dedup();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("json.part");
    fs::write(&part, serde_json::to_vec(&all)?)?;
    fs::rename(&part, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriers_of_what_was_searched_are_replaced_and_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("new/carriers.json");
        assert_eq!(read(&file), []);
        let bands = [1805e6..=1880e6, 925e6..=960e6];
        write(&file, [1842.5e6, 953e6, 1815e6].map(Hertz).into_iter(), &bands).expect("written");
        assert_eq!(read(&file), [953e6, 1815e6, 1842.5e6].map(Hertz));
        write(&file, [1860e6].map(Hertz).into_iter(), &bands[..1]).expect("written");
        assert_eq!(read(&file), [953e6, 1860e6].map(Hertz));
        fs::write(&file, "{").expect("written");
        assert_eq!(read(&file), [], "a damaged file holds nothing");
    }
}
