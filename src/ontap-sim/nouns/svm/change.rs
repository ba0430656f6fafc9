//! Changing SVMs. What can also be said at creation is read here for both.

use uuid::Uuid;

use crate::lookup::aggregate;
use crate::lookup::svm::mine;
use crate::nouns::svm::crowd::{self, well_named};
use crate::rest::ask::Ask;
use crate::rest::code::{ABSENT, Refusal, VOLUME_AGGREGATE};
use crate::rest::made::{Made, made};
use crate::rows::svm::Svm;
use crate::state::State;

const SOURCES: &[&str] = &["files", "dns", "ldap", "nis"];

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    let svm = mine(state, ask)?;
    if let Some(name) = ask.text("name").filter(|name| *name != svm.name) {
        well_named(name)?;
        crowd::check_name(state, ask, name)?;
    }
    if let Some(word) = ask.text("state").filter(|word| !["running", "stopped"].contains(word)) {
        return Err(Refusal::value(word, "state", "running|stopped"));
    }
    take(state, &mut svm.clone(), ask)
}

pub fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut svm = mine(state, ask)?.clone();
    for (field, place) in [("name", &mut svm.name), ("state", &mut svm.state)] {
        if let Some(text) = ask.text(field) {
            text.clone_into(place);
        }
    }
    let existing = |uuid: &Uuid| state.certificates.get(uuid).is_some_and(|one| one.svm == svm.uuid);
    svm.certificate = ask.names("certificate", ABSENT, |_| None, existing)?.or(svm.certificate);
    take(state, &mut svm, ask)?;
    let uuid = svm.uuid;
    state.svms.put(svm);
    Ok(made(uuid))
}

/// Takes over what may be said at creation and later in the same way.
pub fn take(state: &State, svm: &mut Svm, ask: &Ask) -> Result<(), Refusal> {
    if let Some(aggregates) = aggregates(state, ask)? {
        svm.aggregates = aggregates;
    }
    if let Some(comment) = ask.text("comment") {
        comment.clone_into(&mut svm.comment);
    }
    if let Some(hours) = ask.whole("retention_period") {
        svm.retention_hours = hours.try_into().unwrap_or(u32::MAX);
    }
    if let Some(text) = ask.text("max_volumes") {
        let wrong = || Refusal::value(text, "max_volumes", "unlimited|integer");
        svm.max_volumes = if text == "unlimited" { None } else { Some(text.parse().map_err(|_| wrong())?) };
    }
    for (field, place) in [
        ("is_space_reporting_logical", &mut svm.reports_logical),
        ("is_space_enforcement_logical", &mut svm.enforces_logical),
        ("nfs.allowed", &mut svm.nfs_allowed),
        ("cifs.allowed", &mut svm.cifs_allowed),
    ] {
        *place = ask.flag(field).unwrap_or(*place);
    }
    let names = &mut svm.nsswitch;
    for (field, place) in [
        ("nsswitch.hosts", &mut names.hosts),
        ("nsswitch.group", &mut names.group),
        ("nsswitch.passwd", &mut names.passwd),
        ("nsswitch.netgroup", &mut names.netgroup),
        ("nsswitch.namemap", &mut names.namemap),
    ] {
        let Some(sources) = ask.texts(field) else { continue };
        if let Some(stranger) = sources.iter().find(|source| !SOURCES.contains(&source.as_str())) {
            return Err(Refusal::value(stranger, field, &SOURCES.join("|")));
        }
        *place = sources;
    }
    Ok(())
}

/// The aggregates that the request delegates, by name or by uuid.
pub fn aggregates(state: &State, ask: &Ask) -> Result<Option<Vec<Uuid>>, Refusal> {
    let absent = |which: &str| {
        let message = format!("Aggregate \"{which}\" does not exist.");
        Refusal::new(VOLUME_AGGREGATE, message).at("aggregates")
    };
    if let Some(names) = ask.texts("aggregates.name").filter(|names| !names.is_empty()) {
        let find = |name: &String| aggregate::named(state, name).ok_or_else(|| absent(name));
        return names.iter().map(find).collect::<Result<_, _>>().map(Some);
    }
    let existing = |text: &String| {
        let uuid = text.parse().ok().filter(|uuid| state.aggregates.get(uuid).is_some());
        uuid.ok_or_else(|| absent(text))
    };
    ask.texts("aggregates.uuid").map(|uuids| uuids.iter().map(existing).collect()).transpose()
}
