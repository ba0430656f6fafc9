//! The SMB share of an instance: made so that it lets nobody in.
//!
//! It is made with an entry that shuts everybody out, since ONTAP adds one of its own to an empty list, which lets everybody
//! in; then all entries go. How to get it wrong: to take a share of that name for ours though it leads elsewhere.

use manilad_domain::InstanceId;
use manilad_domain::message::Detail;
use manilad_domain::observed::Observed;
use manilad_driver::Trouble;
use manilad_ontap::cifs::{self, Ace, Permission};
use manilad_ontap::{Class, Error};

use super::found;
use crate::access::Act;
use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::trouble;

/// The SVM has no SMB server.
const NO_SMB_SERVER: &str = "655399";
/// The group that all users are in, as ONTAP names it.
const EVERYONE: &str = "Everyone";

/// Makes the share of what is mounted at `path`; absent where it went again meanwhile.
pub async fn make(
    array: &Array,
    session: &Session,
    names: &Names,
    instance: InstanceId,
    path: &str,
) -> Result<Observed<()>, Trouble> {
    let (client, svm, mount) = (&session.client, &session.svm, &names.mount);
    let everyone_out = [Ace::new(EVERYONE, Permission::NoAccess)];
    let making = cifs::create(client, svm, mount, path, &everyone_out);
    match array.late_creations.during(instance, (), making).await {
        Ok(()) => {}
        Err(error) if error.class() == Class::Exists => match is_there(session, names, path).await? {
            true => {}
            false => return Ok(Observed::Absent),
        },
        Err(error) if error.code() == NO_SMB_SERVER => return Err(without_directory(array, &error)),
        Err(error) => return Err(trouble::of(&error)),
    }
    let svm = found::uuid_of_svm(session)?;
    let list = cifs::acl(client, svm, mount).await.map_err(|error| trouble::of(&error))?;
    for ace in list {
        let denying = cifs::deny(client, svm, mount, &ace);
        let denied = array.late_aces.during(instance, Act::Deny(ace.clone()), denying).await;
        denied.map_err(|error| trouble::of(&error))?;
    }
    Ok(Observed::Present(()))
}

/// Whether there is a share of the instance, of what is mounted at `path`.
pub async fn is_there(session: &Session, names: &Names, path: &str) -> Result<bool, Trouble> {
    let found = cifs::find(&session.client, &session.svm, &names.mount).await.map_err(|error| trouble::of(&error))?;
    match found {
        None => Ok(false),
        Some(share) if share.path == path => Ok(true),
        Some(share) => {
            let reason = format!("the SMB share {} is there, for {}", names.mount, share.path);
            Err(trouble::elsewhere(Detail::NoValidHost, reason))
        }
    }
}

/// The SVM has no SMB server: a share server gets one from the Active Directory of its share network.
fn without_directory(array: &Array, error: &Error) -> Trouble {
    match array.settings.servers() {
        Some(_) => Trouble { detail: Detail::MissingSecurityService, ..trouble::never(error.message()) },
        None => Trouble { detail: Detail::NoSmbServer, ..trouble::of(error) },
    }
}
