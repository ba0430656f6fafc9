//! What things are called on the array, and how they are known for ours.
//!
//! Names derive from the id of the instance, so a second try finds what the first one made. A name alone is not enough
//! to touch a volume: it must also carry our mark, a tag with that id. How to get it wrong: putting a tenant's words
//! into a tag of their own, where they could pass for the mark. Source: operations.md §0.1.

use std::collections::BTreeMap;
use std::str::FromStr;

use manilad_clock::Uuid;
use manilad_domain::{InstanceId, SnapshotInstanceId};
use manilad_driver::Subject;
use manilad_ontap::volume::{Mark, Volume};

use crate::server::names::ServerTemplates;

const PLACE: &str = "%(share_id)s";
/// Characters of an id in a name.
const ID: usize = 36;
/// Characters that the name of a volume or of an export policy may have.
pub const LONGEST: usize = 203;
/// What a name begins with of what is to go later.
pub const PUT_AWAY: &str = "deleted_manila_";
/// Characters that the name of a QoS policy may have.
pub const LONGEST_QOS: usize = 127;

/// A template of names, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    before: String,
    after: String,
}

impl FromStr for Template {
    /// What was expected.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (before, after) = text.split_once(PLACE).ok_or("%(share_id)s in it")?;
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if before.starts_with(|c: char| c.is_ascii_digit()) || before.is_empty() {
            return Err("a letter or _ before %(share_id)s");
        }
        if !before.chars().chain(after.chars()).all(named) {
            return Err("%(share_id)s once, and else only letters, digits and _");
        }
        if before.len() + ID + after.len() > LONGEST {
            return Err("at most 203 characters with the id");
        }
        Ok(Template { before: before.to_owned(), after: after.to_owned() })
    }
}

impl Template {
    /// As for volumes, but names of QoS policies may have `-` and `.` too.
    ///
    /// # Errors
    /// What was expected.
    pub fn of_policies(text: &str) -> Result<Self, &'static str> {
        text.replace(['-', '.'], "_").parse::<Template>()?;
        let (before, after) = text.split_once(PLACE).ok_or("%(share_id)s in it")?;
        Ok(Template { before: before.to_owned(), after: after.to_owned() })
    }

    /// Whether a name is one of ours: made from this template and an id.
    pub fn made(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
        rest.is_some_and(|text| id(&text.replace('_', "-")).is_some_and(|own| with_underscores(own) == text))
    }

    fn with(&self, id: &str) -> String {
        format!("{}{id}{}", self.before, self.after)
    }

    /// Characters of a name.
    pub fn length(&self) -> usize {
        self.before.len() + ID + self.after.len()
    }
}

/// The templates of a back end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// `netapp_volume_name_template`
    pub volume: Template,
    /// `netapp_qos_policy_group_name_template`
    pub qos: Template,
    pub fpolicy: FpolicyTemplates,
    /// Where share servers are made.
    pub servers: Option<ServerTemplates>,
}

/// The protocols that FPolicy watches, as ONTAP calls them.
const WATCHED: [&str; 3] = ["cifs", "nfsv3", "nfsv4"];

/// The templates of FPolicy's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FpolicyTemplates {
    /// `netapp_fpolicy_policy_name_template`
    pub policy: Template,
    /// `netapp_fpolicy_event_name_template`, by protocol
    pub events: BTreeMap<&'static str, Template>,
}

impl FpolicyTemplates {
    /// The template of the names of events, by protocol.
    ///
    /// # Errors
    /// What was expected.
    pub fn events(text: &str) -> Result<BTreeMap<&'static str, Template>, &'static str> {
        let of = |protocol| Ok((protocol, Template::of_policies(&text.replace("%(protocol)s", protocol))?));
        WATCHED.into_iter().map(of).collect()
    }

    /// Whether the name of an event is one of ours.
    pub fn made_event(&self, name: &str) -> bool {
        self.events.values().any(|template| template.made(name))
    }
}

/// FPolicy's names of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FpolicyNames {
    pub policy: String,
    /// By protocol.
    pub events: BTreeMap<&'static str, String>,
}

impl FpolicyNames {
    pub fn of(templates: &FpolicyTemplates, instance: InstanceId) -> Self {
        let id = with_underscores(instance);
        let events = templates.events.iter().map(|(protocol, template)| (*protocol, template.with(&id))).collect();
        FpolicyNames { policy: templates.policy.with(&id), events }
    }
}

