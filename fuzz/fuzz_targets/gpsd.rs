#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cellwarden_fuzz::gpsd(data));
