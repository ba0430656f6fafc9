//! How access rules are shown.

use manilad_domain::{AccessRule, Share};
use manilad_store::Shared;

use crate::view;

/// A rule with its share, from which its state derives below 2.28.
pub struct AccessRuleView {
    pub rule: Shared<AccessRule>,
    pub share: Shared<Share>,
}

view! {
    /// A rule. A list of rules leaves out whose they are.
    ACCESS = "access" / "access_list" of seen: AccessRuleView, seen by viewer {
        "id"           [..]     uuid            => seen.rule.id,
        "share_id"     [..]     uuid for Single => seen.rule.share_id,
        "access_level" [..]     string          => seen.rule.level,
        "access_to"    [..]     string          => seen.rule.to,
        "access_type"  [..]     string          => seen.rule.kind,
        "state"        [..]     string          => seen.rule.state_at(viewer.version, &seen.share),
        "access_key"   [2.21..] string or null  => seen.rule.key,
        "created_at"   [2.33..] stamp           => seen.rule.created_at,
        "updated_at"   [2.33..] stamp or null   => seen.rule.updated_at,
        "metadata"     [2.45..] texts           => seen.rule.metadata,
    }
}
