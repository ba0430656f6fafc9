//! Making volumes.
//!
//! What can be seen to be wrong at once is refused at once; what depends on the other volumes is found when the job's
//! turn comes, as others may come first.

use uuid::Uuid;

use crate::lookup::volume::{made, name_free, well_named};
use crate::lookup::{aggregate, export_policy, svm};
use crate::nouns::licence;
use crate::nouns::volume::{attributes, junction};
use crate::rest::ask::Ask;
use crate::rest::code::{
    JOB_FAILED, MISSING_ARGUMENT, Refusal, VOLUME_AGGREGATE, VOLUME_COUNT, VOLUME_NO_AGGREGATE, VOLUME_SIZE,
};
use crate::rest::made::Made;
use crate::rows::volume::{Retention, Volume};
use crate::state::State;

/// A FlexGroup has this many constituents in each aggregate that is named or found for it.
const CONSTITUENTS: u64 = 4;
/// Bytes. The smallest constituent that a FlexGroup can have.
const SMALLEST_CONSTITUENT: u64 = 100 << 30;

/// A volume as it is when nothing is said of it.
pub fn blank(state: &mut State, svm: Uuid, policy: u64, name: String, size: u64) -> Volume {
    Volume {
        uuid: state.clock.id(),
        number: state.number(),
        name,
        svm,
        style: "flexvol".to_owned(),
        kind: "rw".to_owned(),
        state: "online".to_owned(),
        size,
        used: 0,
        aggregates: Vec::new(),
        guarantee: "volume".to_owned(),
        reserve_percent: 5,
        size_fixed: false,
        snapshot_policy: "default".to_owned(),
        snapshot_directory: true,
        language: "c.utf_8".to_owned(),
        junction: None,
        policy,
        security_style: "unix".to_owned(),
        unix_permissions: 755,
        uid: 0,
        gid: 0,
        dedupe: "none".to_owned(),
        compression: "none".to_owned(),
        efficiency_policy: "-".to_owned(),
        autosize: attributes::autosize(size),
        files: 0,
        files_maximum: most_files(size),
        encrypted: false,
        snaplock: "non_snaplock".to_owned(),
        retention: Retention::default(),
        qos: None,
        tags: Vec::new(),
        comment: String::new(),
        created: state.now,
        is_root: false,
        movement: None,
        deleted: None,
        fill: None,
        clone: None,
    }
}

/// How many files a volume of this size may hold if nothing is said of it: one for each 33,000 bytes, up to a bound.
pub fn most_files(size: u64) -> u64 {
    (size / 33_000).clamp(566, 21_251_126)
}

/// What can be told without looking at other volumes.
pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    check_words(state, ask)?;
    if ask.texts("aggregates").is_none() && ask.text("style") != Some("flexgroup") {
        let message = "One of \"aggregates.uuid\", \"aggregates.name\", or \"style\" must be provided.";
        return Err(Refusal::new(VOLUME_NO_AGGREGATE, message).at("aggregates"));
    }
    Ok(())
}

/// The part of it that is about clones too.
pub fn check_words(state: &State, ask: &Ask) -> Result<(), Refusal> {
    // Of an account of an SVM too.
    if !ask.has("svm") {
        return Err(svm::unnamed());
    }
    svm::target(state, ask)?;
    let name =
        ask.text("name").ok_or_else(|| Refusal::new(MISSING_ARGUMENT, "\"name\" is a required field.").at("name"))?;
    well_named(name)?;
    attributes::size(ask)?;
    for (field, choices) in [
        ("style", &["flexvol", "flexgroup"][..]),
        ("type", &["rw", "dp"]),
        ("snaplock.type", &["non_snaplock", "enterprise", "compliance"]),
        ("state", &["online", "offline"]),
    ] {
        if let Some(word) = ask.text(field).filter(|word| !choices.contains(word)) {
            return Err(Refusal::value(word, field, &choices.join("|")));
        }
    }
    if ask.text("snaplock.type").is_some_and(|kind| kind != "non_snaplock") {
        licence::need(state, "snaplock")?;
        if !state.config.compliance_clocks {
            let message = "The compliance clock is not initialized on the node of the aggregate.";
            return Err(Refusal::new(JOB_FAILED, message).at("snaplock.type"));
        }
    }
    Ok(())
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let name = ask.text("name").unwrap_or_default();
    name_free(state, svm, name)?;
    let aggregates = aggregates(state, svm, ask)?;
    let policy = export_policy::named(state, svm, export_policy::DEFAULT).unwrap_or_default();
    let size = attributes::size(ask)?.unwrap_or(attributes::SMALLEST);

    let mut volume = blank(state, svm, policy, name.to_owned(), size);
    volume.uuid = ask.id;
    volume.aggregates = aggregates;
    for (field, place) in [
        ("style", &mut volume.style),
        ("type", &mut volume.kind),
        ("language", &mut volume.language),
        ("snaplock.type", &mut volume.snaplock),
    ] {
        if let Some(text) = ask.text(field) {
            text.clone_into(place);
        }
    }
    attributes::take(state, &mut volume, ask)?;
    if let Some(path) = ask.text("nas.path").filter(|path| !path.is_empty()) {
        junction::check(state, &volume, path)?;
        volume.junction = Some(path.to_owned());
    }
    if ask.text("state") == Some("offline") {
        volume.state = "offline".to_owned();
        volume.junction = None;
    }
    room(state, &volume)?;
    let uuid = volume.uuid;
    state.volumes.put(volume);
    Ok(made(uuid))
}

