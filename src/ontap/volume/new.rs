//! Making a volume: everything about it in one POST, waited for by the array itself.
//!
//! What is left out keeps ONTAP's default. A field that the array's release does not know is never sent; if the caller insists
//! on it, the call is refused before anything is made. How to get it wrong: a volume without our mark, which a crash would leave
//! behind as a stranger that nobody may touch.

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Security, Style};
use crate::body::Body;
use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::release::Feature;

const COLLECTION: &str = "/api/storage/volumes/";
/// ONTAP's limits of a tag that we keep to, and of a comment. Characters.
const LONGEST: (usize, usize) = (200, 1023);

/// How a volume is known for ours: tags, or where the release has none (before 9.14.1), the same words in its comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark(pub Vec<String>);

impl Mark {
    fn tags(&self) -> Vec<String> {
        self.0.iter().map(|tag| tag.chars().filter(|c| !c.is_control()).take(LONGEST.0).collect()).collect()
    }

    /// The words, in order, as many as fit; blanks inside a tag become `_` so that it stays one word.
    fn comment(&self) -> String {
        let mut comment = String::new();
        for tag in self.tags() {
            let word: String = tag.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect();
            if comment.chars().count() + 1 + word.chars().count() > LONGEST.1 {
                break;
            }
            if !comment.is_empty() {
                comment.push(' ');
            }
            comment.push_str(&word);
        }
        comment
    }

    /// Puts the mark on a volume in the way the release has.
    pub(super) fn put(&self, body: Body, client: &Client) -> Body {
        match (self.0.is_empty(), client.release().has(Feature::Tags)) {
            (true, _) => body,
            (false, true) => body.set("_tags", self.tags()),
            (false, false) => body.set("comment", self.comment()),
        }
    }
}

/// The volume to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct New {
    /// At most 203 letters, digits and `_`, not starting with a digit.
    pub name: String,
    pub svm: String,
    /// Bytes, snapshot reserve included.
    pub size: u64,
    pub style: Style,
    /// One for a FlexVol; none lets ONTAP place a FlexGroup.
    pub aggregates: Vec<String>,
    /// A replica's destination: data protection volume, not mounted.
    pub data_protection: bool,
    /// Space is taken when it is written, not now.
    pub thin: bool,
    /// Junction path, as `/share_1`.
    pub path: Option<String>,
    pub export_policy: Option<String>,
    pub security: Option<Security>,
    /// Number of the user and of the group that own the root directory.
    pub owner: Option<u32>,
    /// Octal digits as ONTAP writes them: `755`.
    pub unix_permissions: Option<u16>,
    pub snapshot_policy: Option<String>,
    pub language: Option<String>,
    pub snapshot_reserve_percent: Option<u8>,
    pub dedupe: Option<bool>,
    pub compression: Option<bool>,
    pub efficiency_policy: Option<String>,
    pub files_maximum: Option<u64>,
    /// Whether clients see `.snapshot`; from 9.13.1.
    pub snapshot_directory: Option<bool>,
    pub encrypted: Option<bool>,
    pub qos_policy: Option<String>,
    pub snaplock: Option<Snaplock>,
    /// It begins with what a snapshot holds, in the place and with the settings of that snapshot's volume.
    pub clone: Option<CloneOf>,
    pub mark: Mark,
}

/// What a clone begins with, in its own SVM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneOf {
    /// The name of the volume.
    pub volume: String,
    /// The name of its snapshot.
    pub snapshot: String,
}

/// Write once, read many. Periods are ISO 8601 durations of one element (`P30D`), for retention also `infinite`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snaplock {
    /// `compliance`, `enterprise`.
    pub kind: &'static str,
    /// After which a file that is not written becomes unchangeable.
    pub autocommit: Option<String>,
    pub minimum: Option<String>,
    pub maximum: Option<String>,
    pub default: Option<String>,
}

impl Snaplock {
    fn put(&self, body: Body) -> Body {
        body.set("snaplock.type", self.kind)
            .maybe("snaplock.autocommit_period", self.autocommit.as_deref())
            .maybe("snaplock.retention.minimum", self.minimum.as_deref())
            .maybe("snaplock.retention.maximum", self.maximum.as_deref())
            .maybe("snaplock.retention.default", self.default.as_deref())
    }
}