/// What the mark begins with; the id of the instance follows.
const MARK: &str = "instance_id:";
/// What the name of an export policy begins with; the id of the instance follows.
pub const POLICY: &str = "policy_";

/// Whose a volume is, by its mark.
pub fn owner_of(volume: &Volume) -> Option<InstanceId> {
    let words = volume.comment.iter().flat_map(|comment| comment.split_whitespace());
    volume.tags.iter().map(String::as_str).chain(words).find_map(|tag| id(tag.strip_prefix(MARK)?))
}

/// What a word of our mark begins with wherever it stands; the others count as ours only where they are just those of the instance.
const OWN_WORDS: [&str; 3] = [MARK, "share_id:", "share_name:"];

impl Names {
    fn is_of_mark(&self, word: &str) -> bool {
        OWN_WORDS.iter().any(|start| word.starts_with(start)) || self.mark.0.iter().any(|own| own == word)
    }
}

/// What others wrote on a volume where our mark has its place: the tags, or else, on releases without, the words of the comment.
pub fn words_of_others(volume: &Volume, names: &Names, has_tags: bool) -> Vec<String> {
    let tags = volume.tags.iter().map(String::as_str);
    let words = volume.comment.iter().flat_map(|comment| comment.split_whitespace());
    let all: Vec<&str> = if has_tags { tags.collect() } else { words.collect() };
    let is_marked = owner_of(volume).is_some();
    all.into_iter().filter(|word| !is_marked || !names.is_of_mark(word)).map(str::to_owned).collect()
}

/// The comment of a volume without our mark, if that is in it. Blanks within a word of the mark stand there as `_`.
pub fn comment_of_others(volume: &Volume, names: &Names) -> Option<String> {
    let is_mark = |word: &str| word.starts_with(MARK);
    let comment = volume.comment.as_ref().filter(|comment| comment.split_whitespace().any(is_mark))?;
    let written: Vec<String> = names.mark.0.iter().map(|word| word.replace(char::is_whitespace, "_")).collect();
    let is_ours = |word: &str| names.is_of_mark(word) || written.iter().any(|own| own == word);
    Some(comment.split_whitespace().filter(|word| !is_ours(word)).collect::<Vec<_>>().join(" "))
}

/// The name of an export policy after its volume was let go of.
pub fn released(policy: &str) -> String {
    format!("{RELEASED}{}", policy.strip_prefix(POLICY).unwrap_or(policy))
}

/// The name of a QoS policy after its volume was let go of, as long as one may be.
pub fn released_limits(qos: &str) -> String {
    format!("{RELEASED}{qos}").chars().take(LONGEST_QOS).collect()
}

/// Whether an export policy was of a volume that was let go of, by its whole name.
pub fn is_released(policy: &str) -> bool {
    let before = policy.strip_prefix(RELEASED).map(|rest| format!("{POLICY}{rest}"));
    before.is_some_and(|before| owner_of_policy(&before).is_some())
}

/// Whether a QoS policy was of a volume alone that was let go of, by its whole name.
pub fn are_released_limits(templates: &Templates, qos: &str) -> bool {
    qos.strip_prefix(RELEASED).is_some_and(|before| templates.qos.made(before))
}

/// What the name of an export policy begins with that is no longer ours.
const RELEASED: &str = "unmanaged_";

/// Whose an export policy is, by its name.
pub fn owner_of_policy(name: &str) -> Option<InstanceId> {
    let of = id(&name.strip_prefix(POLICY)?.replace('_', "-"))?;
    (policy_of(of) == name).then_some(of)
}

/// The name, of so many characters at most, of what is to go later.
pub fn put_away(name: &str, longest: usize) -> String {
    format!("{PUT_AWAY}{name}").chars().take(longest).collect()
}

/// The name that something had before it was put away.
pub fn before_put_away(name: &str) -> &str {
    name.strip_prefix(PUT_AWAY).unwrap_or_default()
}

fn id(text: &str) -> Option<InstanceId> {
    text.parse::<Uuid>().ok().filter(|id| id.to_string() == text).map(InstanceId)
}

fn policy_of(instance: InstanceId) -> String {
    format!("{POLICY}{}", with_underscores(instance))
}

/// What the name of a snapshot begins with; the id of its instance follows.
const SNAPSHOT: &str = "share_snapshot_";

/// What a snapshot is called that is taken here.
pub fn snapshot_of(instance: SnapshotInstanceId) -> String {
    format!("{SNAPSHOT}{}", instance.to_string().replace('-', "_"))
}

