//! A small client of the API: one project, one version, JSON in and out.

use serde_json::{Value, json};

use super::until;

/// Speaks to a daemon.
#[derive(Clone)]
pub struct Api {
    http: reqwest::blocking::Client,
    base: String,
    token: String,
    version: String,
}

impl Api {
    pub fn new(address: &str) -> Self {
        Api {
            http: super::http(),
            base: format!("http://{address}/v2"),
            token: "tester:f00d".to_owned(),
            version: "2.80".to_owned(),
        }
    }

    /// A client of a daemon that serves TLS; its requests share connections.
    pub fn over_tls(address: &str) -> Self {
        Api { base: format!("https://{address}/v2"), ..Api::new(address) }
    }

    /// The same client at another version.
    pub fn at(&self, version: &str) -> Self {
        Api { version: version.to_owned(), ..self.clone() }
    }

    /// The same client with another token, `user:project`.
    pub fn as_who(&self, token: &str) -> Self {
        Api { token: token.to_owned(), ..self.clone() }
    }

    /// Status and body of a request.
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .header("X-Auth-Token", &self.token)
            .header("X-OpenStack-Manila-API-Version", &self.version);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().unwrap()).unwrap_or(Value::Null))
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, None);
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    pub fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask("POST", path, Some(body));
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer
    }

    pub fn delete(&self, path: &str) {
        let (status, answer) = self.ask("DELETE", path, None);
        assert!((200..300).contains(&status), "DELETE {path}: {status} {answer}");
    }

    /// A share type without share servers; answers its id.
    pub fn make_type(&self, name: &str, more: Value) -> String {
        let mut specs = json!({ "driver_handles_share_servers": "False" });
        specs.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let made = self.post("/types", json!({ "share_type": { "name": name, "extra_specs": specs } }));
        made["share_type"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks for a share of 1 GiB; answers its id.
    pub fn make_share(&self, share_type: &str) -> String {
        self.make_share_of(share_type, "NFS", 1)
    }

    /// Asks for a share; answers its id.
    pub fn make_share_of(&self, share_type: &str, protocol: &str, gib: u64) -> String {
        let wish = json!({ "share": { "name": "s", "share_proto": protocol, "size": gib, "share_type": share_type } });
        self.post("/shares", wish)["share"]["id"].as_str().unwrap().to_owned()
    }

    /// As [`Api::make_share`]; `None` when nobody answers any more.
    pub fn try_make_share(&self, share_type: &str) -> Option<String> {
        let wish = json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": share_type } });
        let sent = self
            .http
            .post(format!("{}/shares", self.base))
            .header("X-Auth-Token", &self.token)
            .json(&wish)
            .send()
            .ok()?;
        let answer: Value = sent.json().ok()?;
        answer["share"]["id"].as_str().map(str::to_owned)
    }

    pub fn status(&self, share: &str) -> Option<String> {
        let (status, body) = self.ask("GET", &format!("/shares/{share}"), None);
        (status == 200).then(|| body["share"]["status"].as_str().unwrap().to_owned())
    }

    pub fn until_status(&self, share: &str, wanted: &str) {
        until(&format!("share {share} is {wanted}"), || (self.status(share)? == wanted).then_some(()));
    }

    pub fn until_gone(&self, share: &str) {
        until(&format!("share {share} is gone"), || self.status(share).is_none().then_some(()));
    }

    /// Lets an address in; answers the rule's id.
    pub fn allow(&self, share: &str, to: &str, level: &str) -> String {
        self.allow_kind(share, "ip", to, level)
    }

    /// Lets in whom `kind` and `to` name; answers the rule's id.
    pub fn allow_kind(&self, share: &str, kind: &str, to: &str, level: &str) -> String {
        let wish = json!({ "allow_access": { "access_type": kind, "access_to": to, "access_level": level } });
        self.post(&format!("/shares/{share}/action"), wish)["access"]["id"].as_str().unwrap().to_owned()
    }

    pub fn deny(&self, share: &str, rule: &str) {
        self.post(&format!("/shares/{share}/action"), json!({ "deny_access": { "access_id": rule } }));
    }

    pub fn rule_state(&self, rule: &str) -> Option<String> {
        let (status, body) = self.ask("GET", &format!("/share-access-rules/{rule}"), None);
        (status == 200).then(|| body["access"]["state"].as_str().unwrap().to_owned())
    }

    pub fn until_rule(&self, rule: &str, wanted: &str) {
        until(&format!("rule {rule} is {wanted}"), || (self.rule_state(rule)? == wanted).then_some(()));
    }

    pub fn until_rule_gone(&self, rule: &str) {
        until(&format!("rule {rule} is gone"), || self.rule_state(rule).is_none().then_some(()));
    }

    /// Paths under which a share can be mounted.
    pub fn exports(&self, share: &str) -> Vec<String> {
        let answer = self.get(&format!("/shares/{share}/export_locations"));
        let paths = answer["export_locations"].as_array().unwrap().iter();
        paths.map(|export| export["path"].as_str().unwrap().to_owned()).collect()
    }
}