/// The aggregates to use, one entry per constituent. They must exist and be delegated to the SVM.
fn aggregates(state: &State, svm: Uuid, ask: &Ask) -> Result<Vec<Uuid>, Refusal> {
    let delegated = state.svms.get(&svm).map_or(&[][..], |svm| &svm.aggregates);
    let find = |which: &str, id: Option<Uuid>| {
        let aggregate =
            id.filter(|id| state.aggregates.get(id).is_some() && (delegated.is_empty() || delegated.contains(id)));
        aggregate.ok_or_else(|| {
            let message = format!("Aggregate \"{which}\" does not exist or is not assigned to the SVM.");
            Refusal::new(VOLUME_AGGREGATE, message).at("aggregates")
        })
    };
    let by_name = ask.texts("aggregates.name").unwrap_or_default();
    let by_uuid = ask.texts("aggregates.uuid").unwrap_or_default();
    let named = by_name.iter().map(|name| find(name, aggregate::named(state, name)));
    let mut chosen: Vec<Uuid> = match by_name.is_empty() {
        false => named.collect::<Result<_, _>>()?,
        true => by_uuid.iter().map(|uuid| find(uuid, uuid.parse().ok())).collect::<Result<_, _>>()?,
    };
    if ask.text("style") != Some("flexgroup") {
        return match chosen.len() {
            1 => Ok(chosen),
            _ => {
                let message = "A FlexVol volume is made in exactly one aggregate.";
                Err(Refusal::new(VOLUME_NO_AGGREGATE, message).at("aggregates"))
            }
        };
    }
    if chosen.is_empty() {
        chosen = state.aggregates.iter().map(|aggregate| aggregate.uuid).collect();
        chosen.retain(|id| delegated.is_empty() || delegated.contains(id));
    }
    let each = ask.whole("constituents_per_aggregate").unwrap_or(CONSTITUENTS).clamp(1, 200);
    let all: Vec<Uuid> = chosen.iter().flat_map(|id| std::iter::repeat_n(*id, each as usize)).collect();
    let smallest = SMALLEST_CONSTITUENT * all.len() as u64;
    if attributes::size(ask)?.unwrap_or(0) < smallest {
        let message = format!("A FlexGroup volume of {} constituents needs at least {smallest} bytes.", all.len());
        return Err(Refusal::new(VOLUME_SIZE, message).at("size"));
    }
    Ok(all)
}

/// Refuses what the node has no number, or the aggregate no space, for.
pub fn room(state: &State, volume: &Volume) -> Result<(), Refusal> {
    let mut places = volume.aggregates.clone();
    places.dedup();
    for id in places {
        let node = state.aggregates.get(&id).map(|aggregate| aggregate.node);
        let on_node = |id: &Uuid| state.aggregates.get(id).map(|aggregate| aggregate.node) == node;
        let count = state.volumes.iter().flat_map(|volume| &volume.aggregates).filter(|id| on_node(id)).count();
        if count >= state.config.limits.volumes_per_node {
            let message = format!("The node already has the maximum of {count} volumes.");
            return Err(Refusal::new(VOLUME_COUNT, message));
        }
        aggregate::reserve(state, id, volume.share_of(id), &format!("create volume \"{}\"", volume.name))?;
    }
    Ok(())
}

/// The root volume of a new SVM.
pub fn make_root(state: &mut State, svm: Uuid, svm_name: &str, aggregate: Uuid, policy: u64) {
    let name = format!("{}_root", svm_name.replace('-', "_"));
    let mut volume = blank(state, svm, policy, name, 20 << 20);
    volume.aggregates = vec![aggregate];
    volume.junction = Some("/".to_owned());
    volume.is_root = true;
    volume.snapshot_policy = "none".to_owned();
    state.volumes.put(volume);
}
