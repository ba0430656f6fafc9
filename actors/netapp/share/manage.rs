//! Taking over a volume that is on the array already: found by its path, judged, then given the names, the mark and the empty
//! export policy of the instance in one call, as a new one would have.
//!
//! Nothing is changed before all is judged, but for the policy, which lets nobody in. A try that may have been carried out leaves the
//! volume under its new name, where the next one finds it. How to get it wrong: to take a volume that carries the mark of another
//! instance; or to believe a volume that is nobody's while others depend on where it is. Source: operations.md §9.

use futures::join;
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Managed, Subject, Trouble};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::{self, Change, Mark, New, Volume};
use manilad_ontap::{Class, Error, cifs, export_policy, lun, snapmirror};

use super::blueprint::{self, Blueprint, Qos};
use super::delete::see_svm;
use super::{exports, found, own_qos, qos_type, smb_share};
use crate::array::Array;
use crate::naming::{self, Names};
use crate::place::{self, Place};
use crate::session::Session;
use crate::{seat, trouble};

const GIB: u64 = 1 << 30;

/// The volume at the path of the subject is the instance.
pub async fn manage(array: &Array, subject: &Subject) -> Result<Managed, Trouble> {
    let path = subject.managed_path.as_deref().ok_or_else(|| trouble::never("no path is named to manage"))?;
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let names = Names::of(&array.templates, subject);
    let place = place::named(&array.settings, &session.facts, &subject.pool.pool)?;
    let taking = Taking { array, session: &session, names: &names, subject };
    let place_of_share = taking.place(path).await?;
    let volume = taking.volume(&place_of_share.junction).await?;
    let size = volume.size.unwrap_or_default().div_ceil(GIB).max(1);
    let sized = Subject { size, ..subject.clone() };
    let Blueprint { volume: desired, qos, .. } =
        blueprint::volume(&array.settings, &session.facts, &sized, (&array.templates, &names), &place)?;
    judge(&volume, &desired, &place).map_err(trouble::never)?;
    taking.prepare(&volume, &desired).await?;
    match &qos {
        Some(Qos::Own(terms)) => {
            let policy = (session.svm.as_str(), names.qos.as_str());
            own_qos::ensure(array, &session.client, policy, subject.instance, terms, size * GIB).await?;
        }
        Some(Qos::OfType(policy)) => {
            qos_type::ensure(array, &session.client, &session.svm, subject.instance, policy).await?;
        }
        None => {}
    }
    let has_tags = session.client.release().has(Feature::Tags);
    let mark = names.mark.0.iter().cloned().chain(naming::words_of_others(&volume, has_tags)).collect();
    let change = change(&volume, &desired, Mark(mark), &array.settings.kept_snapshot_policies);
    let (changed, looked) = join!(taking.take(&volume, &change), array.lifs.now(&session.client, &session.svm));
    changed?;
    taking.remove_released_policy(&volume).await;
    if subject.protocol == Protocol::Cifs {
        taking.replace_share(place_of_share.share.as_deref(), desired.path.as_deref().unwrap_or_default()).await?;
    }
    let interfaces = looked.map_err(|error| trouble::of(&error))?;
    let exports = exports::serving(&session, &interfaces, subject, &names.mount, &volume.aggregates)?;
    tracing::info!(service = array.service, volume = names.volume, was = volume.name, "a volume is managed");
    Ok(Managed { size, exports })
}

/// Where what is to be taken over is mounted.
struct ManagedPlace {
    junction: String,
    /// The SMB share that leads there, if it still does.
    share: Option<String>,
}

/// The path within an address, as clients mount it: what follows `:`.
fn junction(path: &str) -> Option<String> {
    let (_, rest) = path.split_once(":/")?;
    let rest = rest.trim_end_matches('/');
    (!rest.is_empty()).then(|| format!("/{rest}"))
}

/// The name of an SMB share in `\\address\name`.
fn share_name(path: &str) -> Option<&str> {
    let (_, name) = path.strip_prefix(r"\\")?.split_once('\\')?;
    (!name.is_empty() && !name.contains('\\')).then_some(name)
}

struct Taking<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
}

