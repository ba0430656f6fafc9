//! What administrators do by hand to volumes of shares on an array, and that they have the shares of a back end ensured, which undoes it.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::Tenant;
use crate::audit::is_marked;
use crate::configuration::BACK_ENDS;

/// What takes a volume away from its clients, from what its share type says, or from its way to another pool.
fn hands() -> [Value; 5] {
    [
        json!({ "state": "offline" }),
        json!({ "nas": { "path": "" } }),
        json!({ "qos": { "policy": { "name": "none" } } }),
        json!({ "movement": { "state": "aborted" } }),
        json!({ "clone": { "split_initiated": false } }),
    ]
}

impl Tenant {
    pub(super) async fn act_on_back_end(&mut self) {
        if self.lots.random_bool(0.5) {
            return self.lay_hand_on().await;
        }
        let (name, ..) = BACK_ENDS[self.lots.random_range(0..BACK_ENDS.len())];
        let wish = json!({ "ensure_shares": { "host": format!("node1@{name}") } });
        self.admin("ensure shares", "POST", "/services/ensure-shares", Some(wish)).await;
    }

    async fn lay_hand_on(&mut self) {
        let array = self.world.arrays.choose(&mut self.lots).unwrap().clone();
        let all = array.read("/api/storage/volumes?fields=uuid,_tags&max_records=10000").await;
        let own: Vec<Value> = all.into_iter().filter(is_marked).collect();
        let Some(volume) = own.choose(&mut self.lots) else { return };
        let tags = volume["_tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let instances = tags.filter_map(|tag| Some(tag.strip_prefix("instance_id:")?.to_owned()));
        self.world.hands.borrow_mut().extend(instances);
        let hands = hands();
        let change = hands.choose(&mut self.lots).unwrap();
        array.tries_to_change(&format!("/api/storage/volumes/{}", volume["uuid"].as_str().unwrap()), change).await;
    }
}
