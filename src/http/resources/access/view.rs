//! How access rules are shown.

use manilad_domain::{AccessRule, Share};
use manilad_store::Shared;

use crate::view;

/// A rule with its share, from which its state derives below 2.28.
pub struct AccessRuleView {
    pub rule: Shared<AccessRule>,
    pub share: Shared<Share>,
    /// A visibility lock keeps whom it lets in from the caller.
    pub is_hidden: bool,
}

/// What stands for what is not told.
const HIDDEN: &str = "******";

impl AccessRuleView {
    fn to(&self) -> &str {
        if self.is_hidden { HIDDEN } else { &self.rule.to }
    }

    fn key(&self) -> Option<&str> {
        if self.is_hidden { Some(HIDDEN) } else { self.rule.key.as_deref() }
    }
}

view! {
    /// A rule. A list of rules leaves out whose they are.
    ACCESS = "access" / "access_list" of view: AccessRuleView, seen by viewer {
        "id"           [..]     uuid            => view.rule.id,
        "share_id"     [..]     uuid for Single => view.rule.share_id,
        "access_level" [..]     string          => view.rule.level,
        "access_to"    [..]     string          => view.to(),
        "access_type"  [..]     string          => view.rule.kind,
        "state"        [..]     string          => view.rule.state_at(viewer.version, &view.share),
        "access_key"   [2.21..] string or null  => view.key(),
        "created_at"   [2.33..] stamp           => view.rule.created_at,
        "updated_at"   [2.33..] stamp or null   => view.rule.updated_at,
        "metadata"     [2.45..] texts           => view.rule.metadata,
    }
}
