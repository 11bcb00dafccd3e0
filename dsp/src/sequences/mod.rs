//! Sequences of TS 36.211: pseudo-random, Zadoff-Chu and the SSS's m-sequences. Pure functions of their indices.

pub mod gold;
pub mod secondary;
pub mod zadoff_chu;
