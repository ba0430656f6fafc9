//! From text to value, as oslo.config converts.
//!
//! What it accepts, this accepts, down to a hostname's last label and the comma that a dictionary may hold. Two things
//! it takes are refused, because nothing good can come of them: numbers beyond 64 bits, and numbers that are not finite.

use std::net::{Ipv4Addr, Ipv6Addr};

use config::{Map, Value, ValueKind};

use crate::ini::is_blank;
use crate::opt::Kind;
use crate::pattern::Pattern;

/// Converts `text`.
///
/// # Errors
/// What was expected. An empty number is no error: it is [`ValueKind::Nil`], unset.
pub(crate) fn convert(kind: Kind, text: &str) -> Result<ValueKind, String> {
    let expected = || kind.to_string();
    let trimmed = text.trim_matches(is_blank);
    match kind {
        Kind::Str | Kind::Secret => Ok(ValueKind::from(text)),
        Kind::Path if text.len() > 1 && text.starts_with('/') => Ok(ValueKind::from(text)),
        Kind::Path => Err(expected()),
        Kind::Int { .. } | Kind::Port | Kind::Float { .. } if trimmed.is_empty() => Ok(ValueKind::Nil),
        Kind::Int { min, max } => integer(trimmed, min, max).ok_or_else(expected),
        Kind::Port => integer(trimmed, 0, 65535).ok_or_else(expected),
        Kind::Float { min } => float(trimmed, min).ok_or_else(expected),
        Kind::Bool => boolean(text).map(ValueKind::from).ok_or_else(expected),
        Kind::List => Ok(array(items(trimmed).into_iter())),
        Kind::ListOf(choices) => {
            let is_choice = |item: &&str| choices.iter().any(|choice| choice.to_lowercase() == item.to_lowercase());
            let items = items(trimmed);
            if items.iter().all(is_choice) { Ok(array(items.into_iter())) } else { Err(expected()) }
        }
        Kind::Dict | Kind::MultiDict => dict(trimmed, |value| Some(ValueKind::from(value))).ok_or_else(expected),
        Kind::DictOfLists => dict(trimmed, bounded).ok_or_else(expected),
        Kind::Host => host(text).map(ValueKind::from).ok_or_else(expected),
        Kind::Enum(choices) if choices.contains(&text) => Ok(ValueKind::from(text)),
        Kind::Enum(_) => Err(expected()),
        Kind::Regex => match Pattern::try_from(text.to_owned()) {
            Ok(_) => Ok(ValueKind::from(text)),
            Err(error) => Err(format!("{kind} ({error})")),
        },
        Kind::Template { required, allowed } => match fields(text) {
            Some(found)
                if required.iter().all(|field| found.contains(field))
                    && found.iter().all(|field| required.contains(field) || allowed.contains(field)) =>
            {
                Ok(ValueKind::from(text))
            }
            _ => Err(expected()),
        },
    }
}

/// How Python prints a value, for use inside another; `None` for lists and dictionaries.
pub(crate) fn printed(value: &ValueKind) -> Option<String> {
    match value {
        ValueKind::Nil => Some(String::new()),
        ValueKind::Boolean(true) => Some("True".into()),
        ValueKind::Boolean(false) => Some("False".into()),
        ValueKind::Float(value) => Some(format!("{value:?}")),
        ValueKind::I64(value) => Some(value.to_string()),
        ValueKind::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Digits may be grouped by underscores, as in Python.
fn ungrouped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |n: Option<usize>| n.and_then(|n| bytes.get(n)).is_some_and(u8::is_ascii_digit);
    let sound = |(n, c): (usize, u8)| c != b'_' || (digit(n.checked_sub(1)) && digit(Some(n + 1)));
    bytes.iter().copied().enumerate().all(sound).then(|| text.replace('_', ""))
}

fn integer(text: &str, min: i64, max: i64) -> Option<ValueKind> {
    let number: i64 = ungrouped(text)?.parse().ok()?;
    (min..=max).contains(&number).then(|| ValueKind::from(number))
}

fn float(text: &str, min: f64) -> Option<ValueKind> {
    let number: f64 = ungrouped(text)?.parse().ok()?;
    (number.is_finite() && number >= min).then(|| ValueKind::from(number))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Some(true),
        "false" | "0" | "off" | "no" => Some(false),
        _ => None,
    }
}

fn array<'t>(items: impl Iterator<Item = &'t str>) -> ValueKind {
    ValueKind::Array(items.map(|item| Value::new(None, item)).collect())
}

