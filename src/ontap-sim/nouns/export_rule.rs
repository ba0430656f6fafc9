//! Rules of export policies: who may do what, in the order of their indices; the first rule that fits a client decides.
//!
//! How to get it wrong: letting a later, wider rule help a client whom an earlier one refuses.

use std::net::IpAddr;

use manilad_nfs3::{Access, Flavour, Grant, Mapping};
use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::{export_policy, svm};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    ANONYMOUS_EMPTY, MATCH_TWICE, MISSING_ARGUMENT, POLICY_ABSENT, RULE_TWICE, RULES_TWICE, Refusal,
};
use crate::rest::field::{flag, integer, text};
use crate::rest::json;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::client_match::ClientMatch;
use crate::rows::export_policy::ExportPolicy;
use crate::rows::export_rule::ExportRule;
use crate::state::State;

const FLAVOURS: &[&str] = &["any", "none", "never", "krb5", "krb5i", "krb5p", "ntlm", "sys"];
const PROTOCOLS: &[&str] = &["any", "nfs", "nfs3", "nfs4", "cifs", "flexcache"];
const LAST_INDEX: u64 = u32::MAX as u64;
const CHOWN_MODES: &[&str] = &["restricted", "unrestricted"];
const NTFS_UNIX_SECURITIES: &[&str] = &["fail", "ignore"];
/// The user that is nobody, also by number.
const NOBODY: u32 = 65_535;

pub static EXPORT_RULE: Noun = Noun {
    name: "index",
    instance: "/api/protocols/nfs/export-policies/{policy.id}/rules/{index}",
    fields: &[
        integer("policy.id").key(),
        text("policy.name"),
        text("svm.name"),
        text("svm.uuid"),
        integer("index").key().write(),
        text("clients.match").write(),
        text("ro_rule").write(),
        text("rw_rule").write(),
        text("superuser").write(),
        text("protocols").write(),
        text("anonymous_user").write(),
        text("chown_mode").write(),
        text("ntfs_unix_security").write(),
        flag("allow_suid").write(),
        flag("allow_device_creation").write(),
    ],
    order: &["policy.id", "index"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/nfs/export-policies/{policy.id}/rules";
const INSTANCE: &str = "/api/protocols/nfs/export-policies/{policy.id}/rules/{index}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &EXPORT_RULE),
    sync(Method::Post, COLLECTION, &EXPORT_RULE, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &EXPORT_RULE, INSTANCE),
    each(Method::Delete, COLLECTION, &EXPORT_RULE, INSTANCE),
    instance(INSTANCE, &EXPORT_RULE),
    sync(Method::Patch, INSTANCE, &EXPORT_RULE, Cost::Policy, change).arguments(&["new_index"]),
    sync(Method::Delete, INSTANCE, &EXPORT_RULE, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    if ask.keys.get("policy.id").is_some_and(|id| id == "*") {
        return Ok(export_policy::visible(state, ask).flat_map(|policy| records(state, policy)).collect());
    }
    Ok(records(state, policy(state, ask)?))
}

fn records(state: &State, policy: &ExportPolicy) -> Vec<Value> {
    let about = json!({"id": policy.id, "name": policy.name});
    let svm = svm::reference(state, policy.svm);
    let record = |rule: &ExportRule| {
        let mut record = rule.record();
        (record["policy"], record["svm"]) = (about.clone(), svm.clone());
        record
    };
    policy.rules.iter().map(record).collect()
}

/// The policy that the request's path names, if it may see it (else 1703954).
fn policy<'a>(state: &'a State, ask: &Ask) -> Result<&'a ExportPolicy, Refusal> {
    let id = ask.keys.get("policy.id").and_then(|id| id.parse::<u64>().ok());
    export_policy::visible(state, ask)
        .find(|policy| Some(policy.id) == id)
        .ok_or_else(|| Refusal::new(POLICY_ABSENT, "Export policy does not exist.").at("policy.id"))
}

