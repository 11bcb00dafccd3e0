//! Settings of `replay`, and what it shares with `scan`: threads and output.

use std::{
    env,
    io::{self, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    thread,
};

use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, Ppm, SampleRate},
};

use super::{
    CheckSettings, ConfigError,
    records::in_data_folder,
    values::{
        CLOCK_PPM, OSCILLATOR_PPM, check_center, check_value, parse_carrier, parse_clock, parse_oscillator, parse_rate,
    },
};
use crate::cli::{FULL_SPEED, ReplayOptions, Text};
use cellwarden_receiver::Oscillators;

/// Names of sample formats.
const FORMATS: &str =
    "ci8, cu8, ci16, cu16, ci32, cu32, cf32 or cf64, with _le or _be, or another name of these like cs16 and fc32";
/// Threads at most.
const MAX_THREADS: usize = 1024;

/// Settings of `replay`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySettings {
    /// What to decode, in order; `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// Sample format of raw files.
    pub format: Option<SampleFormat>,
    /// Sample rate of raw files.
    pub rate: Option<SampleRate>,
    /// Centre of raw files, and of SigMF recordings that do not tell it.
    pub center: Option<Hertz>,
    /// Check the hash of long recordings too.
    pub verify_hash: bool,
    /// Turn the spectrum of all recordings over.
    pub invert_spectrum: bool,
    /// Carriers to search; `None` searches the whole recorded band.
    pub carriers: Option<Vec<Hertz>>,
    /// Errors of the oscillators that recorded, as far as they are told.
    pub oscillators: Oscillators,
    /// Threads to use.
    pub threads: NonZeroUsize,
    /// What to print.
    pub output: Output,
    /// How many times faster than recorded dwells are shown; `None`: as fast as they are decoded.
    pub speed: Option<f64>,
    /// Whether to wait for the user before the first dwell.
    pub paused: bool,
    /// Where the van's page is served.
    pub view: Option<ViewSettings>,
    /// Whether the bell rings without the terminal interface too.
    pub sound: bool,
    /// What cells are checked against.
    pub check: CheckSettings,
}

/// Where the van's page is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewSettings {
    /// The address.
    pub address: SocketAddr,
    /// The folder of its certificate.
    pub folder: PathBuf,
}

/// What is shown on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A table.
    Text,
    /// Events, one JSON object a line.
    Json,
    /// The terminal interface.
    Screen,
}

pub fn check_replay(
    inputs: Vec<PathBuf>,
    options: ReplayOptions,
    check: CheckSettings,
) -> Result<ReplaySettings, ConfigError> {
    let carriers: Vec<Hertz> = options
        .carriers
        .into_iter()
        .filter_map(|text| {
            let expected = "an EARFCN of TS 36.101 Table 5.7.3-1 or a frequency like 1842.5M";
            check_value("carriers", Some(text), expected, parse_carrier).transpose()
        })
        .collect::<Result<_, _>>()?;
    Ok(ReplaySettings {
        inputs,
        format: check_value("format", options.format, FORMATS, SampleFormat::from_name)?,
        rate: check_value("rate", options.rate, "a positive number of samples per second, like 19.2M", parse_rate)?,
        center: check_center("freq", options.freq)?,
        verify_hash: options.verify_hash.unwrap_or_default(),
        invert_spectrum: options.invert_spectrum.unwrap_or_default(),
        carriers: (!carriers.is_empty()).then_some(carriers),
        oscillators: Oscillators {
            carrier: check_value("ppm", options.ppm, OSCILLATOR_PPM, parse_oscillator)?.map(Ppm),
            clock: check_value("clock-ppm", options.clock_ppm, CLOCK_PPM, parse_clock)?.map(Ppm),
        },
        threads: check_threads(options.threads)?,
        output: output(options.json, options.headless),
        speed: check_value("speed", options.speed, "full, or how many times faster, 0.01 to 1000", parse_speed)?
            .flatten(),
        paused: options.paused.unwrap_or_default(),
        view: check_view(options.view)?,
        sound: options.sound.unwrap_or_default(),
        check,
    })
}

/// How many times faster than recorded; `None` for full speed.
#[expect(clippy::option_option, reason = "the outer one says whether it can be used")]
fn parse_speed(text: &str) -> Option<Option<f64>> {
    if text == FULL_SPEED {
        return Some(None);
    }
    text.parse().ok().filter(|times| (0.01..=1000.0).contains(times)).map(Some)
}

