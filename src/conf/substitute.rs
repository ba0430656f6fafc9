//! `$name`, `${name}` and `${group.name}` inside a value.
//!
//! `$$` and `\$` stand for a dollar sign; a dollar sign that begins no name stays as it is. A name that is no option is
//! a mistake: a password with a lone dollar sign must be noticed, not cut short.

/// A piece of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    /// `group.name` or `name`.
    Name(&'t str),
}

/// Splits `text` at its references. `text` has had `\$` replaced by `$$`.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let (piece, length) = if after.starts_with('$') {
            (Piece::Text("$"), 1)
        } else if let Some(length) = name(after) {
            (Piece::Name(&after[..length]), length)
        } else if let Some(length) = after.strip_prefix('{').and_then(braced) {
            (Piece::Name(&after[1..=length]), length + 2)
        } else {
            (Piece::Text("$"), 0)
        };
        pieces.push(Piece::Text(before));
        pieces.push(piece);
        rest = &after[length..];
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

fn braced(text: &str) -> Option<usize> {
    name(text).filter(|&length| text[length..].starts_with('}'))
}

/// The length of the name at the start of `text`.
fn name(text: &str) -> Option<usize> {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then(|| {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        end.unwrap_or(text.len())
    })
}

#[cfg(test)]
mod tests {
    use super::Piece::{Name, Text};
    use super::*;

    #[test]
    fn names_are_found_with_and_without_braces() {
        assert_eq!(pieces("file://$state_path/x"), [Text("file://"), Name("state_path"), Text("/x")]);
        assert_eq!(pieces("${a.b}c$d"), [Name("a.b"), Text("c"), Name("d")]);
    }

    #[test]
    fn a_dollar_sign_that_begins_no_name_stays() {
        assert_eq!(pieces("$$a"), [Text("$"), Text("a")]);
        assert_eq!(pieces("a$"), [Text("a"), Text("$")]);
        assert_eq!(pieces("$5${5}${a"), [Text("$"), Text("5"), Text("$"), Text("{5}"), Text("$"), Text("{a")]);
        assert!(pieces("").is_empty());
    }
}
