//! The CIFS server of an SVM: a machine account in Active Directory. No SMB is served.
//!
//! How to get it wrong: keeping credentials. They are shown to the directory when the server joins and leaves, and
//! forgotten.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::DirectoryConfig;
use crate::directory;
use crate::lanes::Cost;
use crate::lookup::svm;
use crate::nouns::licence;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    AD_ACCOUNT_TAKEN, AD_CREDENTIALS, AD_CREDENTIALS_NEEDED, AD_UNIT, AD_UNREACHABLE, CIFS_EXISTS, CIFS_NAME_LONG,
    Refusal,
};
use crate::rest::field::{flag, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job};
use crate::rows::cifs_service::{AdDomain, CifsService};
use crate::rows::svm::Svm;
use crate::state::State;

const LONGEST_NAME: usize = 15;
const ENCRYPTIONS: &[&str] = &["des", "rc4", "aes-128", "aes-256"];

pub static CIFS_SERVICE: Noun = Noun {
    name: "svm.uuid",
    instance: INSTANCE,
    fields: &[
        text("svm.uuid").key().post(),
        text("svm.name").key().post(),
        text("name").key().post(),
        flag("enabled").write(),
        text("comment").write(),
        text("ad_domain.fqdn").post(),
        text("ad_domain.organizational_unit").post(),
        text("ad_domain.default_site").write(),
        text("ad_domain.user").input().write(),
        text("ad_domain.password").input().write(),
        text("workgroup"),
        flag("security.smb_signing").write(),
        text("security.advertised_kdc_encryptions").write(),
        flag("force").input().write(),
    ],
    order: &["svm.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/cifs/services";
const INSTANCE: &str = "/api/protocols/cifs/services/{svm.uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &CIFS_SERVICE),
    job(Method::Post, COLLECTION, &CIFS_SERVICE, |_| Cost::Join, check, create).arguments(&["force"]),
    each(Method::Delete, COLLECTION, &CIFS_SERVICE, INSTANCE).arguments(&["force"]),
    each(Method::Patch, COLLECTION, &CIFS_SERVICE, INSTANCE).arguments(&["force"]),
    instance(INSTANCE, &CIFS_SERVICE),
    job(Method::Patch, INSTANCE, &CIFS_SERVICE, |_| Cost::SvmChange, is_there, change).arguments(&["force"]),
    job(Method::Delete, INSTANCE, &CIFS_SERVICE, |_| Cost::SvmChange, is_there, delete).arguments(&["force"]),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm: &Svm| {
        let server = svm.cifs.as_ref()?;
        Some(json!({
            "svm": svm::reference(state, svm.uuid),
            "name": server.name,
            "enabled": server.enabled,
            "comment": server.comment,
            "ad_domain": server.domain,
            "workgroup": server.domain.is_none().then_some("WORKGROUP"),
            "security": {"smb_signing": server.smb_signing, "advertised_kdc_encryptions": server.encryptions},
        }))
    };
    Ok(svm::visible(state, ask).filter_map(record).collect())
}

fn forced(ask: &Ask) -> Result<bool, Refusal> {
    Ok(ask.flag("force").or(ask.switch("force")?).unwrap_or(false))
}

fn name(ask: &Ask) -> Result<String, Refusal> {
    let name = ask.text("name").filter(|name| !name.is_empty()).ok_or_else(|| Refusal::missing("name"))?;
    if name.chars().count() > LONGEST_NAME {
        let message = format!("The CIFS server name \"{name}\" is longer than 15 characters.");
        return Err(Refusal::new(CIFS_NAME_LONG, message).at("name"));
    }
    Ok(name.to_ascii_uppercase())
}

pub fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    let svm = svm::target(state, ask)?;
    licence::need(state, "cifs")?;
    name(ask)?;
    ask.text("ad_domain.fqdn").ok_or_else(|| Refusal::missing("ad_domain.fqdn"))?;
    forced(ask)?;
    if state.svms.get(&svm).is_some_and(|svm| svm.cifs.is_some()) {
        return Err(Refusal::new(CIFS_EXISTS, "The SVM already has a CIFS server."));
    }
    Ok(())
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = svm::target(state, ask)?;
    let svm = state.svms.get(&uuid).ok_or_else(|| Refusal::absent("svm.uuid"))?;
    let (name, fqdn) = (name(ask)?, ask.text("ad_domain.fqdn").unwrap_or_default());
    let unit = ask.text("ad_domain.organizational_unit");
    let directory = signed_in(state, svm, fqdn, ask)?;
    if !directory::has_unit(directory, unit) {
        let message =
            format!("Failed to create the Active Directory machine account: no organizational unit {unit:?}.");
        return Err(Refusal::new(AD_UNIT, message).at("ad_domain.organizational_unit"));
    }
    if !forced(ask)? && directory::has_machine(state, directory, &name) {
        let message = format!("Failed to create the Active Directory machine account \"{name}\": it already exists.");
        return Err(Refusal::new(AD_ACCOUNT_TAKEN, message).at("name"));
    }
    let domain = AdDomain {
        fqdn: fqdn.to_ascii_uppercase(),
        organizational_unit: unit.unwrap_or("CN=Computers").to_owned(),
        default_site: None,
    };
    let mut server = CifsService { domain: Some(domain), ..CifsService::in_workgroup(&name) };
    take(&mut server, ask)?;
    Ok(put(state, uuid, Some(server)))
}

