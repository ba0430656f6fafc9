//! Taking over a volume that is on the array already: found by its path, judged, then given the names, the mark and the empty
//! export policy of the instance in one call, as a new one would have.
//!
//! Nothing is changed before all is judged, but for the policy, which lets nobody in. A try that may have been carried out leaves the
//! volume under its new name, where the next one finds it. Over SMB the share by which it was reached goes then, and one that lets nobody
//! in is made. How to get it wrong: to take a volume that carries the mark of another instance; to take one that came to the path after
//! an earlier try took the right one from there; or to believe a volume that is nobody's while others depend on where it is. Source:
//! operations.md §9.

use futures::join;
use manilad_domain::message::Detail;
use manilad_domain::observed::Observed;
use manilad_domain::share::Protocol;
use manilad_driver::{Managed, Subject, Trouble};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::{self, Change, Mark, New, Volume};
use manilad_ontap::{Class, Error, export_policy, lun, snapmirror};

use super::blueprint::{self, Blueprint, Qos};
use super::former_share::{self, FormerShare};
use super::found::see_svm;
use super::{exports, own_qos, qos_type, smb_share, specs};
use crate::array::Array;
use crate::naming::{self, Names};
use crate::place::{self, Place};
use crate::session::Session;
use crate::{fpolicy, seat, trouble};

const GIB: u64 = 1 << 30;
/// The export policy of volumes for which none is named.
const DEFAULT_POLICY: &str = "default";

/// The volume at the path of the subject is the instance.
pub async fn manage(array: &Array, subject: &Subject) -> Result<Managed, Trouble> {
    let path = subject.managed_path.as_deref().ok_or_else(|| trouble::never("no path is named to manage"))?;
    let asked = Asked::read(path, subject.protocol).map_err(trouble::never)?;
    let names = Names::of(&array.templates, subject);
    if let Some(left) = array.late_removals.left(subject.instance, subject.in_flight) {
        return Err(trouble::wait(left, &format!("an earlier call about {} may still be carried out", names.volume)));
    }
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let place = place::named(&array.settings, &session.facts, &subject.pool.pool)?;
    let takes = array.takes.get();
    let taking = Taking { array, session: &session, names: &names, subject };
    let (volume, former) = taking.find(&asked).await?;
    let size = volume.size.unwrap_or_default().div_ceil(GIB).max(1);
    let sized = Subject { size, ..subject.clone() };
    let Blueprint { volume: desired, qos, screening, .. } =
        blueprint::volume(&array.settings, &session.facts, &sized, (&array.templates, &names), &place)?;
    judge(&volume, &desired, &place).map_err(trouble::never)?;
    let policy = taking.prepare(&volume, former.as_ref(), desired.path.as_deref().unwrap_or_default()).await?;
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
    if let Some(screening) = &screening {
        fpolicy::judge(array, &session, subject, screening).await?;
    }
    taking.refuse_taken(&volume, takes)?;
    let (changed, looked) = join!(taking.take(&volume, &change, policy), array.lifs.now(&session.client, &session.svm));
    changed?;
    taking.remove_released_policy(&volume).await;
    taking.remove_released_limits(&volume, &change).await;
    if screening.is_some() {
        fpolicy::apply(array, &session, subject, &names.volume, screening.as_ref()).await?;
    }
    if subject.protocol == Protocol::Cifs {
        taking.share_anew(former, &volume, desired.path.as_deref().unwrap_or_default()).await?;
    }
    let interfaces = looked.map_err(|error| trouble::of(&error))?;
    let exports = exports::serving(&session, &interfaces, subject, &names.mount, &volume.aggregates)?;
    tracing::info!(service = array.service, volume = names.volume, was = volume.name, "a volume is managed");
    Ok(Managed { size, exports })
}

/// How a volume is named that is to be taken over.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// Where it is mounted: what follows `address:`.
    Junction(String),
    /// The SMB share that leads to it: what follows `\\address\`.
    Share(String),
}

impl Asked {
    fn read(path: &str, protocol: Protocol) -> Result<Self, String> {
        let refusal = |expected| format!("{path:?} can't be managed: expected {expected}");
        match protocol {
            Protocol::Nfs => {
                let rest =
                    path.split_once(":/").map(|(_, rest)| rest.trim_end_matches('/')).filter(|rest| !rest.is_empty());
                let junction = rest.map(|rest| Asked::Junction(format!("/{rest}")));
                junction.ok_or_else(|| refusal("address:/path of a volume that is not the root"))
            }
            Protocol::Cifs => {
                let name = former_share::name_in(path).map(|name| Asked::Share(name.to_owned()));
                name.ok_or_else(|| refusal(r"\\address\share of a whole volume"))
            }
        }
    }
}

struct Taking<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
}

