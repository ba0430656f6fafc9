//! The query language: `<field>=<query>` in a URL chooses records.
//!
//! Operators: `*` any characters, `|` and `,` or, `!` not, `<` `>` `<=` `>=`, `a..b` a range with both ends, `null` and
//! `!null`; `"…"` and `{…}` take their content literally. Source: ONTAP automation documentation, "Input variables
//! controlling an API request". How to get it wrong: a record in which the field is not set matches nothing but
//! `null`, not even `!x`.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::rest::bytes::bytes_of;
use crate::rest::code::Refusal;
use crate::rest::field::Kind;
use crate::rest::json;

/// What one field must be like.
#[derive(Debug, Clone)]
pub struct Condition {
    pub field: String,
    kind: Kind,
    any_of: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Like(Vec<Piece>),
    Unlike(Vec<Piece>),
    Compare(&'static str, String),
    Between(String, String),
    Unset,
    Set,
}

/// A pattern is literal text with gaps.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Literal(String),
    Any,
}

impl Condition {
    /// Reads a query on a field of this kind. Refuses values that the kind can't have (262197).
    pub fn parse(field: &str, kind: Kind, query: &str) -> Result<Self, Refusal> {
        let any_of = alternatives(query).into_iter().map(|part| test(field, kind, &part)).collect::<Result<_, _>>()?;
        Ok(Condition { field: field.to_owned(), kind, any_of })
    }

    /// That the field has this very value.
    pub fn literally(field: &str, kind: Kind, value: &str) -> Self {
        let any_of = vec![Test::Like(vec![Piece::Literal(value.to_owned())])];
        Condition { field: field.to_owned(), kind, any_of }
    }

