//! The arithmetic of capacity: does a size fit, how much is left, what does a placement take away.
//!
//! Filter, weigher and booking all reckon here, so they can't disagree. How to get it wrong: judging a thin share by
//! the free space alone, or a thick one by the over-subscription ratio. Source: scheduler.md §5, §6, §10.

use std::fmt;

use manilad_domain::pool::{Capacity, Pool};

/// What a pool holds, in GiB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    pub total: Capacity,
    pub free: Capacity,
    pub allocated: f64,
    /// Promised to shares, whether they use it or not.
    pub provisioned: f64,
    /// Percent of the total kept free from new shares.
    pub reserved_percentage: f64,
    pub reserved_snapshot_percentage: f64,
    pub reserved_share_extend_percentage: f64,
    /// How many times the total may be promised to thin shares.
    pub ratio: f64,
    /// Whether the pool can hold thin shares, thick shares, or both.
    pub thin: bool,
    pub thick: bool,
    /// Whether shares that begin with a snapshot in another pool of the back end can come to it.
    pub takes_clones: bool,
}

/// Why a size does not fit. All figures but the ratio are GiB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Short {
    /// The array does not tell its total, so neither a reserve nor a size above the free space can be judged.
    TotalUnknown {
        free: f64,
        reserved_percentage: f64,
        size: f64,
    },
    NoCapacity {
        total: f64,
    },
    RatioBelowOne {
        ratio: f64,
    },
    Promised {
        provisioned: f64,
        size: f64,
        total: f64,
        ratio: f64,
    },
    Full {
        left: f64,
        size: f64,
        ratio: f64,
    },
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Short::TotalUnknown { free, reserved_percentage, size } => write!(
                f,
                "total unknown: {size} GiB must fit into {free} GiB with nothing reserved, but {reserved_percentage} % is"
            ),
            Short::NoCapacity { total } => write!(f, "a total of {total} GiB"),
            Short::RatioBelowOne { ratio } => write!(f, "thin, with an over-subscription ratio of {ratio}, below 1"),
            Short::Promised { provisioned, size, total, ratio } => {
                write!(f, "{provisioned} GiB promised and {size} GiB wanted exceed {ratio} times {total} GiB")
            }
            Short::Full { left, size, ratio } => {
                write!(f, "{left} GiB free beyond the reserve, times {ratio}, is less than {size} GiB")
            }
        }
    }
}

impl Room {
    /// The capacity part of a report. `promised` stands in where the driver does not tell what is provisioned.
    pub fn reported(pool: &Pool, promised: f64) -> Self {
        Room {
            total: pool.total,
            free: pool.free,
            allocated: pool.allocated,
            provisioned: pool.provisioned.unwrap_or(promised),
            reserved_percentage: pool.reserved_percentage,
            reserved_snapshot_percentage: pool.reserved_snapshot_percentage,
            reserved_share_extend_percentage: pool.reserved_share_extend_percentage,
            ratio: pool.max_over_subscription_ratio,
            thin: pool.thin,
            thick: pool.thick,
            takes_clones: pool.takes_clones,
        }
    }

    /// Whether `size` GiB fit; `thin` tells whether the share may be thin.
    ///
    /// # Errors
    /// The figures that did not suffice.
    pub fn fits(&self, size: f64, thin: bool) -> Result<(), Short> {
        let reserved_percentage = self.reserved_percentage;
        let Capacity::Gib(free) = self.free else {
            return Ok(());
        };
        let Capacity::Gib(total) = self.total else {
            let fits = reserved_percentage == 0.0 && size <= free;
            return if fits { Ok(()) } else { Err(Short::TotalUnknown { free, reserved_percentage, size }) };
        };
        if total <= 0.0 {
            return Err(Short::NoCapacity { total });
        }
        let left = (free - self.reserved(total)).floor();
        let ratio = if thin && self.thin { self.ratio } else { 1.0 };
        if thin && self.thin {
            if ratio < 1.0 {
                return Err(Short::RatioBelowOne { ratio });
            }
            let provisioned = self.provisioned;
            if (provisioned + size) / total > ratio {
                return Err(Short::Promised { provisioned, size, total, ratio });
            }
        }
        if left * ratio >= size { Ok(()) } else { Err(Short::Full { left, size, ratio }) }
    }