fn put(state: &mut State, uuid: Uuid, server: Option<CifsService>) -> Made {
    state.svms.change(&uuid, |svm| svm.cifs = server);
    svm::made_in(uuid)
}

/// The directory of the domain, which the SVM finds and which takes the request's credentials.
fn signed_in<'a>(state: &'a State, svm: &Svm, fqdn: &str, ask: &Ask) -> Result<&'a DirectoryConfig, Refusal> {
    let unreachable = || {
        let message = format!("Failed to contact a domain controller of \"{fqdn}\".");
        Refusal::new(AD_UNREACHABLE, message).at("ad_domain.fqdn")
    };
    let directory = directory::joined(state, svm, fqdn).ok_or_else(unreachable)?;
    let credentials = ask.text("ad_domain.user").zip(ask.text("ad_domain.password"));
    let (user, password) = credentials.ok_or_else(|| {
        let message = "User and password of an account in the Active Directory domain are needed.";
        Refusal::new(AD_CREDENTIALS_NEEDED, message).at("ad_domain.user")
    })?;
    match directory::admits(directory, user, password) {
        true => Ok(directory),
        false => {
            let message = format!("Could not authenticate user \"{user}\" in the domain: invalid credentials.");
            Err(Refusal::new(AD_CREDENTIALS, message).at("ad_domain.user"))
        }
    }
}

fn mine<'a>(state: &'a State, ask: &Ask) -> Result<(&'a Svm, CifsService), Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    svm.cifs.clone().map(|server| (svm, server)).ok_or_else(|| Refusal::absent("svm.uuid"))
}

fn is_there(state: &State, ask: &Ask) -> Result<(), Refusal> {
    forced(ask)?;
    mine(state, ask).map(drop)
}

fn take(server: &mut CifsService, ask: &Ask) -> Result<(), Refusal> {
    server.enabled = ask.flag("enabled").unwrap_or(server.enabled);
    server.smb_signing = ask.flag("security.smb_signing").unwrap_or(server.smb_signing);
    if let Some(comment) = ask.text("comment") {
        comment.clone_into(&mut server.comment);
    }
    if let Some(encryptions) = ask.texts("security.advertised_kdc_encryptions") {
        if let Some(stranger) = encryptions.iter().find(|one| !ENCRYPTIONS.contains(&one.as_str())) {
            return Err(Refusal::value(stranger, "security.advertised_kdc_encryptions", &ENCRYPTIONS.join("|")));
        }
        server.encryptions = encryptions;
    }
    if let (Some(site), Some(domain)) = (ask.text("ad_domain.default_site"), &mut server.domain) {
        domain.default_site = Some(site.to_owned());
    }
    Ok(())
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (svm, mut server) = mine(state, ask)?;
    if let Some(domain) = server.domain.as_ref().filter(|_| ask.has("ad_domain")) {
        signed_in(state, svm, &domain.fqdn, ask)?;
    }
    take(&mut server, ask)?;
    let uuid = svm.uuid;
    Ok(put(state, uuid, Some(server)))
}

/// The server leaves its domain, which needs credentials. With `force` it just goes, and its account stays behind.
fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (svm, server) = mine(state, ask)?;
    let uuid = svm.uuid;
    if let Some(domain) = &server.domain {
        match signed_in(state, svm, &domain.fqdn, ask) {
            Ok(_) => {}
            Err(_) if forced(ask)? => {
                let here = |one: &&mut DirectoryConfig| one.domain.eq_ignore_ascii_case(&domain.fqdn);
                state
                    .directories
                    .iter_mut()
                    .find(here)
                    .into_iter()
                    .for_each(|one| one.machines.push(server.name.clone()));
            }
            Err(refusal) => return Err(refusal),
        }
    }
    let shares: Vec<_> =
        state.shares.iter().filter(|share| share.svm == uuid).map(crate::state::table::Row::key).collect();
    shares.iter().for_each(|share| drop(state.shares.remove(share)));
    Ok(put(state, uuid, None))
}
