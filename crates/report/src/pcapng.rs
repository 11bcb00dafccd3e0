//! Decoded messages as a capture file that protocol analysers open: pcapng, IPv4, UDP port 4729, GSMTAP version 2.
//!
//! What GSMTAP's header has no room for stands in each packet's comment. Blocks are as the network sent them; of their
//! content nothing is looked at.

use std::io::{self, Write};

use jiff::Timestamp;
use lte_dsp::units::SampleRate;

use super::format::{DwellWriter, Format, Writer};
use cellwarden_core::{
    drive::{JudgedCell, SearchedDwell},
    observation::{BlockChannel, Observation, ReceivedBlock},
};

/// Writes a capture file.
pub struct PcapngWriter<W: Write> {
    out: W,
}

/// The form.
pub static FORMAT: Format = Format {
    name: "pcapng",
    about: "Decoded messages, for protocol analysers",
    writer: Writer::Dwells(|out| Ok(Box::new(PcapngWriter::new(out)?))),
};

/// Section Header Block. draft-ietf-opsawg-pcapng §4.1.
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
/// Interface Description Block. §4.2.
const INTERFACE: u32 = 1;
/// Enhanced Packet Block. §4.3.
const PACKET: u32 = 6;

/// Options by their codes. §3.5, §4.1, §4.2.
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_TSRESOL: u16 = 9;

/// LINKTYPE_IPV4: packets start with the IPv4 header.
const LINKTYPE_IPV4: u16 = 228;

/// UDP port of GSMTAP.
const GSMTAP_PORT: u16 = 4729;

/// GSMTAP_TYPE_LTE_RRC.
const GSMTAP_LTE_RRC: u8 = 0x0D;

/// Room for the channel number in GSMTAP's ARFCN field: 14 bits.
const MAX_ARFCN: u32 = 0x3FFF;

impl<W: Write> DwellWriter for PcapngWriter<W> {
    fn dwell(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell]) -> io::Result<()> {
        let Some(rate) = SampleRate::new(dwell.sample_rate_hz) else { return Ok(()) };
        cells.iter().try_for_each(|cell| self.observation(&cell.observation, rate))
    }
}

impl<W: Write> PcapngWriter<W> {
    /// Starts a file.
    ///
    /// # Errors
    /// From writing.
    pub fn new(mut out: W) -> io::Result<Self> {
        let mut section = Vec::new();
        section.extend(0x1A2B_3C4D_u32.to_le_bytes());
        section.extend(1u16.to_le_bytes());
        section.extend(0u16.to_le_bytes());
        // The section's length is not known beforehand.
        section.extend((-1i64).to_le_bytes());
        push_option(&mut section, SHB_USERAPPL, concat!("cellwarden ", env!("CARGO_PKG_VERSION")).as_bytes());
        push_option(&mut section, 0, &[]);
        write_block(&mut out, SECTION_HEADER, &section)?;

        let mut interface = Vec::new();
        interface.extend(LINKTYPE_IPV4.to_le_bytes());
        interface.extend([0; 2]);
        // No limit to a packet's length.
        interface.extend(0u32.to_le_bytes());
        // Times in 10⁻⁹ s.
        push_option(&mut interface, IF_TSRESOL, &[9]);
        push_option(&mut interface, 0, &[]);
        write_block(&mut out, INTERFACE, &interface)?;
        Ok(Self { out })
    }

    /// Writes the transport blocks of an observation; `rate` is that of its recording.
    ///
    /// Without a time in the recording, times count from 1970.
    ///
    /// # Errors
    /// From writing.
    pub fn observation(&mut self, observation: &Observation, rate: SampleRate) -> io::Result<()> {
        for block in &observation.blocks {
            self.packet(observation, block, rate)?;
        }
        Ok(())
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// From writing.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn packet(&mut self, observation: &Observation, block: &ReceivedBlock, rate: SampleRate) -> io::Result<()> {
        let datagram = datagram(&gsmtap(observation, block));
        let time = nanoseconds(observation, block, rate);
        let mut packet = Vec::new();
        // The only interface.
        packet.extend(0u32.to_le_bytes());
        packet.extend(((time >> 32) as u32).to_le_bytes());
        packet.extend((time as u32).to_le_bytes());
        packet.extend((datagram.len() as u32).to_le_bytes());
        packet.extend((datagram.len() as u32).to_le_bytes());
        packet.extend(&datagram);
        pad(&mut packet);
        push_option(&mut packet, OPT_COMMENT, comment(observation, block).as_bytes());
        push_option(&mut packet, 0, &[]);
        write_block(&mut self.out, PACKET, &packet)
    }
}

/// A block: type and total length, body, total length again. §3.1.
fn write_block(out: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let total = (body.len() as u32 + 12).to_le_bytes();
    out.write_all(&[&kind.to_le_bytes()[..], &total, body, &total].concat())
}

/// An option: code, length, value, padding to 32 bits. §3.5. Values are cut at what the length field holds.
fn push_option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = value.len().min(usize::from(u16::MAX));
    body.extend(code.to_le_bytes());
    body.extend((len as u16).to_le_bytes());
    body.extend(&value[..len]);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