impl Taking<'_> {
    /// The volume that is to be taken over, or that an earlier try has taken, and over SMB the share that leads to it, if it is still
    /// there.
    async fn find(&self, asked: &Asked) -> Result<(Volume, Option<FormerShare>), Trouble> {
        match asked {
            Asked::Junction(junction) => {
                if let Some(volume) = self.volume(junction).await? {
                    return Ok((volume, None));
                }
                see_svm(self.session).await?;
                let reason = format!("no volume is mounted at {junction} in SVM {}", self.session.svm);
                Err(Trouble { detail: Detail::VolumeAbsent, ..trouble::never(reason) })
            }
            Asked::Share(name) => {
                let former = FormerShare::find(self.session, name).await?;
                let volume = match &former {
                    Some(former) => self.volume(&former.path).await?,
                    None => self.taken().await?,
                };
                match volume {
                    Some(volume) => Ok((volume, former)),
                    None => Err(FormerShare::leads_nowhere(former.as_ref(), self.session, name).await),
                }
            }
        }
    }

    /// The volume that an earlier try has taken.
    async fn taken(&self) -> Result<Option<Volume>, Trouble> {
        let found = volume::find_in_full(&self.session.client, &self.session.svm, &self.names.volume)
            .await
            .map_err(trouble_of)?;
        Ok(found.filter(|volume| volume.is_marked(&self.names.tag)))
    }

    /// That one, else what is mounted at the path, unless it carries the mark of another.
    async fn volume(&self, junction: &str) -> Result<Option<Volume>, Trouble> {
        let (taken, there) = join!(self.taken(), volume::at_path(&self.session.client, &self.session.svm, junction));
        let mut volume = taken?.or(there.map_err(trouble_of)?);
        if volume.is_none() {
            // It was taken between these two looks, by a call of before that landed late.
            volume = self.taken().await?;
        }
        let Some(volume) = volume else { return Ok(None) };
        match naming::owner_of(&volume) {
            Some(other) if other != self.subject.instance => Err(trouble::never(format!(
                "volume {} carries the mark of share instance {other}: unmanage that, or take the mark off the volume",
                volume.name
            ))),
            _ => Ok(Some(volume)),
        }
    }

    /// Refuses a volume that another instance has taken, or may have, since it was looked at: it can be reached by several names.
    fn refuse_taken(&self, volume: &Volume, takes: u64) -> Result<(), Trouble> {
        match self.array.is_taken(volume.uuid, self.subject.instance, takes) {
            true => Err(trouble::again(format!("volume {} was taken over by another share meanwhile", volume.name))),
            false => Ok(()),
        }
    }

    /// Makes the export policy over NFS, whose id is answered, while it is looked whether something depends on where the volume is. Over
    /// SMB, what has the name of the share, which is to lead to `path`, must be it, or the one that goes.
    async fn prepare(&self, volume: &Volume, former: Option<&FormerShare>, to: &str) -> Result<Option<u64>, Trouble> {
        let (client, svm, name) = (&self.session.client, &self.session.svm, &volume.name);
        let path = volume.path.as_deref().unwrap_or_default();
        let (luns, source, destination, below, policy) = join!(
            lun::are_in(client, svm, name),
            snapmirror::has_source(client, svm, name),
            snapmirror::has_destination(client, svm, name),
            async { if path.is_empty() { Ok(false) } else { volume::are_below(client, svm, path).await } },
            async {
                match self.subject.protocol {
                    Protocol::Nfs => self.policy().await.map(Some),
                    Protocol::Cifs if former.is_some_and(|one| one.name.eq_ignore_ascii_case(&self.names.mount)) => {
                        Ok(None)
                    }
                    Protocol::Cifs => smb_share::is_there(self.session, self.names, to).await.map(|_| None),
                }
            },
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

    async fn take(&self, volume: &Volume, change: &Change, policy: Option<u64>) -> Result<(), Trouble> {
        let instance = self.subject.instance;
        let changing = volume::change(&self.session.client, volume.uuid, change);
        let changing = self.array.late_takes.during(volume.uuid, instance, changing);
        // It gives the instance a volume, so that who removes the instance waits for it too.
        let changing = self.array.late_changes.during(instance, change.clone(), changing);
        self.array.late_creations.during(instance, (), changing).await.map_err(trouble_of)?;
        self.array.note_taken(volume.uuid, instance);
        let has_qos = change.qos_policy.as_ref() == Some(&self.names.qos);
        self.array.key_cache.note(instance, |keys| {
            (keys.volume, keys.policy) = (Some(volume.uuid), policy);
            (keys.has_qos, keys.is_nobodys) = (has_qos, false);
        });
        Ok(())
    }

    /// The volume, which is at `path` by now, is shared under the name of the instance, with nobody, and not under the one that it had.
    async fn share_anew(&self, former: Option<FormerShare>, taken: &Volume, path: &str) -> Result<(), Trouble> {
        // One that leads there already was made by an earlier try.
        if let Some(former) = former.filter(|former| former.path != path) {
            former.remove(self.array, self.session, self.subject, taken.path.as_deref()).await?;
        }
        let made = smb_share::make(self.array, self.session, self.names, self.subject.instance, path).await?;
        match made {
            Observed::Present(()) => Ok(()),
            Observed::Absent | Observed::Unknown => {
                Err(trouble::again(format!("the SMB share {} comes and goes", self.names.mount)))
            }
        }
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

    /// The same of the limits that it had for itself, where it has others now.
    async fn remove_released_limits(&self, volume: &Volume, change: &Change) {
        let is_released = |name: &&String| naming::are_released_limits(&self.array.templates, name);
        let Some(name) = volume.qos_policy.as_ref().filter(|_| change.qos_policy.is_some()).filter(is_released) else {
            return;
        };
        let (client, policy) = (&self.session.client, (self.session.svm.as_str(), name.as_str()));
        if let Err(trouble) = own_qos::remove(self.array, client, policy, self.subject.instance).await {
            let (service, why) = (&self.array.service, trouble.reason);
            tracing::info!(service, policy = name, why, "a QoS policy of a share that was unmanaged stays");
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
        export_policy: match &desired.export_policy {
            Some(own) => Some(own.clone()),
            // As a volume has it that is made without one: who got in over NFS by another does not any more.
            None => unless(policy_of(volume) == Some(DEFAULT_POLICY), &Some(DEFAULT_POLICY.to_owned())),
        },
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

fn policy_of(volume: &Volume) -> Option<&str> {
    volume.export_policy.as_ref()?.name.as_deref()
}

fn guarantee(thin: bool) -> &'static str {
    if thin { "none" } else { "volume" }
}

#[cfg(test)]
mod tests;
