//! Whom an array lets in: by export policies over NFS, and by the lists of SMB shares.
//!
//! How to get it wrong: to compare accounts in their case, or to count an entry that shuts somebody out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use manilad_domain::access::AccessLevel;
use manilad_domain::intent::{Intent, Lane};
use manilad_domain::status::{RuleState, Status};
use manilad_domain::{AccessRule, Share, access, share};
use manilad_store::{Range, Shared};
use serde_json::Value;

use crate::array::{Array, Volumes};
use crate::configuration::array_of;
use crate::world::World;

/// As both sides are written to be compared.
pub fn entry(to: &str, level: &str) -> String {
    format!("{} {level}", to.to_lowercase())
}

/// By the name of each export policy and each SMB share whom it lets in.
pub async fn admitted(array: &Array) -> BTreeMap<String, BTreeSet<String>> {
    let list = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
    let text = |of: &Value, key: &str| of[key].as_str().unwrap().to_owned();
    let rule = |rule: Value| {
        let level = if rule["rw_rule"] == serde_json::json!(["never"]) { "ro" } else { "rw" };
        list(&rule, "clients").into_iter().map(move |client| entry(&text(&client, "match"), level))
    };
    let ace = |ace: Value| match ace["permission"].as_str() {
        Some("no_access") => None,
        permission => {
            Some(entry(&text(&ace, "user_or_group"), if permission == Some("full_control") { "rw" } else { "ro" }))
        }
    };
    let policies = array.read("/api/protocols/nfs/export-policies?fields=name,rules&max_records=10000").await;
    let smb = array.read("/api/protocols/cifs/shares?fields=name,acls&max_records=10000").await;
    let of_policies = policies
        .iter()
        .map(|policy| (text(policy, "name"), list(policy, "rules").into_iter().flat_map(rule).collect()));
    let of_smb = smb.iter().map(|one| (text(one, "name"), list(one, "acls").into_iter().filter_map(ace).collect()));
    of_policies.chain(of_smb).collect()
}

/// So long after a call that nobody waited for any more a rule may be gone from the array that was there when it became active.
const SURPRISE: Duration = Duration::from_secs(10);

const SHUT_OUT: &str = "does not let it in";

/// What an array that lets these in, with whether they may write, does other than an active rule says. Of several rules whose accounts
/// are the same to the array, the level of one counts.
fn difference(rule: &AccessRule, rules: &[AccessRule], whom: &BTreeMap<String, bool>) -> Option<&'static str> {
    let name = rule.to.to_lowercase();
    let Some(writes) = whom.get(&name) else { return Some(SHUT_OUT) };
    let is_alone = rules.iter().filter(|other| other.to.to_lowercase() == name).count() == 1;
    match (rule.level, writes) {
        (AccessLevel::Ro, true) if is_alone => Some("lets it write"),
        (AccessLevel::Rw, false) if is_alone => Some("does not let it write"),
        _ => None,
    }
}

/// Whoever's rule has just become active gets in, unless somebody else's call came in between.
pub fn in_force(world: &World, rule: &AccessRule) {
    let Some(store) = world.host.store() else { return };
    let Ok(now) = store.snapshot() else { return };
    let Ok(Some(share)) = now.get::<Share>(&rule.share_id.to_string()) else { return };
    let is_forced = world.ledger.book().shares.get(&share.id.to_string()).is_some_and(|share| share.forced);
    for instance in share.live().filter(|instance| !is_forced && instance.status == Status::Available) {
        let Some(place) = instance.pool.as_ref().and_then(|pool| array_of(&pool.to_string())) else { continue };
        let array = &world.arrays[place];
        let is_surprised = world.clock.running().saturating_sub(array.surprised.get()) < SURPRISE;
        let admits = array.admits(Volumes::All);
        let range = Range::of(access::BY_SHARE, [share.id.to_string()]);
        let rules: Vec<_> = now.along::<AccessRule>(&range).flatten().map(Shared::into_owned).collect();
        let shut_out = admits.get(&instance.id.to_string()).map(|whom| difference(rule, &rules, whom));
        if let Some(why) = shut_out.unwrap_or(Some(SHUT_OUT)).filter(|_| !is_surprised) {
            world.breaks(format!("{} is active on share {}, and the array {why}", rule.to, share.id));
        }
    }
}

