//! The SVM as it is looked at: volumes with our mark, export policies with our names, lists of SMB shares.
//!
//! It is seen in a few bulk calls, and judged without any. How to get it wrong: a part that could not be read taken for
//! one that is not there; then everything would be missing, so any call that fails fails the survey. Or trusting what we
//! remember of an instance whose policy was swapped: the repair would then mend the policy that is out of use.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use manilad_domain::InstanceId;
use manilad_domain::share::Protocol;
use manilad_driver::{Marked, Survey, Verdict};
use manilad_messages::driver::{Subject, Trouble, WantedRule};
use manilad_ontap::cifs::{self, Ace};
use manilad_ontap::export_policy::{self, Whole};
use manilad_ontap::volume::{self, Volume};
use manilad_ontap::{Client, Error};

use crate::access::drift;
use crate::array::Array;
use crate::housekeeping::PUT_AWAY;
use crate::naming::{self, Names};
use crate::trouble;

/// How long each list may take; less than a back end waits for all of them.
const LIST: Duration = Duration::from_secs(100);

/// What was seen.
pub struct Seen {
    array: Rc<Array>,
    marked: Vec<Marked>,
    volumes: HashMap<InstanceId, Vec<Volume>>,
    /// By id.
    policies: HashMap<u64, Whole>,
    /// Lists of SMB shares, by name in lower case; none where the account may not see them.
    lists: Option<HashMap<String, Vec<Ace>>>,
}

impl Seen {
    /// Looks.
    pub async fn now(array: Rc<Array>) -> Result<Self, Trouble> {
        let known = array.known().await?;
        let client = known.client.within(LIST);
        let (volumes, policies, shares) =
            lists(&client, &array.settings.vserver).await.map_err(|error| trouble::of(&error))?;
        let mut seen = Seen {
            array,
            marked: Vec::new(),
            volumes: HashMap::new(),
            policies: HashMap::new(),
            lists: shares.map(|all| all.into_iter().map(|share| (share.name.to_lowercase(), share.acl)).collect()),
        };
        for (instance, volume) in volumes {
            let (name, id) = (volume.name.clone(), volume.uuid.to_string());
            seen.marked.push(Marked { instance, what: "volume", name, id });
            seen.volumes.entry(instance).or_default().push(volume);
        }
        for policy in policies {
            if let Some(instance) = naming::owner_of_policy(&policy.name) {
                let (name, id) = (policy.name.clone(), policy.id.to_string());
                seen.marked.push(Marked { instance, what: "export policy", name, id });
            }
            seen.policies.insert(policy.id, policy);
        }
        Ok(seen)
    }

    /// The volume of an instance, or what keeps clients from it.
    fn served(&self, names: &Names, instance: InstanceId) -> Result<&Volume, String> {
        let all = self.volumes.get(&instance).map(Vec::as_slice).unwrap_or_default();
        let named = all.iter().find(|volume| volume.name == names.volume);
        let Some(volume) = named else {
            return Err(match all.first() {
                None => format!("there is no volume {} with our mark", names.volume),
                Some(other) => format!("volume {} has its mark, but should be called {}", other.name, names.volume),
            });
        };
        if let Some(state) = volume.state.as_deref().filter(|state| *state != "online") {
            return Err(format!("volume {} is {state}", names.volume));
        }
        match (names.junction(), &volume.path) {
            (Some(wanted), Some(path)) if *path != wanted => {
                Err(format!("volume {} is mounted at {path} instead of {wanted}", names.volume))
            }
            (Some(wanted), None) => Err(format!("volume {} is not mounted at {wanted}", names.volume)),
            _ => Ok(volume),
        }
    }

    fn drift_over_nfs(&self, names: &Names, volume: &Volume, wanted: &[WantedRule]) -> Option<String> {
        let used = volume.export_policy.as_ref();
        let name = used.and_then(|policy| policy.name.as_deref()).unwrap_or("(none)");
        if name != names.policy {
            return Some(format!("the volume is under export policy {name}"));
        }
        // A policy that was not seen was put in place since: the next look will tell.
        let policy = used.and_then(|policy| policy.id).and_then(|id| self.policies.get(&id))?;
        drift::over_nfs(&policy.rules, wanted)
    }
}

impl Survey for Seen {
    fn marked(&self) -> &[Marked] {
        &self.marked
    }

    fn judge(&self, subject: &Subject, wanted: &[WantedRule]) -> Verdict {
        let names = Names::of(&self.array.templates, subject);
        let volume = match self.served(&names, subject.instance) {
            Ok(volume) => volume,
            Err(told) => return Verdict::Missing(told),
        };
        let drift = match subject.protocol {
            Protocol::Nfs => self.drift_over_nfs(&names, volume, wanted),
            Protocol::Cifs => match self.lists.as_ref().map(|lists| lists.get(&names.mount.to_lowercase())) {
                Some(None) => return Verdict::Missing(format!("there is no SMB share {}", names.mount)),
                Some(Some(list)) => drift::over_smb(list, wanted),
                None => None,
            },
        };
        drift.map_or(Verdict::Sound, |told| {
            self.array.kept.forget(subject.instance);
            Verdict::Drifted(told)
        })
    }
}

type Lists = (Vec<(InstanceId, Volume)>, Vec<Whole>, Option<Vec<cifs::Share>>);

/// Volumes with our mark, policies with our prefix, and SMB shares unless the account may not see them.
async fn lists(client: &Client, svm: &str) -> Result<Lists, Error> {
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