    /// GiB that may be promised to others before `size` GiB, which fit now, fit no longer; `None` where the array doesn't tell its
    /// free space, and so whatever is promised.
    pub fn spare(&self, size: f64, thin: bool) -> Option<f64> {
        let free = self.free.gib()?;
        let Some(total) = self.total.gib() else { return Some((free - size).floor().max(0.0)) };
        let left = (free - self.reserved(total)).floor();
        let spare = match thin && self.thin {
            true => (left - size / self.ratio).min(total * self.ratio - self.provisioned - size),
            false => left - size,
        };
        Some(spare.floor().max(0.0))
    }

    /// GiB that may still be promised beyond the reserve; `None` where the array doesn't tell its capacity.
    pub fn headroom(&self, thin: bool) -> Option<f64> {
        let (total, free) = (self.total.gib()?, self.free.gib()?);
        let gross = if thin && self.thin { total * self.ratio - self.provisioned } else { free };
        Some((gross - self.reserved(total)).floor())
    }

    /// What is left when `size` GiB more are promised, until the array reports what they really took. Less than none was given
    /// back; a thin share gives back promises, and nobody knows how much space.
    #[must_use]
    pub fn booked(self, size: f64) -> Self {
        let taken = if self.thin { size.max(0.0) } else { size };
        Room {
            free: self.free.gib().map_or(self.free, |free| Capacity::Gib(free - taken)),
            allocated: self.allocated + size,
            provisioned: self.provisioned + size,
            ..self
        }
    }

