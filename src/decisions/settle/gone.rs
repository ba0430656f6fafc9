//! Work that is owed for what does not exist any more: an instance, a share server.

use manilad_domain::{DetachedInstance, Intent, Record, Share};
use manilad_store::{Draft, Error};

use super::{Next, Settling};

impl Settling {
    /// Forgets work that is owed for what does not exist any more.
    pub fn moot(self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        let intent: Option<Intent> = draft.get(&snapshot.key())?;
        let share: Option<Share> = draft.get(&snapshot.share.to_string())?;
        let detached: Option<DetachedInstance> = draft.get(&snapshot.instance.to_string())?;
        let is_held = share.is_some_and(|share| share.instance(snapshot.instance).is_some());
        let exists = is_held || detached.is_some();
        match intent.filter(|intent| intent.serial == snapshot.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::NOBODY),
            None => Ok(Next::Stale),
        }
    }
}