impl Taking<'_> {
    /// Where the volume is mounted by now.
    async fn place(&self, path: &str) -> Result<ManagedPlace, Trouble> {
        let unreadable = |expected| trouble::never(format!("{path:?} can't be managed: expected {expected}"));
        if self.subject.protocol == Protocol::Nfs {
            let junction =
                junction(path).ok_or_else(|| unreadable("address:/path of a volume that is not the root"))?;
            return Ok(ManagedPlace { junction, share: None });
        }
        let name = share_name(path).ok_or_else(|| unreadable(r"\\address\share"))?;
        let share = cifs::find(&self.session.client, &self.session.svm, name).await.map_err(trouble_of)?;
        let taken = || self.names.junction().unwrap_or_default();
        Ok(match share {
            Some(share) => ManagedPlace { junction: share.path, share: Some(share.name) },
            // An earlier try may have come so far.
            None => ManagedPlace { junction: taken(), share: None },
        })
    }

    /// The volume that is to be taken over, or that an earlier try has taken.
    async fn volume(&self, junction: &str) -> Result<Volume, Trouble> {
        let (client, svm) = (&self.session.client, &self.session.svm);
        let mut volume = volume::at_path(client, svm, junction).await.map_err(trouble_of)?;
        if volume.is_none() {
            volume = volume::find(client, svm, &self.names.volume).await.map_err(trouble_of)?;
            volume = volume.filter(|volume| volume.is_marked(&self.names.tag));
        }
        let Some(volume) = volume else {
            see_svm(self.session).await?;
            let reason = format!("no volume is mounted at {junction} in SVM {svm}");
            return Err(Trouble { detail: Detail::VolumeAbsent, ..trouble::never(reason) });
        };
        match naming::owner_of(&volume) {
            Some(other) if other != self.subject.instance => Err(trouble::never(format!(
                "volume {} carries the mark of share instance {other}: unmanage that, or take the mark off the volume",
                volume.name
            ))),
            _ => Ok(volume),
        }
    }

    /// Makes the export policy while it is looked whether something depends on where the volume is.
    async fn prepare(&self, volume: &Volume, desired: &New) -> Result<(), Trouble> {
        let (client, svm, name) = (&self.session.client, &self.session.svm, &volume.name);
        let path = volume.path.as_deref().unwrap_or_default();
        let (luns, source, destination, below, policy) = join!(
            lun::are_in(client, svm, name),
            snapmirror::has_source(client, svm, name),
            snapmirror::has_destination(client, svm, name),
            async { if path.is_empty() { Ok(false) } else { volume::are_below(client, svm, path).await } },
            async { if desired.export_policy.is_some() { self.policy().await } else { Ok(()) } },
        );
        let refusals = [
            (luns, "it holds LUNs"),
            (source, "it is the destination of a SnapMirror relationship"),
            (destination, "it is the source of a SnapMirror relationship"),
            (below, "other volumes are mounted below it"),
        ];
        for (found, reason) in refusals {
            if found.map_err(trouble_of)? {
                return Err(trouble::never(format!("volume {name} can't be managed: {reason}")));
            }
        }
        policy
    }

    /// The policy of the instance is there, and lets nobody in.
    async fn policy(&self) -> Result<(), Trouble> {
        let (client, svm, name) = (&self.session.client, &self.session.svm, &self.names.policy);
        let instance = self.subject.instance;
        let making = export_policy::create(client, svm, name, &[]);
        let id = match self.array.late_creations.during(instance, (), making).await {
            Ok(id) => id,
            Err(error) if error.class() == Class::Exists => {
                let found = export_policy::find(client, svm, name).await.map_err(trouble_of)?;
                found.ok_or_else(|| trouble::again(format!("export policy {name} comes and goes")))?.id
            }
            Err(error) => return Err(trouble::of(&error)),
        };
        self.array.key_cache.note(instance, |keys| keys.policy = Some(id));
        Ok(())
    }

    async fn take(&self, volume: &Volume, change: &Change) -> Result<(), Trouble> {
        let instance = self.subject.instance;
        let changing = volume::change(&self.session.client, volume.uuid, change);
        // It gives the instance a volume, so that who removes the instance waits for it too.
        let changing = self.array.late_changes.during(instance, change.clone(), changing);
        self.array.late_creations.during(instance, (), changing).await.map_err(trouble_of)?;
        let has_qos = change.qos_policy.as_ref() == Some(&self.names.qos);
        self.array.key_cache.note(instance, |keys| {
            (keys.volume, keys.has_qos, keys.is_nobodys) = (Some(volume.uuid), has_qos, false);
        });
        Ok(())
    }

    /// Takes away the policy under which the volume was while it was no share, if an instance left that behind. One that another volume
    /// is under stays, and so does one of others.
    async fn remove_released_policy(&self, volume: &Volume) {
        let Some(policy) = volume.export_policy.as_ref() else { return };
        let Some((id, name)) = policy.id.zip(policy.name.as_ref().filter(|name| naming::is_released(name))) else {
            return;
        };
        let removing = export_policy::delete(&self.session.client, id);
        if let Err(error) = self.array.late_removals.during(self.subject.instance, (), removing).await {
            let (service, why) = (&self.array.service, error.message());
            tracing::info!(service, policy = name, why, "an export policy of a share that was unmanaged stays");
        }
    }

    /// The volume is shared under the name of the instance, with nobody, and not under the name that it had.
    async fn replace_share(&self, former: Option<&str>, path: &str) -> Result<(), Trouble> {
        let (array, session, instance) = (self.array, self.session, self.subject.instance);
        if let Some(former) = former.filter(|former| !former.eq_ignore_ascii_case(&self.names.mount)) {
            let removing = cifs::delete(&session.client, found::uuid_of_svm(session)?, former);
            array.late_removals.during(instance, (), removing).await.map_err(trouble_of)?;
        }
        smb_share::make(array, session, self.names, instance, path).await.map(|_| ())
    }
}

