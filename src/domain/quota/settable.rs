//! What a limit may be set to. Source: quotas-and-limits §4.
//!
//! A project's limit can't fall below what is used or what was handed out below it; a user's or a share type's can't
//! rise above the project's. `force` skips all of this, and is for the caller to heed.

use super::{Key, QuotaScope, QuotaSet, UNLIMITED};
use crate::fault::Fault;

/// The range in which one limit can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settable {
    pub least: i64,
    /// -1 is unlimited, and then -1 can be set too.
    pub most: i64,
}

impl Settable {
    /// A project's limit; `in_use` counts what is reserved too.
    pub fn of_project(in_use: i64, handed_out: i64) -> Self {
        Settable { least: in_use.max(handed_out), most: UNLIMITED }
    }

    /// The limit of a user or a share type in a project whose limit is `project`.
    pub fn within(project: i64, in_use: i64) -> Self {
        Settable { least: in_use, most: project }
    }

    /// # Errors
    /// Invalid, naming the range.
    pub fn check(self, key: Key, value: i64) -> Result<(), Fault> {
        let Settable { least, most } = self;
        let name = key.name();
        match (value, most) {
            (UNLIMITED, UNLIMITED) => Ok(()),
            (_, UNLIMITED) if value < least => {
                Err(Fault::invalid(format!("Quota {name} must be at least {least} or -1, not {value}.")))
            }
            (_, UNLIMITED) => Ok(()),
            _ if value < least || value > most => {
                Err(Fault::invalid(format!("Quota {name} must be from {least} to {most}, not {value}.")))
            }
            _ => Ok(()),
        }
    }
}

/// What a project's users, or its share types, have been given of a key; the larger sum, for a share counts on both
/// accounts. What is unlimited counts as nothing.
pub fn handed_out(sets: &[QuotaSet], key: Key) -> i64 {
    let (mut users, mut types) = (0i64, 0i64);
    for set in sets {
        let given = set.values.get(&key).copied().unwrap_or(0).max(0);
        match set.scope {
            QuotaScope::Project => {}
            QuotaScope::User(_) => users = users.saturating_add(given),
            QuotaScope::ShareType(_) => types = types.saturating_add(given),
        }
    }
    users.max(types)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{LARGEST, Values};
    use super::*;

    fn takes(range: Settable, value: i64) -> bool {
        range.check(Key::Shares, value).is_ok()
    }

    /// Small numbers, so that edges meet; -1 among the limits.
    fn limit() -> impl Strategy<Value = i64> {
        prop_oneof![4 => -1i64..12, 1 => Just(LARGEST)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_project_takes_minus_one_and_whatever_covers_use_and_gifts(
            used in 0i64..12, given in 0i64..12, value in limit(),
        ) {
            let fits = value == UNLIMITED || (value >= used && value >= given);
            prop_assert_eq!(takes(Settable::of_project(used, given), value), fits);
        }

        #[test]
        fn below_a_finite_project_everything_lies_between_use_and_its_limit(
            project in 0i64..12, used in 0i64..12, value in limit(),
        ) {
            prop_assert_eq!(takes(Settable::within(project, used), value), (used..=project).contains(&value));
        }

        #[test]
        fn below_an_unlimited_project_only_use_bounds(used in 0i64..12, value in limit()) {
            let range = Settable::within(UNLIMITED, used);
            prop_assert_eq!(takes(range, value), value == UNLIMITED || value >= used);
        }
    }

    #[test]
    fn gifts_to_users_and_to_types_are_two_accounts() {
        let share_type = |n| QuotaScope::ShareType(uuid::Uuid::from_u128(n).into());
        let set =
            |scope, value| QuotaSet { values: Values::from([(Key::Shares, value)]), ..QuotaSet::empty("p", &scope) };
        let mut sets = vec![
            set(QuotaScope::Project, 90),
            set(QuotaScope::User("a".into()), 3),
            set(QuotaScope::User("b".into()), 4),
        ];
        assert_eq!(handed_out(&sets, Key::Shares), 7);
        sets.extend([set(share_type(1), 6), set(share_type(2), 5), set(QuotaScope::User("c".into()), UNLIMITED)]);
        assert_eq!(handed_out(&sets, Key::Shares), 11);
        assert_eq!(handed_out(&sets, Key::Gigabytes), 0);
    }
}
