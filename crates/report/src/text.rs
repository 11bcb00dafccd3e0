//! A table for people: one line a cell, under a line for each dwell.

use std::io::{self, Write};

use super::{
    DeviceCounts, SearchNote, Summary, SweepProgress, escape::escape, json::duplex_word, whereabouts::whereabouts_text,
};
use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Verdict},
    drive::{JudgedCell, SearchedDwell},
    locate::Whereabouts,
    observation::Observation,
};
use cellwarden_event::AlertState;
use cellwarden_text::counted;

/// Writes the table.
pub struct TextReport<W: Write> {
    out: W,
    color: bool,
    has_heading: bool,
    /// Where suspicious cells are, as far as it is known.
    places: Vec<(CellId, String)>,
}

/// Heading and width of each column; a width below 0 is flush left.
const COLUMNS: [(&str, i8); 14] = [
    ("EARFCN", 6),
    ("MHz", 8),
    ("PCI", 3),
    ("dup", -3),
    ("RB", 3),
    ("ports", 5),
    ("PLMN", -7),
    ("TAC", 5),
    ("ECI", -7),
    ("dBFS", 6),
    ("SINR", 5),
    ("CFO", 7),
    ("state", -8),
    ("verdict", -12),
];

impl<W: Write> TextReport<W> {
    /// A table to `out`, with colours where `color`.
    pub fn new(out: W, color: bool) -> Self {
        Self { out, color, has_heading: false, places: Vec::new() }
    }