fn trouble_of(error: Error) -> Trouble {
    trouble::of(&error)
}

/// Whether a volume can be what the share's type and pool say that it is. Pure.
fn judge(volume: &Volume, desired: &New, place: &Place) -> Result<(), String> {
    let name = &volume.name;
    let refuse = |reason: String| Err(format!("volume {name} can't be managed: {reason}"));
    let is = |value: &Option<String>, expected: &str| value.as_deref().is_none_or(|value| value == expected);
    if !is(&volume.kind, "rw") {
        return refuse(format!("it is of type {:?}, not rw", volume.kind.as_deref().unwrap_or("?")));
    }
    if !is(&volume.style, place.style.name()) {
        let style = volume.style.as_deref().unwrap_or("?");
        return refuse(format!(
            "it is a {style}, and pool {} holds volumes of style {}",
            place.name,
            place.style.name()
        ));
    }
    if let Some(other) = volume.aggregates.iter().find(|aggregate| !place.aggregates.contains(aggregate)) {
        return refuse(format!("it is on aggregate {other}, which is not part of pool {}", place.name));
    }
    if desired.encrypted == Some(true) && volume.encrypted == Some(false) {
        return refuse("its share type asks for encryption".to_owned());
    }
    if desired.snaplock.is_some() {
        return refuse("its share type asks for SnapLock, which a volume has from its birth or never".to_owned());
    }
    if let Some(language) = &desired.language {
        return refuse(format!("its share type asks for language {language}, which a volume has from its birth"));
    }
    Ok(())
}

/// What makes the volume the instance. What its share type says nothing about stays as it is. Pure.
fn change(volume: &Volume, desired: &New, mark: Mark, kept_policies: &[String]) -> Change {
    let unless = |same: bool, value: &Option<String>| value.clone().filter(|_| !same);
    let policy = volume.snapshot_policy.as_ref();
    let keeps_policy = policy.is_some_and(|policy| kept_policies.contains(&policy.to_lowercase()));
    Change {
        name: (volume.name != desired.name).then(|| desired.name.clone()),
        state: volume.state.as_deref().is_some_and(|state| state != "online").then_some("online"),
        path: unless(volume.path == desired.path, &desired.path),
        export_policy: desired.export_policy.clone(),
        thin: Some(desired.thin).filter(|thin| volume.guarantee.as_deref() != Some(guarantee(*thin))),
        snapshot_policy: desired.snapshot_policy.clone().filter(|_| !keeps_policy),
        snapshot_directory: desired.snapshot_directory.filter(|_| !keeps_policy),
        dedupe: desired.dedupe,
        compression: desired.compression,
        efficiency_policy: desired.efficiency_policy.clone(),
        files_maximum: desired.files_maximum,
        qos_policy: desired.qos_policy.clone(),
        mark,
        ..Change::default()
    }
}

fn guarantee(thin: bool) -> &'static str {
    if thin { "none" } else { "volume" }
}