impl ExportRule {
    pub fn record(&self) -> Value {
        json!({
            "index": self.index,
            "clients": self.clients.iter().map(|client| json!({"match": client})).collect::<Vec<_>>(),
            "ro_rule": self.ro_rule,
            "rw_rule": self.rw_rule,
            "superuser": self.superuser,
            "protocols": self.protocols,
            "anonymous_user": self.anonymous_user,
            "chown_mode": self.chown_mode,
            "ntfs_unix_security": self.ntfs_unix_security,
            "allow_suid": self.allow_suid,
            "allow_device_creation": self.allow_device_creation,
        })
    }

    /// Takes over what the body says. Refuses values that a rule can't have.
    fn take(&mut self, body: &Value) -> Result<(), Refusal> {
        if let Some(clients) = json::get(body, "clients") {
            self.clients = json::values(clients, "match").into_iter().map(json::text).collect();
        }
        if let Some(user) = body.get("anonymous_user") {
            self.anonymous_user = json::text(user);
            if self.anonymous_user.is_empty() {
                let message = "The \"Anon\" field cannot be an empty string.";
                return Err(Refusal::new(ANONYMOUS_EMPTY, message).at("anonymous_user"));
            }
        }
        for (field, place, choices) in [
            ("chown_mode", &mut self.chown_mode, CHOWN_MODES),
            ("ntfs_unix_security", &mut self.ntfs_unix_security, NTFS_UNIX_SECURITIES),
        ] {
            if let Some(word) = body.get(field).and_then(Value::as_str) {
                if !choices.contains(&word) {
                    return Err(Refusal::value(word, field, &choices.join("|")));
                }
                word.clone_into(place);
            }
        }
        for (field, place, choices) in [
            ("ro_rule", &mut self.ro_rule, FLAVOURS),
            ("rw_rule", &mut self.rw_rule, FLAVOURS),
            ("superuser", &mut self.superuser, FLAVOURS),
            ("protocols", &mut self.protocols, PROTOCOLS),
        ] {
            if let Some(list) = body.get(field) {
                *place = json::values(list, "").into_iter().map(json::text).collect();
                if let Some(strange) = place.iter().find(|word| !choices.contains(&word.as_str())) {
                    return Err(Refusal::value(strange, field, &choices.join("|")));
                }
            }
        }
        for (field, place) in
            [("allow_suid", &mut self.allow_suid), ("allow_device_creation", &mut self.allow_device_creation)]
        {
            if let Some(flag) = body.get(field).and_then(Value::as_bool) {
                *place = flag;
            }
        }
        for (place, client) in self.clients.iter().enumerate() {
            ClientMatch::parse(client)?;
            if self.clients[..place].contains(client) {
                let message = format!("Duplicate string \"{client}\" in the clientmatch list.");
                return Err(Refusal::new(MATCH_TWICE, message).at("clients.match"));
            }
        }
        for (field, values) in
            [("clients.match", &self.clients), ("ro_rule", &self.ro_rule), ("rw_rule", &self.rw_rule)]
        {
            if values.is_empty() {
                return Err(Refusal::new(MISSING_ARGUMENT, format!("\"{field}\" is a required field.")).at(field));
            }
        }
        Ok(())
    }

    fn parse(body: &Value) -> Result<Self, Refusal> {
        let mut rule = ExportRule {
            index: 0,
            clients: Vec::new(),
            ro_rule: Vec::new(),
            rw_rule: Vec::new(),
            superuser: vec!["any".to_owned()],
            protocols: vec!["any".to_owned()],
            anonymous_user: "65534".to_owned(),
            chown_mode: "restricted".to_owned(),
            ntfs_unix_security: "fail".to_owned(),
            allow_suid: true,
            allow_device_creation: true,
        };
        rule.take(body)?;
        Ok(rule)
    }

    fn same_as(&self, other: &ExportRule) -> bool {
        ExportRule { index: other.index, ..self.clone() } == *other
    }

    fn is_about(&self, client: IpAddr) -> bool {
        self.protocols.iter().any(|protocol| matches!(protocol.as_str(), "any" | "nfs" | "nfs3"))
            && self.clients.iter().any(|text| ClientMatch::parse(text).is_ok_and(|whom| whom.covers(client)))
    }
}

