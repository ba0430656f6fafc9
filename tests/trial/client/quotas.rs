//! What an administrator does to the quota of a project: says less or more than everybody has, or takes that back.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;

use super::Tenant;
use crate::configuration::QUOTA;

impl Tenant {
    pub(super) async fn act_on_quota(&mut self) {
        let path = format!("/quota-sets/{}", self.project);
        if self.lots.random_bool(0.5) {
            self.admin("delete quota", "DELETE", &path, None).await;
            return;
        }
        let Some((of, usual)) = QUOTA.choose(&mut self.lots) else { return };
        let most = self.lots.random_range(usual / 2..usual * 2);
        // At times without saying that there may be less than there is already.
        let wish = json!({ "quota_set": { of.key().name(): most, "force": self.lots.random_ratio(3, 4) } });
        self.admin("set quota", "PUT", &path, Some(wish)).await;
    }
}