#[derive(Deserialize)]
struct Made {
    uuid: Option<Uuid>,
}

/// Makes the volume; one call, polls aside, and one more on the rare array that does not tell the uuid. An error after
/// [`Error::from_job`] may leave a volume behind: look by name.
pub async fn create(client: &Client, new: &New) -> Result<Uuid, Error> {
    let query = crate::query::Query::new().raw("return_records", "true");
    let call = Call::to(Endpoint::VolumeCreate, &[])?.query(query).body(new.body(client)?);
    let mut written = client.write::<Made>(call).await?;
    let of_record = written.record().and_then(|made| made.uuid);
    if let Some(uuid) = of_record.or_else(|| written.key(COLLECTION)?.parse().ok()) {
        return Ok(uuid);
    }
    let found = super::find(client, &new.svm, &new.name).await?.map(|volume| volume.uuid);
    found.ok_or_else(|| Error::unknown(Endpoint::VolumeCreate, "the volume was made, but is not to be found"))
}

/// `background` or `none`, ONTAP's words for on and off.
pub(super) fn efficiency(on: bool) -> &'static str {
    if on { "background" } else { "none" }
}

/// Refuses what the release does not have.
pub(super) fn check_release(
    client: &Client,
    endpoint: Endpoint,
    snapshot_directory: Option<bool>,
) -> Result<(), Error> {
    if snapshot_directory.is_some() && !client.release().has(Feature::SnapshotDirectory) {
        let text =
            format!("the snapshot directory can't be set on {}: expected ONTAP 9.13.1 or later", client.release());
        return Err(Error::unsupported(endpoint, &text));
    }
    Ok(())
}

impl New {
    fn body(&self, client: &Client) -> Result<Body, Error> {
        check_release(client, Endpoint::VolumeCreate, self.snapshot_directory)?;
        if let Some(of) = &self.clone {
            return Ok(self.clone_body(client, of));
        }
        let aggregates: Vec<Value> = self.aggregates.iter().map(|name| json!({ "name": name })).collect();
        let body = Body::default()
            .set("name", self.name.as_str())
            .set("svm.name", self.svm.as_str())
            .set("size", self.size)
            .set("style", self.style.name())
            .maybe("aggregates", (!aggregates.is_empty()).then_some(aggregates))
            .set("type", if self.data_protection { "dp" } else { "rw" })
            .set("guarantee.type", if self.thin { "none" } else { "volume" })
            .maybe("nas.path", self.path.as_deref())
            .maybe("nas.export_policy.name", self.export_policy.as_deref())
            .maybe("nas.security_style", self.security.map(Security::name))
            .maybe("nas.uid", self.owner)
            .maybe("nas.gid", self.owner)
            .maybe("nas.unix_permissions", self.unix_permissions)
            .maybe("snapshot_policy.name", self.snapshot_policy.as_deref())
            .maybe("language", self.language.as_deref())
            .maybe("space.snapshot.reserve_percent", self.snapshot_reserve_percent)
            .maybe("efficiency.dedupe", self.dedupe.map(efficiency))
            .maybe("efficiency.compression", self.compression.map(efficiency))
            .maybe("efficiency.policy.name", self.efficiency_policy.as_deref())
            .maybe("files.maximum", self.files_maximum)
            .maybe("snapshot_directory_access_enabled", self.snapshot_directory)
            .maybe("encryption.enabled", self.encrypted)
            .maybe("qos.policy.name", self.qos_policy.as_deref());
        let body = match &self.snaplock {
            Some(snaplock) => snaplock.put(body),
            None => body,
        };
        Ok(self.mark.put(body, client))
    }

    /// A clone is not mounted when it is made: until it has a policy of its own it has that of its parent.
    fn clone_body(&self, client: &Client, of: &CloneOf) -> Body {
        let body = Body::default()
            .set("name", self.name.as_str())
            .set("svm.name", self.svm.as_str())
            .set("clone.is_flexclone", true)
            .set("clone.parent_volume.name", of.volume.as_str())
            .set("clone.parent_snapshot.name", of.snapshot.as_str())
            .set("guarantee.type", if self.thin { "none" } else { "volume" })
            .maybe("qos.policy.name", self.qos_policy.as_deref());
        self.mark.put(body, client)
    }
}