/// What the rules grant a client that comes over NFSv3. The first rule that is about it decides. Nobody reads by the list
/// for writers alone, so who is anonymous to the list for readers is so to both.
pub fn grant(rules: &[ExportRule], client: IpAddr, flavour: Flavour) -> Grant {
    let denied = Grant::own(Access::Denied);
    let Some(rule) = rules.iter().find(|rule| rule.is_about(client)) else { return denied };
    let Some(mut looks) = mapping(&rule.ro_rule, flavour) else { return denied };
    let (access, mut changes) = match mapping(&rule.rw_rule, flavour) {
        Some(changes) => (Access::ReadWrite, changes.max(looks)),
        None => (Access::ReadOnly, looks),
    };
    if mapping(&rule.superuser, flavour) != Some(Mapping::Own) {
        (looks, changes) = (looks.max(Mapping::RootIsAnonymous), changes.max(Mapping::RootIsAnonymous));
    }
    Grant {
        access,
        looks,
        changes,
        anonymous: anonymous(&rule.anonymous_user),
        set_id: rule.allow_suid,
        devices: rule.allow_device_creation,
        giving_away: rule.chown_mode == "unrestricted",
    }
}

/// Whom a list of flavours takes callers for; `None` if it does not let them in. `none` takes whoever no other word of
/// the list lets in for the anonymous user, as whom those who say nothing of themselves come anyhow.
fn mapping(flavours: &[String], flavour: Flavour) -> Option<Mapping> {
    let has = |name: &str| flavours.iter().any(|listed| listed == name);
    match flavour {
        _ if has("never") => None,
        Flavour::Sys if has("any") || has("sys") => Some(Mapping::Own),
        Flavour::None if has("any") => Some(Mapping::Anonymous),
        _ => has("none").then_some(Mapping::Anonymous),
    }
}

/// The number of the anonymous user. 65535, as whom nobody is let in, and users that the cluster does not know are none.
fn anonymous(user: &str) -> Option<u32> {
    match user {
        "root" => Some(0),
        "pcuser" => Some(65_534),
        number => number.parse().ok().filter(|number| *number != NOBODY),
    }
}

fn index(body: &Value) -> Result<Option<u64>, Refusal> {
    let Some(index) = body.get("index").and_then(Value::as_i64) else { return Ok(None) };
    match u64::try_from(index) {
        Ok(index @ 1..=LAST_INDEX) => Ok(Some(index)),
        _ => Err(Refusal::value(&index.to_string(), "index", "integer 1..4294967295")),
    }
}

/// Puts a rule in its place: at the end, or at `index`, where it pushes those in its way back to the next gap.
fn insert(rules: &mut Vec<ExportRule>, mut rule: ExportRule, index: Option<u64>) {
    rule.index = index.unwrap_or_else(|| rules.last().map_or(1, |last| last.index + 1));
    let place = rules.partition_point(|other| other.index < rule.index);
    let mut taken = rule.index;
    for other in &mut rules[place..] {
        if other.index > taken {
            break;
        }
        taken = other.index + 1;
        other.index = taken;
    }
    rules.insert(place, rule);
}

/// Moves the rule at `from` to `to`: those between close up behind it.
fn shift(rules: &mut [ExportRule], from: u64, to: u64) {
    for rule in rules.iter_mut() {
        rule.index = match rule.index {
            index if index == from => to,
            index if from < index && index <= to => index - 1,
            index if to <= index && index < from => index + 1,
            index => index,
        };
    }
    rules.sort_by_key(|rule| rule.index);
}

/// All rules of a policy at once.
pub fn parse_all(bodies: &[Value]) -> Result<Vec<ExportRule>, Refusal> {
    let mut rules = Vec::new();
    for body in bodies {
        let rule = ExportRule::parse(body)?;
        if rules.iter().any(|other| rule.same_as(other)) {
            return Err(Refusal::new(RULES_TWICE, "The list of rules contains duplicate rules.").at("rules"));
        }
        insert(&mut rules, rule, index(body)?);
    }
    Ok(rules)
}

