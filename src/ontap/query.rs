//! Names in URLs: query strings whose values mean themselves, and path keys that can't turn into something else.
//!
//! ONTAP reads `*`, `|`, `,`, `!`, `<`, `>` and `..` in a query value as operators, and a collection URL with an empty
//! last key is the collection itself ("Getting started with the ONTAP REST API", record filtering). So a name that comes
//! from a user is quoted, or refused here, before it can match or delete what it does not name.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters stay; everything else is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name that can't be put into a URL without meaning something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} {name:?} can't be put to ONTAP: expected {expected}")]
pub struct Unquotable {
    pub what: &'static str,
    pub name: String,
    pub expected: &'static str,
}

/// A query string in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    pub fn new() -> Self {
        Query::default()
    }

    /// Only records whose `field` is exactly `value`, whatever characters that holds.
    pub fn is(self, field: &'static str, value: &str) -> Result<Self, Unquotable> {
        Ok(self.raw(field, &literal(field, value)?))
    }

    /// Only records of that SVM; of all when there is none.
    pub fn within(self, svm: Option<&str>) -> Result<Self, Unquotable> {
        match svm {
            Some(svm) => self.is("svm.name", svm),
            None => Ok(self),
        }
    }

    /// Only records whose `field` starts with `prefix`, which must be plain: a quoted value can't hold a wildcard.
    pub fn starts(self, field: &'static str, prefix: &str) -> Result<Self, Unquotable> {
        let expected = "letters, digits and any of _-./:@, without ..";
        if !plain(prefix) {
            return Err(Unquotable { what: field, name: prefix.to_owned(), expected });
        }
        Ok(self.raw(field, &format!("{prefix}*")))
    }

    /// Only records whose `field` is one of `values`, which are ours and plain.
    pub fn any(self, field: &'static str, values: &[&'static str]) -> Self {
        self.raw(field, &values.join("|"))
    }

    /// The fields to answer with.
    pub fn fields(self, fields: &str) -> Self {
        self.raw("fields", fields)
    }

    /// A parameter whose value is ours; operators in it act.
    pub fn raw(mut self, field: &'static str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(field);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    /// Percent-encoded, without the question mark; empty when nothing was asked.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `path` of the endpoint table, its `{…}` replaced by `keys` in order, below `/api`.
pub fn path(template: &str, keys: &[&str]) -> Result<String, Unquotable> {
    let mut keys = keys.iter();
    let mut path = String::from("/api");
    for segment in template.split('/').skip(1) {
        path.push('/');
        if segment.starts_with('{') {
            path.extend(utf8_percent_encode(key(keys.next().unwrap_or(&""))?, RESERVED));
        } else {
            path.push_str(segment);
        }
    }
    Ok(path)
}

/// A key that names one record: neither empty, nor a step in the path, nor a pattern.
fn key(key: &str) -> Result<&str, Unquotable> {
    let dots = matches!(key, "." | "..");
    let pattern = key.starts_with('!') || key.contains(['*', '|', ',', '"', '<', '>']) || key.contains("..");
    if key.is_empty() || dots || pattern || key.chars().any(char::is_control) {
        let expected = "a name without any of *|,\"<>, .. or control characters, and not starting with !";
        return Err(Unquotable { what: "key", name: key.to_owned(), expected });
    }
    Ok(key)
}

fn literal(field: &'static str, value: &str) -> Result<String, Unquotable> {
    if plain(value) {
        return Ok(value.to_owned());
    }
    if value.is_empty() || value.contains(['"', '\\']) || value.chars().any(char::is_control) {
        let expected = "a name without double quotes, backslashes or control characters";
        return Err(Unquotable { what: field, name: value.to_owned(), expected });
    }
    Ok(format!("\"{value}\""))
}

/// Whether ONTAP reads `value` as itself without quotes.
fn plain(value: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-./:@".contains(c);
    !value.is_empty() && value.chars().all(is_allowed) && !value.contains("..") && !value.eq_ignore_ascii_case("null")
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn decoded(query: &Query) -> String {
        percent_decode_str(query.as_str()).decode_utf8().unwrap().into_owned()
    }

    #[test]
    fn a_plain_name_goes_as_it_is_and_operators_are_quoted() {
        assert_eq!(Query::new().is("name", "share_1").unwrap().as_str(), "name=share_1");
        assert_eq!(decoded(&Query::new().is("name", "a*").unwrap()), "name=\"a*\"");
        assert_eq!(decoded(&Query::new().is("name", "a..b").unwrap()), "name=\"a..b\"");
        assert_eq!(decoded(&Query::new().is("name", "null").unwrap()), "name=\"null\"");
    }

    #[test]
    fn a_prefix_ends_in_a_wildcard_and_holds_no_other() {
        assert_eq!(decoded(&Query::new().starts("name", "share_").unwrap()), "name=share_*");
        assert!(Query::new().starts("name", "sh*re_").is_err());
        assert!(Query::new().starts("name", "").is_err());
    }

    #[test]
    fn parameters_are_joined_and_encoded() {
        let query = Query::new().any("services", &["data_nfs", "data_cifs"]).fields("name,svm.name");
        assert_eq!(query.as_str(), "services=data_nfs%7Cdata_cifs&fields=name%2Csvm.name");
    }

    #[test]
    fn keys_fill_the_template_in_order() {
        let acl = "/protocols/cifs/shares/{svm.uuid}/{share}/acls/{user_or_group}/{type}";
        let filled = path(acl, &["u-1", "a b", r"DOM\bob/x", "windows"]).unwrap();
        assert_eq!(filled, "/api/protocols/cifs/shares/u-1/a%20b/acls/DOM%5Cbob%2Fx/windows");
    }

    #[test]
    fn a_key_that_is_empty_a_step_or_a_pattern_is_refused() {
        for bad in ["", ".", "..", "*", "a*", "!a", "a|b", "a,b", "a..b", "a\nb"] {
            assert!(path("/x/{name}", &[bad]).is_err(), "{bad:?}");
        }
        assert!(path("/x/{name}", &[]).is_err(), "a missing key is an empty one");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_either_means_itself_or_is_refused(value in ".*") {
            if let Ok(query) = Query::new().is("name", &value) {
                let decoded = decoded(&query);
                let sent = decoded.strip_prefix("name=").unwrap();
                let quoted = sent.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                prop_assert_eq!(quoted.unwrap_or(sent), value.as_str());
                let acts = sent.contains(['*', '|', ',', '!', '<', '>', '{', '"']);
                prop_assert!(quoted.is_some() || !acts);
                prop_assert!(!quoted.unwrap_or_default().contains('"'));
                prop_assert!(query.as_str().chars().all(|c| c.is_ascii_alphanumeric() || "-._~%=".contains(c)));
            }
        }

        #[test]
        fn a_key_stays_one_segment(value in ".*") {
            if let Ok(path) = path("/x/{name}", &[&value]) {
                let last = path.strip_prefix("/api/x/").unwrap();
                prop_assert!(!last.is_empty() && !last.contains(['/', '?', '#', '&']));
                let decoded = percent_decode_str(last).decode_utf8().unwrap();
                prop_assert_eq!(decoded, value);
            }
        }
    }
}
