//! An instance whose share is gone, and which its back end has still to let go of.
//!
//! A share goes with its last live instance. What another back end refused, and could not be asked to remove since, is
//! kept here until it is removed: nobody sees it, nobody is charged for it, and its names derive from an id that nothing
//! else has. How to get it wrong: to forget it before the array has answered, or to take a share server away from under
//! it.

use serde::{Deserialize, Serialize};

use crate::ids::InstanceId;
use crate::record::{Addend, Index, Record, Row};
use crate::share::Share;
use crate::share_type::ShareType;

/// An instance without a share, with all that its removal needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetachedInstance {
    pub id: InstanceId,
    /// The share as it was, with this instance alone.
    pub share: Share,
    /// The type as it was: it may go before the instance does.
    pub share_type: Option<ShareType>,
}

/// share server: what may it not be taken away from under?
pub const BY_SERVER: Index = Index("server");

impl Record for DetachedInstance {
    const KIND: &'static str = "detached_instance";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let servers = self.share.instances.iter().filter_map(|instance| instance.server);
        servers.map(|id| BY_SERVER.row([id.to_string()])).collect()
    }

    /// It takes up its pool until the array has let go of it.
    fn addends(&self) -> Vec<Addend> {
        self.share.addends()
    }
}

impl Share {
    /// The instances that are left, each by itself, once the share is gone.
    pub fn detached(&self, share_type: Option<&ShareType>) -> Vec<DetachedInstance> {
        let detach = |instance: &crate::Instance| DetachedInstance {
            id: instance.id,
            share: Share { instances: vec![instance.clone()], ..self.clone() },
            share_type: share_type.cloned(),
        };
        self.instances.iter().map(detach).collect()
    }
}