/// Whether a name is one of a snapshot that is taken here.
pub fn is_of_snapshot(name: &str) -> bool {
    let own = name.strip_prefix(SNAPSHOT).and_then(|text| id(&text.replace('_', "-")));
    own.is_some_and(|own| snapshot_of(SnapshotInstanceId(own.0)) == name)
}

/// The names of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub volume: String,
    /// What clients mount, without the slash; also the name of an SMB share.
    pub mount: String,
    pub policy: String,
    /// Its QoS policy, if its type limits it.
    pub qos: String,
    /// The tag that says whose a volume is.
    pub tag: String,
    /// All that is written on a volume, the tag first.
    pub mark: Mark,
}

impl Templates {
    /// The name of the volume of an instance.
    pub fn volume_of(&self, instance: InstanceId) -> String {
        self.volume.with(&with_underscores(instance))
    }
}

impl Names {
    pub fn of(templates: &Templates, subject: &Subject) -> Self {
        let id = with_underscores(subject.instance);
        let volume = templates.volume.with(&id);
        let tag = format!("{MARK}{}", subject.instance);
        let about = [
            ("share_id", Some(subject.share.to_string())),
            ("share_name", subject.name.clone()),
            ("project", Some(subject.project.clone())),
            ("share_type", subject.type_name.clone()),
            ("protocol", Some(subject.protocol.name().to_owned())),
        ];
        let words = about.into_iter().filter_map(|(what, value)| Some(format!("{what}:{}", value?)));
        Names {
            mount: subject.mount_point_name.clone().unwrap_or_else(|| volume.clone()),
            policy: policy_of(subject.instance),
            qos: templates.qos.with(&id),
            mark: Mark(std::iter::once(tag.clone()).chain(words).collect()),
            volume,
            tag,
        }
    }

    /// The junction path. None when the mount point name is no single name, so that it would lead into another share.
    pub fn junction(&self) -> Option<String> {
        let is_step = matches!(self.mount.as_str(), "" | "." | "..");
        let is_name = !is_step && !self.mount.contains('/') && !self.mount.contains(char::is_control);
        is_name.then(|| format!("/{}", self.mount))
    }
}

fn with_underscores(id: InstanceId) -> String {
    id.to_string().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::samples::{subject, templates};

    #[test]
    fn names_come_from_the_template_and_the_id_of_the_instance() {
        let subject = subject(7);
        let names = Names::of(&templates("vol_%(share_id)s_x"), &subject);
        let id = subject.instance.to_string().replace('-', "_");
        assert_eq!(names.volume, format!("vol_{id}_x"));
        assert_eq!((&*names.policy, &*names.qos), (&*format!("policy_{id}"), &*format!("qos_share_{id}")));
        assert_eq!(names.junction().unwrap(), format!("/vol_{id}_x"));
    }

    #[test]
    fn a_mount_point_name_takes_the_place_of_the_volume_name_and_leads_nowhere_else() {
        let templates = templates("share_%(share_id)s");
        let junction = |name: &str| {
            let mut subject = subject(7);
            subject.mount_point_name = Some(name.to_owned());
            Names::of(&templates, &subject).junction()
        };
        assert_eq!(junction("projects_a").as_deref(), Some("/projects_a"));
        for bad in ["", ".", "..", "share_1/inside", "a\nb"] {
            assert_eq!(junction(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_policy_is_known_by_its_whole_name() {
        let names = Names::of(&templates("share_%(share_id)s"), &subject(7));
        assert_eq!(owner_of_policy(&names.policy), Some(subject(7).instance));
        let dashed = format!("policy_{}", subject(7).instance);
        for other in [dashed.as_str(), "policy_", "policy_home", &format!("{}_x", names.policy), "default"] {
            assert_eq!(owner_of_policy(other), None, "{other}");
        }
    }

    #[test]
    fn no_word_of_a_tenant_can_pass_for_the_mark() {
        let mut subject = subject(7);
        let other = "instance_id:00000000-0000-0000-0000-000000000008";
        subject.name = Some(other.to_owned());
        subject.project = other.to_owned();
        let names = Names::of(&templates("share_%(share_id)s"), &subject);
        assert!(names.mark.0.iter().all(|tag| tag != other));
        assert_eq!(names.mark.0[0], format!("instance_id:{}", subject.instance));
    }
}
