//! How callers are recognised, as `auth_strategy` has it.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use manilad_conf::Settings;
use manilad_conf::settings::{AuthStrategy, KeystoneAuthtoken};
use manilad_http::IdentitySource;
use manilad_http::basic::Users;
use manilad_openstack::{AuthOptions, Credential, HttpOptions, Options, Validator};

use crate::boot::outside::Outside;

/// Makes the identity of the API.
///
/// # Errors
/// An option of `[keystone_authtoken]` that is missing or does not fit, by name.
pub fn of(settings: &Settings, outside: &Outside) -> anyhow::Result<IdentitySource> {
    match settings.service.auth_strategy {
        AuthStrategy::Noauth => Ok(IdentitySource::NoAuth),
        AuthStrategy::HttpBasic => {
            let file = &settings.oslo_middleware.http_basic_auth_user_file;
            let file = settings.find(file).unwrap_or_else(|| file.clone());
            let users = Users::read(&file, outside.clock.clone());
            let option = || format!("[oslo_middleware] http_basic_auth_user_file {}", file.display());
            Ok(IdentitySource::Basic(users.map_err(|why| anyhow!("{why}")).with_context(option)?))
        }
        AuthStrategy::Keystone => keystone(&settings.keystone_authtoken, outside).context("[keystone_authtoken]"),
    }
}

fn keystone(auth: &KeystoneAuthtoken, outside: &Outside) -> anyhow::Result<IdentitySource> {
    let auth_url = auth.auth_url.as_deref().context("auth_url is missing: the identity service's address")?;
    let http = HttpOptions {
        connect_timeout: auth.http_connect_timeout.unwrap_or(HttpOptions::default().connect_timeout),
        cafile: auth.cafile.clone(),
        certfile: auth.certfile.clone(),
        keyfile: auth.keyfile.clone(),
        insecure: auth.insecure,
        ..HttpOptions::default()
    };
    let options = Options {
        cache_time: auth.token_cache_time.unwrap_or(Duration::ZERO),
        retries: u32::try_from(auth.http_request_max_retries).unwrap_or(u32::MAX),
        service_token_roles: auth.service_token_roles.clone(),
        service_token_roles_required: auth.service_token_roles_required,
        ..Options::new(auth_url, login(auth)?)
    };
    let validator = Validator::new(options, (outside.cloud)(&http)?, outside.clock.clone())?;
    let public_uri = auth.www_authenticate_uri.clone().unwrap_or_else(|| auth_url.to_owned());
    Ok(IdentitySource::Keystone { validator: Box::new(validator), public_uri })
}

/// Who the daemon is to other services.
///
/// # Errors
/// An option that is missing or does not fit, by name.
pub fn login(auth: &KeystoneAuthtoken) -> Result<Credential, manilad_openstack::Error> {
    Credential::try_from(AuthOptions {
        auth_type: auth.auth_type.clone(),
        user_id: auth.user_id.clone(),
        username: auth.username.clone(),
        user_domain_id: auth.user_domain_id.clone(),
        user_domain_name: auth.user_domain_name.clone(),
        password: auth.password.clone(),
        project_id: auth.project_id.clone(),
        project_name: auth.project_name.clone(),
        project_domain_id: auth.project_domain_id.clone(),
        project_domain_name: auth.project_domain_name.clone(),
        system_scope: auth.system_scope.clone(),
        application_credential_id: auth.application_credential_id.clone(),
        application_credential_secret: auth.application_credential_secret.clone(),
        ..AuthOptions::default()
    })
}
