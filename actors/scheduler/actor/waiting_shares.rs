//! Shares that wait for a place: a look takes those that are owed one from the oldest to the youngest, finds a pool for each, and commits
//! a batch at a time. A share whose back end failed waits here again; who is next then: [`crate::next_candidate`].

use std::collections::BTreeSet;
use std::future::Future;

use manilad_decisions::message;
use manilad_decisions::placement::{End, Settlement};
use manilad_domain::intent::{BY_SERVICE, UNPLACED, Verb};
use manilad_domain::message::{Action, Detail};
use manilad_domain::placement::{Placed, Placement};
use manilad_domain::service::{Binary, Service};
use manilad_domain::{Intent, Record, Share, Stamp};
use manilad_messages::Look;
use manilad_store::{Error, Range};

use crate::actor::held_room::HeldRoom;
use crate::actor::{PATIENCE, SchedulerActor, SchedulerContext};
use crate::explanation::Explanation;
use crate::pool_choice::choose_pools;
use crate::request::request;

/// Verdicts on pools that are logged of one refused share.
const VERDICTS: usize = 100;

/// What came of a commit.
pub(super) struct Settled {
    /// Whether each settlement was drafted and is durable.
    kept: Vec<bool>,
    /// Younger intents wait for their turn in this round.
    goes_on: bool,
}

impl SchedulerActor {
    /// Takes note of which back ends are disabled or silent, and gives a sign of life of its own. `false` if the store
    /// can't tell: then nothing may be placed.
    pub(super) fn review(&mut self) -> bool {
        let SchedulerContext { store, presence, host, down_time, .. } = &self.context;
        presence.beat(host);
        let services = match store.all::<Service>() {
            Ok(services) => services,
            Err(error) => {
                tracing::error!(%error, "which back ends are disabled can't be read");
                return false;
            }
        };
        let disabled = services.into_iter().filter(|service| service.binary == Binary::Share && service.disabled);
        let disabled: BTreeSet<String> = disabled.map(|service| service.host).collect();
        self.pools.review(|service| {
            let lives = presence.last(service).is_none() || presence.is_up(service, *down_time);
            (disabled.contains(service), lives)
        });
        true
    }

    /// Finds places for some of the intents and commits them; `None` where no more wait. A round goes from the oldest
    /// intent to the youngest, past those that can't be placed now.
    pub(super) fn settle_some(&mut self) -> Option<impl Future<Output = Settled> + use<>> {
        for pool in self.uncounted.clone() {
            if let Err(error) = self.count(&pool) {
                tracing::error!(%pool, %error, "promised capacity can't be read");
                return None;
            }
        }
        let mut settlements = Vec::new();
        let mut goes_on = true;
        while goes_on && settlements.is_empty() {
            let keys = match self.next_owed() {
                Ok(keys) => keys,
                Err(error) => {
                    tracing::error!(%error, "shares that wait for placement can't be read");
                    return None;
                }
            };
            goes_on = self.place_after.is_some();
            for key in &keys {
                if let Some((settlement, held)) = self.settlement(key, &settlements) {
                    settlements.push(settlement);
                    self.held.push(held);
                }
            }
        }
        if settlements.is_empty() {
            return None;
        }
        let (store, clock) = (self.context.store.clone(), self.context.clock.clone());
        Some(async move {
            let commit = store.commit("place", move |draft| {
                settlements.into_iter().map(|settlement| settlement.decide(draft)).collect::<Result<Vec<_>, Error>>()
            });
            let kept = match clock.within(PATIENCE, commit).await {
                Ok(Ok(kept)) => kept,
                Ok(Err(failed)) => {
                    tracing::error!(%failed, "placements were not committed; the next look tries again");
                    Vec::new()
                }
                Err(elapsed) => {
                    tracing::error!(%elapsed, "placements were not committed in time; the next look finds out");
                    Vec::new()
                }
            };
            Settled { kept, goes_on }
        })
    }

    /// Tells the back ends that they owe work, and gives back what is held for nothing; whether more may wait.
    pub(super) fn conclude(&mut self, Settled { kept, goes_on }: Settled) -> bool {
        let mut owing = BTreeSet::new();
        for (position, held) in std::mem::take(&mut self.held).into_iter().enumerate() {
            match (held, kept.get(position)) {
                (Some(held), Some(true)) => drop(owing.insert(held.booking.pool().service())),
                (Some(HeldRoom { booking, .. }), _) => {
                    self.pools.cancel(&booking);
                    self.uncounted.insert(booking.pool().clone());
                }
                (None, _) => {}
            }
        }
        for service in owing {
            match self.context.backends.get(&service).map(|port| port.nudge(Look)) {
                Some(Ok(())) => {}
                Some(Err(untaken)) => tracing::debug!(service, %untaken, "a nudge was not taken; the timer will do"),
                None => tracing::warn!(service, "a share was placed on a back end that is not enabled here"),
            }
        }
        goes_on
    }

