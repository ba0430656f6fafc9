//! What clients say about security services.

use manilad_domain::Secret;
use manilad_domain::security_service::Directory;
use serde_json::Value;

use crate::body::{Label, Wish};
use crate::{body, schema};

// `ou` is kept at every version, though shown from 2.44 on only; `default_ad_site` is refused below 2.76, not ignored.
body! {
    /// A new security service.
    NewSecurityService in "security_service" else unprocessable {
        directory as "type" [..] required Directory,
        name            [..] optional Label,
        description     [..] optional Label,
        dns_ip          [..] optional DnsIp,
        server          [..] optional Label,
        domain          [..] optional Label,
        user            [..] optional Label,
        password        [..] optional Secret,
        ou              [..] optional Label,
        default_ad_site [..] optional Label,
    }

    /// What can be changed about a security service.
    UpdateSecurityService in "security_service" else unprocessable {
        directory as "type" [..] optional Directory,
        name            [..] clearable Label,
        description     [..] clearable Label,
        dns_ip          [..] clearable DnsIp,
        server          [..] clearable Label,
        domain          [..] clearable Label,
        user            [..] clearable Label,
        password        [..] clearable Secret,
        ou              [..] clearable Label,
        default_ad_site [..] clearable Label,
    }
}

impl Wish for Directory {
    const EXPECTED: &'static str = "active_directory, ldap or kerberos";

    fn schema() -> Value {
        schema::one_of(&Directory::ALL.map(Directory::name))
    }

    fn read(value: &Value) -> Option<Self> {
        Directory::named(value.as_str()?)
    }
}

/// An address of a name server, or several: the reference takes any text that fits.
#[derive(Debug, Clone)]
pub struct DnsIp(pub String);

impl Wish for DnsIp {
    const EXPECTED: &'static str = "a string of at most 64 characters";

    fn schema() -> Value {
        schema::text(0, 64)
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        (text.chars().count() <= 64).then(|| DnsIp(text.to_owned()))
    }
}

impl Wish for Secret {
    const EXPECTED: &'static str = Label::EXPECTED;

    fn schema() -> Value {
        Label::schema()
    }

    fn read(value: &Value) -> Option<Self> {
        Label::read(value).map(|Label(text)| Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use manilad_domain::Microversion;
    use serde_json::json;

    use super::*;
    use crate::body::Body;

    #[test]
    fn a_wish_can_be_logged_without_its_password() {
        let body = json!({ "security_service": { "type": "ldap", "user": "joiner", "password": "open sesame" } });
        let (new, update) = (
            NewSecurityService::read(&body, Microversion::MAX).unwrap(),
            UpdateSecurityService::read(&body, Microversion::MAX).unwrap(),
        );
        let logged = format!("{new:?} {update:?}");
        assert!(logged.contains("joiner") && !logged.contains("sesame"), "{logged}");
        assert_eq!(new.password.unwrap().expose(), "open sesame");
        let wrong = json!({ "security_service": { "type": "ldap", "password": ["open sesame"] } });
        let refusal = NewSecurityService::read(&wrong, Microversion::MAX).unwrap_err();
        assert!(refusal.text.contains("password") && !refusal.text.contains("sesame"), "{refusal}");
    }
}
