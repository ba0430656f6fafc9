//! Key managers: clients only look whether volumes can be encrypted.

use serde_json::{Value, json};

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{flag, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static KEY_MANAGER: Noun = Noun {
    name: "uuid",
    instance: "/api/security/key-managers/{uuid}",
    fields: &[
        text("uuid").key(),
        text("scope"),
        flag("onboard.enabled"),
        flag("volume_encryption.supported").costly(),
        text("volume_encryption.message").costly(),
        text("volume_encryption.code").costly(),
    ],
    order: &["uuid"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/security/key-managers", &KEY_MANAGER)];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let cluster = state.identity.iter().filter(|_| state.config.key_manager);
    let record = |uuid| {
        json!({
            "uuid": uuid,
            "scope": "cluster",
            "onboard": {"enabled": true},
            "volume_encryption": {"supported": true},
        })
    };
    Ok(cluster.map(|identity| record(identity.uuid)).collect())
}
