//! What clients say about shares.

use manilad_domain::share::Protocol;
use manilad_domain::status::{Status, TaskState};
use manilad_domain::{Fault, Microversion};
use serde_json::{Map, Value};

use crate::body::{Body, BodyShape, Flag, Gib, Label, Metadata, Wish};
use crate::{body, schema};

body! {
    /// What a client may say when it asks for a share.
    NewShare in "share" else unprocessable {
        share_proto         [..]    required Protocol,
        size                [..]    optional Gib,
        name                [..]    optional Label,
        display_name        [..]    optional Label,
        description         [..]    optional Label,
        display_description [..]    optional Label,
        snapshot_id         [..]    filled String,
        share_network_id    [..]    filled String,
        share_type          [..]    filled String,
        volume_type         [..]    filled String,
        availability_zone   [..]    filled String,
        metadata            [..]    optional Metadata,
        is_public           [..]    optional Flag,
        share_group_id      [2.31..] filled String,
        scheduler_hints     [2.65..] optional Map<String, Value>,
        mount_point_name    [2.84..] optional MountPointName,
        encryption_key_ref  [2.90..] optional String,
    }

    /// What can be changed about a share; everything else in the body is ignored, `name` and `description` too.
    UpdateShare in "share" else unprocessable {
        display_name        [..] clearable Label,
        display_description [..] clearable Label,
        is_public           [..] optional Flag,
    }

    /// Sets the stored status; nothing happens on the array.
    ResetStatus in "reset_status" | "os-reset_status" else invalid {
        status [..] required Resettable,
    }

    /// Sets the stored task state, or none with `null`; nothing happens on the array.
    ResetTaskState in "reset_task_state" else invalid {
        task_state [..] clearable ShareTaskState,
    }
}

/// What a client may say of the name under which a share is mounted.
#[derive(Debug, Clone)]
pub struct MountPointName(pub String);

impl Wish for MountPointName {
    const EXPECTED: &'static str = "a name of 1 to 255 letters, digits, _ and -";

    fn schema() -> Value {
        schema::pattern("^[A-Za-z0-9_-]{1,255}$")
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        ((1..=255).contains(&text.len()) && text.chars().all(plain)).then(|| MountPointName(text.to_owned()))
    }
}

/// A task state of shares that administrators may set.
#[derive(Debug, Clone, Copy)]
pub struct ShareTaskState(pub TaskState);

impl Wish for ShareTaskState {
    const EXPECTED: &'static str = "a task state of migration or data copying, or null";

    fn schema() -> Value {
        schema::one_of(&TaskState::names(TaskState::is_of_shares))
    }

    fn read(value: &Value) -> Option<Self> {
        TaskState::named(value.as_str()?).filter(|state| state.is_of_shares()).map(ShareTaskState)
    }
}

/// A status that administrators may set.
#[derive(Debug, Clone, Copy)]
pub struct Resettable(pub Status);

impl Wish for Resettable {
    const EXPECTED: &'static str =
        "creating, available, deleting, error, error_deleting, migrating, migrating_to or server_migrating";

    fn schema() -> Value {
        schema::one_of(&Status::RESETTABLE.iter().map(|status| status.name()).collect::<Vec<_>>())
    }

    fn read(value: &Value) -> Option<Self> {
        Status::named(value.as_str()?).filter(|status| Status::RESETTABLE.contains(status)).map(Resettable)
    }
}

/// Declares actions that carry nothing: any value will do.
macro_rules! bare_actions {
    ($($name:ident in $($key:literal)|+: $about:literal;)+) => {$(
        #[doc = $about]
        #[derive(Debug, Clone)]
        pub struct $name;

        impl Body for $name {
            const SHAPE: BodyShape =
                BodyShape::of::<Self>(stringify!($name), $about, &[$($key),+], |_, _| schema::any());

            fn read(_: &Value, _: Microversion) -> Result<Self, Fault> {
                Ok($name)
            }
        }
    )+};
}

bare_actions! {
    ForceDelete in "force_delete" | "os-force_delete": "Deletes whatever the status is; what it carries is ignored.";
    SoftDelete in "soft_delete": "Puts a share into the recycle bin; what it carries is ignored.";
    UnmanageShare in "unmanage": "Forgets a share and leaves it on the array; what it carries is ignored.";
    RestoreShare in "restore": "Takes a share out of the recycle bin; what it carries is ignored.";
}
