//! Making, changing and removing security services. A service that a share network has can't go, and can't become of a
//! kind that the network has already. One that share servers have joined keeps all but its name and description.

use manilad_domain::share_network::index::BY_SECURITY_SERVICE;
use manilad_domain::{Fault, Record, SecurityService, ShareNetwork};
use manilad_store::{Draft, Range};

use super::body::{NewSecurityService, UpdateSecurityService};
use super::find;
use super::view::Seen;
use crate::body::Label;
use crate::call::Call;
use crate::share_networks::{attached, servers};

pub async fn create(call: Call, wish: NewSecurityService) -> Result<Seen, Fault> {
    let text = |label: Option<Label>| label.map(|label| label.0);
    let service = SecurityService {
        id: call.face.clock.id().into(),
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
    call.decide("create security service", move |draft| {
        draft.put(&service)?;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(seen(made))
}

fn seen(service: SecurityService) -> Seen {
    Seen { service: service.into(), share_networks: Vec::new() }
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

pub async fn update(call: Call, wish: UpdateSecurityService) -> Result<Seen, Fault> {
    let id = find(&call, "security_service:update")?.key();
    check_age(&call, wish.default_ad_site.as_ref().and_then(|site| site.as_ref()).map(|site| site.0.as_str()))?;
    let now = call.now();
    let changed = call.decide("update security service", move |draft| {
        let mut one = drafted(draft, &id)?;
        if wish.is_told_to_servers() {
            for network in users(draft, &one, usize::MAX)? {
                servers::refuse_served(
                    draft,
                    &network,
                    "of its security services only name and description can change",
                )?;
            }
        }
        if let Some(directory) = wish.directory.filter(|directory| *directory != one.directory) {
            one.directory = directory;
            refuse_second(draft, &one)?;
        }
        let set = |field: &mut Option<String>, wish: Option<Option<Label>>| {
            if let Some(text) = wish {
                *field = text.map(|label| label.0);
            }
        };
        set(&mut one.name, wish.name);
        set(&mut one.description, wish.description);
        set(&mut one.dns_ip, wish.dns_ip.map(|address| address.map(|address| Label(address.0))));
        set(&mut one.server, wish.server);
        set(&mut one.domain, wish.domain);
        set(&mut one.user, wish.user);
        set(&mut one.ou, wish.ou);
        set(&mut one.default_ad_site, wish.default_ad_site);
        if let Some(password) = wish.password {
            one.password = password;
        }
        one.check()?;
        one.updated_at = Some(now);
        draft.put(&one)?;
        Ok((one, Vec::new()))
    });
    changed.await.map(seen)
}

/// # Errors
/// Conflict when a network that has this service has another one of its kind.
fn refuse_second(draft: &Draft<'_>, changed: &SecurityService) -> Result<(), Fault> {
    for network in users(draft, changed, usize::MAX)? {
        let others = attached(draft, &network)?;
        if others.iter().any(|other| other.id != changed.id && other.directory == changed.directory) {
            return Err(Fault::conflict(format!(
                "Share network {} has another security service of type {}.",
                network.id,
                changed.directory.name()
            )));
        }
    }
    Ok(())
}

/// Networks that have the service.
fn users(draft: &Draft<'_>, service: &SecurityService, most: usize) -> Result<Vec<ShareNetwork>, Fault> {
    draft.scan(Range::of(BY_SECURITY_SERVICE, [service.key()]).limit(most)).map_err(Fault::from)
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = find(&call, "security_service:delete")?.key();
    call.decide_freeing("delete security service", move |draft| {
        let one = drafted(draft, &id)?;
        if let Some(network) = users(draft, &one, 1)?.first() {
            return Err(Fault::forbidden(format!("Share network {} has the security service.", network.id)));
        }
        draft.remove(&one)?;
        Ok(((), Vec::new()))
    })
    .await
}

fn drafted(draft: &Draft<'_>, id: &str) -> Result<SecurityService, Fault> {
    draft.get(id)?.ok_or_else(|| Fault::no_such("security service", id))
}
