//! What a failed call means for the task: one table, by class of error.
//!
//! `Again` is tried here for a while, then the next candidate; `Elsewhere` goes there at once; `Never` is the request's
//! own fault. How to get it wrong: `Never` for what ONTAP says, since another array may take what this one refuses.

use std::time::Duration;

use manilad_domain::message::Detail;
use manilad_driver::{Remedy, Trouble};
use manilad_ontap::{Class, Error};

/// What to do about each class, and what the tenant is told.
#[rustfmt::skip]
pub const TABLE: &[(Class, Remedy, Detail)] = &[
    (Class::Absent,       Remedy::Again,     Detail::UnknownError),
    (Class::Exists,       Remedy::Again,     Detail::UnknownError),
    (Class::BadReference, Remedy::Elsewhere, Detail::UnknownError),
    (Class::Busy,         Remedy::Again,     Detail::UnknownError),
    (Class::Full,         Remedy::Elsewhere, Detail::FilterCapacity),
    (Class::TooMany,      Remedy::Elsewhere, Detail::NoValidHost),
    (Class::Refused,      Remedy::Elsewhere, Detail::UnknownError),
    (Class::Unsupported,  Remedy::Elsewhere, Detail::FilterCapabilities),
    (Class::BadCredentials, Remedy::Never,   Detail::SecurityServiceFailedAuth),
    (Class::Unauthorised, Remedy::Again,     Detail::UnknownError),
    (Class::Unreachable,  Remedy::Again,     Detail::UnknownError),
    (Class::Fenced,       Remedy::Again,     Detail::UnknownError),
    (Class::Unknown,      Remedy::Again,     Detail::UnknownError),
];

/// What a failed call means.
pub fn of(error: &Error) -> Trouble {
    let row = TABLE.iter().find(|(class, ..)| *class == error.class());
    let (remedy, detail) = row.map_or((Remedy::Again, Detail::UnknownError), |(_, remedy, detail)| (*remedy, *detail));
    Trouble { remedy, detail, reason: error.message() }
}

/// Look and try again, here.
pub fn again(reason: impl Into<String>) -> Trouble {
    Trouble { remedy: Remedy::Again, detail: Detail::UnknownError, reason: reason.into() }
}

/// All is done, and a call that had no answer may still undo it.
pub fn wait(left: Duration, reason: &str) -> Trouble {
    let reason = format!("{reason} within {} s", left.as_secs() + 1);
    Trouble { remedy: Remedy::Wait(left), detail: Detail::UnknownError, reason }
}

/// This pool can't, another might.
pub fn elsewhere(detail: Detail, reason: impl Into<String>) -> Trouble {
    Trouble { remedy: Remedy::Elsewhere, detail, reason: reason.into() }
}

/// Nobody can: the share type asks for what can't be.
pub fn unfit(reason: impl Into<String>) -> Trouble {
    Trouble { detail: Detail::ContradictingSpecs, ..never(reason) }
}

/// Nobody can.
pub fn never(reason: impl Into<String>) -> Trouble {
    Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use manilad_ontap::{CODES, Endpoint};

    use super::*;

    #[test]
    fn every_class_that_a_code_can_have_has_one_row() {
        let more = [Class::Unreachable, Class::Fenced, Class::Unknown];
        for class in CODES.iter().map(|row| row.class).chain(more) {
            assert_eq!(TABLE.iter().filter(|(other, ..)| *other == class).count(), 1, "{class}");
        }
    }

    #[test]
    fn an_error_becomes_what_its_row_says_in_its_own_words() {
        let error = Error::unsupported(Endpoint::VolumeCreate, "no such field");
        let trouble = of(&error);
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::FilterCapabilities));
        assert_eq!(trouble.reason, error.message());
    }
}
