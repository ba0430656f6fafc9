//! Bringing an instance that began with a snapshot in another pool to its own: the clone is split from its parent, then its volume is
//! moved to the aggregate of the pool. The array does both by itself, in minutes or hours; each look here is one call.
//!
//! How to get it wrong: to move a clone that is not split yet, which the array refuses; or to take a move that was begun for one that has
//! ended. Source: operations.md §4, §11.

use manilad_domain::message::Detail;
use manilad_domain::observed::Observed;
use manilad_domain::share::{MOVES_FROM, Protocol};
use manilad_driver::{Export, Remedy, Subject, Trouble};
use manilad_ontap::volume::{self, Change, New, Style, Volume};
use manilad_ontap::{Class, Scope};

use super::found::{Found, absent, refuse_moved, see_svm, stranger};
use super::repair::repair;
use super::{exports, smb_share};
use crate::array::Array;
use crate::naming::Names;
use crate::place::{self, Place};
use crate::session::Session;
use crate::{seat, trouble};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Split,
    Move,
    /// The last move came to nothing, as it says.
    MoveAgain(String),
    /// All is copied, and the last step waits for a word.
    CutOver,
    /// The array is at it; so many percent of the way are behind.
    Wait(u8),
    /// Somebody has paused the move on the array; so many percent of it are behind.
    Paused(u8),
    Arrived,
}

/// Decides by what is seen of the volume. Pure.
pub fn plan(volume: &Volume, place: &Place) -> Step {
    let half = |percent: Option<u8>| percent.unwrap_or(0).min(99) / 2;
    match &volume.movement {
        Some(movement) if movement.state.as_deref() == Some("cutover_pending") => Step::CutOver,
        Some(movement) if movement.state.as_deref() == Some("paused") => Step::Paused(movement.percent.unwrap_or(0)),
        Some(movement) if movement.is_under_way() => Step::Wait(MOVES_FROM + half(movement.percent)),
        _ if volume.aggregates == place.aggregates => Step::Arrived,
        _ if volume.is_clone && volume.splitting => Step::Wait(half(volume.split_percent)),
        _ if volume.is_clone => Step::Split,
        Some(movement) if movement.state.as_deref() != Some("success") => {
            Step::MoveAgain(movement.state.clone().unwrap_or_default())
        }
        _ => Step::Move,
    }
}

/// The pool of the snapshot that an instance begins with, where that is another one than its own.
///
/// # Errors
/// `Elsewhere` where volumes can't be moved between the two.
pub fn origin(array: &Array, session: &Session, subject: &Subject, place: &Place) -> Result<Option<Place>, Trouble> {
    let pool = subject.source.as_ref().and_then(|source| source.pool.as_ref());
    let Some(pool) = pool.filter(|pool| **pool != subject.pool.pool) else { return Ok(None) };
    let origin = place::named(&array.settings, &session.facts, pool)?;
    let lacks = |what: &str| trouble::elsewhere(Detail::FilterCreateFromSnapshot, what);
    if session.facts.scope != Scope::Cluster {
        return Err(lacks("a share that begins with a snapshot in another pool needs an account of the cluster"));
    }
    match (origin.style, place.style) {
        (Style::Flexvol, Style::Flexvol) => Ok(Some(origin)),
        _ => Err(lacks("a share can't begin with a snapshot in another pool where one of the two is a FlexGroup pool")),
    }
}

/// The instance is in its pool. Answers where it can be mounted.
pub async fn relocate(array: &Array, subject: &Subject) -> Result<Vec<Export>, Trouble> {
    let names = Names::of(&array.templates, subject);
    // It has begun there, so its SVM will be seen again, or somebody has to say that it is gone.
    let session = array.at(subject).await?.ok_or_else(|| trouble::again(seat::none(subject).reason))?;
    let place = place::named(&array.settings, &session.facts, &subject.pool.pool)?;
    let late = array.late_creations.left(subject.instance, subject.in_flight);
    let found = volume::find_with_movement(&session.client, &session.svm, &names.volume).await;
    let volume = match found.map_err(|error| trouble::of(&error))? {
        Some(volume) if volume.is_marked(&names.tag) => volume,
        Some(_) => return Err(stranger(&names)),
        None => {
            see_svm(&session).await?;
            refuse_moved(&session.client, &names, Some(&session.svm)).await?;
            return Err(absent(array, subject, &names, late));
        }
    };
    let relocating = Relocating { array, session: &session, names: &names, subject };
    match plan(&volume, &place) {
        Step::Arrived => {
            relocating.put_right(&volume).await?;
            relocating.exports(&volume).await
        }
        Step::Wait(percent) => Err(relocating.under_way(percent)),
        // What is begun costs of the time that there is, until it is seen to go on: it may come to nothing time and again.
        Step::Split => {
            relocating.split(&volume).await?;
            Err(relocating.begins(0, format!("volume {} begins to be split from the snapshot", names.volume)))
        }
        Step::Move => {
            relocating.begin_move(&volume, &place).await?;
            Err(relocating.begins(MOVES_FROM, format!("volume {} begins to be moved to {}", names.volume, place.name)))
        }
        // Whoever paused it has to resume it, or to abort it: then it is begun again.
        Step::Paused(percent) => Err(trouble::again(format!(
            "the move of volume {} to {} is paused on the array at {percent} %: it waits for somebody to resume it",
            names.volume, place.name
        ))),
        Step::MoveAgain(state) => {
            relocating.begin_move(&volume, &place).await?;
            let (volume, pool) = (&names.volume, &place.name);
            Err(trouble::again(format!("the move of volume {volume} to {pool} was {state}; it is begun again")))
        }
        Step::CutOver => {
            relocating.cut_over(&volume).await?;
            let reason = format!("the move of volume {} to {} is told to do its last step", names.volume, place.name);
            Err(relocating.begins(99, reason))
        }
    }
}

