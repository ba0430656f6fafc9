//! What is known of an array, and a client that knows it too.
//!
//! It is never changed: whoever learns something new makes another one. How to get it wrong: to keep it beyond a task; it
//! counts for one login only.

use std::rc::Rc;
use std::time::Duration;

use manilad_ontap::Client;
use manilad_ontap::facts::Facts;
use manilad_ontap::interface::Interface;
use manilad_ontap::svm::Svm;

/// What is known of an array, and a client that knows it too.
#[derive(Clone)]
pub struct Session {
    pub client: Client,
    pub facts: Facts,
    /// Name of the SVM to which the client is bound; empty where it is to none.
    pub svm: String,
    /// Running time when all of it was learnt.
    pub learnt: Duration,
    /// Under which login, by number.
    pub renewal: u64,
}

impl Session {
    /// The same, for the SVM of a share server.
    pub fn seated(&self, svm: Svm, interfaces: Vec<Interface>) -> Rc<Self> {
        let mut seated = self.clone();
        seated.client = self.client.bound_to(&svm.name);
        seated.svm = svm.name.clone();
        seated.facts.interfaces = interfaces;
        seated.facts.svm = Some(svm);
        Rc::new(seated)
    }
}
