//! What every task on a server begins with.
//!
//! How to get it wrong: to begin with an account that may not make SVMs.

use std::rc::Rc;

use manilad_driver::Trouble;

use super::names::ServerTemplates;
use crate::array::Array;
use crate::mode::Servers;
use crate::seat::require_cluster;
use crate::session::Session;
use crate::trouble;

/// What is known of the array, and how servers are to be on it.
pub struct ServerSession<'a> {
    pub array_session: Rc<Session>,
    pub servers: &'a Servers,
    pub templates: &'a ServerTemplates,
}

pub async fn server_session(array: &Array) -> Result<ServerSession<'_>, Trouble> {
    let (Some(servers), Some(templates)) = (array.settings.servers(), &array.templates.servers) else {
        return Err(trouble::never(format!("{} makes no share servers", array.service)));
    };
    let session = array.session().await?;
    require_cluster(&array.settings, &session.facts)?;
    Ok(ServerSession { array_session: session, servers, templates })
}
