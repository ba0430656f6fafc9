//! JSON bodies written by dotted names, the way ONTAP documents its fields.
//!
//! `nas.export_policy.name` reads like the reference and is sent nested, which every release takes. What is not set is not
//! sent, so that ONTAP's own default holds.

use serde_json::{Map, Value};

/// A body in the making.
#[derive(Debug, Default)]
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// Sets the field of that dotted name.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let mut inner = &mut self.0;
        let mut steps = name.split('.').peekable();
        while let Some(step) = steps.next() {
            if steps.peek().is_none() {
                inner.insert(step.to_owned(), value.into());
                break;
            }
            let next = inner.entry(step).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(object) = next else { break };
            inner = object;
        }
        self
    }

    /// Sets the field when there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        Value::Object(self.0).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_names_nest_and_share_their_parents() {
        let body = Body::default().set("nas.path", "/a").set("nas.export_policy.name", "p").set("size", 1);
        let body = body.maybe("comment", None::<String>).maybe("state", Some("offline"));
        let text = String::from_utf8(body.bytes()).unwrap();
        assert_eq!(text, r#"{"nas":{"path":"/a","export_policy":{"name":"p"}},"size":1,"state":"offline"}"#);
    }
}
