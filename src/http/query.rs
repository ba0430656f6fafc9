//! The query of a request: decoded pairs, and the readings that list operations share.

use std::collections::BTreeMap;

use manilad_domain::Fault;

use crate::body::flag_word;

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

/// Reads `{'k': 'v', "x": "y"}`. Strings may be quoted either way, with backslash escapes of quotes and backslashes.
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
        let value = string(&mut chars)?;
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

fn expect(chars: &mut Chars<'_>, wanted: char) -> Option<()> {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    (chars.next()? == wanted).then_some(())
}

fn string(chars: &mut Chars<'_>) -> Option<String> {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    chars.next_if_eq(&'u'); // Python 2 clients write u'…'
    let quote = chars.next_if(|c| *c == '\'' || *c == '"')?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            '\\' => text.push(chars.next()?),
            c if c == quote => return Some(text),
            c => text.push(c),
        }
    }
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
        for text in ["", "a", "{'a'}", "{'a': 1}", "{'a': 'b'", "['a']", "{'a': 'b' 'c': 'd'}"] {
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