    /// The heading, once: before the first dwell, as where nothing is searched there is no table.
    fn heading(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.has_heading, true) {
            return Ok(());
        }
        let headings = COLUMNS.map(|(heading, _)| heading.to_owned());
        let line = self.paint("1", &row(&headings));
        writeln!(self.out, "{line}")
    }

    /// The cells of a dwell.
    ///
    /// # Errors
    /// From writing.
    pub fn dwell(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell], notes: &[SearchNote]) -> io::Result<()> {
        let mut title = format!(
            "{}: {:.3} MHz, {} MS/s, {:.3} s",
            escape(&dwell.recording),
            dwell.center_hz / 1e6,
            dwell.sample_rate_hz / 1e6,
            dwell.seconds()
        );
        if let Some(start) = dwell.start {
            // Nobody reads a radio's nanoseconds.
            title += &if start.subsec_nanosecond() == 0 { format!(", {start}") } else { format!(", {start:.3}") };
        }
        self.heading()?;
        writeln!(self.out, "{title}")?;
        for cell in cells {
            self.cell(cell)?;
        }
        if cells.is_empty() && notes.is_empty() {
            writeln!(self.out, "  no cell found")?;
        }
        for SearchNote { code, message, .. } in notes {
            // What was not searched does not say that there is no cell.
            let begin = if cells.is_empty() && *code != "searched-in-part" { "no cell found: " } else { "" };
            let line = self.paint("33", &format!("  {begin}{}", escape(message)));
            writeln!(self.out, "{line}")?;
        }
        if dwell.lost > 0 {
            let line = self.paint("33", &format!("  {}", counted(dwell.lost, "lost sample")));
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()
    }

    /// An alert that was raised, rose, went into another or was explained, in one line that cannot be overlooked. That cells left the air
    /// or came back says the list of alerts.
    ///
    /// # Errors
    /// From writing.
    pub fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        let Alert { id, rule, severity, summary, .. } = alert;
        let change = match (alert.revision, alert.state, &alert.merged_into) {
            (1, ..) => String::new(),
            (_, AlertState::Risen, _) => format!(" (revision {})", alert.revision),
            (_, AlertState::Merged, Some(other)) => {
                writeln!(self.out, "  ALERT {id} is of the transmitter of alert {}, and goes on there", escape(other))?;
                return self.out.flush();
            }
            _ if alert.is_explained() => {
                writeln!(self.out, "  ALERT {id} closed: {}", escape(summary))?;
                return self.out.flush();
            }
            _ => return Ok(()),
        };
        let line = self.paint("1;31", &format!("  ALERT {id} {severity} {rule}{change}: {}", escape(summary)));
        writeln!(self.out, "{line}")?;
        if let Some(file) = &alert.evidence_file {
            writeln!(self.out, "         evidence: {}", escape(file))?;
        }
        self.out.flush()
    }

    /// Where a suspicious cell is; the last word of each is written at the end.
    pub fn place(&mut self, id: &CellId, whereabouts: &Whereabouts) {
        let text = whereabouts_text(whereabouts);
        match self.places.iter_mut().find(|(known, _)| known == id) {
            Some((_, known)) => *known = text,
            None => self.places.push((id.clone(), text)),
        }
    }

    /// Something about a whole recording.
    ///
    /// # Errors
    /// From writing.
    pub fn note(&mut self, recording: &str, note: &SearchNote) -> io::Result<()> {
        let line = self.paint("33", &format!("{}: {}", escape(recording), escape(&note.message)));
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// A sweep that is complete.
    ///
    /// # Errors
    /// From writing.
    pub fn sweep(&mut self, progress: &SweepProgress) -> io::Result<()> {
        writeln!(self.out, "{}", progress.completed_text())?;
        self.out.flush()
    }

    /// What went wrong at a radio.
    ///
    /// # Errors
    /// From writing.
    pub fn device(&mut self, device: &str, counts: &DeviceCounts) -> io::Result<()> {
        let DeviceCounts { overflows, timeouts, disconnects, .. } = counts;
        let faults = [(*overflows, "overflow"), (*timeouts, "timeout"), (*disconnects, "disconnect")];
        let faults = faults.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| counted(n, what));
        let line = format!("  {}: {}", escape(device), faults.collect::<Vec<_>>().join(", "));
        writeln!(self.out, "{}", self.paint("33", &line))?;
        self.out.flush()
    }

    /// The last line.
    ///
    /// # Errors
    /// From writing.
    pub fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let Summary { recordings, cells, alerts, iq_seconds, wall_seconds, cpu_seconds, lost_samples, errors, .. } =
            summary;
        for (id, text) in &self.places {
            let name = id.ecgi.map_or_else(|| "A cell without SIB1".to_owned(), |ecgi| ecgi.to_string());
            writeln!(self.out, "{name} (PCI {}) {text}", id.pci)?;
        }
        let mut line = format!("{} in {}", counted(*cells, "cell"), counted(*recordings, "recording"));
        if *alerts > 0 {
            line += &format!(", {}", counted(*alerts, "alert"));
        }
        line += &format!("; {iq_seconds:.2} s of signal in {wall_seconds:.2} s ({cpu_seconds:.2} s of processor time)");
        if *lost_samples > 0 {
            line += &format!(", {}", counted(*lost_samples, "lost sample"));
        }
        if *errors > 0 {
            line += &format!(", {}", counted(*errors, "error"));
        }
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    fn cell(&mut self, JudgedCell { observation, verdict, findings }: &JudgedCell) -> io::Result<()> {
        let Observation { carrier, mib, identity, level, .. } = observation;
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let identity = identity.as_ref();
        // More PLMNs than the first make the column wider than it is; the line stays readable.
        let plmns = identity.map(|i| i.all_plmns().iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        let fields = [
            or_dash(carrier.earfcn.map(|earfcn| earfcn.to_string())),
            format!("{:.3}", carrier.hz / 1e6),
            observation.pci.to_string(),
            duplex_word(observation.duplex).to_owned(),
            or_dash(mib.map(|mib| mib.bandwidth.n_rb_dl().to_string())),
            or_dash(mib.map(|mib| mib.antenna_ports.count().to_string())),
            or_dash(plmns),
            or_dash(identity.map(|i| i.tac.to_string())),
            or_dash(identity.map(|i| format!("{:07x}", i.eci.get()))),
            format!("{:.1}", level.rsrp_dbfs),
            format!("{:.1}", level.sinr_db),
            format!("{:.0}", observation.offset.hz),
            observation.state.word().to_owned(),
            verdict.word().to_owned(),
        ];
        let color = match verdict {
            Verdict::Registered => "32",
            Verdict::Unregistered | Verdict::Inactive => "1;31",
            Verdict::Mismatch => "33",
            Verdict::Unidentified | Verdict::Unchecked => "0",
        };
        let line = self.paint(color, &row(&fields));
        writeln!(self.out, "{line}")?;
        if let Some(name) = &observation.broadcast.hnb_name {
            writeln!(self.out, "         home eNB name: {}", escape(name))?;
        }
        for finding in findings {
            writeln!(self.out, "         {}: {}{}", finding.severity, escape(&finding.rule), excuse(finding))?;
        }
        if let Some(note) = &observation.note {
            writeln!(self.out, "         {}", escape(note))?;
        }
        Ok(())
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color && code != "0" { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The fields in their columns.
fn row(fields: &[String; 14]) -> String {
    let mut line = String::from(" ");
    for (field, (_, width)) in fields.iter().zip(COLUMNS) {
        let pad = usize::from(width.unsigned_abs());
        line += &if width < 0 { format!(" {field:<pad$}") } else { format!(" {field:>pad$}") };
    }
    line.truncate(line.trim_end().len());
    line
}

/// Why a finding is not alerted, where the operator's allow-list knows the cell.
fn excuse(finding: &Finding) -> String {
    let Some(why) = finding.evidence.get("suppressed") else { return String::new() };
    let part = |name: &str| escape(why[name].as_str().unwrap_or_default()).to_string();
    format!(" (allowed until {}: {}, by {})", part("until"), part("reason"), part("by"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::tests::{full_observation, searched_dwell};

    fn table(color: bool, observations: &[Observation]) -> String {
        let mut out = Vec::new();
        let mut report = TextReport::new(&mut out, color);
        let cells: Vec<_> = observations.iter().cloned().map(JudgedCell::unchecked).collect();
        report.dwell(&SearchedDwell { lost: 3, ..searched_dwell() }, &cells, &[]).expect("written");
        report.end(&Summary { recordings: 1, cells: 1, lost_samples: 3, ..Summary::default() }).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_cell_is_a_line_under_its_headings() {
        let text = table(false, &[full_observation()]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].split_whitespace().count(), COLUMNS.len());
        assert_eq!(lines[1], "drive-a-000: 1840.000 MHz, 5.76 MS/s, 0.060 s, 2026-11-20T01:00:00Z");
        let fields: Vec<&str> = lines[2].split_whitespace().collect();
        assert_eq!(fields[..9], ["1550", "1840.000", "301", "fdd", "25", "2", "450-08", "11793", "3f0d101"]);
        assert_eq!(fields[9..], ["-45.3", "9.9", "-812", "si", "unchecked"]);
        assert!(text.contains("\n  3 lost samples\n"));
        assert!(lines.last().is_some_and(|line| line.starts_with("1 cell in 1 recording; ")));
    }

    #[test]
    fn a_name_from_the_air_is_escaped() {
        let mut observation = full_observation();
        observation.broadcast.hnb_name = Some("\u{1b}[2Jhome".to_owned());
        let text = table(false, &[observation]);
        assert!(text.contains("home eNB name: \\u{1b}[2Jhome") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn colours_only_where_wanted() {
        assert!(table(true, &[]).contains("\u{1b}[1m"));
        assert!(!table(false, &[full_observation()]).contains('\u{1b}'));
        assert!(table(false, &[]).contains("no cell found"));
    }
}
