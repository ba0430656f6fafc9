//! The key store, where there is one: who asks it for the API, and who for the back ends.
//!
//! How to get it wrong: to take the login of `[keystone_authtoken]` for the wish to have one; keys are used only where
//! `[barbican]` says so.

use std::sync::Arc;

use anyhow::Context as _;
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_network::Keys;
use manilad_openstack::{KeyStore, ServiceOptions, Transport};

use crate::boot::cloud_service::{Which, service};
use crate::boot::outside::Outside;

/// How the key store is reached.
#[derive(Clone)]
pub struct KeyStoreAccess {
    options: ServiceOptions,
    transport: Arc<dyn Transport>,
    /// As arrays are to know the identity service.
    identity_url: String,
}

impl KeyStoreAccess {
    /// None where `[barbican]` names no key store.
    ///
    /// # Errors
    /// An option that could never work, by section and name.
    pub fn of(settings: &Settings, outside: &Outside) -> anyhow::Result<Option<Self>> {
        let barbican = &settings.barbican;
        if barbican.auth_type.is_none() && barbican.auth_url.is_none() {
            return Ok(None);
        }
        let which = Which { kind: "key-manager", version: Some("v1"), header: None };
        let (options, transport) =
            service(which, barbican, &settings.keystone_authtoken, outside).context("[barbican]")?;
        let named = settings.key_manager.auth_endpoint.as_ref().or(barbican.auth_url.as_ref());
        let identity_url = named.or(settings.keystone_authtoken.auth_url.as_ref()).cloned();
        let identity_url =
            identity_url.context("[key_manager] auth_endpoint is missing: the identity service's address")?;
        Ok(Some(KeyStoreAccess { options, transport, identity_url }))
    }

    /// For the API.
    pub fn store(&self, clock: &Clock) -> KeyStore {
        KeyStore::new(&self.options, &self.transport, clock)
    }

    /// For one incarnation of a back end.
    pub fn keys(&self, clock: &Clock) -> Keys {
        Keys::new(self.store(clock), self.identity_url.clone(), clock.clone())
    }
}