/// Whoever's rule is active gets in, and does not only when it has just come to be. Where a call landed that nobody waited for, somebody
/// may be shut out until the array was swept.
pub fn in_force_still(world: &World, array: &Array) {
    let missing = shut_out(world, array);
    // Where not all can be seen, what is in doubt stays so.
    let sees_all = world.host.store().is_some() && !world.host.disk.has_failed_lately(world.clock.running());
    let since = world.clock.running().saturating_sub(array.surprised.get());
    if array.is_in_doubt.get() {
        array.is_in_doubt.set(!missing.is_empty() || since < SURPRISE * 3 || !sees_all);
        return;
    }
    for (to, share, why) in missing {
        world.breaks(format!("{to} is active on share {share}, and the array {why} any more"));
    }
}

/// Of whom the array does other than a rule says that is not being worked on, with the share and what it does; as far as that can be read.
fn shut_out(world: &World, array: &Array) -> Vec<(String, String, &'static str)> {
    let mut missing = Vec::new();
    let Some(now) = world.host.store().and_then(|store| store.snapshot().ok()) else { return missing };
    let book = world.ledger.book();
    for (instance, whom) in array.admits(Volumes::All) {
        let range = Range::of(share::index::BY_INSTANCE, [instance.as_str()]);
        // A disk that can't be read is asked again in the next minute.
        for share in now.along::<Share>(&range).flatten() {
            let live = share.live().find(|one| one.id.to_string() == instance && one.status == Status::Available);
            let Some(live) = live.filter(|_| book.shares.get(&share.id.to_string()).is_some_and(|one| !one.forced))
            else {
                continue;
            };
            let is_owed = |lane| now.get::<Intent>(&Intent::key_of(live.id, lane)).is_ok_and(|found| found.is_some());
            if is_owed(Lane::Access) || is_owed(Lane::Life) {
                continue;
            }
            let range = Range::of(access::BY_SHARE, [share.id.to_string()]);
            let rules: Vec<_> = now.along::<AccessRule>(&range).flatten().map(Shared::into_owned).collect();
            let active = rules.iter().filter(|rule| rule.state == RuleState::Active);
            let other = active.filter_map(|rule| Some((rule, difference(rule, &rules, &whom)?)));
            missing.extend(other.map(|(rule, why)| (rule.to.clone(), share.id.to_string(), why)));
        }
    }
    missing
}

/// At this instant an array lets in nobody whom no rule of the share names, whatever state the rule is in. Of instances for which that is
/// as it was when this was last asked, only where `all` is asked for.
pub fn admission(world: &World, array: &Array, all: bool) {
    let Some(store) = world.host.store() else { return };
    let Ok(now) = store.snapshot() else { return };
    let admits = array.admits(Volumes::Mounted);
    let before = array.admitted.replace(admits.clone());
    let is_asked = |instance: &String| all || before.get(instance) != admits.get(instance);
    for (instance, whom) in admits.iter().filter(|(instance, _)| is_asked(instance)) {
        let range = Range::of(share::index::BY_INSTANCE, [instance.as_str()]);
        let shares: Result<Vec<_>, _> = now.along::<Share>(&range).collect();
        // A disk that can't be read is asked again in the next minute.
        for share in shares.into_iter().flatten() {
            let range = Range::of(access::BY_SHARE, [share.id.to_string()]);
            let rules: Result<Vec<_>, _> = now.along::<AccessRule>(&range).collect();
            let Ok(rules) = rules else { continue };
            for one in whom.keys().filter(|one| !rules.iter().any(|rule| rule.to.to_lowercase() == **one)) {
                world.breaks(format!("the array lets {one} into share {}, and no rule names it", share.id));
            }
        }
    }
}
