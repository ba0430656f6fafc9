//! Ensuring all shares, once an administrator has asked for it: a page of them is owed, done, and then the next one.
//!
//! So what tenants ask for meanwhile waits for a page at most. How to get it wrong: to owe all shares at once; or to call it
//! done while the last page is still owed.

use actix::AsyncContext;
use actix::Context;
use actix::fut::{ActorFutureExt, WrapFuture};
use manilad_decisions::ensuring::{self, Ended};
use manilad_domain::intent::Verb;
use manilad_domain::service::{Binary, Service};
use manilad_domain::share::index;
use manilad_domain::status::Status;
use manilad_domain::{Instance, InstanceId, Share, ShareId};
use manilad_store::{Cursor, Error, Range, Snapshot};

use super::BackendActor;
use super::ensuring::Ensuring;

impl BackendActor {
    /// Owes the next page if the one before is done.
    pub(super) fn ensure_on(&mut self, snapshot: &Snapshot, ctx: &mut Context<Self>) -> Result<(), Error> {
        let service = &self.context.service;
        let record = snapshot.get::<Service>(&Service::key_of(Binary::Share, service))?;
        let asked = record.as_ref().and_then(|record| record.ensured_for.as_ref());
        let Some(request_id) = asked.map(|asked| asked.request_id.clone()) else { return Ok(()) };
        if self.ensuring.is_deciding || self.backlog.verbs().any(|(verb, _)| verb == Verb::Ensure.name()) {
            return Ok(());
        }
        if self.ensuring.request_id != request_id {
            self.ensuring = Ensuring { request_id, ..Ensuring::default() };
            tracing::info!(backend = service, request_id = self.ensuring.request_id, "shares are being ensured");
        }
        if self.ensuring.is_last {
            self.end_ensuring(ctx);
        } else {
            let (page, next) = page(snapshot, service, self.ensuring.after.clone(), self.context.sweep_page)?;
            (self.ensuring.is_last, self.ensuring.after) = (next.is_none(), next);
            self.owe_page(page, ctx);
        }
        Ok(())
    }

    fn owe_page(&mut self, page: Vec<(ShareId, InstanceId)>, ctx: &mut Context<Self>) {
        let Some(ensuring) = self.decided() else { return };
        let store = self.context.store.clone();
        let committing = async move { store.commit("ensure shares", move |draft| ensuring.owe(draft, &page)).await };
        ctx.spawn(committing.into_actor(self).map(|owed, actor, ctx| {
            actor.ensuring.is_deciding = false;
            match owed {
                Ok(_) => actor.look_soon(ctx),
                Err(failed) => {
                    // From the beginning, at the next look by the timer.
                    actor.ensuring = Ensuring::default();
                    tracing::warn!(backend = actor.context.service, %failed, "shares could not be ensured");
                }
            }
        }));
    }

    fn end_ensuring(&mut self, ctx: &mut Context<Self>) {
        let Some(ensuring) = self.decided() else { return };
        let (store, request_id) = (self.context.store.clone(), ensuring.request_id.clone());
        let committing = async move { store.commit("shares are ensured", move |draft| ensuring.end(draft)).await };
        ctx.spawn(committing.into_actor(self).map(move |ended, actor, _| {
            actor.ensuring.is_deciding = false;
            let backend = &actor.context.service;
            match ended {
                Ok(Ended::All) => tracing::info!(backend, request_id, "all shares are ensured"),
                Ok(Ended::Unfinished) => {
                    tracing::warn!(backend, request_id, "shares were to be ensured, and some could not be")
                }
                Ok(Ended::Stale) => {}
                Err(failed) => tracing::warn!(backend, %failed, "that shares are ensured could not be stored"),
            }
        }));
    }

    /// Who decides now.
    fn decided(&mut self) -> Option<ensuring::Ensuring> {
        let context = &self.context;
        let decided = ensuring::Ensuring {
            service: context.service.clone(),
            epoch: self.epoch?,
            now: context.clock.now().into(),
            request_id: self.ensuring.request_id.clone(),
            is_shown: context.ensuring_is_shown,
        };
        self.ensuring.is_deciding = true;
        Some(decided)
    }
}

/// Instances, and where the page after begins.
type Page = (Vec<(ShareId, InstanceId)>, Option<Cursor>);

/// The available instances of the next `most` shares of a back end.
fn page(snapshot: &Snapshot, service: &str, after: Option<Cursor>, most: usize) -> Result<Page, Error> {
    let mut range = Range::of(index::BY_HOST, [service]).limit(most);
    range.after = after;
    let shares = snapshot.scan::<Share>(&range)?;
    let mut page = Vec::new();
    for share in &shares.records {
        let here = |one: &&Instance| one.pool.as_ref().is_some_and(|pool| pool.service() == service);
        let available = share.live().filter(|one| one.status == Status::Available).filter(here);
        page.extend(available.map(|instance| (share.id, instance.id)));
    }
    Ok((page, shares.next))
}