    /// The keys of the next intents of this round, and takes note of where the round has come to.
    fn next_owed(&mut self) -> Result<Vec<String>, Error> {
        let unplaced = Range::of(BY_SERVICE, [UNPLACED]).limit(self.context.placements);
        let range = match self.place_after.take() {
            Some(place) => unplaced.after(place),
            None => unplaced,
        };
        let page = self.context.store.scan_keys(Intent::KIND, range)?;
        self.place_after = page.next;
        Ok(page.records)
    }

    /// Finds a place for one intent, and books it. `None` where it can't be read, or is not to be placed. The settlements
    /// before it go into the same commit.
    fn settlement(&mut self, key: &str, before: &[Settlement]) -> Option<(Settlement, Option<HeldRoom>)> {
        let unreadable = |error: Error| tracing::error!(intent = key, %error, "a share can't be placed");
        let store = &self.context.store;
        let intent = store.get::<Intent>(key).map_err(unreadable).ok()??;
        if intent.verb != Verb::Place {
            return None;
        }
        let chain = &self.context.chain;
        let intent = Intent { hints: intent.hints.heeded_by(|affinity| chain.heeds(affinity)), ..intent };
        let now = Stamp::from(self.context.clock.now());
        let settlement = |end| Settlement { intent: intent.clone(), end, now };
        let share = store.get::<Share>(&intent.share.to_string()).map_err(unreadable).ok()?;
        let Some((share, instance)) = share.as_ref().and_then(|share| Some((share, share.instance(intent.instance)?)))
        else {
            return Some((settlement(End::Void), None));
        };
        let (id, life) = (self.context.clock.id().into(), self.context.message_life);
        let refused = |action, detail| {
            Some((settlement(End::Refused(message::about_share(&intent, action, detail, id, now, life))), None))
        };
        let bound_for = |share| before.iter().find_map(|settlement| settlement.bound_for(share));
        let placement =
            request(store, share, instance, &intent.hints, &intent.candidates, &bound_for).map_err(unreadable).ok()?;
        let Some(placement) = placement else {
            tracing::info!(request_id = intent.request_id, share = %share.id, "the share has no type");
            return refused(Action::Create, Detail::NoDefaultShareType);
        };
        if placement.has_network_in_vain() {
            tracing::info!(request_id = intent.request_id, share = %share.id, "a share network, but no share servers");
            return refused(Action::Create, Detail::UnexpectedNetwork);
        }
        let (placed, why) = choose_pools(&placement, &self.pools, &self.context.chain);
        match placed {
            Placed::On(candidates) => {
                let mut candidates = candidates.into_iter();
                let pool = candidates.next()?;
                tracing::debug!(request_id = intent.request_id, share = %share.id, %pool, %why, "placed");
                let ceiling = why.ceiling(&pool);
                drop(why);
                let zone = self.pools.service(&pool.service())?.zone.clone();
                let booking = self.pools.book(&pool, placement.size)?;
                let held = HeldRoom { share: intent.share, instance: intent.instance, booking };
                let end = End::On { pool, zone, candidates: candidates.collect(), ceiling };
                Some((settlement(end), Some(held)))
            }
            _ if self.pools.is_hopeful(self.context.clock.running()) => {
                tracing::debug!(request_id = intent.request_id, share = %share.id, %why, "waits for a first report");
                None
            }
            nowhere => {
                tell(&intent, &placement, &why);
                let (action, detail) = why.message(nowhere.refused_by(), !placement.left.is_empty());
                refused(action, detail)
            }
        }
    }
}

/// Tells administrators why a share has no place; of each pool where they want to know more.
fn tell(intent: &Intent, placement: &Placement, why: &Explanation<'_>) {
    let request_id = &intent.request_id;
    tracing::info!(request_id, share = %placement.share, size = placement.size, %why, "no pool takes the share");
    if tracing::enabled!(tracing::Level::DEBUG) {
        for verdict in why.verdicts().take(VERDICTS) {
            tracing::debug!(request_id, share = %placement.share, %verdict, "pool");
        }
    }
}
