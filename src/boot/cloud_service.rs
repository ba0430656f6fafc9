//! How a service of the cloud is reached, as its section has it.
//!
//! How to get it wrong: to take half of a login from one section and half from another.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use manilad_conf::settings::{CloudService, KeystoneAuthtoken};
use manilad_openstack::{AuthOptions, Credential, EndpointSelector, HttpOptions, ServiceOptions, Transport};

use crate::boot::identity;
use crate::boot::outside::Outside;

/// How often more a question to a service is asked while it is away.
const RETRIES: u32 = 3;

/// A service of the catalogue, and how it is addressed.
pub struct Which {
    pub kind: &'static str,
    pub version: Option<&'static str>,
    pub header: Option<(&'static str, &'static str)>,
}

/// A service as its section has it; who asks it stands there or in `[keystone_authtoken]`.
///
/// # Errors
/// An option that could never work, by name.
pub fn service(
    which: Which,
    service: &CloudService,
    shared: &KeystoneAuthtoken,
    outside: &Outside,
) -> anyhow::Result<(ServiceOptions, Arc<dyn Transport>)> {
    let auth_url = service.auth_url.clone().or_else(|| shared.auth_url.clone());
    let http = HttpOptions {
        timeout: service.timeout,
        cafile: service.cafile.clone(),
        insecure: service.insecure,
        ..HttpOptions::default()
    };
    let options = ServiceOptions {
        auth_url: auth_url.context("auth_url is missing: the identity service's address")?.parse()?,
        credential: credential(service, shared)?,
        endpoint: EndpointSelector {
            kind: which.kind,
            interface: service.endpoint_type.clone(),
            region: service.region_name.clone(),
        },
        version: which.version,
        header: which.header,
        retries: RETRIES,
        attempt_patience: service.timeout,
        patience: service.timeout * (RETRIES + 2),
    };
    Ok((options, (outside.cloud)(&http)?))
}

/// A login of its own, or the one of `[keystone_authtoken]`: never one mixed of both.
fn credential(service: &CloudService, shared: &KeystoneAuthtoken) -> anyhow::Result<Credential> {
    if service.auth_type.is_none() {
        if service.username.is_some() || service.application_credential_id.is_some() {
            bail!("auth_type is missing: expected password or v3applicationcredential, since there is a login");
        }
        return identity::login(shared).context("auth_type is unset, so [keystone_authtoken] counts");
    }
    Ok(Credential::try_from(AuthOptions {
        auth_type: service.auth_type.clone(),
        username: service.username.clone(),
        user_domain_id: service.user_domain_id.clone(),
        user_domain_name: service.user_domain_name.clone(),
        password: service.password.clone(),
        project_id: service.project_id.clone(),
        project_name: service.project_name.clone(),
        project_domain_id: service.project_domain_id.clone(),
        project_domain_name: service.project_domain_name.clone(),
        application_credential_id: service.application_credential_id.clone(),
        application_credential_secret: service.application_credential_secret.clone(),
        ..AuthOptions::default()
    })?)
}
