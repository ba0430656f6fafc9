//! SIGHUP: what can change while the daemon runs is read again. Today that is the policy and the API's certificates.
//!
//! Each part is replaced whole or not at all; a mistake leaves the old one in force and is told in the log.

use std::sync::Arc;

use manilad_conf::Settings;
use manilad_http::Face;

use crate::{policy, tls};

/// What a reload works on.
pub struct Reload {
    pub settings: Settings,
    pub face: Arc<Face>,
    pub certificates: Option<Arc<tls::Identity>>,
}

impl Reload {
    /// Reads everything again.
    pub fn run(&self) {
        match policy::engine(&self.settings) {
            Ok(engine) => {
                self.face.policy.store(Arc::new(engine));
                tracing::info!("the policy was read again");
            }
            Err(problem) => tracing::error!(problem = format!("{problem:#}"), "the policy stays as it was"),
        }
        match self.certificates.as_ref().map(|identity| identity.reload()) {
            None => {}
            Some(Ok(())) => tracing::info!("the certificates were read again"),
            Some(Err(problem)) => {
                tracing::error!(problem = format!("{problem:#}"), "the certificates stay as they were")
            }
        }
    }
}
