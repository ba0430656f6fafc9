//! `fields=`: which fields of a record are shown.
//!
//! `a,b.c`, nested `a{b,c}`, `!x` to leave out, `*` all but expensive, `**` all. Without it a collection shows keys and
//! an instance everything that is not expensive. How to get it wrong: showing an expensive field that nobody asked
//! for; clients then work against the simulator and fail on an array.

use serde_json::{Map, Value};

use crate::Release;
use crate::rest::code::Refusal;
use crate::rest::documented;
use crate::rest::field::{Field, Shown, within};
use crate::rest::noun::Noun;

/// The fields to show, worked out once per request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection(Vec<&'static str>);

/// What is shown besides what is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wide {
    Keys,
    Usual,
    All,
}

impl Selection {
    /// `requested` is the value of `fields`, if it was given.
    pub fn parse(requested: Option<&str>, noun: &Noun, release: Release, collection: bool) -> Result<Self, Refusal> {
        let unasked = if collection { Wide::Keys } else { Wide::Usual };
        let (mut named, mut left_out) = (Vec::new(), Vec::new());
        let mut wide = if requested.is_some() { Wide::Keys } else { unasked };
        let requested = requested.unwrap_or_default();
        for name in unfolded(requested).ok_or_else(|| Refusal::value(requested, "fields", "<field>,..."))? {
            match name.as_str() {
                "*" => wide = Wide::Usual,
                "**" => wide = Wide::All,
                name => {
                    let (list, name) = match name.strip_prefix('!') {
                        Some(name) => (&mut left_out, name),
                        None => (&mut named, name),
                    };
                    let name = name.strip_suffix(".*").or(name.strip_suffix(".**")).unwrap_or(name);
                    if !noun.knows(name, release) {
                        return Err(Refusal::value(name, "fields", "field"));
                    }
                    list.push(name.to_owned());
                }
            }
        }
        if named.is_empty() && wide == Wide::Keys && !left_out.is_empty() {
            wide = unasked;
        }
        let shown = |field: &&Field| {
            let any = |names: &[String]| names.iter().any(|name| within(field.name, name));
            field.since <= release
                && !any(&left_out)
                && match field.shown {
                    Shown::Never => false,
                    Shown::Always => true,
                    Shown::Usually => wide != Wide::Keys || any(&named),
                    Shown::OnRequest => wide == Wide::All || any(&named),
                }
        };
        let own = noun.fields.iter().filter(shown).map(|field| field.name);
        // Where nobody asks for one, none is shown.
        let asks = !named.is_empty() || wide == Wide::All;
        let others = documented::of(noun.instance).iter().filter(|_| asks).filter(shown).map(|field| field.name);
        Ok(Selection(own.chain(others).collect()))
    }

    /// The record with only the fields that are shown.
    pub fn of(&self, record: &Value) -> Value {
        cut(record, "", &self.0).unwrap_or_else(|| Value::Object(Map::new()))
    }
}

fn cut(value: &Value, path: &str, shown: &[&str]) -> Option<Value> {
    match value {
        Value::Object(map) => {
            let kept: Map<String, Value> = map
                .iter()
                .filter_map(|(key, value)| {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    Some((key.clone(), cut(value, &path, shown)?))
                })
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(members) if shown.iter().any(|name| within(name, path)) => {
            Some(Value::Array(members.iter().filter_map(|member| cut(member, path, shown)).collect()))
        }
        Value::Array(_) => None,
        leaf => shown.contains(&path).then(|| leaf.clone()),
    }
}

/// `a{b,c{d}},e` as `a.b, a.c.d, e`. `None` when braces do not match.
fn unfolded(text: &str) -> Option<Vec<String>> {
    let (mut names, mut prefixes, mut name) = (Vec::new(), vec![String::new()], String::new());
    let mut take = |name: &mut String, prefixes: &[String]| {
        let name = std::mem::take(name);
        if !name.trim().is_empty() {
            names.push(format!("{}{}", prefixes.last().map_or("", String::as_str), name.trim()));
        }
    };
    for letter in text.chars() {
        match letter {
            '{' => {
                let opened = format!("{}{}.", prefixes.last()?, std::mem::take(&mut name).trim());
                prefixes.push(opened);
            }
            ',' => take(&mut name, &prefixes),
            '}' => {
                take(&mut name, &prefixes);
                prefixes.pop().filter(|_| !prefixes.is_empty())?;
            }
            other => name.push(other),
        }
    }
    take(&mut name, &prefixes);
    (prefixes.len() == 1).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nouns::volume::VOLUME;
    use serde_json::json;

    const RELEASE: Release = Release::V9_14_1;

    fn shown(fields: Option<&str>, collection: bool) -> Value {
        let record = json!({
            "name": "v", "uuid": "u", "svm": {"name": "s", "uuid": "t"}, "size": 1, "state": "online",
            "nas": {"path": "/v", "export_policy": {"name": "p", "id": 1}}, "aggregates": [{"name": "a", "uuid": "b"}],
            "_tags": [],
        });
        Selection::parse(fields, &VOLUME, RELEASE, collection).unwrap().of(&record)
    }

    #[test]
    fn a_collection_shows_keys_and_an_instance_all_that_is_not_expensive() {
        let keys = json!({"name": "v", "uuid": "u", "svm": {"name": "s", "uuid": "t"}});
        assert_eq!(shown(None, true), keys);
        let instance = shown(None, false);
        assert_eq!(instance["size"], 1);
        assert_eq!(instance["aggregates"], json!([{"name": "a", "uuid": "b"}]));
        assert!(instance.get("nas").is_none());
        assert_eq!(shown(Some("*"), true), instance);
    }

    #[test]
    fn expensive_fields_are_shown_when_named_or_all_are_asked_for() {
        assert_eq!(shown(Some("nas.path"), true)["nas"], json!({"path": "/v"}));
        assert_eq!(shown(Some("nas"), true)["nas"]["export_policy"], json!({"name": "p", "id": 1}));
        assert_eq!(shown(Some("nas.*"), true), shown(Some("nas"), true));
        assert_eq!(shown(Some("**"), true)["nas"]["path"], "/v");
        assert_eq!(
            shown(Some("nas{path,export_policy{id}}"), true)["nas"],
            json!({"path": "/v", "export_policy": {"id": 1}})
        );
        assert_eq!(shown(Some("aggregates.name"), true)["aggregates"], json!([{"name": "a"}]));
    }

    #[test]
    fn fields_can_be_left_out() {
        let all_but = shown(Some("**,!nas.path,!size"), true);
        assert!(all_but["nas"].get("path").is_none() && all_but.get("size").is_none());
        assert_eq!(all_but["nas"]["export_policy"]["id"], 1);
        assert_eq!(shown(Some("!size"), false)["state"], "online");
    }

    #[test]
    fn names_that_no_field_has_and_braces_that_do_not_match_are_refused() {
        for fields in ["nam", "nas.pathx", "!nam", "nas{path", "nas}path{"] {
            let refusal = Selection::parse(Some(fields), &VOLUME, RELEASE, true).unwrap_err();
            assert_eq!((refusal.code.as_str(), refusal.target.as_deref()), ("262197", Some("fields")), "{fields}");
        }
    }

    #[test]
    fn a_field_of_a_later_release_is_unknown() {
        assert!(Selection::parse(Some("_tags"), &VOLUME, Release::V9_12_1, true).is_err());
        assert!(Selection::parse(Some("_tags"), &VOLUME, Release::V9_13_1, true).is_ok());
    }
}
