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
use manilad_ontap::{Class, Error, export_policy, lun, snapmirror};

use super::blueprint::{self, Blueprint, Qos};
use super::delete::see_svm;
use super::{exports, own_qos, qos_type, specs};
use crate::array::Array;
use crate::naming::{self, Names};
use crate::place::{self, Place};
use crate::session::Session;
use crate::{seat, trouble};

const GIB: u64 = 1 << 30;

/// The volume at the path of the subject is the instance.
pub async fn manage(array: &Array, subject: &Subject) -> Result<Managed, Trouble> {
    let path = subject.managed_path.as_deref().ok_or_else(|| trouble::never("no path is named to manage"))?;
    if subject.protocol == Protocol::Cifs {
        return Err(trouble::never("shares over SMB are not taken over here"));
    }
    let expected = "expected address:/path of a volume that is not the root";
    let junction = junction(path).ok_or_else(|| trouble::never(format!("{path:?} can't be managed: {expected}")))?;
    let names = Names::of(&array.templates, subject);
    if let Some(left) = array.late_removals.left(subject.instance, subject.in_flight) {
        return Err(trouble::wait(left, &format!("a call that removes {} may still be carried out", names.volume)));
    }
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let place = place::named(&array.settings, &session.facts, &subject.pool.pool)?;
    let taking = Taking { array, session: &session, names: &names, subject };
    let volume = taking.volume(&junction).await?;
    let size = volume.size.unwrap_or_default().div_ceil(GIB).max(1);
    let sized = Subject { size, ..subject.clone() };
    let Blueprint { volume: desired, qos, .. } =
        blueprint::volume(&array.settings, &session.facts, &sized, (&array.templates, &names), &place)?;
    judge(&volume, &desired, &place).map_err(trouble::never)?;
    let policy = taking.prepare(&volume).await?;
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
    let mark = names.mark.0.iter().cloned().chain(naming::words_of_others(&volume, &names, has_tags)).collect();
    let thin = Some(desired.thin).filter(|_| specs::says_how_thick(&subject.extra_specs));
    let change = change(&volume, &desired, thin, Mark(mark), &array.settings.kept_snapshot_policies);
    let (changed, looked) = join!(taking.take(&volume, &change, policy), array.lifs.now(&session.client, &session.svm));
    changed?;
    taking.remove_released_policy(&volume).await;
    let interfaces = looked.map_err(|error| trouble::of(&error))?;
    let exports = exports::serving(&session, &interfaces, subject, &names.mount, &volume.aggregates)?;
    tracing::info!(service = array.service, volume = names.volume, was = volume.name, "a volume is managed");
    Ok(Managed { size, exports })
}

/// The path within an address, as clients mount it: what follows `:`.
fn junction(path: &str) -> Option<String> {
    let (_, rest) = path.split_once(":/")?;
    let rest = rest.trim_end_matches('/');
    (!rest.is_empty()).then(|| format!("/{rest}"))
}

struct Taking<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
}

impl Taking<'_> {
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

    /// Makes the export policy, whose id is answered, while it is looked whether something depends on where the volume is.
    async fn prepare(&self, volume: &Volume) -> Result<u64, Trouble> {
        let (client, svm, name) = (&self.session.client, &self.session.svm, &volume.name);
        let path = volume.path.as_deref().unwrap_or_default();
        let (luns, source, destination, below, policy) = join!(
            lun::are_in(client, svm, name),
            snapmirror::has_source(client, svm, name),
            snapmirror::has_destination(client, svm, name),
            async { if path.is_empty() { Ok(false) } else { volume::are_below(client, svm, path).await } },
            self.policy(),
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
    async fn policy(&self) -> Result<u64, Trouble> {
        let (client, svm, name) = (&self.session.client, &self.session.svm, &self.names.policy);
        let making = export_policy::create(client, svm, name, &[]);
        match self.array.late_creations.during(self.subject.instance, (), making).await {
            Ok(id) => Ok(id),
            Err(error) if error.class() == Class::Exists => {
                let found = export_policy::find(client, svm, name).await.map_err(trouble_of)?;
                Ok(found.ok_or_else(|| trouble::again(format!("export policy {name} comes and goes")))?.id)
            }
            Err(error) => Err(trouble::of(&error)),
        }
    }

    async fn take(&self, volume: &Volume, change: &Change, policy: u64) -> Result<(), Trouble> {
        let instance = self.subject.instance;
        let changing = volume::change(&self.session.client, volume.uuid, change);
        // It gives the instance a volume, so that who removes the instance waits for it too.
        let changing = self.array.late_changes.during(instance, change.clone(), changing);
        self.array.late_creations.during(instance, (), changing).await.map_err(trouble_of)?;
        let has_qos = change.qos_policy.as_ref() == Some(&self.names.qos);
        self.array.key_cache.note(instance, |keys| {
            (keys.volume, keys.policy) = (Some(volume.uuid), Some(policy));
            (keys.has_qos, keys.is_nobodys) = (has_qos, false);
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
fn change(volume: &Volume, desired: &New, thin: Option<bool>, mark: Mark, kept_policies: &[String]) -> Change {
    let unless = |same: bool, value: &Option<String>| value.clone().filter(|_| !same);
    let policy = volume.snapshot_policy.as_ref();
    let keeps_policy = policy.is_some_and(|policy| kept_policies.contains(&policy.to_lowercase()));
    Change {
        name: (volume.name != desired.name).then(|| desired.name.clone()),
        state: volume.state.as_deref().is_some_and(|state| state != "online").then_some("online"),
        path: unless(volume.path == desired.path, &desired.path),
        export_policy: desired.export_policy.clone(),
        thin: thin.filter(|thin| volume.guarantee.as_deref() != Some(guarantee(*thin))),
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