struct Relocating<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
}

impl Relocating<'_> {
    /// In two halves: up to 50 % it is split, from there on it is moved.
    fn under_way(&self, percent: u8) -> Trouble {
        let (volume, pool) = (&self.names.volume, &self.subject.pool.pool);
        let what = if percent < MOVES_FROM { "is split from its snapshot, before it is" } else { "is" };
        let reason = format!("volume {volume} {what} moved to pool {pool}: {percent} % of both");
        Trouble { remedy: Remedy::UnderWay { percent, begins: false }, detail: Detail::UnknownError, reason }
    }

    fn begins(&self, percent: u8, reason: String) -> Trouble {
        Trouble { remedy: Remedy::UnderWay { percent, begins: true }, detail: Detail::UnknownError, reason }
    }

    /// What a hand was laid on during the hours that it took is as a creation leaves it.
    /// By the record alone: what its type says by now, or that no LIF serves at this moment, is no reason to give up what has arrived.
    async fn put_right(&self, volume: &Volume) -> Result<(), Trouble> {
        let Relocating { array, session, names, subject } = self;
        let found = Found::of(volume.clone(), names);
        let desired = New {
            size: subject.size.saturating_mul(1 << 30),
            path: names.junction(),
            export_policy: (subject.protocol == Protocol::Nfs).then(|| names.policy.clone()),
            qos_policy: found.qos.clone(),
            ..New::default()
        };
        let change = repair(&found, &desired);
        if change != Change::default() {
            self.advance(volume, change.clone()).await?;
            let what = change.changes().join(", ");
            return Err(trouble::again(format!("volume {} has another {what} than it was given", names.volume)));
        }
        let path = desired.path.as_deref().unwrap_or_default();
        if subject.protocol == Protocol::Cifs && !smb_share::is_there(session, names, path).await? {
            let made = smb_share::make(array, session, names, subject.instance, path).await?;
            if made != Observed::Present(()) {
                return Err(trouble::again(format!("the SMB share {} comes and goes", names.mount)));
            }
        }
        Ok(())
    }

    async fn split(&self, volume: &Volume) -> Result<(), Trouble> {
        self.advance(volume, Change { split: Some(true), ..Change::default() }).await
    }

    async fn begin_move(&self, volume: &Volume, place: &Place) -> Result<(), Trouble> {
        let move_to = place.aggregates.first().cloned();
        self.advance(volume, Change { move_to, ..Change::default() }).await
    }

    async fn cut_over(&self, volume: &Volume) -> Result<(), Trouble> {
        self.advance(volume, Change { movement: Some("cutover"), ..Change::default() }).await
    }

    /// A change that the array refuses where it has happened since the volume was looked at, or where something is in the way that may
    /// go: then one looks again, while there is time.
    async fn advance(&self, volume: &Volume, change: Change) -> Result<(), Trouble> {
        self.change(volume, change).await.map_err(|error| match error.class() {
            Class::Refused => trouble::again(error.message()),
            _ => trouble::of(&error),
        })
    }

    async fn change(&self, volume: &Volume, change: Change) -> Result<(), manilad_ontap::Error> {
        let changing = volume::change(&self.session.client, volume.uuid, &change);
        self.array.late_changes.during(self.subject.instance, change.clone(), changing).await
    }

    async fn exports(&self, volume: &Volume) -> Result<Vec<Export>, Trouble> {
        let Relocating { array, session, names, subject } = self;
        let interfaces = array.lifs.now(&session.client, &session.svm).await.map_err(|error| trouble::of(&error))?;
        exports::serving(session, &interfaces, subject, &names.mount, &volume.aggregates)
    }
}

#[cfg(test)]
mod tests;
