//! The messages that people read, in English and Korean.
//!
//! In: a language, a key and arguments. Out: the message. The catalogues are in the program, in the syntax of Project
//! Fluent: `en.ftl` and `ko.ftl`, and for what findings and alerts say `findings.en.ftl` and `findings.ko.ftl`.
//! `tests/catalogue.rs` holds that both languages have the same keys with the same arguments, and that these are the keys
//! and arguments that the code formats.

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{
    FluentArgs, FluentError, FluentResource, FluentValue,
    concurrent::FluentBundle,
    resolver::{ResolverError, errors::ReferenceKind},
};
use unic_langid::LanguageIdentifier;

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// Its tag. BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// Its catalogue, as it is written.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("en.ftl"),
            Self::Korean => include_str!("ko.ftl"),
        }
    }

    /// What findings and alerts say in it, as it is written.
    #[must_use]
    pub const fn findings(self) -> &'static str {
        match self {
            Self::English => include_str!("findings.en.ftl"),
            Self::Korean => include_str!("findings.ko.ftl"),
        }
    }

    fn catalogue(self) -> &'static Catalogue {
        static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| catalogue(Language::English));
        static KOREAN: LazyLock<Catalogue> = LazyLock::new(|| catalogue(Language::Korean));
        match self {
            Self::English => &ENGLISH,
            Self::Korean => &KOREAN,
        }
    }
}

type Catalogue = FluentBundle<FluentResource>;

fn catalogue(language: Language) -> Catalogue {
    let locale: LanguageIdentifier = language.tag().parse().expect("a tag of BCP 47");
    let mut catalogue = FluentBundle::new_concurrent(vec![locale]);
    // Arguments are put in as they are: the marks of direction are for languages written from right to left.
    catalogue.set_use_isolating(false);
    for source in [language.source(), language.findings()] {
        let messages = FluentResource::try_new(source.to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{}.ftl: {errors:?}", language.tag()));
        catalogue.add_resource(messages).unwrap_or_else(|errors| panic!("{}.ftl: {errors:?}", language.tag()));
    }
    catalogue
}

/// The message of a key in a language; [`message!`] is how code writes it.
///
/// Arguments are put in as they are: whoever writes markup escapes the message.
///
/// # Panics
/// Where the catalogue lacks the key, or the message an argument: a fault of this program that its tests find.
#[must_use]
pub fn message<'a>(language: Language, key: &str, arguments: &[(&'a str, Argument<'a>)]) -> Cow<'static, str> {
    let catalogue = language.catalogue();
    let pattern = catalogue.get_message(key).and_then(|message| message.value());
    let pattern = pattern.unwrap_or_else(|| panic!("{}.ftl has no {key}", language.tag()));
    let arguments = FluentArgs::from_iter(arguments.iter().map(|(name, value)| (*name, value.clone())));
    let mut errors = Vec::new();
    let text = catalogue.format_pattern(pattern, Some(&arguments), &mut errors);
    assert!(errors.is_empty(), "{}.ftl, {key}: {errors:?}", language.tag());
    text
}

/// What stands for an argument that is not given, in [`message_of`].
pub const NONE: &str = "none";

/// The message of a key that is made at run time, `None` where the catalogue lacks it. An argument that is not given is
/// [`NONE`], by which the message can choose another form.
#[must_use]
pub fn message_of(language: Language, key: &str, arguments: &[(&str, Argument<'_>)]) -> Option<String> {
    let catalogue = language.catalogue();
    let pattern = catalogue.get_message(key)?.value()?;
    let mut arguments = FluentArgs::from_iter(arguments.iter().map(|(name, value)| (*name, value.clone())));
    loop {
        let mut errors = Vec::new();
        let text = catalogue.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        let before = arguments.iter().count();
        for error in errors {
            if let FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) = error {
                arguments.set(id, NONE);
            }
        }
        // A form that was chosen by an argument not given may ask for others, so this goes on until none is asked for.
        if arguments.iter().count() == before {
            return Some(text);
        }
    }
}

/// The message of a key, a literal, with its arguments: `message!(language, "report-title", name = value)`.
#[macro_export]
macro_rules! message {
    ($language:expr, $key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::message($language, $key, &[$((stringify!($name), $crate::Argument::from($value))),*])
    };
}

/// A value that is put into a message: a text, or a number, which chooses between forms of the message too.
pub type Argument<'a> = FluentValue<'a>;

/// A number with its noun, which is in the plural where the number is not 1: `counted(2, "entry")` is "2 entries".
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        _ if count == 1 => format!("1 {noun}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "entry"), "1 entry");
        assert_eq!(counted(0, "alert"), "0 alerts");
        assert_eq!(counted(2, "entry"), "2 entries");
        assert_eq!(counted(3, "relay"), "3 relays");
    }
}
