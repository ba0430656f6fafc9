//! At the end all shares are ensured: whatever hands did to their volumes, clients can use them again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::TYPES;
use crate::configuration::BACK_ENDS;
use crate::world::World;

use super::PATIENCE;

/// Has all shares ensured, once their back ends are up, and waits until they are.
pub async fn ensure(world: &World) {
    let deadline = world.clock.running() + PATIENCE;
    for (name, ..) in BACK_ENDS {
        let wish = json!({ "host": format!("node1@{name}") });
        while !matches!(world.admin("POST", "/services/ensure-shares", Some(&wish)).await, Some((202, _))) {
            if world.clock.running() > deadline {
                return world.breaks(format!("the shares of {name} can't be ensured {PATIENCE:?} after all was well"));
            }
            world.clock.sleep(Duration::from_secs(5)).await;
        }
    }
    while world.list("/services?ensuring=true", "services").await != [] as [Value; 0] {
        if world.clock.running() > deadline {
            return world.breaks(format!("shares are still being ensured {PATIENCE:?} after all was well"));
        }
        world.clock.sleep(Duration::from_secs(5)).await;
    }
}

/// What of an available share is not as it was brought to be.
pub fn complaint(volume: &Value, share: &Value) -> Option<String> {
    let is_limited = share["share_type_name"] == json!(TYPES[1]);
    let is_ensured = volume["state"] == "online"
        && volume["nas"]["path"].is_string()
        && (!is_limited || volume["qos"]["policy"]["name"].is_string());
    (!is_ensured).then(|| format!("share {} is ensured, and its volume is {volume}", share["id"]))
}
