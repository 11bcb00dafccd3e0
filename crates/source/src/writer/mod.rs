//! Writes SigMF recordings.
//!
//! In: samples as they come, with what is known of them. Out: a `.sigmf-data` and a `.sigmf-meta` file. The metadata is
//! written at the beginning and once more at the end, each time as a whole: a crash leaves a recording that can be read.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use lte_dsp::{
    frontend::{SampleFormat, quantise},
    units::{Hertz, SampleRate},
};
use num_complex::Complex32;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::{Coordinates, SourceError};

/// Samples converted at once.
const CHUNK_SAMPLES: usize = 1 << 14;

/// What holds from one sample on, until the next capture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capture {
    /// Centre of the recorded band.
    pub center: Hertz,
    /// Time of the first sample.
    pub start: Option<Timestamp>,
    /// Receiver gain in dB.
    pub gain_db: Option<f64>,
    /// Where the receiver was.
    pub position: Option<Coordinates>,
}

/// Something to be seen in a stretch of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// First sample, counted from the recording's first.
    pub sample_start: u64,
    /// Number of samples.
    pub sample_count: u64,
    /// Lower and upper edge of the band it is in.
    pub band: Option<(Hertz, Hertz)>,
    /// Short name.
    pub label: String,
    /// Anything more.
    pub comment: Option<String>,
}

/// A recording that is being written.
pub struct SigmfWriter {
    data_path: PathBuf,
    meta_path: PathBuf,
    data: BufWriter<File>,
    hasher: Sha512,
    format: SampleFormat,
    rate: SampleRate,
    description: String,
    hardware: Option<String>,
    captures: Vec<Value>,
    annotations: Vec<Value>,
    samples: u64,
    chunk: Vec<u8>,
}

impl SigmfWriter {
    /// Begins the recording `stem.sigmf-data` and `stem.sigmf-meta`.
    ///
    /// # Errors
    /// [`SourceError::Io`], also where a recording of that name exists: nothing is overwritten.
    pub fn create(
        stem: &Path,
        format: SampleFormat,
        rate: SampleRate,
        description: &str,
        first: Capture,
    ) -> Result<Self, SourceError> {
        let format = format.in_sigmf();
        // Not `with_extension`: the stem may hold dots.
        let with_ending = |ending: &str| {
            let mut name = stem.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let (data_path, meta_path) = (with_ending(".sigmf-data"), with_ending(".sigmf-meta"));
        let file = File::create_new(&data_path).map_err(SourceError::io(&data_path, "create"))?;
        let mut writer = Self {
            data_path,
            meta_path,
            data: BufWriter::new(file),
            hasher: Sha512::new(),
            format,
            rate,
            description: description.to_owned(),
            hardware: None,
            captures: Vec::new(),
            annotations: Vec::new(),
            samples: 0,
            chunk: Vec::new(),
        };
        writer.begin_capture(first);
        writer.write_metadata(None)?;
        Ok(writer)
    }

    /// Says what the samples were received with.
    pub fn set_hardware(&mut self, name: &str) {
        self.hardware = Some(name.to_owned());
    }

    /// Samples written so far.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Says that from the next sample on other settings hold.
    pub fn begin_capture(&mut self, capture: Capture) {
        let mut entry = json!({ "core:sample_start": self.samples, "core:frequency": capture.center.0 });
        if let Some(start) = capture.start {
            entry["core:datetime"] = json!(start.to_string());
        }
        if let Some(gain_db) = capture.gain_db {
            entry["capture_details:gain"] = json!(gain_db);
        }
        if let Some(Coordinates { lat, lon }) = capture.position {
            entry["core:geolocation"] = json!({ "type": "Point", "coordinates": [lon, lat] });
        }
        self.captures.push(entry);
    }

    /// Notes what is to be seen in a stretch of samples.
    pub fn annotate(&mut self, annotation: &Annotation) {
        let mut entry = json!({
            "core:sample_start": annotation.sample_start,
            "core:sample_count": annotation.sample_count,
            "core:label": annotation.label,
        });
        if let Some((lower, upper)) = annotation.band {
            entry["core:freq_lower_edge"] = json!(lower.0);
            entry["core:freq_upper_edge"] = json!(upper.0);
        }
        if let Some(comment) = &annotation.comment {
            entry["core:comment"] = json!(comment);
        }
        self.annotations.push(entry);
    }

    /// Adds samples. Samples that a recording of this format gave come out as the same bytes.
    ///
    /// # Errors
    /// [`SourceError::Io`], for example on a full disk.
    pub fn write(&mut self, samples: &[Complex32]) -> Result<(), SourceError> {
        for samples in samples.chunks(CHUNK_SAMPLES) {
            self.chunk.resize(samples.len() * self.format.bytes(), 0);
            quantise(self.format, samples, &mut self.chunk);
            self.data.write_all(&self.chunk).map_err(SourceError::io(&self.data_path, "write"))?;
            self.hasher.update(&self.chunk);
            self.samples += samples.len() as u64;
        }
        Ok(())
    }

    /// Ends the recording: all is on the disk when this returns. Gives the metadata's path.
    ///
    /// # Errors
    /// [`SourceError::Io`].
    pub fn finish(mut self) -> Result<PathBuf, SourceError> {
        let sync = |data: &mut BufWriter<File>| data.flush().and_then(|()| data.get_ref().sync_all());
        sync(&mut self.data).map_err(SourceError::io(&self.data_path, "write"))?;
        // An empty capture at the end says nothing.
        let samples = self.samples;
        self.captures.retain(|capture| capture["core:sample_start"] == 0 || capture["core:sample_start"] != samples);
        let hash = hex::encode(self.hasher.finalize_reset());
        self.write_metadata(Some(&hash))?;
        Ok(self.meta_path)
    }

    /// Puts the metadata in place as a whole.
    fn write_metadata(&self, sha512: Option<&str>) -> Result<(), SourceError> {
        let mut global = json!({
            "core:version": "1.2.0",
            "core:datatype": self.format.name(),
            "core:sample_rate": self.rate.hz(),
            "core:recorder": concat!("cellwarden ", env!("CARGO_PKG_VERSION")),
            "core:description": self.description,
            "core:extensions": [{ "name": "capture_details", "version": "1.0.0", "optional": true }],
        });
        if let Some(hardware) = &self.hardware {
            global["core:hw"] = json!(hardware);
        }
        if let Some(hash) = sha512 {
            global["core:sha512"] = json!(hash);
        }
        let root = json!({ "global": global, "captures": self.captures, "annotations": self.annotations });
        let part = self.meta_path.with_extension("sigmf-meta.part");
        let write = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            serde_json::to_writer_pretty(&mut file, &root)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&part, &self.meta_path)
        };
        write().map_err(SourceError::io(&self.meta_path, "write"))
    }
}

#[cfg(test)]
mod tests;
