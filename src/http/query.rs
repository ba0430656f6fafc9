//! The query of a request: decoded pairs, and the readings that list operations share.

use std::collections::BTreeMap;

use manilad_domain::{Fault, Microversion, ShareId, Stamp};

use crate::body::flag_word;
use crate::parameter::{Form, Parameters, at};

/// A column that a list is filtered or sorted by: its name, and its value as text.
pub type Column<T> = (&'static str, fn(&T) -> String);

/// The pairs of a query, in order, decoded.
#[derive(Debug, Clone, Default)]
pub struct Query {
    raw: String,
    pairs: Vec<(String, String)>,
}

impl Query {
    pub fn parse(raw: &str) -> Self {
        let pairs = form_urlencoded::parse(raw.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        Query { raw: raw.to_owned(), pairs }
    }

    /// What the tables of a route hold of it; the rest might as well not be there.
    #[must_use]
    pub fn confined(mut self, tables: Parameters, version: Microversion) -> Self {
        let is_known = |key: &str| {
            at(tables, version).any(|parameter| parameter.name == key || matches!(parameter.form, Form::Others))
        };
        self.pairs.retain(|(key, _)| is_known(key));
        self
    }

    /// The query as the client wrote it.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The last value given for a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// A boolean; an empty value counts as true.
    ///
    /// # Errors
    /// Invalid, naming the key.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some("") => Ok(Some(true)),
            Some(word) => flag_word(word)
                .map(Some)
                .ok_or_else(|| Fault::invalid(format!("Query parameter {key} must be a boolean, not {word:?}."))),
        }
    }

    /// A whole number of at least 0.
    ///
    /// # Errors
    /// Invalid, naming the key.
    pub fn count(&self, key: &str) -> Result<Option<usize>, Fault> {
        self.get(key)
            .map(|text| {
                let number = text.trim().parse::<u32>();
                number.map(|n| n as usize).map_err(|_| {
                    Fault::invalid(format!("Query parameter {key} must be a whole number of at least 0, not {text:?}."))
                })
            })
            .transpose()
    }

    /// Judges every value by the form that the tables of a route give it.
    ///
    /// # Errors
    /// Invalid, naming the key and what was expected.
    pub fn judge(&self, tables: Parameters, version: Microversion) -> Result<(), Fault> {
        at(tables, version).try_for_each(|parameter| {
            let Some(value) = self.get(parameter.name) else { return Ok(()) };
            let wrong = |expected: &str| {
                Err(Fault::invalid(format!("Query parameter {} must be {expected}, not {value:?}.", parameter.name)))
            };
            match parameter.form {
                Form::Flag => self.flag(parameter.name).map(drop),
                Form::Count => self.count(parameter.name).map(drop),
                Form::Dictionary => self.dictionary(parameter.name).map(drop),
                Form::Filled if value.is_empty() => wrong("a text of at least 1 character"),
                Form::Instant if Stamp::parse(value).is_none() => wrong("an ISO 8601 instant"),
                Form::Day if Stamp::parse(value).is_none() => wrong("a day, YYYY-MM-DD"),
                Form::Uuid if value.parse::<ShareId>().is_err() => wrong("a UUID"),
                Form::OneOf(words) if !words().contains(&value) => wrong(&format!("one of {}", words().join(", "))),
                Form::Refused => wrong("left out at this microversion"),
                _ => Ok(()),
            }
        })
    }

    /// A dictionary of strings, written as a Python literal (`{'k': 'v'}`) or as JSON.
    ///
    /// # Errors
    /// Invalid, naming the key.
    pub fn dictionary(&self, key: &str) -> Result<Option<BTreeMap<String, String>>, Fault> {
        self.get(key)
            .map(|text| {
                dictionary(text).ok_or_else(|| {
                    Fault::invalid(format!("Query parameter {key} must be a dictionary such as {{'key': 'value'}}."))
                })
            })
            .transpose()
    }
}