    /// The single literal value that this condition asks for, if it is as simple as that.
    pub fn literal(&self) -> Option<&str> {
        match &self.any_of[..] {
            [Test::Like(pieces)] => match &pieces[..] {
                [Piece::Literal(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn holds(&self, record: &Value) -> bool {
        self.holds_at(record, &self.field)
    }

    /// As [`Condition::holds`], with the field found at `path` of `part`: for members of an array.
    pub fn holds_at(&self, part: &Value, path: &str) -> bool {
        let values: Vec<String> = json::values(part, path).into_iter().map(json::text).collect();
        self.any_of.iter().any(|test| match test {
            Test::Unset => values.is_empty(),
            Test::Set => !values.is_empty(),
            Test::Like(pieces) => values.iter().any(|value| self.like(pieces, value)),
            Test::Unlike(pieces) => !values.is_empty() && !values.iter().any(|value| self.like(pieces, value)),
            Test::Compare(operator, bound) => values.iter().any(|value| {
                compare(self.kind, value, bound).is_some_and(|order| match *operator {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }),
            Test::Between(low, high) => values.iter().any(|value| {
                compare(self.kind, value, low).is_some_and(Ordering::is_ge)
                    && compare(self.kind, value, high).is_some_and(Ordering::is_le)
            }),
        })
    }

    fn like(&self, pieces: &[Piece], value: &str) -> bool {
        match (self.kind, pieces) {
            (Kind::Flag, [Piece::Literal(text)]) => text.eq_ignore_ascii_case(value),
            (Kind::Size | Kind::Time | Kind::Integer, [Piece::Literal(text)]) => {
                compare(self.kind, value, text) == Some(Ordering::Equal)
            }
            _ => glob(pieces, value),
        }
    }
}

/// Orders two values of a kind. `None` when one of them is no such value.
pub fn compare(kind: Kind, left: &str, right: &str) -> Option<Ordering> {
    match kind {
        Kind::Integer | Kind::Size => bytes_of(left)?.partial_cmp(&bytes_of(right)?),
        Kind::Time => Some(left.parse::<Timestamp>().ok()?.cmp(&right.parse().ok()?)),
        Kind::Text | Kind::Flag => Some(left.cmp(right)),
    }
}

/// Splits at `|` and `,` that are not quoted.
fn alternatives(query: &str) -> Vec<String> {
    let (mut parts, mut close) = (vec![String::new()], None);
    for letter in query.chars() {
        match close {
            Some(end) if letter == end => close = None,
            None if letter == '"' => close = Some('"'),
            None if letter == '{' => close = Some('}'),
            None if letter == '|' || letter == ',' => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

fn test(field: &str, kind: Kind, part: &str) -> Result<Test, Refusal> {
    match part {
        "null" => return Ok(Test::Unset),
        "!null" => return Ok(Test::Set),
        _ => {}
    }
    if let Some(rest) = part.strip_prefix('!') {
        return Ok(Test::Unlike(pattern(rest)));
    }
    for operator in ["<=", ">=", "<", ">"] {
        if let Some(bound) = part.strip_prefix(operator) {
            return Ok(Test::Compare(operator, checked(field, kind, unquoted(bound))?));
        }
    }
    if let Some((low, high)) = part.split_once("..").filter(|_| !part.starts_with(['"', '{'])) {
        return Ok(Test::Between(checked(field, kind, low.to_owned())?, checked(field, kind, high.to_owned())?));
    }
    let pieces = pattern(part);
    if let [Piece::Literal(text)] = &pieces[..] {
        checked(field, kind, text.clone())?;
    }
    Ok(Test::Like(pieces))
}

/// Refuses a value which a field of this kind can't have.
fn checked(field: &str, kind: Kind, value: String) -> Result<String, Refusal> {
    let fits = match kind {
        Kind::Text => true,
        Kind::Flag => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
        Kind::Integer | Kind::Size | Kind::Time => compare(kind, &value, &value).is_some(),
    };
    if fits { Ok(value) } else { Err(Refusal::value(&value, field, kind.word())) }
}

fn unquoted(text: &str) -> String {
    pattern(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text,
            Piece::Any => "*".to_owned(),
        })
        .collect()
}

fn pattern(text: &str) -> Vec<Piece> {
    let (mut pieces, mut literal, mut close) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match close {
            Some(end) if letter == end => close = None,
            Some(_) => literal.push(letter),
            None if letter == '"' => close = Some('"'),
            None if letter == '{' => close = Some('}'),
            None if letter == '*' => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Any);
            }
            None => literal.push(letter),
        }
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// Whether the pieces cover the whole text. Greedy from the left; a literal after a gap takes its first place, the last
/// literal the end, which is enough when all gaps are `*`.
fn glob(pieces: &[Piece], text: &str) -> bool {
    let (mut rest, mut gap) = (text, false);
    for (place, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Any => gap = true,
            Piece::Literal(literal) if !gap => match rest.strip_prefix(literal.as_str()) {
                Some(after) => rest = after,
                None => return false,
            },
            Piece::Literal(literal) if place + 1 == pieces.len() => return rest.ends_with(literal.as_str()),
            Piece::Literal(literal) => match rest.find(literal.as_str()) {
                Some(found) => (rest, gap) = (&rest[found + literal.len()..], false),
                None => return false,
            },
        }
    }
    gap || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// field kind, query, value of the field (null: not set), whether it matches.
    const TABLE: &[(Kind, &str, &str, bool)] = &[
        (Kind::Text, "vol1", "\"vol1\"", true),
        (Kind::Text, "vol1", "\"vol10\"", false),
        (Kind::Text, "vol*", "\"vol10\"", true),
        (Kind::Text, "*ol*0", "\"vol10\"", true),
        (Kind::Text, "*ol1*1", "\"vol10\"", false),
        (Kind::Text, "a|vol1", "\"vol1\"", true),
        (Kind::Text, "a,vol1", "\"vol1\"", true),
        (Kind::Text, "\"a,vol1\"", "\"vol1\"", false),
        (Kind::Text, "\"a,vol1\"", "\"a,vol1\"", true),
        (Kind::Text, "{a|b*}", "\"a|b*\"", true),
        (Kind::Text, "{a|b*}", "\"a|bc\"", false),
        (Kind::Text, "!vol1", "\"vol2\"", true),
        (Kind::Text, "!vol*", "\"vol2\"", false),
        (Kind::Text, "!vol1", "null", false),
        (Kind::Text, "*", "null", false),
        (Kind::Text, "null", "null", true),
        (Kind::Text, "null", "\"x\"", false),
        (Kind::Text, "!null", "\"x\"", true),
        (Kind::Text, "data_nfs,data_cifs", "[\"data_core\",\"data_nfs\"]", true),
        (Kind::Text, "!data_nfs", "[\"data_core\",\"data_nfs\"]", false),
        (Kind::Text, "", "\"\"", true),
        (Kind::Integer, ">5", "10", true),
        (Kind::Integer, ">=10", "10", true),
        (Kind::Integer, "<10", "10", false),
        (Kind::Integer, "5..10", "10", true),
        (Kind::Integer, "5..9", "10", false),
        (Kind::Integer, "007", "7", true),
        (Kind::Size, ">=1GB", "1073741824", true),
        (Kind::Size, "20MB", "20971520", true),
        (Kind::Flag, "True", "true", true),
        (Kind::Flag, "true", "false", false),
        (Kind::Time, ">2024-01-01T00:00:00+00:00", "\"2024-01-01T02:00:00+01:00\"", true),
        (Kind::Time, ">2024-01-01T02:00:00+00:00", "\"2024-01-01T02:00:00+01:00\"", false),
    ];

    #[test]
    fn queries_choose_what_the_documentation_says() {
        for (kind, query, value, expected) in TABLE {
            let value: Value = serde_json::from_str(value).unwrap();
            let record = json::pruned(json!({"a": {"f": value}}));
            let condition = Condition::parse("a.f", *kind, query).unwrap();
            assert_eq!(condition.holds(&record), *expected, "{query} on {record}");
        }
    }

    #[test]
    fn a_value_that_the_field_cannot_have_is_refused() {
        for (kind, query) in [(Kind::Integer, "ten"), (Kind::Flag, "yes"), (Kind::Size, "1XB"), (Kind::Time, ">then")] {
            assert_eq!(Condition::parse("f", kind, query).unwrap_err().code, "262197", "{query}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_value_matches_itself_and_only_itself(name in "[a-z|,*!.<>]{1,12}", other in "[a-z|,*!.<>]{1,12}") {
            let condition = Condition::parse("f", Kind::Text, &format!("\"{name}\"")).unwrap();
            assert!(condition.holds(&json!({"f": name})));
            prop_assert_eq!(condition.holds(&json!({"f": other})), name == other);
        }

        #[test]
        fn a_gap_stands_for_any_text(before in "[a-c]{0,4}", between in "[a-c]{0,6}", after in "[a-c]{0,4}") {
            let condition = Condition::parse("f", Kind::Text, &format!("{before}*{after}")).unwrap();
            assert!(condition.holds(&json!({"f": format!("{before}{between}{after}")})));
        }

        #[test]
        fn not_is_the_opposite_where_the_field_is_set(query in "[a-c*]{1,5}", value in "[a-c]{0,6}") {
            let record = json!({"f": value});
            let plain = Condition::parse("f", Kind::Text, &query).unwrap();
            let negated = Condition::parse("f", Kind::Text, &format!("!{query}")).unwrap();
            prop_assert_ne!(plain.holds(&record), negated.holds(&record));
        }
    }
}
