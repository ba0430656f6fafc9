//! Who calls, and what they may do: Basic authentication or a certificate, scope of the account, REST roles.
//!
//! How to get it wrong: telling a wrong password from an unknown account, or letting a role decide by the first path
//! that fits; the longest one decides.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::call::Call;
use crate::config::{Access, AccountConfig, Config};
use crate::lookup::svm;
use crate::rest::ask::{Method, decoded};
use crate::rest::code::{Refusal, SVM_ABSENT, SVM_CONFLICT, UNAUTHENTICATED};
use crate::rest::route::Scope;
use crate::state::State;

/// A known caller.
#[derive(Debug, Clone)]
pub struct Who {
    pub svm: Option<Uuid>,
    privileges: Vec<(String, Access)>,
}

pub fn unauthenticated() -> Refusal {
    Refusal::new(UNAUTHENTICATED, "User is not authorized.")
}

/// Finds the caller by the `Authorization` header, or without one by the certificate of the connection (else 401).
pub fn caller(state: &State, call: &Call) -> Result<Who, Refusal> {
    let account = match (call.header("Authorization"), &call.certified) {
        (None, Some(name)) => state.accounts.iter().find(|account| account.name == *name),
        _ => credentials(call).and_then(|(name, password)| {
            let fits = |account: &&AccountConfig| account.name == name && account.password.expose_secret() == password;
            state.accounts.iter().find(fits)
        }),
    };
    let account = account.ok_or_else(unauthenticated)?;
    let scope = match &account.svm {
        Some(name) => Some(svm::named(state, name).ok_or_else(unauthenticated)?),
        None => None,
    };
    Ok(Who { svm: scope, privileges: privileges(&state.config, &account.role, account.svm.as_deref()) })
}

fn credentials(call: &Call) -> Option<(String, String)> {
    let (scheme, text) = call.header("Authorization")?.split_once(' ')?;
    let plain = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (name, password) = plain.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (name.to_owned(), password.to_owned()))
}

/// Refuses (403, code 6) what scope or role do not let through; returns the SVM to which the request is confined.
pub fn admit(
    state: &State,
    who: &Who,
    call: &Call,
    method: Method,
    path: &str,
    scope: Scope,
) -> Result<Option<Uuid>, Refusal> {
    permit(who, method, path)?;
    let svm = confined(state, who, call)?;
    if scope == Scope::Cluster && svm.is_some() {
        return Err(Refusal::forbidden());
    }
    Ok(svm)
}