/// The threads to use: all processors unless said.
pub fn check_threads(threads: Option<usize>) -> Result<NonZeroUsize, ConfigError> {
    let all = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = threads.unwrap_or(all.get());
    NonZeroUsize::new(threads).filter(|n| n.get() <= MAX_THREADS).ok_or_else(|| ConfigError::Value {
        option: "threads",
        value: threads.to_string(),
        expected: "1 to 1024",
    })
}

/// Where the van's page is served: a port alone is one of this host.
pub fn check_view(view: Option<Text>) -> Result<Option<ViewSettings>, ConfigError> {
    let parse = |text: &str| {
        let port = || text.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        text.parse().ok().or_else(port)
    };
    let Some(address) = check_value("view", view, "a port like 8090, or an address like 0.0.0.0:8443", parse)? else {
        return Ok(None);
    };
    Ok(Some(ViewSettings { address, folder: in_data_folder("view", "store")? }))
}

/// The terminal interface where there is a terminal that can be drawn on, unless something else is asked for.
pub fn output(json: Option<bool>, headless: Option<bool>) -> Output {
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    match (json.unwrap_or_default(), headless.unwrap_or_default() || is_dumb || !io::stdout().is_terminal()) {
        (true, _) => Output::Json,
        (false, true) => Output::Text,
        (false, false) => Output::Screen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::settings;

    #[test]
    fn carriers_are_channels_or_frequencies() {
        let carriers = settings(&["--carriers", "1550,1842.5M", "--carriers", "954300000"]).expect("valid").carriers;
        assert_eq!(carriers, Some(vec![Hertz(1840e6), Hertz(1842.5e6), Hertz(954.3e6)]));
        assert_eq!(settings(&[]).expect("valid").carriers, None);
        for bad in ["5000", "999999", "1k", "x", ""] {
            let error = settings(&["--carriers", bad]).expect_err(bad);
            assert!(error.starts_with("--carriers"), "{error}");
        }
    }

    #[test]
    fn the_vans_page_is_for_this_host_unless_an_address_says_otherwise() {
        let address = |text: &str| settings(&["--view", text]).map(|s| s.view.expect("given").address.to_string());
        assert_eq!(address("8090").as_deref(), Ok("127.0.0.1:8090"));
        assert_eq!(address("0.0.0.0:8443").as_deref(), Ok("0.0.0.0:8443"));
        assert_eq!(address("[::1]:0").as_deref(), Ok("[::1]:0"));
        assert_eq!(settings(&[]).expect("valid").view, None);
        for bad in ["", "van", "99999", "192.168.1.4", "localhost:8090"] {
            let error = address(bad).expect_err(bad);
            assert!(error.starts_with("--view"), "{error}");
        }
    }

    #[test]
    fn errors_of_crystal_and_clock_are_told_apart() {
        let told = |arguments: &[&str]| settings(arguments).expect("valid").oscillators;
        assert_eq!(told(&[]), Oscillators::default());
        let both = Oscillators { carrier: Some(Ppm(-1.5)), clock: Some(Ppm(112.0)) };
        assert_eq!(told(&["--ppm", "-1.5", "--clock-ppm=112"]), both);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "[replay]\nppm = -1.5\nclock-ppm = 112\n").expect("writable");
        assert_eq!(told(&["--config", path.to_str().expect("UTF-8")]), both);
    }

    #[test]
    fn a_frequency_below_every_band_is_refused_with_what_may_be_meant() {
        let error = settings(&["--freq", "1840"]).expect_err("no LTE frequency");
        assert!(
            error.starts_with("--freq \"1840\": 1840 Hz is below") && error.ends_with("did you mean 1840M?"),
            "{error}"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_expected() {
        let error = settings(&["--format", "rf32"]).expect_err("no such format");
        assert!(error.starts_with("--format \"rf32\": expected ci8, cu8, ci16"), "{error}");
        for bad in [
            ["--speed", "0"],
            ["--speed", "NaN"],
            ["--rate", "0"],
            ["--rate=-1.92M", "-q"],
            ["--freq", "fast"],
            ["--ppm", "101"],
            ["--ppm", "NaN"],
            ["--clock-ppm", "-251"],
            ["--clock-ppm", "fast"],
            ["--freq", "1840"],
            ["--threads", "0"],
            ["--threads", "9999"],
        ] {
            assert!(settings(&bad).is_err(), "{bad:?}");
        }
    }
}
