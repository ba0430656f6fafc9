//! What an instance is to be on the array, worked out before the first call: pure.
//!
//! How to get it wrong: finding out after the volume is made that nobody can mount it.

use manilad_domain::extra_specs::REPLICATION_TYPE;
use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::qos::{Terms, TypeTerms};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::{CloneOf, New, Security, Style};

use super::exports::exports;
use super::qos_type::{self, TypePolicy};
use super::specs::{self, Requested};
use crate::config::Settings;
use crate::fpolicy::screening::Screening;
use crate::naming::{Names, Templates, snapshot_of};
use crate::place::Place;
use crate::pools::licensed;
use crate::squash::{self, NOBODY, Squash};
use crate::trouble;

/// A QoS policy that the volume names and that is to be there before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Qos {
    /// Of its own.
    Own(Terms),
    /// That of its QoS type.
    OfType(TypePolicy),
}

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    pub volume: New,
    pub qos: Option<Qos>,
    /// What the volume names that must be there already, by who asks for it.
    pub references: Vec<String>,
    /// What FPolicy is to refuse on it.
    pub screening: Option<Screening>,
    /// Whether a clone is to be detached from what it began with.
    pub splits: bool,
}

/// Works out what an instance consists of. A snapshot that it begins with is named under `templates`.
///
/// # Errors
/// `Never` for what the request got wrong, `Elsewhere` for what this back end can't do.
pub fn volume(
    settings: &Settings,
    facts: &Facts,
    subject: &Subject,
    (templates, names): (&Templates, &Names),
    place: &Place,
) -> Result<Blueprint, Trouble> {
    let junction = names.junction();
    let path = junction.ok_or_else(|| trouble::never(format!("{:?} can't be a mount point name", names.mount)))?;
    let protocol = subject.protocol;
    let lacks = |what: String| trouble::elsewhere(Detail::FilterCapabilities, what);
    if !licensed(facts, &protocol.name().to_lowercase()) {
        return Err(lacks(format!("{} is not licensed on the array", protocol.name())));
    }
    let svm = facts.svm.as_ref().ok_or_else(|| trouble::again("the SVM is not there"))?;
    if exports(facts, &facts.interfaces, subject, &names.mount, &[]).is_empty() {
        return Err(lacks(format!("SVM {} has no data LIF that serves {}", svm.name, protocol.name())));
    }
    let mut asked = specs::read(&subject.extra_specs)?;
    asked.encrypted |= subject.server.as_ref().is_some_and(|seat| seat.is_encrypted);
    let of_type =
        subject.qos.as_ref().map(|desired| qos_type::read(settings, &svm.name, desired)).transpose()?.flatten();
    if let Some(policy) = &of_type {
        exclude(&asked, policy, subject)?;
    }
    fits(facts, place, &mut asked, of_type.is_some()).map_err(lacks)?;
    let mut references = asked.references();
    if let Some(policy) = subject.metadata.get(specs::SNAPSHOT_POLICY_KEY) {
        references.retain(|reference| !reference.starts_with(specs::SNAPSHOT_POLICY));
        references.push(format!("{} in the metadata of the share: {policy:?}", specs::SNAPSHOT_POLICY_KEY));
        asked.snapshot_policy = Some(policy.clone());
    }
    let is_squashed = protocol == Protocol::Nfs
        && match Squash::of(subject) {
            Squash::No => false,
            Squash::All => true,
            Squash::Unclear => return Err(trouble::never(squash::EXPECTED)),
        };
    let Some(size) = subject.size.checked_mul(1 << 30) else {
        return Err(trouble::never(format!("{} GiB is more than can be said", subject.size)));
    };
    let mut volume = New {
        name: names.volume.clone(),
        svm: svm.name.clone(),
        size,
        style: place.style,
        aggregates: place.named_aggregates(),
        path: Some(path),
        export_policy: (protocol == Protocol::Nfs).then(|| names.policy.clone()),
        security: Some(match protocol {
            Protocol::Nfs => Security::Unix,
            Protocol::Cifs => Security::Ntfs,
        }),
        owner: is_squashed.then_some(NOBODY),
        snapshot_reserve_percent: Some(settings.snapshot_reserve_percent),
        mark: names.mark.clone(),
        clone: subject.source.as_ref().map(|source| CloneOf {
            volume: templates.volume_of(source.instance),
            snapshot: source.location.clone().unwrap_or_else(|| snapshot_of(source.snapshot)),
        }),
        ..New::default()
    };
    let splits = asked.splits_clone;
    let screening = asked.screening.read(&settings.watched_operations, protocol).map_err(trouble::unfit)?;
    let own = (!asked.throughput.is_none()).then(|| Qos::Own(asked.throughput.terms(subject.size)));
    let qos = own.or(of_type.map(Qos::OfType));
    volume.snaplock = asked.snaplock.read().map_err(trouble::unfit)?;
    asked.put(&mut volume, subject.size);
    if settings.servers().is_some_and(|servers| servers.logical_space) && !volume.thin {
        return Err(lacks("share servers count logical space, so their volumes must be thin".to_owned()));
    }
    match &qos {
        Some(Qos::Own(_)) => volume.qos_policy = Some(names.qos.clone()),
        Some(Qos::OfType(policy)) => volume.qos_policy = Some(policy.name.clone()),
        None => {}
    }
    Ok(Blueprint { volume, qos, references, screening, splits })
}

