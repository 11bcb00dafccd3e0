//! A detection rule is one new file and one line, a report format too: the pages of the book that say so are followed to the
//! letter in copies of the crates, and the tests that they show must pass there.
//!
//! What is added to the copies is taken from the pages, so that these cannot say something else than what works.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use toml::{Table, Value};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn a_rule_is_one_file_and_one_line() {
    let page = Page::read("add-a-rule.md");
    let copy = Copy::of("rule", &["core", "text"]);
    copy.write(page.named(" Create `"), page.block("rust"));
    copy.add_line(&page);
    for catalogue in ["crates/text/src/findings.en.ftl", "crates/text/src/findings.ko.ftl"] {
        copy.append(catalogue, page.block("text"));
    }
    copy.test("cellwarden-core", "my_rule::", 3);
}

#[test]
fn a_report_format_is_one_file_and_one_line() {
    let page = Page::read("add-a-report-format.md");
    let copy = Copy::of("format", &["report"]);
    copy.write(page.named(" Create `"), page.block("rust"));
    copy.add_line(&page);
    copy.test("cellwarden-report", "my_format::", 2);
}

/// A page of the book.
struct Page(String);

impl Page {
    fn read(name: &str) -> Self {
        let path = Path::new(ROOT).join("docs/src/inside").join(name);
        Self(fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// What stands in the back quotes that end `before`.
    fn named(&self, before: &str) -> &str {
        let (_, rest) = self.0.split_once(before).unwrap_or_else(|| panic!("the page says no {before:?}"));
        rest.split_once('`').unwrap_or_else(|| panic!("{before:?} has no second back quote")).0
    }

    /// The first block of code of a language, without the indent that it has in a list.
    fn block(&self, language: &str) -> String {
        let begin = format!("```{language}");
        let mut lines = self.0.lines().skip_while(|line| line.trim() != begin);
        let fence = lines.next().unwrap_or_else(|| panic!("the page has no block of {language}"));
        let indent = fence.len() - fence.trim_start().len();
        lines
            .take_while(|line| line.trim() != "```")
            .map(|line| line.get(indent..).unwrap_or_default().to_owned() + "\n")
            .collect()
    }
}

/// A workspace of copies of some crates; those that are not copied are taken from the repository.
struct Copy(PathBuf);

impl Copy {
    fn of(name: &str, crates: &[&str]) -> Self {
        let copy = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join("additions").join(name));
        let _ = fs::remove_dir_all(&copy.0);
        let mut manifest: Table =
            fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("readable").parse().expect("a manifest");
        // Without the profiles: little is optimised for a handful of tests.
        manifest.retain(|key, _| key == "workspace");
        let root = fs::canonicalize(ROOT).expect("the repository");
        let workspace = manifest["workspace"].as_table_mut().expect("a table");
        let folders = crates.iter().map(|name| format!("crates/{name}"));
        workspace.insert("members".to_owned(), Value::Array(folders.clone().map(Value::String).collect()));
        workspace.remove("exclude");
        let dependencies = workspace["dependencies"].as_table_mut().expect("a table");
        for dependency in dependencies.iter_mut().filter_map(|(_, value)| value.as_table_mut()) {
            if let Some(Value::String(path)) = dependency.get_mut("path")
                && !folders.clone().any(|folder| folder == *path)
            {
                *path = root.join(&path).to_string_lossy().into_owned();
            }
        }
        copy.write("Cargo.toml", manifest.to_string());
        fs::copy(root.join("Cargo.lock"), copy.0.join("Cargo.lock")).expect("a lock file");
        for folder in folders {
            copy_folder(&root.join(&folder), &copy.0.join(&folder));
        }
        copy
    }

    fn write(&self, path: &str, text: String) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a file in the copy")).expect("a folder");
        assert!(!path.exists(), "{} is there already", path.display());
        fs::write(path, text).expect("written");
    }

    fn append(&self, path: &str, text: String) {
        let before = fs::read_to_string(self.0.join(path)).expect("readable");
        fs::write(self.0.join(path), before + &text).expect("written");
    }

    /// Adds the line of the page's step `Add … to … in …` to the macro that it names.
    fn add_line(&self, page: &Page) {
        let line = page.named(" Add `");
        let list = page.named(&format!("`{line}` to `"));
        let path = self.0.join(page.named(&format!("`{line}` to `{list}` in `")));
        let before = fs::read_to_string(&path).expect("readable");
        let begin = format!("\n{list} {{\n");
        assert_eq!(before.matches(&begin).count(), 1, "{}: {begin:?}", path.display());
        fs::write(path, before.replace(&begin, &format!("{begin}    {line}\n"))).expect("written");
    }

    /// Runs the `tests` of a crate's library, of which so many must pass.
    fn test(&self, package: &str, tests: &str, passed: usize) {
        let output = Command::new(env!("CARGO"))
            .args(["test", "--offline", "--package", package, "--lib", "--", tests])
            .current_dir(&self.0)
            // One that is common to both copies and lasts: what they have in common is built once.
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("additions/target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .expect("cargo");
        let [said, errors] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        let result = format!("test result: ok. {passed} passed");
        assert!(output.status.success() && said.contains(&result), "expected {result:?}\n{said}\n{errors}");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}
