//! What lies under the client: the network, or whatever a caller puts in its place.
//!
//! A wire is laid anew for each incarnation, since a connection lives on the thread that opened it. How to get it
//! wrong: checking the array's certificate by `netapp_ssl_cert_verify` when the login is a certificate; there another
//! option decides (netapp-options.md).

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use manilad_clock::Clock;
use manilad_ontap::{Address, Broken, ClientCertificate, Http, Reply, Request, Tls, Transport, Trust};

use crate::config::{Scheme, Settings};
use crate::value::Pattern;

/// Lays the wire of one incarnation, or says why it can't.
pub type Wire = Arc<dyn Fn(&Settings, &Clock) -> Result<Arc<dyn Transport>, String> + Send + Sync>;

/// HTTP to the array that the settings name.
pub fn network() -> Wire {
    Arc::new(|settings, clock| {
        let http = Http::new(clock.clone(), &address(settings)).map_err(|why| why.to_string())?;
        Ok(Arc::new(http))
    })
}

fn address(settings: &Settings) -> Address {
    let tls = (settings.scheme == Scheme::Https).then(|| Tls {
        trust: trust(settings),
        identity: settings.certificate.clone().zip(settings.private_key.clone()).map(identity),
    });
    Address { port: settings.port, tls, ..Address::of(&settings.hostname) }
}

fn identity((certificate, key): (std::path::PathBuf, std::path::PathBuf)) -> ClientCertificate {
    ClientCertificate { certificate, key }
}

fn trust(settings: &Settings) -> Trust {
    let (checked, by) = match settings.by_certificate() {
        true => (settings.certificate_host_validation, &settings.ca_certificate),
        false => (settings.certificate_verify, &settings.certificate_path),
    };
    match (checked, by) {
        (false, _) => Trust::Anyone,
        (true, Some(path)) => Trust::Only(path.clone()),
        (true, None) => Trust::System,
    }
}

/// Tells calls to the log, headers and bodies left out.
pub struct Traced {
    pub inner: Arc<dyn Transport>,
    pub urls: Pattern,
    pub clock: Clock,
    pub service: String,
}

impl Traced {
    fn tell(&self, request: &str, took: Duration, outcome: &Result<Reply, Broken>) {
        let service = &self.service;
        match outcome {
            Ok(reply) => tracing::debug!(service, request, status = reply.status, ?took, "ONTAP answered"),
            Err(broken) => tracing::debug!(service, request, why = broken.why, ?took, "ONTAP did not answer"),
        }
    }
}

impl Transport for Traced {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        if !self.urls.matches(&request.path_and_query).is_ok_and(|matches| matches) {
            return self.inner.call(request);
        }
        let (line, began) = (format!("{request:?}"), self.clock.running());
        Box::pin(async move {
            let outcome = self.inner.call(request).await;
            self.tell(&line, self.clock.running().saturating_sub(began), &outcome);
            outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn settings() -> Settings {
        Settings::new("array.test", "svm1", "admin", SecretString::from("s3cret"))
    }

    #[test]
    fn the_option_of_the_kind_of_login_decides_whom_to_believe() {
        assert_eq!(trust(&settings()), Trust::System);
        let bundle = Settings { certificate_path: Some("/ca".into()), ..settings() };
        assert_eq!(trust(&bundle), Trust::Only("/ca".into()));
        assert_eq!(trust(&Settings { certificate_verify: false, ..bundle.clone() }), Trust::Anyone);
        let certificate = Settings { private_key: Some("/k".into()), certificate: Some("/c".into()), ..bundle };
        assert_eq!(trust(&certificate), Trust::Anyone, "certificate_path counts with a password only");
        let checked = Settings { certificate_host_validation: true, ..certificate };
        assert_eq!(trust(&checked), Trust::System);
        assert_eq!(trust(&Settings { ca_certificate: Some("/ca".into()), ..checked }), Trust::Only("/ca".into()));
    }

    #[test]
    fn plain_http_has_no_tls_and_a_certificate_is_shown() {
        assert!(address(&Settings { scheme: Scheme::Http, ..settings() }).tls.is_none());
        let certificate = Settings { private_key: Some("/k".into()), certificate: Some("/c".into()), ..settings() };
        let identity = address(&certificate).tls.unwrap().identity.unwrap();
        assert_eq!((identity.certificate, identity.key), ("/c".into(), "/k".into()));
    }
}
