//! Memory for the longest stretches of samples. A dwell's are touched once or twice: in small pages, the system's work for
//! the first touch of each costs more than a transform of what is in it. What one buffer leaves serves the next one, of the
//! same dwell or of another.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

use memmap2::MmapMut;
use num_complex::Complex32;

/// Bytes of a large page.
const LARGE_PAGE: usize = 2 << 20;

/// What dropped buffers have left.
static LEFT: Mutex<Spare> = Mutex::new(Spare(Vec::new()));

/// Memory that nobody uses now.
struct Spare(Vec<MmapMut>);

impl Spare {
    /// The smallest piece of `bytes` or more that wastes no more than half of it. Where there is none the others go back to
    /// the system: new memory is to be asked for, and both together would be more than was ever in use.
    fn take(&mut self, bytes: usize) -> Option<MmapMut> {
        let fitting = (0..self.0.len()).filter(|&i| (bytes..=2 * bytes).contains(&self.0[i].len()));
        match fitting.min_by_key(|&i| self.0[i].len()) {
            Some(smallest) => Some(self.0.swap_remove(smallest)),
            None => {
                self.0.clear();
                None
            }
        }
    }
}

/// Samples in large pages, where the system has those.
#[derive(Debug, Default)]
pub struct SampleBuffer {
    memory: Option<MmapMut>,
    len: usize,
}

impl SampleBuffer {
    /// No samples.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for `capacity` samples in all.
    ///
    /// # Panics
    /// Where the system has no memory for them.
    pub fn reserve(&mut self, capacity: usize) {
        if capacity <= self.capacity() {
            return;
        }
        let bytes = (capacity * size_of::<Complex32>()).next_multiple_of(LARGE_PAGE);
        let spare = LEFT.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
        let mut memory = spare.or_else(|| map(bytes)).unwrap_or_else(|| panic!("no memory for {capacity} samples"));
        // What is outgrown goes back to the system at once: it would be kept beside what is larger.
        if let Some(outgrown) = self.memory.take() {
            let used = self.len * size_of::<Complex32>();
            memory[..used].copy_from_slice(&outgrown[..used]);
        }
        self.memory = Some(memory);
    }

    /// Adds samples.
    pub fn extend_from_slice(&mut self, samples: &[Complex32]) {
        let from = self.len;
        self.resize(from + samples.len());
        self[from..].copy_from_slice(samples);
    }

    /// Makes it `len` samples. Those that are added are whatever was there before.
    pub fn resize(&mut self, len: usize) {
        self.reserve(len);
        self.len = len;
    }

    /// Adds a sample.
    pub fn push(&mut self, sample: Complex32) {
        if self.len == self.capacity() {
            self.reserve(2 * self.len.max(1024));
        }
        let last = self.len;
        self.len += 1;
        self[last] = sample;
    }

    fn capacity(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.len() / size_of::<Complex32>())
    }
}

impl Drop for SampleBuffer {
    fn drop(&mut self) {
        LEFT.lock().unwrap_or_else(PoisonError::into_inner).0.extend(self.memory.take());
    }
}

/// New memory, all zero; `None` where the system has none.
fn map(bytes: usize) -> Option<MmapMut> {
    let memory = MmapMut::map_anon(bytes).ok()?;
    // A system without large pages refuses, and small ones serve as well.
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    Some(memory)
}

impl From<&[Complex32]> for SampleBuffer {
    fn from(samples: &[Complex32]) -> Self {
        let mut buffer = Self::new();
        buffer.extend_from_slice(samples);
        buffer
    }
}

impl Clone for SampleBuffer {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl PartialEq for SampleBuffer {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Deref for SampleBuffer {
    type Target = [Complex32];

    fn deref(&self) -> &[Complex32] {
        self.memory.as_ref().map_or(&[], |memory| &bytemuck::cast_slice(memory)[..self.len])
    }
}

impl DerefMut for SampleBuffer {
    fn deref_mut(&mut self) -> &mut [Complex32] {
        self.memory.as_mut().map_or(&mut [], |memory| &mut bytemuck::cast_slice_mut(memory)[..self.len])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_when_it_grows() {
        let mut buffer = SampleBuffer::new();
        assert_eq!(*buffer, []);
        buffer.resize(0);
        for n in 0..5000 {
            buffer.push(Complex32::new(n as f32, -1.0));
        }
        buffer.resize(70_000);
        assert!(buffer[..5000].iter().enumerate().all(|(n, x)| *x == Complex32::new(n as f32, -1.0)));
        let memory = buffer.as_ptr();
        buffer.resize(3);
        buffer.extend_from_slice(&[Complex32::ONE]);
        assert_eq!(buffer.as_ptr(), memory);
        assert_eq!(buffer.clone(), buffer);
        assert_eq!(buffer[2..], [Complex32::new(2.0, -1.0), Complex32::ONE]);
    }

    #[test]
    fn what_is_left_serves_what_nearly_fills_it() {
        let mut spare = Spare([5, 3, 9].into_iter().filter_map(|pages| map(pages * LARGE_PAGE)).collect());
        let mut take = |pages: usize| {
            let taken = spare.take(pages * LARGE_PAGE).map(|memory| memory.len() / LARGE_PAGE);
            (taken, spare.0.len())
        };
        assert_eq!([take(2), take(4), take(4)], [(Some(3), 2), (Some(5), 1), (None, 0)]);
    }
}
