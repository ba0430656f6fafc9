//! One request on its way through a handler: who asks, at which version, for what, and the doors to the daemon.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use manilad_decisions::{Decided, Owed};
use manilad_domain::intent::Cause;
use manilad_domain::{Fault, Microversion, Record, Share, ShareId, Stamp};
use manilad_messages::api::Committed;
use manilad_store::{Draft, Failed, Range, Shared};

use crate::app::AppState;
use crate::identity::{Caller, Owner};
use crate::query::Query;
use crate::view::{Links, Viewer};

/// How long a request waits for its commit.
const COMMIT_PATIENCE: Duration = Duration::from_secs(30);

/// A request whose route, version and rule are settled. Cheap to clone.
#[derive(Clone)]
pub struct Call {
    pub app: Arc<AppState>,
    pub caller: Arc<Caller>,
    pub version: Microversion,
    pub request_id: Arc<str>,
    pub params: Arc<[(&'static str, String)]>,
    pub query: Arc<Query>,
    pub links: Links,
    /// The address as the client wrote it, without the query, for links to further pages.
    pub address: Arc<str>,
}

impl Call {
    /// A path parameter. The router only calls handlers whose parameters are there.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// A path parameter as an id; what does not parse is the id of nothing.
    pub fn id<I: std::str::FromStr>(&self, name: &str, noun: &str) -> Result<I, Fault> {
        let text = self.param(name);
        text.parse().map_err(|_| Fault::no_such(noun, text))
    }

    pub fn now(&self) -> Stamp {
        self.app.clock.now().into()
    }

    /// What work that the request asks for is owed for.
    pub fn cause(&self) -> Cause {
        Cause { request_id: self.request_id.to_string(), now: self.now() }
    }

    pub fn at_least(&self, version: &str) -> bool {
        self.version >= Microversion::written(version)
    }

    pub fn viewer(&self) -> Viewer {
        Viewer {
            version: self.version,
            is_admin: self.caller.is_admin,
            is_host_admin: self.caller.is_host_admin,
            links: self.links.clone(),
        }
    }

    /// Whether a rule allows the caller something on a thing of `owner`.
    pub fn allows(&self, rule: &str, owner: Owner<'_>) -> bool {
        self.app.allows(rule, owner, &self.caller)
    }

    /// # Errors
    /// Forbidden, naming the rule.
    pub fn require(&self, rule: &str, owner: Owner<'_>) -> Result<(), Fault> {
        if self.allows(rule, owner) {
            Ok(())
        } else {
            Err(Fault::forbidden(format!("Policy doesn't allow {rule} to be performed.")))
        }
    }

    /// The project whose things the caller works with.
    pub fn project(&self) -> &str {
        self.caller.project()
    }

    /// A share that the caller may see.
    ///
    /// # Errors
    /// Missing when there is none, or none the caller may know of.
    pub fn share(&self, id: &str) -> Result<Shared<Share>, Fault> {
        let missing = || Fault::no_such("share", id);
        let id: ShareId = id.parse().map_err(|_| missing())?;
        let share = self.known_share(id)?.ok_or_else(missing)?;
        if self.may_see(&share) { Ok(share) } else { Err(missing()) }
    }

    /// A share of whichever project; none where it is gone for its owner and the caller may not know of such.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn known_share(&self, id: ShareId) -> Result<Option<Shared<Share>>, Fault> {
        let share: Option<Shared<Share>> = self.app.get(&id.to_string())?;
        Ok(share.filter(|share| !self.is_gone(share)))
    }

    /// Whether the caller may know of a share.
    pub fn may_see(&self, share: &Share) -> bool {
        let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
        !self.is_gone(share) && (share.is_public || self.allows("share:get", owner))
    }

    fn is_gone(&self, share: &Share) -> bool {
        share.status().is_deferred_deletion() && !self.sees_deferred_shares()
    }

    /// Whether there is any record in a range.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn finds_any<R: Record>(&self, range: Range) -> Result<bool, Fault> {
        let first = self.app.snapshot()?.scan::<R>(&range.limit(1))?;
        Ok(!first.records.is_empty())
    }

    /// Whether the caller may know of shares that are gone for their owners, while an array has still to let go of them.
    pub fn sees_deferred_shares(&self) -> bool {
        self.allows("share:list_shares_in_deferred_deletion_states", Owner::Own)
    }

