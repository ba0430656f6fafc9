//! What may be said of a volume at its creation and later in the same way: one reader for both.

use crate::nouns::export_policy;
use crate::nouns::volume::{FILES_USED, Volume};
use crate::rest::ask::Ask;
use crate::rest::code::{
    Refusal, VOLUME_EXPORT_POLICY, VOLUME_NOT_MODIFIABLE, VOLUME_OFFLINE, VOLUME_RESERVE, VOLUME_SIZE,
    VOLUME_SNAPSHOT_POLICY,
};
use crate::state::State;

/// Bytes.
pub const SMALLEST: u64 = 20 << 20;
pub const LARGEST: u64 = 300 << 40;

const SNAPSHOT_POLICIES: &[&str] = &["default", "default-1weekly", "none"];
const SECURITY_STYLES: &[&str] = &["unix", "ntfs", "mixed", "unified"];
const EFFICIENCIES: &[&str] = &["none", "inline", "background", "both"];
const AUTOSIZE_MODES: &[&str] = &["off", "grow", "grow_shrink"];

/// The size that the request asks for, in bytes. `size` and `space.size` are the same field.
pub fn size(ask: &Ask) -> Result<Option<u64>, Refusal> {
    let Some(size) = ask.whole("space.size").or(ask.whole("size")) else { return Ok(None) };
    let refuse = |what, bound: u64| {
        let message = format!("Volume size {size} is too {what}: the bound is {bound} bytes.");
        Err(Refusal::new(VOLUME_SIZE, message).at("size"))
    };
    match size {
        size if size < SMALLEST => refuse("small", SMALLEST),
        size if size > LARGEST => refuse("large", LARGEST),
        size => Ok(Some(size)),
    }
}

/// Takes over what the request says. The volume is a copy, so a refusal in the middle leaves no trace.
pub fn take(state: &State, volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    if let Some(policy) = policy(state, volume, ask)? {
        if !volume.online() {
            let message = format!("Cannot modify volume \"{}\": it is {}.", volume.name, volume.state);
            return Err(Refusal::new(VOLUME_OFFLINE, message));
        }
        volume.policy = policy;
    }
    if let Some(name) = ask.text("snapshot_policy.name") {
        if !SNAPSHOT_POLICIES.contains(&name) {
            let message = format!("Snapshot policy \"{name}\" does not exist.");
            return Err(Refusal::new(VOLUME_SNAPSHOT_POLICY, message).at("snapshot_policy.name"));
        }
        name.clone_into(&mut volume.snapshot_policy);
    }
    if let Some(percent) = ask.whole("space.snapshot.reserve_percent") {
        if percent > 90 {
            let message = "The snapshot reserve must not be more than 90 percent.";
            return Err(Refusal::new(VOLUME_RESERVE, message).at("space.snapshot.reserve_percent"));
        }
        volume.reserve_percent = percent;
    }
    if let Some(maximum) = ask.whole("files.maximum") {
        if maximum < FILES_USED {
            let message = format!("The number of files must not be less than {FILES_USED}.");
            return Err(Refusal::new(VOLUME_NOT_MODIFIABLE, message).at("files.maximum"));
        }
        volume.files_maximum = maximum;
    }
    // This cluster has no QoS policies, so none can be named.
    if let Some(field) = ["qos.policy.name", "qos.policy.uuid"].into_iter().find(|field| ask.has(field)) {
        return Err(Refusal::absent(field));
    }
    if ask.flag("autosize.reset") == Some(true) {
        volume.autosize = super::create::autosize(volume.size);
    }
    words(volume, ask)?;
    numbers(volume, ask)?;
    if let Some(tags) = ask.texts("_tags") {
        volume.tags = tags;
    }
    if let Some(comment) = ask.text("comment") {
        comment.clone_into(&mut volume.comment);
    }
    Ok(())
}

/// The export policy that the request names, by name or by id.
fn policy(state: &State, volume: &Volume, ask: &Ask) -> Result<Option<u64>, Refusal> {
    let absent = |which: &str| {
        Refusal::new(VOLUME_EXPORT_POLICY, format!("Export policy \"{which}\" does not exist.")).at("nas.export_policy")
    };
    let by_name = match ask.text("nas.export_policy.name") {
        Some(name) => Some(export_policy::named(state, volume.svm, name).ok_or_else(|| absent(name))?),
        None => None,
    };
    let by_id = match ask.whole("nas.export_policy.id") {
        Some(id) => {
            let policy = state.policies.get(&id).filter(|policy| policy.svm == volume.svm);
            Some(policy.ok_or_else(|| absent(&id.to_string()))?.id)
        }
        None => None,
    };
    match (by_name, by_id) {
        (Some(one), Some(other)) if one != other => Err(absent(&other.to_string())),
        (one, other) => Ok(one.or(other)),
    }
}

fn words(volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    for (field, place, known) in [
        ("guarantee.type", &mut volume.guarantee, &["volume", "none"][..]),
        ("nas.security_style", &mut volume.security_style, SECURITY_STYLES),
        ("efficiency.dedupe", &mut volume.dedupe, EFFICIENCIES),
        ("efficiency.compression", &mut volume.compression, EFFICIENCIES),
        ("autosize.mode", &mut volume.autosize.mode, AUTOSIZE_MODES),
    ] {
        if let Some(word) = ask.text(field) {
            if !known.contains(&word) {
                return Err(Refusal::value(word, field, &known.join("|")));
            }
            word.clone_into(place);
        }
    }
    if let Some(name) = ask.text("efficiency.policy.name") {
        name.clone_into(&mut volume.efficiency_policy);
    }
    Ok(())
}

fn numbers(volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    for (field, place, most) in [
        ("nas.unix_permissions", &mut volume.unix_permissions, 7777),
        ("nas.uid", &mut volume.uid, u64::from(u32::MAX)),
        ("nas.gid", &mut volume.gid, u64::from(u32::MAX)),
        ("autosize.maximum", &mut volume.autosize.maximum, LARGEST),
        ("autosize.minimum", &mut volume.autosize.minimum, LARGEST),
        ("autosize.grow_threshold", &mut volume.autosize.grow_threshold, 100),
        ("autosize.shrink_threshold", &mut volume.autosize.shrink_threshold, 100),
    ] {
        if ask.has(field) {
            let number = ask.whole(field).filter(|number| *number <= most);
            *place = number.ok_or_else(|| Refusal::value("out of range", field, &format!("integer 0..{most}")))?;
        }
    }
    for (field, place) in [
        ("snapshot_directory_access_enabled", &mut volume.snapshot_directory),
        ("space.filesystem_size_fixed", &mut volume.size_fixed),
        ("encryption.enabled", &mut volume.encrypted),
    ] {
        if let Some(flag) = ask.flag(field) {
            *place = flag;
        }
    }
    Ok(())
}
