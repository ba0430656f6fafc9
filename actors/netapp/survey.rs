//! The SVM, or those of all share servers, as they are looked at: volumes with our mark, export policies with our names, lists of SMB shares.
//!
//! It is seen in a few bulk calls, and judged without any. How to get it wrong: a part that could not be read taken for
//! one that is not there; then everything would be missing, so any call that fails fails the survey. Or trusting what we
//! remember of an instance whose policy was swapped: the repair would then mend the policy that is out of use.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use manilad_domain::InstanceId;
use manilad_domain::deadlines::SURVEY_LIST;
use manilad_domain::share::Protocol;
use manilad_driver::{Condition, DesiredRule, Difference, Export, Marked, Subject, Survey, Trouble};
use manilad_ontap::cifs::{self, Ace};
use manilad_ontap::export_policy::{self, Whole};
use manilad_ontap::interface::{self, Interface};
use manilad_ontap::volume::{self, Volume};
use manilad_ontap::{Client, Error, svm};

use crate::access::drift;
use crate::array::Array;
use crate::naming::{self, Names, PUT_AWAY};
use crate::seat::svm_of;
use crate::server::names;
use crate::session::Session;
use crate::squash::Squash;
use crate::{share, trouble};

/// What was seen.
pub struct ObservedArray {
    array: Rc<Array>,
    marked: Vec<Marked>,
    volumes: HashMap<InstanceId, Vec<Volume>>,
    /// By id.
    policies: HashMap<u64, Whole>,
    session: Rc<Session>,
    /// The data LIFs, by SVM.
    interfaces: HashMap<String, Vec<Interface>>,
    /// Lists of SMB shares, by SVM and name in lower case; none where the account may not see them.
    lists: Option<HashMap<(String, String), Vec<Ace>>>,
}

impl ObservedArray {
    /// Looks.
    pub async fn now(array: Rc<Array>) -> Result<Self, Trouble> {
        let session = array.session().await?;
        let client = session.client.within(SURVEY_LIST);
        let svm = array.settings.svm();
        let (volumes, policies, shares) = lists(&client, svm).await.map_err(|error| trouble::of(&error))?;
        let interfaces = interfaces(&client, svm).await.map_err(|error| trouble::of(&error))?;
        let servers = servers(&client, svm).await.map_err(|error| trouble::of(&error))?;
        // What is in the SVMs of others is none of our strays, whatever its mark.
        let ours = |svm: Option<&String>| servers.as_ref().is_none_or(|all| svm.is_some_and(|svm| all.contains(svm)));
        let key = |share: &cifs::Share| (share.svm.clone().unwrap_or_default(), share.name.to_lowercase());
        let mut observed = ObservedArray {
            array: array.clone(),
            session: session.clone(),
            interfaces,
            marked: Vec::new(),
            volumes: HashMap::new(),
            policies: HashMap::new(),
            lists: shares.map(|all| all.into_iter().map(|share| (key(&share), share.acl)).collect()),
        };
        for (instance, volume) in volumes {
            let (name, id) = (volume.name.clone(), volume.uuid.to_string());
            if ours(volume.svm.as_ref()) {
                observed.marked.push(Marked { instance, what: "volume", name, id });
            }
            observed.volumes.entry(instance).or_default().push(volume);
        }
        for policy in policies {
            if let Some(instance) = naming::owner_of_policy(&policy.name).filter(|_| ours(policy.svm.name.as_ref())) {
                let (name, id) = (policy.name.clone(), policy.id.to_string());
                observed.marked.push(Marked { instance, what: "export policy", name, id });
            }
            observed.policies.insert(policy.id, policy);
        }
        Ok(observed)
    }

    /// The SVM that an instance is to be in.
    fn svm<'a>(&'a self, subject: &'a Subject) -> Option<&'a str> {
        self.array.settings.svm().or_else(|| svm_of(subject))
    }

    /// The volume of an instance, or why it is none.
    fn volume(&self, names: &Names, subject: &Subject) -> Result<&Volume, String> {
        let Some(svm) = self.svm(subject) else { return Err("it has no share server".to_owned()) };
        let all = self.volumes.get(&subject.instance).map(Vec::as_slice).unwrap_or_default();
        let here = |volume: &&Volume| volume.svm.as_deref().is_none_or(|other| other == svm);
        let named = all.iter().filter(here).find(|volume| volume.name == names.volume);
        named.ok_or_else(|| match all.first() {
            None => format!("there is no volume {} with our mark", names.volume),
            Some(other) if !here(&other) => {
                format!("volume {} has its mark, but is in SVM {:?} instead of {svm}", other.name, other.svm)
            }
            Some(other) => format!("volume {} has its mark, but should be called {}", other.name, names.volume),
        })
    }

    /// The volume of an instance, or what keeps clients from it.
    fn served(&self, names: &Names, subject: &Subject) -> Result<&Volume, String> {
        let volume = self.volume(names, subject)?;
        if let Some(state) = volume.state.as_deref().filter(|state| *state != "online") {
            return Err(format!("volume {} is {state}", names.volume));
        }
        match (names.junction(), &volume.path) {
            (Some(desired), Some(path)) if *path != desired => {
                Err(format!("volume {} is mounted at {path} instead of {desired}", names.volume))
            }
            (Some(desired), None) => Err(format!("volume {} is not mounted at {desired}", names.volume)),
            _ => Ok(volume),
        }
    }

