//! What becomes of a request while the share is in the recycle bin.
//!
//! How to get it wrong: to have something done there because it changes little; the share is to come out as it was put in.

use manilad_domain::{Fault, Share};

/// What becomes of a request while the share is in the recycle bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InBin {
    /// It is refused.
    Forbidden,
    /// It is refused as it is for what is going.
    Conflict,
    /// It is done as always.
    Done,
}

impl InBin {
    /// The refusal of a request to do something to a share, where that is in the bin and the request is not done there.
    pub(super) fn refusal(self, share: &Share) -> Option<Fault> {
        let text = || format!("Share {} is in the recycle bin: restore it first.", share.id);
        match self {
            _ if !share.is_soft_deleted() => None,
            InBin::Done => None,
            InBin::Forbidden => Some(Fault::forbidden(text())),
            InBin::Conflict => Some(Fault::conflict(text())),
        }
    }
}
