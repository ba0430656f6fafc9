//! The key that a new share's server is to be encrypted with: whether the key store has it for the caller.
//!
//! It is asked before the share is recorded, with the caller's own token, which nobody has later. How to get it wrong: to
//! take a key store that is away for one that has no such key.

use manilad_domain::{EncryptionKeyId, Fault};
use manilad_openstack::KeyRefusal;

use crate::call::Call;

/// # Errors
/// Invalid where it is no UUID.
pub fn named(text: &str) -> Result<EncryptionKeyId, Fault> {
    text.parse().map_err(|_| Fault::invalid(format!("Member \"encryption_key_ref\" must be a UUID, not {text:?}.")))
}

/// Has the key store let the daemon's user read the key.
///
/// # Errors
/// Invalid where there is no key store here, or it has no such key for the caller; unavailable where it can't tell.
pub async fn admit(call: &Call, key: EncryptionKeyId) -> Result<(), Fault> {
    let no = |why: &str| Fault::invalid(format!("Encryption keys can't be used here: {why}."));
    let store = call.app.key_store.as_ref().ok_or_else(|| no("no key store is configured"))?;
    let token = call.caller.token().ok_or_else(|| no("callers are not those of Keystone"))?;
    store.admit(&key.to_string(), token).await.map_err(|refusal| match refusal {
        KeyRefusal::Unknown | KeyRefusal::Closed => Fault::invalid(format!("Encryption key {key}: {refusal}.")),
        KeyRefusal::Busy | KeyRefusal::Unavailable(_) => {
            let text = "The key store can't tell about the encryption key at present; try again.";
            Fault::unavailable(text).because(refusal)
        }
    })
}
