//! Dotted paths into JSON records. ONTAP names a field `rules.clients.match` wherever arrays stand on the way.
//!
//! How to get it wrong: an unset field is *absent*, never `null`, so records are pruned before anything reads them.

use serde_json::{Map, Value};

/// All values at `path`, looking into every member of the arrays on the way; members of an array at the end one by one.
pub fn values<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        found = found.into_iter().flat_map(spread).filter_map(|value| value.get(step)).collect();
    }
    found.into_iter().flat_map(spread).collect()
}

fn spread(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(members) => members.iter().flat_map(spread).collect(),
        other => vec![other],
    }
}

/// The value at `path`, arrays kept whole. `None` when it is not set.
pub fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| value.get(step))
}

/// Sets the value at `path`, making the objects on the way. `Err` when something else stands on the way or at the end.
pub fn put(object: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), ()> {
    match path.split_once('.') {
        None => match (object.get_mut(path), value) {
            (None, value) => {
                object.insert(path.to_owned(), value);
                Ok(())
            }
            (Some(Value::Object(old)), Value::Object(new)) => {
                new.into_iter().try_for_each(|(key, value)| put(old, &key, value))
            }
            _ => Err(()),
        },
        Some((first, rest)) => {
            let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
            inner.as_object_mut().ok_or(()).and_then(|inner| put(inner, rest, value))
        }
    }
}

/// Takes what stands at a path out of a value.
pub fn take(value: &mut Value, path: &str) {
    let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer = above.split('.').filter(|step| !step.is_empty()).fold(String::new(), |path, step| path + "/" + step);
    if let Some(Value::Object(map)) = value.pointer_mut(&pointer) {
        map.remove(last);
    }
}

/// The value without its nulls and without objects that hold nothing.
pub fn pruned(mut value: Value) -> Value {
    prune(&mut value);
    value
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => map.retain(|_, value| {
            prune(value);
            !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty())
        }),
        Value::Array(members) => members.iter_mut().for_each(prune),
        _ => {}
    }
}

/// A scalar as ONTAP prints it in a URL.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_looks_into_every_member_of_an_array() {
        let policy = json!({"rules": [{"clients": [{"match": "a"}, {"match": "b"}]}, {"clients": [{"match": "c"}]}]});
        assert_eq!(values(&policy, "rules.clients.match"), [&json!("a"), &json!("b"), &json!("c")]);
        assert!(values(&policy, "rules.index").is_empty());
    }

    #[test]
    fn pruning_leaves_no_trace_of_what_is_not_set() {
        assert_eq!(pruned(json!({"a": null, "b": {"c": null}, "d": [], "e": 0})), json!({"d": [], "e": 0}));
    }

    #[test]
    fn a_field_set_twice_is_noticed() {
        let mut map = Map::new();
        assert!(put(&mut map, "nas.path", json!("/a")).is_ok());
        assert!(put(&mut map, "nas", json!({"uid": 1})).is_ok());
        assert!(put(&mut map, "nas.path", json!("/b")).is_err());
        assert_eq!(Value::Object(map), json!({"nas": {"path": "/a", "uid": 1}}));
    }
}
