//! Layers of options: those of the command line before those of a profile, and those before the file's.

use std::collections::BTreeMap;

/// Options that a layer below completes where they are unset.
pub trait Layer {
    /// These options, with `below`'s where these are unset.
    #[must_use]
    fn or(self, below: Self) -> Self;
}

impl<T> Layer for Option<T> {
    fn or(self, below: Self) -> Self {
        Option::or(self, below)
    }
}

impl<T> Layer for Vec<T> {
    fn or(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }
}

impl<K, V> Layer for BTreeMap<K, V> {
    fn or(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }
}

/// A count of how often an option was given; 0 is unset.
impl Layer for u8 {
    fn or(self, below: Self) -> Self {
        if self == 0 { below } else { self }
    }
}

/// Implements [`Layer`] for a struct of options, field by field: one that is left out, or a `bool`, which cannot be unset,
/// does not compile. `$clear` first unsets in the layer below what an option above replaces under another name.
macro_rules! layers {
    ($options:ident { $($field:ident),* $(,)? } $(, $clear:expr)?) => {
        impl $crate::cli::Layer for $options {
            #[allow(unused_mut, reason = "only `$clear` changes it")]
            fn or(self, mut below: Self) -> Self {
                $({
                    let clear: fn(&Self, &mut Self) = $clear;
                    clear(&self, &mut below);
                })?
                Self { $($field: $crate::cli::Layer::or(self.$field, below.$field)),* }
            }
        }
    };
}

pub(super) use layers;