/// Refuses a QoS type beside what says the same in another way, and an adaptive one with replication.
fn exclude(asked: &Requested, policy: &TypePolicy, subject: &Subject) -> Result<(), Trouble> {
    let is_adaptive = matches!(policy.terms, TypeTerms::Adaptive(_));
    for (contradicts, what) in [
        (
            asked.limits_throughput(),
            "a QoS type, and limits such as netapp:maxiops or an adaptive QoS policy group, exclude one another",
        ),
        (
            is_adaptive && subject.extra_specs.contains_key(REPLICATION_TYPE),
            "an adaptive QoS type and replication exclude one another",
        ),
    ] {
        if contradicts {
            return Err(trouble::unfit(format!("the extra specs of the share type contradict one another: {what}")));
        }
    }
    Ok(())
}

/// Whether the array has what is asked for; what it does by itself is not asked of it.
fn fits(facts: &Facts, place: &Place, asked: &mut Requested, has_qos_type: bool) -> Result<(), String> {
    let hides = facts.identity.release.has(Feature::SnapshotDirectory);
    if asked.hide_snapshots == Some(true) && !hides {
        return Err(format!("ONTAP {} can't hide the snapshot directory", facts.identity.release));
    }
    asked.hide_snapshots = asked.hide_snapshots.filter(|_| hides);
    if asked.encrypted && !facts.volume_encryption {
        return Err("volumes can't be encrypted: the array has no key manager, or does not tell".to_owned());
    }
    if asked.snaplock.is_asked() && !licensed(facts, "snaplock") {
        return Err("SnapLock is not licensed on the array".to_owned());
    }
    let is_plain = |name: &&String| facts.aggregates.get(*name).is_some_and(|one| !one.encrypted);
    if let Some(plain) = place.aggregates.iter().find(is_plain).filter(|_| asked.encrypted_aggregate) {
        return Err(format!("aggregate {plain} is not encrypted"));
    }
    let is_flexgroup = place.style == Style::Flexgroup;
    if asked.flexgroup.is_some_and(|desired| desired != is_flexgroup) {
        return Err(format!("pool {} holds volumes of style {}", place.name, place.style.name()));
    }
    let has_qos = has_qos_type || asked.adaptive_qos.is_some() || !asked.throughput.is_none();
    if has_qos && facts.scope == Scope::Svm {
        return Err("a QoS policy needs an account of the cluster".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use manilad_driver::Remedy;
    use secrecy::SecretString;

    use super::*;
    use crate::place;
    use crate::tests::samples::{facts, lif, subject, templates};

    fn settings() -> Settings {
        Settings::new("array.test", "svm1", "admin", SecretString::from("s3cret"))
    }

    fn planned(facts: &Facts, subject: &Subject) -> Result<New, Trouble> {
        let templates = templates("share_%(share_id)s");
        let names = Names::of(&templates, subject);
        let place = place::named(&settings(), facts, &subject.pool.pool)?;
        Ok(volume(&settings(), facts, subject, (&templates, &names), &place)?.volume)
    }

    fn remedy(facts: &Facts, change: impl FnOnce(&mut Subject)) -> Option<Remedy> {
        let mut subject = subject(1);
        change(&mut subject);
        planned(facts, &subject).err().map(|trouble| trouble.remedy)
    }

    fn with(key: &str, value: &str) -> impl FnOnce(&mut Subject) {
        let (key, value) = (key.to_owned(), value.to_owned());
        move |subject| drop(subject.extra_specs.insert(key, value))
    }

    #[test]
    fn a_plain_share_is_a_thick_volume_with_its_own_policy_and_mark() {
        let subject = subject(1);
        let new = planned(&facts(), &subject).unwrap();
        let id = subject.instance.to_string().replace('-', "_");
        assert_eq!((new.size, new.thin, new.snapshot_reserve_percent), (subject.size << 30, false, Some(5)));
        assert_eq!(new.path.as_deref(), Some(&*format!("/share_{id}")));
        assert_eq!(new.export_policy.as_deref(), Some(&*format!("policy_{id}")));
        assert_eq!((new.security, new.aggregates.as_slice()), (Some(Security::Unix), &["aggr1".to_owned()][..]));
        assert!(new.mark.0.contains(&format!("share_id:{}", subject.share)));
        assert_eq!((new.dedupe, new.encrypted, new.snapshot_directory), (None, None, None), "ONTAP's own defaults");
    }

    #[test]
    fn what_the_request_got_wrong_helps_nowhere() {
        assert_eq!(remedy(&facts(), |_| {}), None);
        assert_eq!(remedy(&facts(), |one| one.mount_point_name = Some("a/b".to_owned())), Some(Remedy::Never));
        assert_eq!(remedy(&facts(), |one| one.size = u64::MAX), Some(Remedy::Never));
        assert_eq!(remedy(&facts(), with("dedupe", "perhaps")), Some(Remedy::Never));
        assert_eq!(remedy(&facts(), with("netapp:snaplock_autocommit_period", "5days")), Some(Remedy::Never));
    }

    #[test]
    fn what_this_back_end_cannot_do_another_may() {
        let elsewhere = Some(Remedy::Elsewhere);
        assert_eq!(remedy(&facts(), |one| one.pool.pool = "aggr9".to_owned()), elsewhere);
        assert_eq!(remedy(&facts(), with("netapp_aggregate_encryption", "<is> True")), elsewhere);
        assert_eq!(remedy(&facts(), with("netapp_flexvol_encryption", "true")), elsewhere);
        assert_eq!(remedy(&facts(), with("netapp_flexgroup", "<is> True")), elsewhere);
        assert_eq!(remedy(&facts(), with("netapp_flexgroup", "False")), None);
        assert_eq!(remedy(&facts(), with("netapp_snaplock_type", "enterprise")), elsewhere);
        let mut bare = facts();
        bare.interfaces.clear();
        assert_eq!(remedy(&bare, |_| {}), elsewhere);
        let mut unlicensed = facts();
        unlicensed.licences = Some(["cifs".to_owned()].into());
        assert_eq!(remedy(&unlicensed, |_| {}), elsewhere);
        let mut svm = facts();
        svm.scope = Scope::Svm;
        assert_eq!(remedy(&svm, with("netapp:adaptive_qos_policy_group", "gold")), elsewhere);
        assert_eq!(remedy(&facts(), with("netapp:adaptive_qos_policy_group", "gold")), None);
    }

    #[test]
    fn an_old_release_is_not_asked_for_what_it_does_by_itself() {
        let mut old = facts();
        old.identity.release = manilad_ontap::release::OLDEST;
        let mut visible = subject(1);
        with("netapp:hide_snapdir", "false")(&mut visible);
        assert_eq!(planned(&old, &visible).unwrap().snapshot_directory, None);
        assert_eq!(planned(&facts(), &visible).unwrap().snapshot_directory, Some(true));
        assert_eq!(remedy(&old, with("netapp:hide_snapdir", "true")), Some(Remedy::Elsewhere));
    }

    #[test]
    fn a_share_whose_writers_are_squashed_is_theirs_and_an_unclear_word_is_refused() {
        let owner = |value: &str, protocol| {
            let mut subject = Subject { protocol, ..subject(1) };
            subject.metadata.insert(squash::KEY.to_owned(), value.to_owned());
            let mut facts = facts();
            facts.interfaces = vec![lif("10.0.0.1", "node1", &["data_nfs", "data_cifs"])];
            planned(&facts, &subject).map(|new| new.owner).map_err(|trouble| trouble.reason)
        };
        assert_eq!(owner("true", Protocol::Nfs), Ok(Some(65534)));
        assert_eq!(owner("false", Protocol::Nfs), Ok(None));
        assert_eq!(owner("true", Protocol::Cifs), Ok(None), "it is a matter of NFS");
        assert_eq!(owner("perhaps", Protocol::Nfs), Err(squash::EXPECTED.to_owned()));
    }

    #[test]
    fn the_snapshot_policy_in_the_metadata_goes_before_that_of_the_type() {
        let mut subject = subject(1);
        with("netapp:snapshot_policy", "of_type")(&mut subject);
        assert_eq!(planned(&facts(), &subject).unwrap().snapshot_policy.as_deref(), Some("of_type"));
        subject.metadata.insert("snapshot_policy".to_owned(), "of_share".to_owned());
        assert_eq!(planned(&facts(), &subject).unwrap().snapshot_policy.as_deref(), Some("of_share"));
    }
}
