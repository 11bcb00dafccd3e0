//! Sequences of TS 36.211: pseudo-random, Zadoff-Chu, the SSS's m-sequences, reference signals. Pure functions of
//! their indices.

pub mod crs;
pub mod gold;
pub mod secondary;
pub mod zadoff_chu;
