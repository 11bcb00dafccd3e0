//! Decodes a recording to the bytes of each cell's MIB and SIB1.
//!
//! `cargo run --release --example decode -- FILE FORMAT RATE FREQUENCY`, with samples a second and hertz: for example
//! `examples/cell.ci8 ci8 1.92e6 1.84e9`.

use std::{env, error::Error, fs};

use lte_dsp::{
    frontend::{SampleFormat, convert},
    receive::Decoder,
    units::{Hertz, SampleRate},
};
use num_complex::Complex32;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, file, format, rate, frequency]: [String; 5] =
        env::args().collect::<Vec<_>>().try_into().map_err(|_| "FILE FORMAT RATE FREQUENCY are to be given")?;
    let format = SampleFormat::from_name(&format).ok_or("FORMAT is none, such as cu8, ci8, ci16_le or cf32_le")?;
    let rate = SampleRate::new(rate.parse()?).ok_or("RATE is not positive")?;

    let bytes = fs::read(file)?;
    let mut samples = vec![Complex32::ZERO; bytes.len() / format.bytes()];
    convert(format, &bytes[..samples.len() * format.bytes()], &mut samples);

    for cell in Decoder::new(rate, Hertz(frequency.parse()?))?.decode(&samples)? {
        println!("PCI {}, {:?}, carrier {:+.0} Hz, SINR {:.1}", cell.pci, cell.duplex, cell.offset.0, cell.sinr);
        for block in &cell.blocks {
            let hex: String = block.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("  {:?} in {}.{}: {hex}", block.kind, block.sfn.get(), block.subframe);
        }
    }
    Ok(())
}