/// Refuses (403, code 6) what the role of the caller does not let through.
pub fn permit(who: &Who, method: Method, path: &str) -> Result<(), Refusal> {
    if permitted(&who.privileges, method, path) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// The caller's own SVM, or the one to which a cluster account tunnels.
fn confined(state: &State, who: &Who, call: &Call) -> Result<Option<Uuid>, Refusal> {
    let absent = |name: &str| Refusal::new(SVM_ABSENT, format!("SVM \"{name}\" was not found."));
    let by_name = call.header("X-Dot-SVM-Name").filter(|name| !name.is_empty());
    let by_uuid = call.header("X-Dot-SVM-UUID").filter(|uuid| !uuid.is_empty());
    if who.svm.is_some() && (by_name.is_some() || by_uuid.is_some()) {
        return Err(Refusal::forbidden());
    }
    let by_name = by_name.map(|name| svm::named(state, name).ok_or_else(|| absent(name))).transpose()?;
    let existing = |text: &str| text.parse().ok().filter(|uuid| state.svms.get(uuid).is_some());
    let by_uuid = by_uuid.map(|uuid| existing(uuid).ok_or_else(|| absent(uuid))).transpose()?;
    match (by_name, by_uuid) {
        (Some(one), Some(other)) if one != other => {
            Err(Refusal::new(SVM_CONFLICT, "The specified SVM name and UUID refer to different SVMs."))
        }
        (one, other) => Ok(who.svm.or(one).or(other)),
    }
}

/// What the built-in roles may do.
const BUILT_IN: &[(&str, &[(&str, Access)])] = &[
    ("admin", &[("/api", Access::All)]),
    ("readonly", &[("/api", Access::ReadOnly)]),
    (
        "vsadmin",
        &[
            ("/api/cluster", Access::ReadOnly),
            ("/api/cluster/jobs", Access::All),
            ("/api/cluster/counter/tables", Access::ReadOnly),
            ("/api/name-services", Access::All),
            ("/api/network/ip", Access::All),
            ("/api/private/cli", Access::ReadOnly),
            ("/api/protocols", Access::All),
            ("/api/security", Access::ReadModify),
            ("/api/storage/qos/policies", Access::All),
            ("/api/storage/volumes", Access::All),
            ("/api/support/ems", Access::All),
            ("/api/svm/svms", Access::ReadModify),
        ],
    ),
];

/// Paths and access of a role, configured or built in. Unknown roles may do nothing.
pub fn privileges(config: &Config, role: &str, svm: Option<&str>) -> Vec<(String, Access)> {
    if let Some(own) = config.roles.iter().find(|own| own.name == role && own.svm.as_deref() == svm) {
        return own.privileges.clone();
    }
    let built_in = BUILT_IN.iter().find(|(name, _)| *name == role).map_or(&[][..], |(_, privileges)| *privileges);
    built_in.iter().map(|(path, access)| ((*path).to_owned(), *access)).collect()
}

fn permitted(privileges: &[(String, Access)], method: Method, path: &str) -> bool {
    let best = privileges.iter().filter_map(|(place, access)| Some((depth(place, path)?, access)));
    best.max_by_key(|(depth, _)| *depth).is_some_and(|(_, access)| access.permits(method))
}

/// How many segments of the path the place of a privilege covers. `None` when it does not fit.
fn depth(place: &str, path: &str) -> Option<usize> {
    let mut segments = path.split('/');
    let place = place.trim_end_matches('/').split('/');
    let mut depth = 0;
    for expected in place {
        let segment = segments.next()?;
        if expected != "*" && expected != decoded(segment) {
            return None;
        }
        depth += 1;
    }
    Some(depth)
}

impl Access {
    pub fn permits(self, method: Method) -> bool {
        match method {
            Method::Get => self != Access::None,
            Method::Post => matches!(self, Access::ReadCreate | Access::ReadCreateModify | Access::All),
            Method::Patch => matches!(self, Access::ReadModify | Access::ReadCreateModify | Access::All),
            Method::Delete => self == Access::All,
        }
    }

    /// The word for it in `privileges.access`.
    pub fn name(self) -> &'static str {
        match self {
            Access::None => "none",
            Access::ReadOnly => "readonly",
            Access::ReadCreate => "read_create",
            Access::ReadModify => "read_modify",
            Access::ReadCreateModify => "read_create_modify",
            Access::All => "all",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_of_a_role_decides() {
        let role = [
            ("/api/storage".to_owned(), Access::ReadOnly),
            ("/api/storage/volumes".to_owned(), Access::All),
            ("/api/storage/volumes/*/snapshots".to_owned(), Access::None),
        ];
        for (method, path, expected) in [
            (Method::Get, "/api/storage/aggregates", true),
            (Method::Post, "/api/storage/aggregates", false),
            (Method::Delete, "/api/storage/volumes/1", true),
            (Method::Get, "/api/storage/volumes/1/snapshots", false),
            (Method::Get, "/api/storagex", false),
            (Method::Get, "/api/cluster", false),
        ] {
            assert_eq!(permitted(&role, method, path), expected, "{method:?} {path}");
        }
    }

    #[test]
    fn each_access_permits_its_verbs() {
        use Method::{Delete, Get, Patch, Post};
        for (access, verbs) in [
            (Access::None, &[][..]),
            (Access::ReadOnly, &[Get]),
            (Access::ReadCreate, &[Get, Post]),
            (Access::ReadModify, &[Get, Patch]),
            (Access::ReadCreateModify, &[Get, Post, Patch]),
            (Access::All, &[Get, Post, Patch, Delete]),
        ] {
            for method in [Get, Post, Patch, Delete] {
                assert_eq!(access.permits(method), verbs.contains(&method), "{access:?} {method:?}");
            }
        }
    }
}
