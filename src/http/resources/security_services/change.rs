//! Making, changing and removing security services.

use manilad_decisions::security_service::{self, Update};
use manilad_domain::{Fault, Record, SecurityService};

use super::body::{NewSecurityService, UpdateSecurityService};
use super::find::find;
use super::view::SecurityServiceView;
use crate::body::Label;
use crate::call::Call;

pub async fn create(call: Call, wish: NewSecurityService) -> Result<SecurityServiceView, Fault> {
    let text = |label: Option<Label>| label.map(|label| label.0);
    let service = SecurityService {
        id: call.app.clock.id().into(),
        project_id: call.project().to_owned(),
        directory: wish.directory,
        name: text(wish.name),
        description: text(wish.description),
        dns_ip: wish.dns_ip.map(|address| address.0),
        server: text(wish.server),
        domain: text(wish.domain),
        user: text(wish.user),
        password: wish.password,
        ou: text(wish.ou),
        default_ad_site: text(wish.default_ad_site),
        created_at: call.now(),
        updated_at: None,
    };
    check_age(&call, service.default_ad_site.as_deref())?;
    service.check()?;
    let made = service.clone();
    call.decide("create security service", move |draft| security_service::create(draft, &service)).await?;
    Ok(view(made))
}

fn view(service: SecurityService) -> SecurityServiceView {
    SecurityServiceView { service: service.into(), share_networks: Vec::new() }
}

/// Refuses a site to clients that are too old to know of it.
fn check_age(call: &Call, default_ad_site: Option<&str>) -> Result<(), Fault> {
    match default_ad_site {
        Some(site) if !site.is_empty() && !call.at_least("2.76") => {
            Err(Fault::invalid("Security services have a default_ad_site from microversion 2.76 on."))
        }
        _ => Ok(()),
    }
}

pub async fn update(call: Call, wish: UpdateSecurityService) -> Result<SecurityServiceView, Fault> {
    let (id, now) = (find(&call, "security_service:update")?.key(), call.now());
    let text = |label: Option<Option<Label>>| label.map(|label| label.map(|label| label.0));
    let update = Update {
        directory: wish.directory,
        name: text(wish.name),
        description: text(wish.description),
        dns_ip: wish.dns_ip.map(|address| address.map(|address| address.0)),
        server: text(wish.server),
        domain: text(wish.domain),
        user: text(wish.user),
        password: wish.password,
        ou: text(wish.ou),
        default_ad_site: text(wish.default_ad_site),
    };
    check_age(&call, update.default_ad_site.as_ref().and_then(Option::as_deref))?;
    call.decide("update security service", move |draft| security_service::update(draft, &id, update, now))
        .await
        .map(view)
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = find(&call, "security_service:delete")?.key();
    call.decide_freeing("delete security service", move |draft| security_service::delete(draft, &id)).await
}
