//! What may be said of a volume at its creation and later in the same way: one reader for both.

use crate::lookup::export_policy;
use crate::lookup::volume::FILES_USED;
use crate::nouns::qos;
use crate::rest::ask::Ask;
use crate::rest::code::{
    Refusal, VOLUME_EXPORT_POLICY, VOLUME_NOT_MODIFIABLE, VOLUME_OFFLINE, VOLUME_RESERVE, VOLUME_SIZE,
    VOLUME_SNAPSHOT_POLICY,
};
use crate::rows::volume::{Autosize, Volume};
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
        let used = FILES_USED + volume.files;
        if maximum < used {
            let message = format!("The number of files must not be less than {used}, which are used.");
            return Err(Refusal::new(VOLUME_NOT_MODIFIABLE, message).at("files.maximum"));
        }
        volume.files_maximum = maximum;
    }
    limit(state, volume, ask)?;
    retain(volume, ask)?;
    if ask.flag("autosize.reset") == Some(true) {
        volume.autosize = autosize(volume.size);
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

/// The periods of a SnapLock volume; other volumes have none.
fn retain(volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    let retention = &mut volume.retention;
    for (field, place, word) in [
        ("snaplock.autocommit_period", &mut retention.autocommit, "none"),
        ("snaplock.retention.minimum", &mut retention.minimum, "infinite"),
        ("snaplock.retention.maximum", &mut retention.maximum, "infinite"),
        ("snaplock.retention.default", &mut retention.default, "infinite"),
    ] {
        let Some(text) = ask.text(field) else { continue };
        if volume.snaplock == "non_snaplock" {
            return Err(Refusal::value(text, field, "only of SnapLock volumes"));
        }
        if text != word && !is_duration(text) {
            return Err(Refusal::value(text, field, &format!("{word} or an ISO-8601 duration of one element")));
        }
        *place = Some(text.to_owned());
    }
    Ok(())
}

/// `P<n>Y`, `P<n>M`, `P<n>D`, `PT<n>H` or `PT<n>M`.
fn is_duration(text: &str) -> bool {
    let (rest, units) = match (text.strip_prefix("PT"), text.strip_prefix('P')) {
        (Some(rest), _) => (rest, ['H', 'M', 'M']),
        (None, Some(rest)) => (rest, ['Y', 'M', 'D']),
        (None, None) => return false,
    };
    let number = rest.strip_suffix(units).unwrap_or_default();
    !number.is_empty() && number.len() < 6 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The QoS policy that the request names, by name or by uuid; `none` takes it away.
fn limit(state: &State, volume: &mut Volume, ask: &Ask) -> Result<(), Refusal> {
    if let Some(name) = ask.text("qos.policy.name") {
        volume.qos = match name {
            "none" | "" => None,
            name => Some(qos::named(state, volume.svm, name).ok_or_else(|| Refusal::absent("qos.policy.name"))?),
        };
    }
    if let Some(text) = ask.text("qos.policy.uuid") {
        let policy = text.parse().ok().and_then(|uuid| state.qos.get(&uuid));
        let policy = policy.filter(|policy| policy.svm == volume.svm).ok_or_else(|| Refusal::absent("qos.policy.uuid"));
        volume.qos = Some(policy?.uuid);
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
    for (field, place, choices) in [
        ("guarantee.type", &mut volume.guarantee, &["volume", "none"][..]),
        ("nas.security_style", &mut volume.security_style, SECURITY_STYLES),
        ("efficiency.dedupe", &mut volume.dedupe, EFFICIENCIES),
        ("efficiency.compression", &mut volume.compression, EFFICIENCIES),
        ("autosize.mode", &mut volume.autosize.mode, AUTOSIZE_MODES),
    ] {
        if let Some(word) = ask.text(field) {
            if !choices.contains(&word) {
                return Err(Refusal::value(word, field, &choices.join("|")));
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
    if ask.has("nas.unix_permissions") {
        let number = ask.whole("nas.unix_permissions");
        let octal = |number: &u64| *number <= 7777 && number.to_string().bytes().all(|digit| digit < b'8');
        volume.unix_permissions = number.filter(octal).ok_or_else(|| {
            Refusal::value("no permissions", "nas.unix_permissions", "up to four octal digits, such as 755")
        })?;
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

pub fn autosize(size: u64) -> Autosize {
    Autosize { mode: "off".to_owned(), maximum: size / 5 * 6, minimum: size, grow_threshold: 85, shrink_threshold: 50 }
}
