//! What Keystone said about tokens, and how long that counts.
//!
//! An answer is kept for `token_cache_time` and never beyond the end of the token; a refusal is kept briefly, so that a
//! client that repeats a bad token does not load Keystone; "can't tell" is not kept. The cache is keyed by a salted hash,
//! so that memory holds no token. Requests with one token share one question. Time is judged by our clock alone: the cache
//! itself only bounds the number of entries. How to get it wrong: to keep an answer beyond the end of its token.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use manilad_clock::Clock;
use moka::future::Cache;

use crate::error::Refusal;
use crate::token::Token;

/// Whether a token whose time is up may still be used, as a service may for work that outlasts it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expired {
    Refused,
    Allowed,
}

type Key = [u8; 32];

#[derive(Clone)]
struct Kept {
    outcome: Result<Arc<Token>, Refusal>,
    expired: Expired,
    /// In running time.
    good_until: Duration,
}

impl Kept {
    fn is_fresh(&self, clock: &Clock) -> bool {
        clock.running() < self.good_until
            && match &self.outcome {
                Ok(token) => self.expired == Expired::Allowed || clock.now() < token.expires_at,
                Err(_) => true,
            }
    }
}

pub(crate) struct TokenCache {
    entries: Cache<Key, Kept>,
    salt: [u8; 32],
    clock: Clock,
    /// How long answers are kept, and refusals.
    times: (Duration, Duration),
    hits: AtomicU64,
}

impl TokenCache {
    /// Holds up to `size` answers, good ones for `kept` and refusals for `refusals_kept`.
    pub fn new(size: u64, kept: Duration, refusals_kept: Duration, clock: Clock) -> Self {
        let mut salt = [0; 32];
        salt[..16].copy_from_slice(clock.id().as_bytes());
        salt[16..].copy_from_slice(clock.id().as_bytes());
        TokenCache { entries: Cache::new(size), salt, clock, times: (kept, refusals_kept), hits: AtomicU64::new(0) }
    }

    /// The answer that is kept, or that `ask` gives. The question is large and seldom asked, so it comes to be only then: every
    /// request would else carry room for it.
    ///
    /// # Errors
    /// The refusal that is kept, or that `ask` gives.
    pub async fn answer<A: Future<Output = Result<Arc<Token>, Refusal>>>(
        &self,
        token: &str,
        expired: Expired,
        ask: impl FnOnce() -> A,
    ) -> Result<Arc<Token>, Refusal> {
        let key = self.key(token, expired);
        if let Some(kept) = self.entries.get(&key).await.filter(|kept| kept.is_fresh(&self.clock)) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return kept.outcome;
        }
        // One caller asks, the others of the same token wait for it; if it goes away, the next one asks.
        let asking = Box::pin(async {
            let outcome = ask().await;
            let keep = match &outcome {
                Ok(_) => self.times.0,
                Err(Refusal::Unauthorized) => self.times.1,
                Err(Refusal::Unavailable(_)) => Duration::ZERO,
            };
            Kept { outcome, expired, good_until: self.clock.running() + keep }
        });
        let entry = self.entries.entry(key).or_insert_with_if(asking, |kept| !kept.is_fresh(&self.clock));
        entry.await.into_value().outcome
    }

    /// Questions that were answered from memory.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    fn key(&self, token: &str, expired: Expired) -> Key {
        let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
        digest.update(&self.salt);
        digest.update(&[u8::from(expired == Expired::Allowed)]);
        digest.update(token.as_bytes());
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        key
    }

    /// Entries held, those whose time is up included.
    #[cfg(test)]
    pub async fn entries(&self) -> u64 {
        self.entries.run_pending_tasks().await;
        self.entries.entry_count()
    }
}
