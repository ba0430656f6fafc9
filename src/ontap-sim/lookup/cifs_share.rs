//! Finds SMB shares in the state.

use std::collections::{BTreeMap, BTreeSet};

use crate::rows::cifs_share::Ace;
use crate::state::State;

/// By the name of each SMB share, the users and groups whom its list lets in, as they were written.
pub fn accounts(state: &State) -> BTreeMap<String, BTreeSet<String>> {
    let lets_in = |ace: &&Ace| ace.permission != "no_access";
    let accounts = |acls: &[Ace]| acls.iter().filter(lets_in).map(|ace| ace.user_or_group.clone()).collect();
    state.shares.iter().map(|share| (share.name.clone(), accounts(&share.acls))).collect()
}
