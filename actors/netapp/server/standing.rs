//! What every task on a server begins with.
//!
//! How to get it wrong: to begin with an account that may not make SVMs.

use std::rc::Rc;

use manilad_driver::Trouble;

use super::names::ServerTemplates;
use crate::array::Array;
use crate::known::Known;
use crate::mode::Servers;
use crate::seat::require_cluster;
use crate::trouble;

/// What is known of the array, and how servers are to be on it.
pub struct Standing<'a> {
    pub known: Rc<Known>,
    pub servers: &'a Servers,
    pub templates: &'a ServerTemplates,
}

pub async fn standing(array: &Array) -> Result<Standing<'_>, Trouble> {
    let (Some(servers), Some(templates)) = (array.settings.servers(), &array.templates.servers) else {
        return Err(trouble::never(format!("{} makes no share servers", array.service)));
    };
    let known = array.known().await?;
    require_cluster(&array.settings, &known.facts)?;
    Ok(Standing { known, servers, templates })
}