    /// A share that the caller may see and do `rule` to.
    ///
    /// # Errors
    /// Missing, or forbidden for another project's public share.
    pub fn share_for(&self, rule: &str, id: &str) -> Result<Shared<Share>, Fault> {
        let share = self.share(id)?;
        self.require(rule, Owner::Of { project: &share.project_id, user: &share.user_id })?;
        Ok(share)
    }

    /// Has a decision committed on the newest state; answers when it is durable. It goes on though the client leaves.
    ///
    /// # Errors
    /// What the decision refuses; unavailable when the store can't take more work now, or its disk is short.
    pub async fn decide<T: Send + 'static>(
        &self,
        what: &'static str,
        decision: impl FnOnce(&mut Draft<'_>) -> Decided<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let store = self.app.store.clone();
        self.carry(what, async move { store.commit_new(what, decision).await }).await
    }

    /// As [`Call::decide`], for what frees something: it is let through while the disk of the store is short.
    ///
    /// # Errors
    /// As [`Call::decide`].
    pub async fn decide_freeing<T: Send + 'static>(
        &self,
        what: &'static str,
        decision: impl FnOnce(&mut Draft<'_>) -> Decided<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let store = self.app.store.clone();
        self.carry(what, async move { store.commit(what, decision).await }).await
    }

    /// Awaits a commit, and tells ApiActor whom it concerns, in a task that the client's leaving does not end.
    async fn carry<T: Send + 'static>(
        &self,
        what: &'static str,
        commit: impl Future<Output = Result<(T, Vec<Owed>), Failed<Fault>>> + Send + 'static,
    ) -> Result<T, Fault> {
        let api = self.app.api.clone();
        let committing = tokio::spawn(async move {
            let (answer, owed) = commit.await?;
            if !owed.is_empty()
                && let Err(untaken) = api.nudge(Committed(owed))
            {
                tracing::debug!(what, %untaken, "nobody was told of a commit; whom it concerns looks by timer too");
            }
            Ok(answer)
        });
        match self.app.clock.within(COMMIT_PATIENCE, committing).await {
            Ok(Ok(committed)) => committed,
            Ok(Err(lost)) => Err(Fault::internal("The request failed unexpectedly.").because(lost)),
            Err(late) => {
                Err(Fault::unavailable("The store did not take the request in time; try again.").because(late))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use manilad_domain::fault::Kind;
    use manilad_domain::service::Incarnation;
    use manilad_kit::lab;
    use manilad_store::{Error, Memory, Options, Store};

    use super::*;
    use crate::answer;

    fn epoch(epoch: u64) -> impl FnOnce(&mut Draft<'_>) -> Decided<u64> + Send + 'static {
        move |draft| {
            draft.put(&Incarnation { service: "h@b".into(), epoch })?;
            Ok((epoch, vec![Owed::Scheduler]))
        }
    }

    #[test]
    fn while_the_disk_is_short_nothing_new_is_taken_and_what_frees_something_is() {
        lab::run(async |lab| {
            let free = Arc::new(AtomicU64::new(u64::MAX));
            let memory = Memory::with_free(free.clone());
            let store = Store::open(Box::new(memory), Options::default(), lab.clock.clone()).unwrap();
            let call = crate::lab::call_at(lab.clock.clone());
            let call = Call { app: Arc::new(AppState { store, ..(*call.app).clone() }), ..call };
            free.store(Options::default().free_space_floor - 1, Ordering::SeqCst);
            let fault = call.decide("test", epoch(1)).await.unwrap_err();
            assert_eq!(fault.kind, Kind::Unavailable);
            assert!(fault.text.contains("has 63 MiB left, 64 MiB are kept in reserve"), "{}", fault.text);
            assert_eq!(call.decide_freeing("test", epoch(2)).await, Ok(2));
            free.store(u64::MAX, Ordering::SeqCst);
            lab.step(Duration::from_secs(1)).await;
            assert_eq!(call.decide("test", epoch(3)).await, Ok(3));
        });
    }

    #[test]
    fn a_store_without_descriptors_is_asked_again_and_a_damaged_one_is_a_failure() {
        let passing = Fault::from(Error::Descriptors { action: "read".into() });
        let answered = answer::fault(&passing);
        assert_eq!(answered.status(), 503);
        assert!(answered.headers().contains_key("retry-after"));
        let damaged = Error::Damaged { kind: "share".into(), key: "a".into(), reason: "cut".into() };
        assert_eq!(Fault::from(damaged).kind, Kind::Internal);
    }
}
