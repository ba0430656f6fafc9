//! What the operator writes: `policy.yaml` and the files of the policy directories.
//!
//! A file is a map of rule name to check string. oslo.policy also takes its old lists of lists; those are refused by
//! name, as is anything else that is not a string, because YAML turns an unquoted `yes` or nothing at all into a value
//! that would always allow.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, MapAccess, Visitor};

use crate::error::Error;

/// A policy file is a few kilobytes; anything above this is not one.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A policy is a map of texts; what nests deeper than this is none, and the reader of YAML takes minutes to find that out.
const MAX_NESTING: usize = 32;

/// Rules that replace the defaults or stand beside them. Later files win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    pub(crate) rules: BTreeMap<String, (String, PathBuf)>,
}

impl Overrides {
    /// No rule at all: the defaults stand.
    pub fn none() -> Self {
        Self::default()
    }

    /// Name and check string of each rule.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().map(|(name, (check, _))| (name.as_str(), check.as_str()))
    }

    /// Reads a policy file over what is there already. A file that does not exist is an error; the caller knows
    /// whether it was asked for.
    pub fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let unreadable = |cause| Error::Unreadable { path: path.to_owned(), cause };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES {
            return Err(Error::File {
                path: path.to_owned(),
                problem: format!("is {size} bytes long (at most 1 MiB)"),
            });
        }
        self.add(path, &std::fs::read_to_string(path).map_err(unreadable)?)
    }

    /// Reads the files of a policy directory in the order of their names; hidden ones and subdirectories are left out.
    pub fn read_dir(&mut self, path: &Path) -> Result<(), Error> {
        let unreadable = |cause| Error::Unreadable { path: path.to_owned(), cause };
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
        let mut files: Vec<PathBuf> =
            entries.iter().map(std::fs::DirEntry::path).filter(|file| file.is_file()).collect();
        files.retain(|file| file.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
        files.sort();
        files.iter().try_for_each(|file| self.read_file(file))
    }

    /// Adds the rules in `text`, which was read from `path`.
    pub fn add(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let problem = |problem: String| Error::File { path: path.to_owned(), problem };
        if nesting(text) > MAX_NESTING {
            return Err(problem(format!(
                "nests deeper than {MAX_NESTING} levels, expected a YAML map of rule name to check string"
            )));
        }
        let parsed = serde_norway::Deserializer::from_str(text).deserialize_any(Rules);
        for (name, check) in parsed.map_err(|cause| problem(cause.to_string()))? {
            self.rules.insert(name, (check, path.to_owned()));
        }
        Ok(())
    }
}

/// How deep a YAML text nests at most, by its brackets and by the marks that lines begin with, comments left out. What stands in quotes counts too: no check
/// has such letters.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
    for letter in lines().flat_map(str::bytes) {
        match letter {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    let marks = |line: &str| line.split_whitespace().take_while(|word| matches!(*word, "-" | "?")).count();
    lines().map(marks).max().unwrap_or(0).max(deepest)
}

/// Reads the map entry by entry, so that a mistake can name its rule and a repeated rule is seen.
struct Rules;

impl<'de> Visitor<'de> for Rules {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map of rule name to check string")
    }

    /// An empty file, or one with comments only.
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        use serde::de::Error;
        let mut rules = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<serde_norway::Value>()?;
            let serde_norway::Value::String(check) = value else {
                return Err(A::Error::custom(format!("rule {name:?}: the check is {}", kind(&value))));
            };
            if rules.insert(name.clone(), check).is_some() {
                return Err(A::Error::custom(format!("rule {name:?} is written twice")));
            }
        }
        Ok(rules)
    }
}

fn kind(value: &serde_norway::Value) -> &'static str {
    match value {
        serde_norway::Value::Null => "empty (write \"@\" to allow everybody, \"!\" to allow nobody)",
        serde_norway::Value::Bool(_) => "a boolean",
        serde_norway::Value::Number(_) => "a number",
        serde_norway::Value::Sequence(_) => "a list (the list-of-lists language is not supported)",
        serde_norway::Value::Mapping(_) => "a map",
        serde_norway::Value::Tagged(_) => "a YAML tag (quote a check that begins with \"!\")",
        serde_norway::Value::String(_) => "a string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Overrides, String> {
        let mut overrides = Overrides::none();
        overrides.add(Path::new("policy.yaml"), text).map(|()| overrides).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_or_one_of_comments_overrides_nothing() {
        assert_eq!(read(""), Ok(Overrides::none()));
        assert_eq!(read("# \"share:create\": \"@\"\n"), Ok(Overrides::none()));
    }

    #[test]
    fn what_nests_deeper_than_any_policy_is_refused_before_it_is_read() {
        let deep =
            |open: &str, close: &str| format!("\"share:create\": {}1{}", open.repeat(90_000), close.repeat(90_000));
        for text in [
            deep("[", "]"),
            deep("[", ""),
            deep("{\"a\": ", "}"),
            format!("{}1", "- ".repeat(90_000)),
            "? ".repeat(90_000),
        ] {
            let refused = read(&text).unwrap_err();
            assert!(refused.contains("nests deeper than 32 levels"), "{refused}");
        }
        assert!(read("\"share:create\": \"role:a and (role:b or not role:c)\"").is_ok());
        assert!(read(&format!("{}\"share:create\": \"@\"", "# from [1\n".repeat(40))).is_ok());
    }

    #[test]
    fn what_is_not_a_string_is_refused_with_file_and_rule() {
        for (value, expected) in [
            ("", "empty (write \"@\""),
            ("true", "a boolean"),
            ("7", "a number"),
            ("[[\"role:a\"]]", "a list"),
            ("!", "a YAML tag"),
        ] {
            let error = read(&format!("\"share:create\": {value}\n")).unwrap_err();
            assert!(error.starts_with("policy.yaml: rule \"share:create\": the check is "), "{error}");
            assert!(error.contains(expected), "{error}");
            assert!(error.ends_with("expected a YAML map of rule name to check string"), "{error}");
        }
    }

    #[test]
    fn a_rule_written_twice_and_a_file_that_is_no_map_are_refused() {
        assert!(read("a: \"@\"\na: \"!\"\n").unwrap_err().contains("rule \"a\" is written twice"));
        assert!(read("- a\n").unwrap_err().starts_with("policy.yaml: "));
        assert!(read("a: \"@\n").unwrap_err().starts_with("policy.yaml: "));
    }

    #[test]
    fn files_of_a_directory_are_read_in_order_and_hidden_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        for (name, check) in [("20.yaml", "role:late"), ("10.yaml", "role:early"), (".30.yaml", "role:hidden")] {
            std::fs::write(dir.path().join(name), format!("a: {check}\n")).unwrap();
        }
        std::fs::create_dir(dir.path().join("99")).unwrap();
        let mut overrides = Overrides::none();
        overrides.read_dir(dir.path()).unwrap();
        assert_eq!(overrides.rules["a"].0, "role:late");
    }

    #[test]
    fn a_missing_or_an_enormous_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.yaml");
        assert!(matches!(Overrides::none().read_file(&path), Err(Error::Unreadable { .. })));
        std::fs::File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert!(matches!(Overrides::none().read_file(&path), Err(Error::File { .. })));
    }
}
