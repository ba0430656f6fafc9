//! The INI dialect of oslo.config, one file at a time.
//!
//! No INI crate reads it: a section may come twice and is merged, a key may come twice and keeps all its values, a line
//! that begins with a blank continues the value above it (an indented comment too), `key: value` is as good as
//! `key = value`, and one pair of equal quotes around a value is dropped. How to get it wrong: to trim or unescape more
//! than this; passwords hold backslashes, quotes and hashes.

use std::collections::BTreeMap;

use crate::error::{Error, Place};

/// The section for options of the whole service. Its name is the only one in which case matters.
pub const DEFAULT: &str = "DEFAULT";

const CONTINUES: &str = "a key or a section (a leading blank continues the value above, and there is none)";

/// A value as it is written, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub place: Place,
}

/// Section, key, and the values of the key in the order in which they are written.
#[derive(Default, PartialEq, Eq)]
pub struct Document {
    pub sections: BTreeMap<String, BTreeMap<String, Vec<Written>>>,
}

/// A section's name as options are looked up by.
pub fn normal(section: &str) -> String {
    if section == DEFAULT { section.to_owned() } else { section.to_lowercase() }
}

/// What Python strips: Rust's blanks and the four separators.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

impl Document {
    /// Reads `text`; `file` is its name in messages.
    ///
    /// # Errors
    /// Each line that is neither blank, comment, section, `key = value` nor the continuation of a value.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let mut document = Document::default();
        let mut section: Option<String> = None;
        let mut open: Option<(String, Written)> = None;
        // What follows from a line that means nothing is no mistake of its own.
        let (mut errors, mut is_lost) = (Vec::new(), false);
        for (number, line) in lines(text).enumerate() {
            let place = Place::Line { file: file.to_owned(), line: number + 1 };
            let line = line.trim_end_matches(is_blank);
            if line.starts_with([' ', '\t']) {
                match &mut open {
                    Some((_, value)) => {
                        value.text.push('\n');
                        value.text.push_str(line.trim_start_matches(is_blank));
                    }
                    None if is_lost => {}
                    None => errors.push(Error::Syntax { place, found: "a leading blank".into(), expected: CONTINUES }),
                }
                continue;
            }
            document.close(section.as_deref(), open.take());
            is_lost = false;
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let name = rest.strip_suffix(']').filter(|name| !name.is_empty());
                if name.is_none() {
                    errors.push(wrong(place, line, "a section as in [name]"));
                }
                let name = name.unwrap_or_default();
                document.sections.entry(normal(name)).or_default();
                section = Some(normal(name));
                continue;
            }
            let Some((key, text)) = assignment(line) else {
                errors.push(wrong(place, line, "key = value"));
                is_lost = true;
                continue;
            };
            if section.is_none() {
                errors.push(wrong(place.clone(), line, "a section such as [DEFAULT] before the first option"));
                section = Some(String::new());
            }
            open = Some((key.to_owned(), Written { text: text.to_owned(), place }));
        }
        document.close(section.as_deref(), open);
        Error::any(errors).map(|()| document)
    }

    fn close(&mut self, section: Option<&str>, open: Option<(String, Written)>) {
        if let (Some(section), Some((key, value))) = (section, open) {
            self.sections.entry(section.to_owned()).or_default().entry(key).or_default().push(value);
        }
    }
}

/// Lines as Python splits them, with `\n`, `\r\n` or `\r` between.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once([':', '='])?;
    let (key, value) = (key.trim_matches(is_blank), value.trim_matches(is_blank));
    (!key.is_empty()).then(|| (key, unquoted(value)))
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            // A quote that stands alone opens and closes itself.
            return rest.strip_suffix(quote).unwrap_or(if rest.is_empty() { rest } else { value });
        }
    }
    value
}

/// Tells the first word of the line only: the rest may be a secret.
fn wrong(place: Place, line: &str, expected: &'static str) -> Error {
    let found = match line.split([':', '=']).next().unwrap_or_default().split(is_blank).next() {
        Some("") | None => "a line without a key".to_owned(),
        Some(word) => format!("a line that begins with {:?}", word.chars().take(40).collect::<String>()),
    };
    Error::Syntax { place, found, expected }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str, section: &str, key: &str) -> Vec<String> {
        let document = Document::parse("manila.conf", text).unwrap();
        document.sections[section][key].iter().map(|value| value.text.clone()).collect()
    }

    fn refusal(text: &str) -> String {
        Document::parse("manila.conf", text).err().unwrap().to_string()
    }

    #[test]
    fn repeated_sections_merge_and_repeated_keys_keep_all_values() {
        let text = "[alpha]\na = 1\n[DEFAULT]\na = 2\n[Alpha]\na: 3\nb=4\n";
        assert_eq!(values(text, "alpha", "a"), ["1", "3"]);
        assert_eq!(values(text, "DEFAULT", "a"), ["2"]);
        assert_eq!(values(text, "alpha", "b"), ["4"]);
    }

    #[test]
    fn a_line_that_begins_with_a_blank_continues_the_value() {
        let text = "[a]\nk = one\n  two\n\t# three\nl = 1\n\n# comment\nm = x ; y # z\n";
        assert_eq!(values(text, "a", "k"), ["one\ntwo\n# three"]);
        assert_eq!(values(text, "a", "m"), ["x ; y # z"]);
    }

    #[test]
    fn one_pair_of_equal_quotes_is_dropped_and_nothing_else() {
        let text = "[a]\nk = \"x\"\nk = 'x'\nk = \"x'\nk = ''\nk = \"\nk = \"\"x\"\"\nk = D\\u \"x\"\n";
        assert_eq!(values(text, "a", "k"), ["x", "x", "\"x'", "", "", "\"x\"", "D\\u \"x\""]);
    }

    #[test]
    fn the_first_of_colon_and_equals_divides() {
        assert_eq!(values("[a]\nurl = http://x:1\n", "a", "url"), ["http://x:1"]);
        assert_eq!(values("[a]\nurl: a=b\n", "a", "url"), ["a=b"]);
        assert_eq!(values("[a]\r\nk = v\r\nl =\r\n", "a", "l"), [""]);
    }

    #[test]
    fn a_line_that_means_nothing_is_refused_with_file_line_and_what_was_expected() {
        let found = |word: &str| format!("found a line that begins with {word:?}, expected");
        assert_eq!(refusal("[a]\n\nnonsense 1\n"), format!("manila.conf:3: {} key = value", found("nonsense")));
        assert_eq!(refusal("[a\n"), format!("manila.conf:1: {} a section as in [name]", found("[a")));
        assert_eq!(refusal("[]\n"), format!("manila.conf:1: {} a section as in [name]", found("[]")));
        let early = refusal("password = hunter2\n");
        assert!(early.starts_with(&format!("manila.conf:1: {} a section such as [DEFAULT]", found("password"))));
        assert!(
            refusal("[a]\n  k = v\n").starts_with("manila.conf:2: found a leading blank, expected a key or a section")
        );
        assert_eq!(refusal("[a]\n= v\n"), "manila.conf:2: found a line without a key, expected key = value");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "([\\[\\]a=:\"' \n\r\t#]|\\PC){0,60}") {
            let _ = Document::parse("manila.conf", &text);
        }
    }
}
