//! Finds SMB shares in the state.

use std::collections::BTreeMap;

use crate::rows::cifs_share::Ace;
use crate::state::State;

/// By the name of each SMB share, the users and groups whom its list lets in, as they were written, each with whether it may write.
pub fn accounts(state: &State) -> BTreeMap<String, BTreeMap<String, bool>> {
    let lets_in = |ace: &&Ace| ace.permission != "no_access";
    let account = |ace: &Ace| (ace.user_or_group.clone(), ace.permission != "read");
    let accounts = |acls: &[Ace]| acls.iter().filter(lets_in).map(account).collect();
    state.shares.iter().map(|share| (share.name.clone(), accounts(&share.acls))).collect()
}
