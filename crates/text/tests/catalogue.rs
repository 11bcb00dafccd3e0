//! The catalogues against each other and against the code: no key or argument is missing, misspelt or left over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cellwarden_text::{Argument, Language, message, message_of};
use fluent_syntax::{
    ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};

/// Arguments by key.
type Keys = BTreeMap<String, BTreeSet<String>>;

/// The messages of a catalogue with the arguments that they have.
fn messages(source: &str) -> Keys {
    let resource = parser::parse(source).expect("the syntax of Fluent");
    let mut keys = Keys::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let mut names = BTreeSet::new();
        add_pattern(message.value.as_ref().expect("a message has a value"), &mut names);
        assert!(keys.insert(message.id.name.to_owned(), names).is_none(), "{} stands twice", message.id.name);
    }
    keys
}

fn add_pattern(pattern: &Pattern<&str>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            add_expression(expression, names);
        }
    }
}

fn add_expression(expression: &Expression<&str>, names: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => add_inline(inline, names),
        Expression::Select { selector, variants } => {
            add_inline(selector, names);
            variants.iter().for_each(|variant| add_pattern(&variant.value, names));
        }
    }
}

fn add_inline(inline: &InlineExpression<&str>, names: &mut BTreeSet<String>) {
    let mut add_arguments = |arguments: &CallArguments<&str>| {
        arguments.positional.iter().for_each(|argument| add_inline(argument, names));
    };
    match inline {
        InlineExpression::FunctionReference { arguments, .. }
        | InlineExpression::TermReference { arguments: Some(arguments), .. } => add_arguments(arguments),
        InlineExpression::VariableReference { id } => drop(names.insert(id.name.to_owned())),
        InlineExpression::Placeable { expression } => add_expression(expression, names),
        InlineExpression::MessageReference { id, .. } => {
            panic!("{}: a term (-name) is for what messages share", id.name)
        }
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::TermReference { arguments: None, .. } => {}
    }
}

/// The source files of the workspace but for this crate's.
fn sources() -> Vec<PathBuf> {
    fn add(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                add(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = own.parent().expect("crates");
    let mut files = Vec::new();
    for folder in fs::read_dir(crates).expect("crates").flatten().filter(|folder| folder.path() != own) {
        add(&folder.path().join("src"), &mut files);
    }
    add(&crates.parent().expect("the workspace").join("src"), &mut files);
    files
}

/// The arguments of each `message!(…)` in `source`, as they are written.
fn uses(source: &str) -> Vec<Vec<String>> {
    source.split("message!(").skip(1).map(arguments).collect()
}

/// What stands between the commas up to the bracket that closes.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut depth, mut is_text, mut characters) = (vec![String::new()], 0, false, text.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => is_text = !is_text,
            '\\' if is_text => drop(characters.next()),
            '(' | '[' | '{' if !is_text => depth += 1,
            ')' | ']' | '}' if !is_text && depth > 0 => depth -= 1,
            ')' if !is_text => break,
            ',' if !is_text && depth == 0 => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        all.last_mut().expect("one").push(character);
    }
    all.into_iter().map(|argument| argument.trim().to_owned()).filter(|argument| !argument.is_empty()).collect()
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_arguments() {
    for source in [Language::source, Language::findings] {
        let (english, korean) = (messages(source(Language::English)), messages(source(Language::Korean)));
        assert!(english.len() > 50);
        for (key, names) in &english {
            assert_eq!(korean.get(key), Some(names), "Korean, {key}");
        }
        for key in korean.keys() {
            assert!(english.contains_key(key), "English has no {key}");
        }
    }
}

#[test]
fn the_code_formats_every_key_with_its_arguments_and_no_other() {
    let mut known = messages(Language::English.source());
    let findings = messages(Language::English.findings());
    // The messages of rules have keys made of the rules' names: the tests of the rules hold those.
    known.extend(findings.into_iter().filter(|(key, _)| !key.starts_with("rule-")));
    let mut unused: BTreeSet<&str> = known.keys().map(String::as_str).collect();
    for file in sources() {
        for arguments in uses(&fs::read_to_string(&file).expect("readable")) {
            let (file, key) = (file.display(), arguments.get(1).map(|key| key.trim_matches('"')).unwrap_or_default());
            let names: BTreeSet<String> = arguments[2..]
                .iter()
                .map(|argument| argument.split('=').next().unwrap_or_default().trim().to_owned())
                .collect();
            assert_eq!(known.get(key), Some(&names), "{file}: {key}");
            unused.remove(key);
        }
    }
    assert!(unused.is_empty(), "no code formats {unused:?}");
}

#[test]
fn every_message_can_be_formatted() {
    for language in Language::ALL {
        for (key, names) in messages(language.source()) {
            let names: Vec<String> = names.into_iter().collect();
            let arguments: Vec<(&str, Argument)> =
                names.iter().map(|name| (name.as_str(), Argument::from("§"))).collect();
            let text = cellwarden_text::message(language, &key, &arguments);
            assert!(text.matches('§').count() >= names.len(), "{key}: {text}");
        }
    }
}

#[test]
fn an_argument_that_is_not_given_is_none() {
    let given = [("cell", Argument::from("X")), ("pci", Argument::from(3)), ("csg_indication", Argument::from("true"))];
    let text = message_of(Language::English, "rule-csg-range-seen", &given).expect("a key");
    assert_eq!(
        text,
        "X says csg-Indication true, but PCI 3 is outside the none PCIs from none that SIB4 reserves for closed cells."
    );
    assert_eq!(message_of(Language::English, "rule-of-nobody", &given), None);
}

#[test]
fn a_language_has_its_own_words() {
    assert_eq!(message!(Language::English, "report-ellipse"), "90 % ellipse");
    assert_eq!(message!(Language::Korean, "report-title"), "드라이브 테스트 보고서");
}

#[test]
fn a_call_is_found_with_its_arguments() {
    let source = r#"f(&message!(language, "a-b", x = format!("{},)", g(1, 2)), y = z)); message!(l, "c")"#;
    assert_eq!(
        uses(source),
        [vec!["language", "\"a-b\"", "x = format!(\"{},)\", g(1, 2))", "y = z"], vec!["l", "\"c\""]]
    );
}