/// The header of GSMTAP version 2, big-endian, and the transport block.
fn gsmtap(observation: &Observation, block: &ReceivedBlock) -> Vec<u8> {
    let arfcn = observation.carrier.earfcn.filter(|&earfcn| earfcn <= MAX_ARFCN).unwrap_or(0);
    let decibels = |value: f32| value.round().clamp(-128.0, 127.0) as i8;
    let sub_type = match block.channel {
        BlockChannel::BcchBch => 4,
        BlockChannel::BcchDlSch => 5,
        BlockChannel::Pcch => 6,
    };
    // Version, header length in words of 32 bits, type, time slot.
    let mut packet = vec![2, 4, GSMTAP_LTE_RRC, 0];
    packet.extend((arfcn as u16).to_be_bytes());
    packet.push(observation.level.rsrp_dbm.map_or(0, decibels).to_be_bytes()[0]);
    packet.push(decibels(observation.level.sinr_db).to_be_bytes()[0]);
    packet.extend(u32::from(block.sfn.get()).to_be_bytes());
    // Antenna, sub-slot and a reserved byte are 0.
    packet.extend([sub_type, 0, 0, 0]);
    packet.extend(&block.bytes);
    packet
}

/// A UDP datagram from and to this host. RFC 791, RFC 768.
///
/// # Panics
/// Above 65,507 bytes: the largest transport block of system information has 277.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let udp_len = payload.len() + 8;
    let total = u16::try_from(udp_len + 20).expect("a transport block fits into a datagram");
    // Version 4 and five words, no service type; no identification, no fragments; time to live 64, UDP, the checksum.
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 17, 0, 0]);
    packet.extend([127, 0, 0, 1, 127, 0, 0, 1]);
    let checksum = internet_checksum(&packet);
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(GSMTAP_PORT.to_be_bytes());
    packet.extend(GSMTAP_PORT.to_be_bytes());
    packet.extend((udp_len as u16).to_be_bytes());
    // A UDP checksum of 0 says that there is none.
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}

/// Complement of the ones' complement sum of 16-bit words. RFC 1071.
fn internet_checksum(header: &[u8]) -> u16 {
    let words = header.chunks(2).map(|word| u32::from(word[0]) << 8 | word.get(1).map_or(0, |&low| u32::from(low)));
    let sum: u32 = words.sum();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    !((folded & 0xFFFF) + (folded >> 16)) as u16
}

/// Time of a block's subframe in nanoseconds since 1970.
fn nanoseconds(observation: &Observation, block: &ReceivedBlock, rate: SampleRate) -> u64 {
    let start = observation.dwell.start.unwrap_or(Timestamp::UNIX_EPOCH).as_nanosecond();
    let since = block.at_sample as f64 / rate.hz() * 1e9;
    u64::try_from(start + since as i128).unwrap_or(0)
}

/// What the header has no room for.
fn comment(observation: &Observation, block: &ReceivedBlock) -> String {
    let earfcn = observation.carrier.earfcn.map_or_else(|| "-".into(), |earfcn| earfcn.to_string());
    let level = &observation.level;
    let dbm = level.rsrp_dbm.map(|dbm| format!(" ({dbm:.1} dBm)")).unwrap_or_default();
    let gain = observation.dwell.gain_db.map(|gain| format!(" at {gain:.1} dB gain")).unwrap_or_default();
    let position = observation
        .position
        .map_or_else(|| "unknown".into(), |at| format!("{:.6},{:.6} ±{:.0} m", at.lat, at.lon, at.error_m));
    format!(
        "EARFCN {earfcn}, {:.1} MHz, PCI {}, SFN {} subframe {}, RSRP {:.1} dBFS{dbm}{gain}, Es/N0 {:.1} dB, position \
         {position}, recording {} sample {}",
        observation.carrier.hz / 1e6,
        observation.pci,
        block.sfn,
        block.subframe,
        level.rsrp_dbfs,
        level.sinr_db,
        observation.dwell.recording,
        block.at_sample,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_printed_example() {
        // RFC 1071 §3: the words 0001 f203 f4f5 f6f7 add up to ddf2.
        assert_eq!(internet_checksum(&[0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), !0xDDF2);
        let packet = datagram(&[1, 2, 3]);
        assert_eq!(internet_checksum(&packet[..20]), 0, "a header with its checksum adds up to nothing");
    }

    #[test]
    fn options_are_padded_and_cut() {
        let mut body = Vec::new();
        push_option(&mut body, 1, b"abcde");
        assert_eq!(body, [1, 0, 5, 0, b'a', b'b', b'c', b'd', b'e', 0, 0, 0]);
        body.clear();
        push_option(&mut body, 1, &vec![b'x'; 70_000]);
        assert_eq!((body.len(), &body[..4]), (4 + 65_536, &[1, 0, 0xFF, 0xFF][..]));
    }

    #[test]
    fn blocks_carry_their_length_at_both_ends() {
        let mut file = Vec::new();
        PcapngWriter::new(&mut file).expect("memory takes all");
        let mut at = 0;
        let mut kinds = Vec::new();
        while at < file.len() {
            let word = |i: usize| u32::from_le_bytes(file[i..i + 4].try_into().expect("four bytes"));
            let len = word(at + 4) as usize;
            assert_eq!((len % 4, word(at + len - 4) as usize), (0, len));
            kinds.push(word(at));
            at += len;
        }
        assert_eq!(kinds, [SECTION_HEADER, INTERFACE]);
    }
}