/// Trailing commas don't count, inner empty items do.
fn items(trimmed: &str) -> Vec<&str> {
    let text = trimmed.trim_end_matches(',');
    if text.is_empty() { Vec::new() } else { text.split(',').map(|item| item.trim_matches(is_blank)).collect() }
}

/// `[a,b]`
fn bounded(text: &str) -> Option<ValueKind> {
    let text = text.trim_end_matches(',').strip_prefix('[')?.strip_suffix(']')?;
    let inner = if text.is_empty() { Vec::new() } else { text.split(',').collect() };
    Some(array(inner.into_iter().map(|item| item.trim_matches(is_blank))))
}

/// Splits at commas; a piece that makes no pair by itself takes the next piece with it.
fn dict(trimmed: &str, value: impl Fn(&str) -> Option<ValueKind>) -> Option<ValueKind> {
    let mut pairs = Map::new();
    if trimmed.is_empty() {
        return Some(ValueKind::Table(pairs));
    }
    let pair = |text: &str| {
        let (key, text) = text.split_once(':')?;
        Some((key.trim_matches(is_blank).to_owned(), value(text.trim_matches(is_blank))?))
    };
    let mut pending = String::new();
    for piece in trimmed.split(',') {
        if !pending.is_empty() {
            pending.push(',');
        }
        pending.push_str(piece);
        if let Some((key, value)) = pair(&pending) {
            if key.is_empty() || pairs.insert(key, Value::new(None, value)).is_some() {
                return None;
            }
            pending.clear();
        } else if pending.is_empty() {
            // An empty piece must still be told from none at all.
            pending.push(' ');
        }
    }
    pending.is_empty().then_some(ValueKind::Table(pairs))
}

/// An address, or a name whose last label is not a number. A final dot is dropped.
fn host(text: &str) -> Option<&str> {
    if text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() {
        return Some(text);
    }
    if text.len() > 253 {
        return None;
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let named = last.bytes().any(|b| b.is_ascii_alphabetic() || b == b'-');
    (named && name.split('.').all(label)).then_some(name)
}

/// The fields of a template; `None` if a per cent sign starts anything but `%(field)s`, `%s` or `%%`.
fn fields(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let mut parts = text.split('%');
    parts.next();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            // `%%`: what follows is text.
            parts.next()?;
        } else if let Some(named) = part.strip_prefix('(') {
            let (name, after) = named.split_once(')')?;
            after.strip_prefix('s')?;
            found.push(name);
        } else {
            part.strip_prefix('s')?;
            found.push("");
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::opt::int;

    #[test]
    fn a_template_needs_its_fields_and_knows_no_others() {
        let kind = Kind::Template { required: &["share_id"], allowed: &["protocol"] };
        for sound in ["share_%(share_id)s", "%(share_id)s", "a%%b%(share_id)s", "%(protocol)s_%(share_id)s"] {
            assert!(convert(kind, sound).is_ok(), "{sound}");
        }
        for wrong in
            ["share", "%s", "%(share)s_%(share_id)s", "%(share_id)d", "%(share_id)", "%%(share_id)s", "%", "a%"]
        {
            assert!(convert(kind, wrong).is_err(), "{wrong}");
        }
        assert!(convert(Kind::Template { required: &[""], allowed: &[] }, "os_%s").is_ok());
    }

    #[test]
    fn what_was_expected_is_told() {
        assert_eq!(convert(int(60), "59").unwrap_err(), "a whole number of at least 60");
        assert_eq!(convert(Kind::Enum(&["http", "https"]), "HTTPS").unwrap_err(), "one of http, https");
        assert!(convert(Kind::Regex, "(").unwrap_err().starts_with("a regular expression ("));
        assert_eq!(
            convert(Kind::Template { required: &["a"], allowed: &["b"] }, "").unwrap_err(),
            "a template with %(a)s and perhaps %(b)s"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_a_conversion_panic(text in "([,:\\[\\]%()s._\\-0-9a ]|\\PC){0,20}") {
            for kind in [
                Kind::Str, Kind::Path, int(0), Kind::Float { min: 0.0 }, Kind::Bool, Kind::List, Kind::Dict,
                Kind::DictOfLists, Kind::Port, Kind::Host, Kind::Regex, Kind::Template { required: &[], allowed: &[] },
            ] {
                let _ = convert(kind, &text);
            }
        }
    }
}