    fn key(&self, subject: &Subject, names: &Names) -> (String, String) {
        (self.svm(subject).unwrap_or_default().to_owned(), names.mount.to_lowercase())
    }

    fn drift_over_nfs(
        &self,
        names: &Names,
        volume: &Volume,
        desired: &[DesiredRule],
        squash: Squash,
    ) -> Option<String> {
        let used = volume.export_policy.as_ref();
        let name = used.and_then(|policy| policy.name.as_deref()).unwrap_or("(none)");
        if name != names.policy {
            return Some(format!("the volume is under export policy {name}"));
        }
        // A policy that was not seen was put in place since: the next look will tell.
        let policy = used.and_then(|policy| policy.id).and_then(|id| self.policies.get(&id))?;
        drift::over_nfs(&policy.rules, desired, squash)
    }
}

impl Survey for ObservedArray {
    fn marked(&self) -> &[Marked] {
        &self.marked
    }

    fn judge(&self, subject: &Subject, desired: &[DesiredRule]) -> Condition {
        let names = Names::of(&self.array.templates, subject);
        let volume = match self.served(&names, subject) {
            Ok(volume) => volume,
            Err(reason) => return Condition::Missing(reason),
        };
        let drift = match subject.protocol {
            Protocol::Nfs => self.drift_over_nfs(&names, volume, desired, Squash::of(subject)),
            Protocol::Cifs => match self.lists.as_ref().map(|lists| lists.get(&self.key(subject, &names))) {
                Some(None) => return Condition::Missing(format!("there is no SMB share {}", names.mount)),
                Some(Some(list)) => drift::over_smb(list, desired),
                None => None,
            },
        };
        drift.map_or(Condition::Sound, |differences| {
            self.array.key_cache.forget(subject.instance);
            Condition::Drifted(differences)
        })
    }

    fn differences(&self, subject: &Subject) -> Vec<Difference> {
        let names = Names::of(&self.array.templates, subject);
        let (Some(svm), Ok(volume)) = (self.svm(subject), self.volume(&names, subject)) else { return Vec::new() };
        let settings = &self.array.settings;
        let wanted = share::Wanted::of(settings, &self.session.facts, svm, &names, subject);
        // Of one that is forced where shares are ensured, it is the time of that which tells.
        let snapshot_directory = wanted.snapshot_directory.filter(|_| settings.snapshot_directory.is_none());
        let wanted = share::Wanted { snapshot_directory, ..wanted };
        wanted.differences(volume, &settings.kept_snapshot_policies)
    }

    fn exports(&self, subject: &Subject) -> Option<Vec<Export>> {
        let names = Names::of(&self.array.templates, subject);
        let volume = self.served(&names, subject).ok()?;
        let interfaces = self.interfaces.get(self.svm(subject)?)?;
        let exports = share::exports(&self.session.facts, interfaces, subject, &names.mount, &volume.aggregates);
        Some(exports).filter(|exports| !exports.is_empty())
    }
}

/// The data LIFs, by SVM.
async fn interfaces(client: &Client, svm: Option<&str>) -> Result<HashMap<String, Vec<Interface>>, Error> {
    let all = match svm {
        Some(svm) => interface::data(client, svm).await?,
        None => interface::all_data(client).await?,
    };
    let mut by_svm: HashMap<String, Vec<Interface>> = HashMap::new();
    for lif in all {
        let of = svm.map(str::to_owned).or_else(|| lif.svm.clone()).unwrap_or_default();
        by_svm.entry(of).or_default().push(lif);
    }
    Ok(by_svm)
}

type Lists = (Vec<(InstanceId, Volume)>, Vec<Whole>, Option<Vec<cifs::Share>>);

/// Volumes with our mark, policies with our prefix, and SMB shares unless the account may not see them.
async fn lists(client: &Client, svm: Option<&str>) -> Result<Lists, Error> {
    let mut volumes = volume::all(client, svm).await?;
    // Their shares are gone, and they go as soon as the array lets them: no strays.
    volumes.retain(|volume| !volume.name.starts_with(PUT_AWAY));
    let ours = volumes.into_iter().filter_map(|volume| Some((naming::owner_of(&volume)?, volume))).collect();
    let policies = export_policy::whole(client, svm, naming::POLICY).await?;
    let shares = match cifs::all(client, svm).await {
        Err(error) if error.lacks_privilege() => None,
        shares => Some(shares?),
    };
    Ok((ours, policies, shares))
}

/// Names of the SVMs that are share servers; none where all shares are in one that is configured.
async fn servers(client: &Client, svm: Option<&str>) -> Result<Option<HashSet<String>>, Error> {
    match svm {
        Some(_) => Ok(None),
        None => Ok(Some(svm::all(client).await?.into_iter().filter(names::is_marked).map(|svm| svm.name).collect())),
    }
}
