//! The log's lines on their way to the screen: whole ones, of a bounded length and number.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// Lines kept; the oldest goes first.
pub const MAX_LINES: usize = 2_000;
/// Bytes of a line; what is longer goes on in the next.
const LONGEST_LINE: usize = 4_096;

/// The log's lines for the screen, which no other line may tear.
#[derive(Debug, Clone, Default)]
pub struct LogLines(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    whole: VecDeque<String>,
    begun: Vec<u8>,
}

impl LogLines {
    /// The lines that came since this was last asked.
    pub fn take(&self) -> VecDeque<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).whole)
    }
}

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for &byte in bytes {
            if byte == b'\n' || lines.begun.len() >= LONGEST_LINE {
                let line = String::from_utf8_lossy(&lines.begun).into_owned();
                lines.whole.push_back(line);
                lines.begun.clear();
            }
            if byte != b'\n' {
                lines.begun.push(byte);
            }
        }
        let excess = lines.whole.len().saturating_sub(MAX_LINES);
        lines.whole.drain(..excess);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_are_bounded() {
        let mut lines = LogLines::default();
        for i in 0..MAX_LINES + 10 {
            writeln!(lines, "line {i}").expect("memory");
        }
        let kept = lines.take();
        assert_eq!((kept.len(), kept[0].as_str()), (MAX_LINES, "line 10"));
        assert!(lines.take().is_empty());
        lines.write_all(&[b'x'; 3 * LONGEST_LINE]).expect("memory");
        assert!(lines.take().iter().all(|line| line.len() == LONGEST_LINE));
    }
}
