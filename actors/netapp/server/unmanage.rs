//! Letting go of a share server: the mark in the comment of its SVM goes. Its name, its LIFs and all that is in it stay, so clients
//! notice nothing.
//!
//! How to get it wrong: to call it done while an earlier call may still mark the SVM again; or to look for it by its name only, since one
//! that was to be managed may have the other. Source: operations.md §9.

use manilad_driver::{ServerSubject, Trouble};
use manilad_ontap::svm::{self, Change};
use manilad_ontap::{Class, Error};

use super::names;
use super::session::server_session;
use crate::array::Array;
use crate::trouble;

/// Nothing on the array is marked as of the server.
pub async fn unmanage(array: &Array, subject: &ServerSubject) -> Result<(), Trouble> {
    let session = server_session(array).await?;
    let (server, client) = (&subject.server, &session.array_session.client);
    let name = session.templates.svm(server);
    let late = array.late_servers.left(server.id, subject.in_flight);
    array.svm_cache.forget(&name);
    let marked = svm::marked(client, &names::mark(server.id)).await.map_err(trouble_of)?;
    for svm in marked.iter().filter(|svm| names::is_of(svm, server)) {
        let change = Change { name: None, comment: Some(names::unmarked(svm)) };
        let changing = svm::change(client, svm.uuid, &change);
        match array.late_servers.during(server.id, (), changing).await {
            Err(error) if error.class() == Class::Absent => {}
            changed => changed.map_err(trouble_of)?,
        }
        tracing::info!(service = array.service, svm = svm.name, "an SVM is no share server of ours any more");
    }
    late.map_or(Ok(()), |left| {
        Err(trouble::wait(left, &format!("a call that marks {name} as ours may still be carried out")))
    })
}

fn trouble_of(error: Error) -> Trouble {
    trouble::of(&error)
}
