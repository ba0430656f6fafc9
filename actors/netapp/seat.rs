//! The SVM in which a task works: that of the back end, or the one that serves the share network of its share.
//!
//! Of the SVMs of share servers it is remembered what exports and calls need, so that the usual case needs no look-up. How to get
//! it wrong: to go on believing it after a call failed, or after the server was changed or removed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use futures::join;
use manilad_clock::Clock;
use manilad_domain::message::Detail;
use manilad_driver::{Remedy, Subject, Trouble};
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::interface::{self, Interface};
use manilad_ontap::svm::{self, Svm};

use crate::config::Settings;
use crate::server::names::VSERVER_NAME;
use crate::session::Session;
use crate::trouble;

/// How long LIFs and aggregates of a share server are believed.
const BELIEVED: Duration = Duration::from_secs(600);
/// More servers than a cluster has SVMs; beyond, all is forgotten, which costs a look-up each.
const MOST: usize = 5000;

/// What is known of the SVMs of share servers, by name.
#[derive(Default)]
pub struct SvmCache(RefCell<HashMap<String, CachedSvm>>);

#[derive(Clone)]
struct CachedSvm {
    svm: Svm,
    interfaces: Vec<Interface>,
    /// Running time.
    at: Duration,
    renewal: u64,
}

impl SvmCache {
    /// What is remembered of an SVM, for the login under which `known` was learnt.
    pub fn remembered(&self, session: &Session, svm: &str, now: Duration) -> Option<Rc<Session>> {
        let cached = self.0.borrow().get(svm).cloned()?;
        let is_good = cached.renewal == session.renewal && now < cached.at + BELIEVED;
        is_good.then(|| session.seated(cached.svm, cached.interfaces))
    }

    /// Looks at an SVM, and remembers it.
    pub async fn look(&self, session: &Session, name: &str, clock: &Clock) -> Result<Option<Rc<Session>>, Trouble> {
        let (svm, interfaces) = join!(svm::find(&session.client, name), interface::data(&session.client, name));
        let Some(svm) = svm.map_err(|error| trouble::of(&error))? else {
            self.forget(name);
            return Ok(None);
        };
        let interfaces = interfaces.map_err(|error| trouble::of(&error))?;
        self.note(CachedSvm {
            svm: svm.clone(),
            interfaces: interfaces.clone(),
            at: clock.running(),
            renewal: session.renewal,
        });
        Ok(Some(session.seated(svm, interfaces)))
    }

    fn note(&self, cached: CachedSvm) {
        let mut all = self.0.borrow_mut();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(cached.svm.name.clone(), cached);
    }

    /// To be called whenever something may be otherwise than it was.
    pub fn forget(&self, svm: &str) {
        self.0.borrow_mut().remove(svm);
    }
}

/// The SVM that the share server of an instance is, as far as it ever was one.
pub fn svm_of(subject: &Subject) -> Option<&str> {
    subject.server.as_ref().and_then(|seat| seat.details.get(VSERVER_NAME)).map(String::as_str)
}

/// Its addresses that are for administrators.
pub fn admin_addresses(subject: &Subject) -> &[IpAddr] {
    subject.server.as_ref().map_or(&[], |seat| seat.admin_addresses.as_slice())
}

/// No share can be made or looked for: its share server is not there.
pub fn none(subject: &Subject) -> Trouble {
    Trouble { remedy: Remedy::Absent, ..gone(subject) }
}

/// No share is there: its share server is not.
pub fn gone(subject: &Subject) -> Trouble {
    Trouble { detail: Detail::NoShareServer, ..trouble::again(told_gone(subject)) }
}

fn told_gone(subject: &Subject) -> String {
    match svm_of(subject) {
        Some(svm) => format!("SVM {svm}, the share server of instance {}, is not there", subject.instance),
        None => format!("instance {} has no share server that serves", subject.instance),
    }
}

/// Refuses an account that can't make share servers.
pub fn require_cluster(settings: &Settings, facts: &Facts) -> Result<(), Trouble> {
    match (settings.servers(), facts.scope) {
        (Some(_), Scope::Svm) => Err(trouble::again("share servers need an account of the cluster, not of an SVM")),
        _ => Ok(()),
    }
}
