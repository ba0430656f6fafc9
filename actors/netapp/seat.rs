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
use manilad_domain::message::Detail;
use manilad_driver::{Remedy, Subject, Trouble};
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::interface::{self, Interface};
use manilad_ontap::svm::{self, Svm};

use crate::array::{Array, Known};
use crate::config::Settings;
use crate::server::names::VSERVER_NAME;
use crate::trouble;

/// How long LIFs and aggregates of a share server are believed.
const BELIEVED: Duration = Duration::from_secs(600);
/// More servers than a cluster has SVMs; beyond, all is forgotten, which costs a look-up each.
const MOST: usize = 5000;

/// What is known of the SVMs of share servers, by name.
#[derive(Default)]
pub struct Seats(RefCell<HashMap<String, Seen>>);

#[derive(Clone)]
struct Seen {
    svm: Svm,
    interfaces: Vec<Interface>,
    /// Running time.
    at: Duration,
    renewal: u64,
}

impl Seats {
    fn note(&self, seen: Seen) {
        let mut all = self.0.borrow_mut();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(seen.svm.name.clone(), seen);
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

impl Array {
    /// What a task works with: what is known of the array, with a client that is bound to the SVM of `subject`. None
    /// when that is not on the array, or never was.
    pub async fn at(&self, subject: &Subject) -> Result<Option<Rc<Known>>, Trouble> {
        let known = self.known().await?;
        require_cluster(&self.settings, &known.facts)?;
        if self.settings.servers().is_none() {
            return Ok(Some(known));
        }
        let Some(name) = svm_of(subject) else { return Ok(None) };
        let seen = self.seats.0.borrow().get(name).cloned();
        let is_good = |seen: &Seen| seen.renewal == known.renewal && self.clock.running() < seen.at + BELIEVED;
        if let Some(seen) = seen.filter(is_good) {
            return Ok(Some(seated(&known, seen)));
        }
        self.look(&known, name).await
    }

    /// Looks at an SVM of a share server, and remembers it.
    async fn look(&self, known: &Known, name: &str) -> Result<Option<Rc<Known>>, Trouble> {
        let (svm, interfaces) = join!(svm::find(&known.client, name), interface::data(&known.client, name));
        let Some(svm) = svm.map_err(|error| trouble::of(&error))? else {
            self.seats.forget(name);
            return Ok(None);
        };
        let interfaces = interfaces.map_err(|error| trouble::of(&error))?;
        let seen = Seen { svm, interfaces, at: self.clock.running(), renewal: known.renewal };
        self.seats.note(seen.clone());
        Ok(Some(seated(known, seen)))
    }

    /// As [`Array::look`], for who has just set a server up and does not mind if it can't be looked at.
    pub async fn expect(&self, known: &Known, name: &str) {
        self.seats.forget(name);
        if let Err(trouble) = self.look(known, name).await {
            tracing::debug!(
                service = self.service,
                svm = name,
                why = trouble.told,
                "it is looked at when it is needed"
            );
        }
    }

    /// Forgets what may have made a task fail.
    pub fn doubt_seat(&self, subject: &Subject) {
        svm_of(subject).into_iter().for_each(|svm| self.seats.forget(svm));
    }
}

fn seated(known: &Known, seen: Seen) -> Rc<Known> {
    let mut seated = known.clone();
    seated.client = known.client.bound_to(&seen.svm.name);
    seated.svm = seen.svm.name.clone();
    seated.facts.interfaces = seen.interfaces;
    seated.facts.svm = Some(seen.svm);
    Rc::new(seated)
}