fn made(policy: u64, index: u64) -> Made {
    vec![[("policy.id".to_owned(), policy.to_string()), ("index".to_owned(), index.to_string())].into()]
}

fn unlike(rules: &[ExportRule], rule: &ExportRule, except: Option<u64>) -> Result<(), Refusal> {
    match rules.iter().find(|other| Some(other.index) != except && rule.same_as(other)) {
        Some(same) => {
            let message = format!("A rule with the same values exists at index {}.", same.index);
            Err(Refusal::new(RULE_TWICE, message))
        }
        None => Ok(()),
    }
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut policy = policy(state, ask)?.clone();
    let rule = ExportRule::parse(&ask.body)?;
    unlike(&policy.rules, &rule, None)?;
    let requested = index(&ask.body)?;
    let index = requested.unwrap_or_else(|| policy.rules.last().map_or(1, |last| last.index + 1));
    insert(&mut policy.rules, rule, requested);
    let id = policy.id;
    state.policies.put(policy);
    Ok(made(id, index))
}

/// The place of the rule that the request's path names.
fn place(policy: &ExportPolicy, ask: &Ask) -> Result<usize, Refusal> {
    let index = ask.keys.get("index").and_then(|index| index.parse::<u64>().ok());
    policy.rules.iter().position(|rule| Some(rule.index) == index).ok_or_else(|| Refusal::absent("index"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut policy = policy(state, ask)?.clone();
    let place = place(&policy, ask)?;
    let mut rule = policy.rules[place].clone();
    rule.take(&ask.body)?;
    let old = rule.index;
    unlike(&policy.rules, &rule, Some(old))?;
    policy.rules[place] = rule;
    let new = ask.number("new_index", 1, LAST_INDEX)?.or(index(&ask.body)?).unwrap_or(old);
    shift(&mut policy.rules, old, new);
    let id = policy.id;
    state.policies.put(policy);
    Ok(made(id, new))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut policy = policy(state, ask)?.clone();
    let rule = policy.rules.remove(place(&policy, ask)?);
    let id = policy.id;
    state.policies.put(policy);
    Ok(made(id, rule.index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(client: &str, ro: &str, rw: &str) -> Value {
        json!({"clients": [{"match": client}], "ro_rule": [ro], "rw_rule": [rw]})
    }

    fn granted(rules: &[Value], client: &str) -> Access {
        grant(&parse_all(rules).unwrap(), client.parse().unwrap(), Flavour::Sys).access
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules =
            [rule("10.0.0.9", "never", "never"), rule("10.0.0.0/24", "sys", "never"), rule("0.0.0.0/0", "any", "any")];
        assert_eq!(granted(&rules, "10.0.0.9"), Access::Denied);
        assert_eq!(granted(&rules, "10.0.0.8"), Access::ReadOnly);
        assert_eq!(granted(&rules, "10.0.1.8"), Access::ReadWrite);
        assert_eq!(granted(&rules, "fd00::1"), Access::Denied, "no rule fits");
        assert_eq!(granted(&[], "10.0.0.9"), Access::Denied);
    }

    #[test]
    fn flavours_grant_what_they_say() {
        for (ro, rw, expected) in [
            ("sys", "sys", Access::ReadWrite),
            ("any", "none", Access::ReadWrite),
            ("any", "never", Access::ReadOnly),
            ("never", "any", Access::Denied),
            ("krb5", "krb5", Access::Denied),
        ] {
            assert_eq!(granted(&[rule("::/0", ro, rw)], "fd00::1"), expected, "{ro} {rw}");
        }
    }

    #[test]
    fn whose_rights_a_caller_has_is_what_the_three_lists_say() {
        use Flavour::{None as Nothing, Sys};
        use Mapping::{Anonymous, Own, RootIsAnonymous};
        for (ro, rw, superuser, flavour, expected) in [
            ("sys", "sys", "sys", Sys, Some((Own, Own))),
            ("sys", "sys", "any", Sys, Some((Own, Own))),
            ("any", "any", "none", Sys, Some((RootIsAnonymous, RootIsAnonymous))),
            ("sys", "sys", "krb5", Sys, Some((RootIsAnonymous, RootIsAnonymous))),
            ("none", "none", "none", Sys, Some((Anonymous, Anonymous))),
            ("none", "any", "any", Sys, Some((Anonymous, Anonymous))),
            ("sys", "none", "sys", Sys, Some((Own, Anonymous))),
            ("any", "any", "any", Nothing, Some((Anonymous, Anonymous))),
            ("none", "never", "any", Nothing, Some((Anonymous, Anonymous))),
            ("sys", "sys", "sys", Nothing, None),
        ] {
            let mut rule = rule("10.0.0.1", ro, rw);
            rule["superuser"] = json!([superuser]);
            let grant = grant(&parse_all(&[rule]).unwrap(), "10.0.0.1".parse().unwrap(), flavour);
            let mapped = (grant.access != Access::Denied).then_some((grant.looks, grant.changes));
            assert_eq!(mapped, expected, "{ro} {rw} {superuser} {flavour:?}");
        }
    }

    #[test]
    fn a_caller_that_another_word_of_the_list_lets_in_is_not_anonymous() {
        let flavours = ["none".to_owned(), "sys".to_owned()];
        assert_eq!(mapping(&flavours, Flavour::Sys), Some(Mapping::Own));
        assert_eq!(mapping(&flavours, Flavour::None), Some(Mapping::Anonymous));
    }

    #[test]
    fn the_anonymous_user_is_a_number_or_one_of_the_names_every_cluster_knows() {
        for (user, expected) in [
            ("65534", Some(65_534)),
            ("0", Some(0)),
            ("root", Some(0)),
            ("pcuser", Some(65_534)),
            ("65535", None),
            ("nobody", None),
            ("-1", None),
        ] {
            assert_eq!(anonymous(user), expected, "{user}");
        }
        let empty = json!({"clients": [{"match": "a"}], "ro_rule": ["sys"], "rw_rule": ["sys"], "anonymous_user": ""});
        assert_eq!(parse_all(&[empty]).unwrap_err().code, "3277149");
    }

    #[test]
    fn a_rule_for_another_protocol_is_passed_over() {
        let mut cifs = rule("10.0.0.1", "never", "never");
        cifs["protocols"] = json!(["cifs"]);
        assert_eq!(granted(&[cifs, rule("10.0.0.0/24", "sys", "sys")], "10.0.0.1"), Access::ReadWrite);
    }

    fn indices(rules: &[ExportRule]) -> Vec<(u64, &str)> {
        rules.iter().map(|rule| (rule.index, rule.clients[0].as_str())).collect()
    }

    #[test]
    fn a_rule_put_in_the_way_pushes_others_back_to_the_next_gap() {
        let mut rules = Vec::new();
        for (client, index) in [("a", None), ("b", None), ("c", Some(4)), ("d", Some(1)), ("e", None)] {
            insert(&mut rules, ExportRule::parse(&rule(client, "sys", "sys")).unwrap(), index);
        }
        assert_eq!(indices(&rules), [(1, "d"), (2, "a"), (3, "b"), (4, "c"), (5, "e")]);
        shift(&mut rules, 1, 3);
        assert_eq!(indices(&rules), [(1, "a"), (2, "b"), (3, "d"), (4, "c"), (5, "e")]);
        shift(&mut rules, 5, 1);
        assert_eq!(indices(&rules), [(1, "e"), (2, "a"), (3, "b"), (4, "d"), (5, "c")]);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused_by_code() {
        let twice = json!({"clients": [{"match": "a"}, {"match": "a"}], "ro_rule": ["sys"], "rw_rule": ["sys"]});
        for (rules, code) in [
            (vec![twice], "1704050"),
            (vec![rule("a", "sys", "sys"), rule("a", "sys", "sys")], "1704071"),
            (vec![rule("a", "system", "sys")], "262197"),
            (vec![json!({"clients": [{"match": "a"}], "ro_rule": ["sys"]})], "262180"),
            (vec![json!({"ro_rule": ["sys"], "rw_rule": ["sys"]})], "262180"),
        ] {
            assert_eq!(parse_all(&rules).unwrap_err().code, code);
        }
    }
}