/// Reads `{'k': 'v', "x": 1}`. Strings may be quoted either way, with the escapes that Python and JSON share; numbers
/// and words for truth and nothing count as the text that they are.
fn dictionary(text: &str) -> Option<BTreeMap<String, String>> {
    let mut chars = text.trim().strip_prefix('{')?.strip_suffix('}')?.chars().peekable();
    let mut pairs = BTreeMap::new();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Some(pairs);
        }
        let key = string(&mut chars)?;
        expect(&mut chars, ':')?;
        let value = string(&mut chars).or_else(|| scalar(&mut chars))?;
        pairs.insert(key, value);
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        match chars.next() {
            None => return Some(pairs),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn expect(chars: &mut Chars<'_>, expected: char) -> Option<()> {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    (chars.next()? == expected).then_some(())
}

fn string(chars: &mut Chars<'_>) -> Option<String> {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    chars.next_if_eq(&'u'); // Python 2 clients write u'…'
    let quote = chars.next_if(|c| *c == '\'' || *c == '"')?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            '\\' => text.push(escaped(chars)?),
            c if c == quote => return Some(text),
            c => text.push(c),
        }
    }
}

/// What follows a backslash.
fn escaped(chars: &mut Chars<'_>) -> Option<char> {
    let hex = |chars: &mut Chars<'_>, digits: usize| {
        (0..digits).try_fold(0, |number, _| Some(number * 16 + chars.next()?.to_digit(16)?))
    };
    match chars.next()? {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'x' => char::from_u32(hex(chars, 2)?),
        'U' => char::from_u32(hex(chars, 8)?),
        'u' => match hex(chars, 4)? {
            high @ 0xd800..=0xdbff => {
                (chars.next()? == '\\' && chars.next()? == 'u').then_some(())?;
                let low = hex(chars, 4)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)
            }
            code => char::from_u32(code),
        },
        quote @ ('\'' | '"' | '\\' | '/') => Some(quote),
        _ => None,
    }
}

fn scalar(chars: &mut Chars<'_>) -> Option<String> {
    let mut text = String::new();
    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)) {
        text.push(c);
    }
    let is_word = matches!(text.as_str(), "True" | "False" | "None" | "true" | "false" | "null");
    (is_word || text.parse::<f64>().is_ok_and(f64::is_finite)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_are_read_as_python_and_as_json_write_them() {
        let expected = BTreeMap::from([("a".to_owned(), "b c".to_owned()), ("x".to_owned(), "it's".to_owned())]);
        for text in ["{'a': 'b c', 'x': \"it's\"}", r#"{"a":"b c","x":"it's"}"#, r"{u'a': 'b c' , 'x': 'it\'s',}"] {
            assert_eq!(dictionary(text).as_ref(), Some(&expected), "{text}");
        }
        let odd = BTreeMap::from([("\u{e4}".to_owned(), "\u{1f600}\n\\".to_owned())]);
        for text in [r#"{"\u00e4": "\ud83d\ude00\n\\"}"#, r"{'\xe4': '\U0001f600\n\\'}"] {
            assert_eq!(dictionary(text).as_ref(), Some(&odd), "{text}");
        }
        let scalars = BTreeMap::from([("a".to_owned(), "-1.5".to_owned()), ("b".to_owned(), "True".to_owned())]);
        assert_eq!(dictionary("{'a': -1.5, 'b': True}"), Some(scalars));
        for text in [
            r"{'a': '\ud83d'}",
            r"{'a': '\q'}",
            "",
            "a",
            "{'a'}",
            "{'a': b}",
            "{a: 'b'}",
            "{'a': }",
            "{'a': nan}",
            "{'a': ['b']}",
            "{'a': 'b'",
            "['a']",
            "{'a': 'b' 'c': 'd'}",
        ] {
            assert_eq!(dictionary(text), None, "{text}");
        }
        assert_eq!(dictionary("{}"), Some(BTreeMap::new()));
    }

    #[test]
    fn an_empty_flag_is_true_and_a_bad_one_is_refused() {
        assert_eq!(Query::parse("all_tenants=").flag("all_tenants").unwrap(), Some(true));
        assert_eq!(Query::parse("all_tenants=0").flag("all_tenants").unwrap(), Some(false));
        assert!(Query::parse("all_tenants=maybe").flag("all_tenants").is_err());
        assert!(Query::parse("limit=-1").count("limit").is_err());
    }
}
