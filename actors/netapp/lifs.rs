//! The LIFs of an SVM as they are at a moment, looked at once for all who ask while a look is under way.
//!
//! What is recorded of a share must be true when it is recorded, so a look that began before somebody asked is not his. How
//! to get it wrong: to believe a list for a while, be it for seconds; a share would be offered at an address that is down.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use manilad_ontap::interface::{self, Interface};
use manilad_ontap::{Client, Error};
use tokio::sync::Mutex;

/// More SVMs than a cluster has; beyond, all is forgotten, which costs a look each.
const MOST: usize = 5000;

/// Who asked is numbered, so that a look knows whose it is.
#[derive(Default)]
pub struct Lifs {
    asked: Cell<u64>,
    latest: RefCell<HashMap<String, Rc<Mutex<Look>>>>,
}

/// The last look at an SVM.
#[derive(Default)]
struct Look {
    /// The last who had asked when it began.
    answers: u64,
    /// An error answers those too who asked before the look: each of them trying again would take for ever.
    interfaces: Option<Result<Vec<Interface>, Error>>,
}

impl Lifs {
    /// The data LIFs of `svm`, disabled ones too, as they are now; one call at most.
    pub async fn now(&self, client: &Client, svm: &str) -> Result<Vec<Interface>, Error> {
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let look = self.look_at(svm);
        let mut look = look.lock().await;
        if let Some(interfaces) = look.interfaces.as_ref().filter(|_| look.answers >= number) {
            return interfaces.clone();
        }
        let answers = self.asked.get();
        let interfaces = interface::data(client, svm).await;
        *look = Look { answers, interfaces: Some(interfaces.clone()) };
        interfaces
    }

    fn look_at(&self, svm: &str) -> Rc<Mutex<Look>> {
        let mut latest = self.latest.borrow_mut();
        if latest.len() >= MOST && !latest.contains_key(svm) {
            latest.clear();
        }
        latest.entry(svm.to_owned()).or_default().clone()
    }
}
