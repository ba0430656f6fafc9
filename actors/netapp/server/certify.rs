//! Gives a new share server a certificate that lives as long as configured.
//!
//! The SVM has one from the start; the other is made, shown, and then the first is removed. How to get it wrong: making
//! one more in each try; one of the right age is used. Source: operations.md §10.2.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_driver::Trouble;
use manilad_ontap::certificate::{self, Certificate};

use super::names::VSERVER_NAME;
use super::set_up::{Building, all, failed};

/// As ONTAP makes them, in days.
const USUAL: u16 = 365;
/// By which clocks may differ, and tries be late.
const TOLERANCE: Duration = Duration::from_secs(36 * 3600);

impl Building<'_> {
    /// Has the SVM show a certificate of the configured life, unless the server stood before.
    pub async fn certify(&self, svm: Uuid) -> Result<(), Trouble> {
        let days = self.servers.certificate_days;
        if days == USUAL || self.subject.server.details.contains_key(VSERVER_NAME) {
            return Ok(());
        }
        let client = self.client();
        let found = certificate::of_server(client, self.name).await.map_err(|error| failed(&error))?;
        let chosen = match found.iter().find(|one| self.lives(one, days)) {
            Some(one) => one.uuid,
            None => self.write(certificate::create(client, self.name, days)).await?,
        };
        self.write(certificate::show(client, svm, chosen)).await?;
        let others = found.iter().filter(|one| one.uuid != chosen);
        all(others.map(|one| self.write(certificate::delete(client, one.uuid)))).await
    }

    /// Whether a certificate was made, just now, for so many days.
    fn lives(&self, one: &Certificate, days: u16) -> bool {
        let left = one.ends().map(|ends| ends.duration_since(self.array.clock.now()));
        let life = Duration::from_secs(u64::from(days) * 86_400);
        left.and_then(|left| Duration::try_from(left).ok()).is_some_and(|left| left.abs_diff(life) < TOLERANCE)
    }
}
