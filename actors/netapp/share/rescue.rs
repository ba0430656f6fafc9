//! Having an instance served again: what a removal that was given up had begun is undone, or nothing is left of it.
//!
//! A removal takes the SMB share away, then takes the volume offline, which unmounts it, then deletes it, and only then its
//! export policy; so a volume that is there needs to be online, mounted and, for SMB, shared. How to get it wrong: to judge
//! while a call of the removal may still be carried out, to mount a volume under another policy than its own, or to make a
//! volume where there is none: what was in it is gone.
//! Source: operations.md §5.

use manilad_domain::InstanceId;
use manilad_domain::share::Protocol;
use manilad_driver::{Export, Subject, Trouble};
use manilad_ontap::volume::{self, Change};

use super::found::Found;
use super::found::{refuse_moved, see_svm};
use super::resize::Resizing;
use super::{exports, found, own_policy, screened, smb_share, specs};
use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::trouble;

/// Where the instance can be mounted; nothing where nothing of it is there.
pub async fn rescue(array: &Array, subject: &Subject) -> Result<Option<Vec<Export>>, Trouble> {
    let names = Names::of(&array.templates, subject);
    wait_for_earlier(array, subject, &names)?;
    let Some(session) = array.at(subject).await? else {
        refuse_moved(&array.session().await?.client, &names, None).await?;
        return Ok(lost(array, &names));
    };
    let Some(found) = found::find(array, &session, &names, subject.instance).await? else {
        see_svm(&session).await?;
        refuse_moved(&session.client, &names, Some(&session.svm)).await?;
        return Ok(lost(array, &names));
    };
    if !found.is_ours {
        return Err(found::stranger(&names));
    }
    if specs::asks_for_screening(&subject.extra_specs) {
        // Before anybody can write to it.
        screened::apply(array, &session, subject, &names.volume).await?;
    }
    serve(array, &session, &names, subject, &found).await?;
    restore_size(array, &session, &names, subject, &found).await?;
    if subject.protocol == Protocol::Cifs {
        share_again(array, &session, &names, subject.instance, &found).await?;
    }
    let interfaces = array.lifs.now(&session.client, &session.svm).await.map_err(|error| trouble::of(&error))?;
    exports::serving(&session, &interfaces, subject, &names.mount, &found.aggregates).map(Some)
}

/// Refuses to judge while a call of before may still be carried out.
pub(super) fn wait_for_earlier(array: &Array, subject: &Subject, names: &Names) -> Result<(), Trouble> {
    if let Some(left) = array.late_removals.left(subject.instance, subject.in_flight) {
        return Err(trouble::wait(left, &format!("an earlier call about {} may still be carried out", names.volume)));
    }
    match array.late_changes.left(subject.instance, subject.in_flight) {
        Some(left) => {
            Err(trouble::wait(left, &format!("an earlier call about {} may still be carried out", names.volume)))
        }
        None => Ok(()),
    }
}

/// The volume is online and mounted, over NFS under its own export policy; whether it was not. A clone that was only begun is under its
/// parent's, whose clients would get in once it is mounted.
pub(super) async fn serve(
    array: &Array,
    session: &Session,
    names: &Names,
    subject: &Subject,
    found: &Found,
) -> Result<bool, Trouble> {
    let (instance, change) = (subject.instance, undo(found, names, subject.protocol));
    if change == Change::default() {
        return Ok(false);
    }
    if change.export_policy.is_some() {
        own_policy::find_or_make(array, session, names, instance).await?;
    }
    tracing::info!(service = array.service, volume = names.volume, changes = ?change.changes(), "a volume is served again");
    let changing = volume::change(&session.client, found.uuid, &change);
    let changed = array.late_creations.during(instance, (), changing).await;
    changed.map_err(|error| trouble::of(&error))?;
    Ok(true)
}

/// The volume is shared over SMB; whether it was not, so that it lets nobody in.
pub(super) async fn share_again(
    array: &Array,
    session: &Session,
    names: &Names,
    instance: InstanceId,
    found: &Found,
) -> Result<bool, Trouble> {
    let path = names.junction().or(found.path.clone()).unwrap_or_default();
    if smb_share::is_there(session, names, &path).await? {
        return Ok(false);
    }
    smb_share::make(array, session, names, instance, &path).await?;
    Ok(true)
}

/// Nothing of it is there. The message to its owner says that the log names the volume.
fn lost(array: &Array, names: &Names) -> Option<Vec<Export>> {
    let (service, volume) = (&array.service, &names.volume);
    tracing::warn!(service, volume, "a share can't be served again: its volume is not on the array");
    None
}

/// Brings a volume back to the size of the record, and its limits of throughput to what goes with that: work that was given up may
/// have changed both. What ONTAP refuses, as where its data does not fit any more, stays as it is.
async fn restore_size(
    array: &Array,
    session: &Session,
    names: &Names,
    subject: &Subject,
    found: &Found,
) -> Result<(), Trouble> {
    let (size, half) = (subject.size.saturating_mul(1 << 30), 1 << 29);
    let (service, volume) = (&array.service, &names.volume);
    let resizing = Resizing::new(array, session, names, subject, size);
    // Arrays round sizes by less than this.
    if let Some(actual) = found.size.filter(|actual| actual.abs_diff(size) >= half) {
        match resizing.change(found.uuid).await {
            Ok(()) => tracing::info!(service, volume, actual, size, "a volume has the size of its share again"),
            Err(error) if error.is_refusal() => tracing::warn!(
                service, volume, actual, size, %error,
                "a volume can't be brought to the size of its share; extend the share to what the array has, or remove data"
            ),
            Err(error) => return Err(trouble::of(&error)),
        }
    }
    if found.qos.as_deref() == Some(&names.qos) {
        resizing.adjust_limits().await?;
    }
    Ok(())
}

/// What has to change for a volume to be served. Pure.
fn undo(found: &Found, names: &Names, protocol: Protocol) -> Change {
    let path = names.junction();
    let is_under_own = protocol != Protocol::Nfs || found.policy.0.as_ref() == Some(&names.policy);
    Change {
        export_policy: (!is_under_own).then(|| names.policy.clone()),
        state: found.state.as_deref().is_some_and(|state| state != "online").then_some("online"),
        path: path.filter(|path| found.path.as_ref() != Some(path)),
        ..Change::default()
    }
}
