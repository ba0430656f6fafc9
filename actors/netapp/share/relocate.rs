//! Bringing an instance that began with a snapshot in another pool to its own: the clone is split from its parent, then its volume is
//! moved to the aggregate of the pool. The array does both by itself, in minutes or hours; each look here is one call.
//!
//! How to get it wrong: to move a clone that is not split yet, which the array refuses; or to take a move that was begun for one that has
//! ended. Source: operations.md §4, §11.

use manilad_domain::message::Detail;
use manilad_domain::share::MOVES_FROM;
use manilad_driver::{Export, Remedy, Subject, Trouble};
use manilad_ontap::volume::{self, Change, Style, Volume};
use manilad_ontap::{Class, Scope};

use super::exports;
use super::found::{absent, refuse_moved, see_svm, stranger};
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
    Arrived,
}

/// Decides by what is seen of the volume. Pure.
pub fn plan(volume: &Volume, place: &Place) -> Step {
    let half = |percent: Option<u8>| percent.unwrap_or(0).min(99) / 2;
    match &volume.movement {
        Some(movement) if movement.state.as_deref() == Some("cutover_pending") => Step::CutOver,
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
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
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
        Step::Arrived => relocating.exports(&volume).await,
        Step::Wait(percent) => Err(relocating.under_way(percent)),
        // What is begun costs of the time that there is, until it is seen to go on: it may come to nothing time and again.
        Step::Split => {
            relocating.split(&volume).await?;
            Err(trouble::again(format!("volume {} begins to be split from the snapshot", names.volume)))
        }
        Step::Move => {
            relocating.begin_move(&volume, &place).await?;
            Err(trouble::again(format!("volume {} begins to be moved to {}", names.volume, place.name)))
        }
        Step::MoveAgain(state) => {
            relocating.begin_move(&volume, &place).await?;
            let (volume, pool) = (&names.volume, &place.name);
            Err(trouble::again(format!("the move of volume {volume} to {pool} was {state}; it is begun again")))
        }
        Step::CutOver => {
            relocating.cut_over(&volume).await?;
            Err(trouble::again(format!(
                "the move of volume {} to {} waits for its last step",
                names.volume, place.name
            )))
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
    fn under_way(&self, percent: u8) -> Trouble {
        let (volume, pool) = (&self.names.volume, &self.subject.pool.pool);
        let reason = format!("volume {volume} is on its way to pool {pool}: {percent} %");
        Trouble { remedy: Remedy::UnderWay { percent }, detail: Detail::UnknownError, reason }
    }

    async fn split(&self, volume: &Volume) -> Result<(), Trouble> {
        self.advance(volume, Change { split: Some(true), ..Change::default() }).await
    }

    async fn begin_move(&self, volume: &Volume, place: &Place) -> Result<(), Trouble> {
        let move_to = place.aggregates.first().cloned();
        let begun = self.change(volume, Change { move_to, ..Change::default() }).await;
        begun.map_err(|error| trouble::of(&error))
    }

    async fn cut_over(&self, volume: &Volume) -> Result<(), Trouble> {
        self.advance(volume, Change { movement: Some("cutover"), ..Change::default() }).await
    }

    /// A change that the array refuses where it has happened since the volume was looked at: then one looks again.
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