    fn reserved(&self, total: f64) -> f64 {
        total * self.reserved_percentage / 100.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNKNOWN: Capacity = Capacity::Unknown;

    fn room(total: Capacity, free: Capacity) -> Room {
        Room {
            total,
            free,
            allocated: 0.0,
            provisioned: 0.0,
            reserved_percentage: 0.0,
            reserved_snapshot_percentage: 0.0,
            reserved_share_extend_percentage: 0.0,
            ratio: 20.0,
            thin: false,
            thick: true,
            takes_clones: true,
        }
    }

    fn gib(total: f64, free: f64) -> Room {
        room(Capacity::Gib(total), Capacity::Gib(free))
    }

    #[test]
    fn each_line_of_the_capacity_rule_holds() {
        let thin = |total, free| Room { thin: true, ..gib(total, free) };
        let reserved = |percent, room: Room| Room { reserved_percentage: percent, ..room };
        // what it shows, the room, the size, whether the share may be thin, whether it fits
        let cases: &[(&str, Room, f64, bool, bool)] = &[
            ("unknown free space passes", room(Capacity::Gib(10.0), UNKNOWN), 1e6, false, true),
            ("unknown free space passes before an empty total is looked at", room(UNKNOWN, UNKNOWN), 1e6, true, true),
            ("unknown total, no reserve, exactly the free space", room(UNKNOWN, Capacity::Gib(5.0)), 5.0, true, true),
            ("unknown total, above the free space", room(UNKNOWN, Capacity::Gib(5.0)), 6.0, true, false),
            ("unknown total with a reserve", reserved(1.0, room(UNKNOWN, Capacity::Gib(5.0))), 1.0, true, false),
            ("a total of zero", gib(0.0, 10.0), 1.0, false, false),
            ("a negative total", gib(-1.0, 10.0), 1.0, false, false),
            ("thick, exactly the free space", gib(100.0, 10.0), 10.0, false, true),
            ("thick, one more", gib(100.0, 10.0), 11.0, false, false),
            ("thick, a broken GiB does not count", gib(100.0, 10.9), 10.5, false, false),
            ("thick, with a reserve of 5 GiB", reserved(5.0, gib(100.0, 10.0)), 5.0, false, true),
            ("thick, into the reserve", reserved(5.0, gib(100.0, 10.0)), 6.0, false, false),
            ("a thin share on a thick pool is thick", gib(100.0, 10.0), 11.0, true, false),
            ("a thick share on a thin pool is thick", thin(100.0, 10.0), 11.0, false, false),
            ("thin, free space times the ratio", thin(100.0, 10.0), 200.0, true, true),
            ("thin, above free space times the ratio", thin(100.0, 10.0), 201.0, true, false),
            ("thin, promises up to the ratio", Room { provisioned: 1990.0, ..thin(100.0, 50.0) }, 10.0, true, true),
            ("thin, promises above the ratio", Room { provisioned: 1991.0, ..thin(100.0, 50.0) }, 10.0, true, false),
            ("thin, a ratio below one", Room { ratio: 0.9, ..thin(100.0, 100.0) }, 1.0, true, false),
            ("thin, a ratio of one", Room { ratio: 1.0, ..thin(100.0, 10.0) }, 10.0, true, true),
            ("a thick share minds no ratio", Room { ratio: 0.9, ..thin(100.0, 100.0) }, 1.0, false, true),
            ("thin, the reserve comes off before the ratio", reserved(9.0, thin(100.0, 10.0)), 21.0, true, false),
            ("thin, with a reserve", reserved(9.0, thin(100.0, 10.0)), 20.0, true, true),
        ];
        for (what, room, size, thin, fits) in cases {
            assert_eq!(room.fits(*size, *thin).is_ok(), *fits, "{what}: {:?}", room.fits(*size, *thin));
        }
    }

    #[test]
    fn headroom_is_promises_for_thin_shares_and_space_for_thick_ones() {
        let both = Room { thin: true, provisioned: 150.0, reserved_percentage: 10.0, ratio: 2.0, ..gib(100.0, 40.5) };
        assert_eq!(both.headroom(true), Some(40.0));
        assert_eq!(both.headroom(false), Some(30.0));
        assert_eq!(room(UNKNOWN, Capacity::Gib(1.0)).headroom(true), None);
        assert_eq!(room(Capacity::Gib(1.0), UNKNOWN).headroom(true), None);
    }

    #[test]
    fn booking_moves_what_is_known_and_leaves_unknown_as_it_is() {
        assert_eq!(gib(100.0, 40.0).booked(15.0), Room { allocated: 15.0, provisioned: 15.0, ..gib(100.0, 25.0) });
        assert_eq!(
            room(UNKNOWN, UNKNOWN).booked(15.0),
            Room { allocated: 15.0, provisioned: 15.0, ..room(UNKNOWN, UNKNOWN) }
        );
    }

    #[test]
    fn what_is_given_back_is_space_where_shares_are_thick_and_promises_where_they_may_be_thin() {
        assert_eq!(gib(100.0, 40.0).booked(-5.0).free, Capacity::Gib(45.0));
        let thin = Room { thin: true, provisioned: 10.0, ..gib(100.0, 40.0) }.booked(-5.0);
        assert_eq!((thin.free, thin.provisioned), (Capacity::Gib(40.0), 5.0));
    }

    fn any_room() -> impl Strategy<Value = Room> {
        let gib = || prop_oneof![4 => (0.0..5000.0).prop_map(Capacity::Gib), 1 => Just(UNKNOWN)];
        (gib(), gib(), 0.0..90000.0, 0.0..100.0, 0.5..25.0, any::<bool>()).prop_map(
            |(total, free, provisioned, reserved_percentage, ratio, thin)| Room {
                provisioned,
                reserved_percentage,
                ratio,
                thin,
                ..room(total, free)
            },
        )
    }

    proptest! {
        #[test]
        fn more_free_space_never_turns_yes_into_no(room in any_room(), size in 1.0..9000.0, thin: bool, more in 0.0..500.0) {
            if let (Capacity::Gib(free), Ok(())) = (room.free, room.fits(size, thin)) {
                prop_assert_eq!(Room { free: Capacity::Gib(free + more), ..room }.fits(size, thin), Ok(()));
            }
        }

        #[test]
        fn a_smaller_size_fits_wherever_a_larger_one_does(room in any_room(), size in 1.0..9000.0, thin: bool, part in 0.0..1.0) {
            if room.fits(size, thin).is_ok() {
                prop_assert_eq!(room.fits(size * part, thin), Ok(()));
            }
        }

        #[test]
        fn what_fits_still_fits_when_just_the_spare_is_promised_and_not_when_one_more_is(
            (total, free, provisioned, size) in (1u32..5000, 0u32..5000, 0u32..90000, 1u32..9000),
            ratio in prop_oneof![Just(1.0), Just(2.0), Just(20.0)],
            pool_is_thin: bool,
            thin: bool,
        ) {
            let provisioned = f64::from(provisioned);
            let room = Room { provisioned, ratio, thin: pool_is_thin, ..gib(total.into(), free.into()) };
            let size = f64::from(size);
            prop_assume!(room.fits(size, thin).is_ok());
            let spare = room.spare(size, thin).unwrap();
            prop_assert_eq!(room.booked(spare).fits(size, thin), Ok(()));
            prop_assert!(room.booked(spare + 1.0).fits(size, thin).is_err());
        }

        #[test]
        fn what_a_booking_leaves_is_never_more(room in any_room(), size in 1.0..9000.0, thin: bool) {
            let booked = room.booked(size);
            if booked.fits(size, thin).is_ok() {
                prop_assert_eq!(room.fits(size, thin), Ok(()));
            }
            if let (Some(before), Some(after)) = (room.headroom(thin), booked.headroom(thin)) {
                prop_assert!(after <= before);
            }
        }
    }
}
