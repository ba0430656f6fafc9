//! Whether a wish still fits: in the project, for its user, for its share type.
//!
//! Pure: limits and usage are read in the draft, so that two wishes can't both take the last place. How to get it wrong:
//! to refuse without the word `exceed` in lower case; clients built on Tempest's then take the answer for a limit of
//! rate, wait and repeat it.

use super::{Charge, Key, Limits, QuotaScope, Usage};
use crate::fault::Fault;

/// The limits that apply to the wishes of one user, and of one share type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub project: Limits,
    pub user: Limits,
    /// `None` where no share type is involved.
    pub share_type: Option<Limits>,
}

impl Quota {
    /// Whether `wishes` still fit on top of `usage`; what gives something back always does.
    ///
    /// # Errors
    /// Over limit, naming the resource, the use, the limit and whose it is; project and user come first.
    pub fn admit(&self, usage: &Usage, wishes: &[Charge]) -> Result<(), Fault> {
        let mut after = usage.clone();
        wishes.iter().for_each(|wish| after.book(wish, 1));
        let growing = || wishes.iter().filter(|wish| wish.amount > 0);
        let fits = |limits: &Limits, scope: &QuotaScope, wish: &Charge| {
            let (key, limit) = (wish.resource.key(), limits.of(wish.resource.key()));
            if limit < 0 || after.in_use(scope, key) <= limit {
                return Ok(());
            }
            let whose = match scope {
                QuotaScope::Project => "project",
                QuotaScope::User(_) => "user",
                QuotaScope::ShareType(_) => "share type",
            };
            Err(Fault::over_limit(format!(
                "{}: the request would exceed the quota: asked for {} {}; the {whose} has {} of {limit} in use.",
                wish.resource.refusal(),
                wish.amount,
                key.name(),
                usage.in_use(scope, key)
            )))
        };
        for wish in growing() {
            fits(&self.project, &QuotaScope::Project, wish)?;
            fits(&self.user, &QuotaScope::User(wish.user.clone()), wish)?;
        }
        let Some(limits) = &self.share_type else { return Ok(()) };
        growing()
            .filter_map(|wish| Some((wish, QuotaScope::ShareType(wish.share_type?))))
            .try_for_each(|(wish, scope)| fits(limits, &scope, wish))
    }

    /// Whether one share may be `size` GiB large; the project's limit counts.
    ///
    /// # Errors
    /// Over limit, naming the size and the limit.
    pub fn admit_size(&self, size: u64) -> Result<(), Fault> {
        match u64::try_from(self.project.of(Key::PerShareGigabytes)) {
            Ok(limit) if size > limit => Err(Fault::over_limit(format!(
                "ShareSizeExceedsLimit: the request would exceed the quota: asked for {size} GiB, a single share may have {limit}."
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Kind;
    use crate::quota::{Resource, UNLIMITED, Values};

    fn charge(user: &str, share_type: u128, amount: i64) -> Charge {
        Charge {
            project: "p".into(),
            user: user.into(),
            share_type: Some(uuid::Uuid::from_u128(share_type).into()),
            resource: Resource::Shares,
            amount,
        }
    }

    fn shares(limit: i64) -> Limits {
        Limits::default().under(&Values::from([(Key::Shares, limit)]))
    }

    /// `a` used 2 of type 1, `b` 3 of type 2.
    fn usage() -> Usage {
        let mut usage = Usage::of("p");
        usage.book(&charge("a", 1, 2), 1);
        usage.book(&charge("b", 2, 3), 1);
        usage
    }

    fn limit() -> impl Strategy<Value = i64> {
        UNLIMITED..12
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_wish_fits_where_project_user_and_type_have_room(
            project in limit(), user in limit(), share_type in limit(), amount in -5i64..9,
        ) {
            let quota = Quota { project: shares(project), user: shares(user), share_type: Some(shares(share_type)) };
            let room = |limit: i64, used: i64| limit == UNLIMITED || used + amount <= limit;
            let fits = amount <= 0 || (room(project, 5) && room(user, 2) && room(share_type, 3));
            let judged = quota.admit(&usage(), &[charge("a", 2, amount)]);
            prop_assert_eq!(judged.is_ok(), fits, "{:?}", judged);
        }

        #[test]
        fn several_wishes_are_judged_as_their_sum(limit in limit(), amounts in proptest::collection::vec(0i64..4, 0..4)) {
            let quota = Quota { project: shares(limit), user: shares(UNLIMITED), share_type: None };
            let wishes: Vec<_> = amounts.iter().map(|amount| charge("a", 1, *amount)).collect();
            let sum: i64 = amounts.iter().sum();
            let fits = sum == 0 || limit == UNLIMITED || 5 + sum <= limit;
            prop_assert_eq!(quota.admit(&usage(), &wishes).is_ok(), fits);
        }
    }

    #[test]
    fn the_refusal_names_whose_limit_it_is_project_first() {
        let all = |project, user, share_type| {
            let quota = Quota { project: shares(project), user: shares(user), share_type: Some(shares(share_type)) };
            quota.admit(&usage(), &[charge("a", 1, 1)]).unwrap_err()
        };
        let refused = all(5, 2, 2);
        assert_eq!(refused.kind, Kind::OverLimit);
        assert_eq!(
            refused.text,
            "ShareLimitExceeded: the request would exceed the quota: asked for 1 shares; the project has 5 of 5 in use."
        );
        assert!(all(50, 2, 2).text.contains("the user has 2 of 2"));
        assert!(all(50, 50, 2).text.contains("the share type has 2 of 2"));
    }

    #[test]
    fn the_size_of_one_share_is_the_project_s_affair() {
        let sized = |limit| Limits::default().under(&Values::from([(Key::PerShareGigabytes, limit)]));
        let quota = |project| Quota { project: sized(project), user: sized(1), share_type: Some(sized(1)) };
        assert!(quota(2).admit_size(2).is_ok());
        assert_eq!(quota(2).admit_size(3).unwrap_err().kind, Kind::OverLimit);
        assert!(quota(UNLIMITED).admit_size(1 << 40).is_ok());
    }
}
