//! What an answer that is an error says: one table over its status and its body.
//!
//! No status counts by itself for a call that changes something: a proxy, a load balancer or a front end without its back end
//! answers in HTML, or in JSON of its own, knows nothing of volumes, and may have passed the call on before it answered; an
//! error object is ONTAP's only with a code as ONTAP writes them. A server that ends an idle connection says 408, and no code
//! of ONTAP goes with that. How to get it wrong: calling such an answer `Busy`, for then a change is made again, or another
//! one in its place, and the first comes into force later; calling such an answer `Refused`, for then a share fails that exists, and a rule
//! that was denied may still come into force; or `Absent`, for then one that exists is forgotten; or `Unauthorised`, for then
//! the account is taken to lack a privilege that it has.

use std::ops::RangeInclusive;

use crate::code::{self, Class};
use crate::endpoint::Endpoint;
use crate::transport::Method;

/// ONTAP's own codes for "fewer calls, please": the call was not begun, whatever the status.
const OVERLOADED: [&str; 2] = ["7", "262160"];

/// What the body of an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// No error object of ONTAP.
    None,
    /// ONTAP's, with a code that says nothing by itself (0 or 2; in a job also none).
    Vague,
    /// ONTAP's, with a code that is in no row of [`code::TABLE`].
    Unlisted,
    /// ONTAP's, with a code or a text that has a row there.
    Listed,
}

/// What follows from a status and a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Is(Class),
    /// What the row of the code says.
    Row,
    /// The same, but an object counts as absent only when this is what follows instead.
    RowUnlessAbsent(Class),
    /// That the work failed if a job did it, which is over then. Else nobody knows.
    UnknownUnlessJob,
    /// Not begun, since there is too much to do.
    TurnedAway,
    /// There is too much to do, and a call that changes nothing is made again. Of another nobody knows, since what answered
    /// may have passed it on before.
    Unavailable,
}

/// One row of the table; the first that fits decides.
#[derive(Debug)]
pub struct Row {
    pub statuses: &'static [RangeInclusive<u16>],
    pub bodies: &'static [Body],
    pub says: Says,
}

const ANY: &[Body] = &[Body::None, Body::Vague, Body::Unlisted, Body::Listed];
const ALL: &[RangeInclusive<u16>] = &[0..=u16::MAX];
/// There is too much to do, whoever says so.
const TOO_MUCH: &[RangeInclusive<u16>] = &[429..=429, 503..=503];

const fn row(statuses: &'static [RangeInclusive<u16>], bodies: &'static [Body], says: Says) -> Row {
    Row { statuses, bodies, says }
}

/// What each status means with each body.
#[rustfmt::skip]
pub static TABLE: &[Row] = &[
    row(TOO_MUCH,               &[Body::None, Body::Vague, Body::Unlisted], Says::Unavailable),
    row(TOO_MUCH,               &[Body::Listed],                           Says::TurnedAway),
    row(&[401..=401, 403..=403], &[Body::Vague],                           Says::Is(Class::Unauthorised)),
    row(&[401..=401],           &[Body::Unlisted],                         Says::Is(Class::Unauthorised)),
    row(&[0..=199, 300..=399, 408..=408], ANY,                                       Says::Is(Class::Unknown)),
    row(ALL,                    &[Body::None],                             Says::Is(Class::Unknown)),
    row(&[405..=405],           &[Body::Vague],                            Says::Is(Class::Unsupported)),
    row(&[500..=u16::MAX],      &[Body::Vague],                            Says::Is(Class::Unknown)),
    row(&[500..=u16::MAX],      &[Body::Unlisted],                         Says::UnknownUnlessJob),
    row(ALL,                    &[Body::Vague, Body::Unlisted],            Says::Is(Class::Refused)),
    row(&[404..=404],           &[Body::Listed],                           Says::Row),
    row(&[400..=499],           &[Body::Listed],                           Says::RowUnlessAbsent(Class::Refused)),
    row(ALL,                    &[Body::Listed],                           Says::RowUnlessAbsent(Class::Unknown)),
];

/// What is made of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    /// Whether it was surely not begun, so that the client may repeat even a write by itself.
    pub(crate) not_begun: bool,
    /// Whether the array wants fewer calls at a time.
    pub(crate) turned_away: bool,
}

impl Verdict {
    pub(crate) const fn of(class: Class) -> Self {
        Verdict { class, not_begun: false, turned_away: false }
    }
}

/// What an answer holds, as far as its class depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Response<'a> {
    pub(crate) endpoint: Endpoint,
    /// None: the error is the word of a job that was asked for.
    pub(crate) status: Option<u16>,
    /// Whether the answer names a job that ended within the call, whose error it tells.
    pub(crate) of_job: bool,
    /// ONTAP's code, when there is an error object.
    pub(crate) code: Option<&'a str>,
    /// The row of the code or of the text, if one fits.
    pub(crate) row: Option<&'static code::Row>,
}

/// Judges an answer.
pub(crate) fn judge(response: Response<'_>) -> Verdict {
    let body = match (response.code, response.row) {
        (None, _) => Body::None,
        (Some(_), Some(_)) => Body::Listed,
        (Some("" | "0" | "2"), None) => Body::Vague,
        (Some(_), None) => Body::Unlisted,
    };
    let by_code = Verdict::of(response.row.map_or(Class::Refused, |row| row.class));
    let says = match response.status {
        Some(status) => says(status, body),
        None => Says::Row,
    };
    let says = match says {
        Says::RowUnlessAbsent(_) if response.of_job => Says::Row,
        Says::UnknownUnlessJob if response.of_job => Says::Row,
        says => says,
    };
    let turned_away = Verdict { class: Class::Busy, not_begun: true, turned_away: true };
    let verdict = match says {
        Says::Is(class) => Verdict::of(class),
        Says::RowUnlessAbsent(class) if by_code.class == Class::Absent => Verdict::of(class),
        Says::Row | Says::RowUnlessAbsent(_) => match response.code {
            Some(code) if by_code.class == Class::Busy && OVERLOADED.contains(&code) => turned_away,
            _ => by_code,
        },
        Says::UnknownUnlessJob => Verdict::of(Class::Unknown),
        Says::TurnedAway => turned_away,
        Says::Unavailable if response.endpoint.reads() => turned_away,
        Says::Unavailable => Verdict { turned_away: true, ..Verdict::of(Class::Unknown) },
    };
    let makes = response.endpoint.row().method == Method::Post;
    match verdict.class {
        // What is to be made can't be missing: it is something that the call names.
        Class::Absent if makes => Verdict::of(Class::BadReference),
        // Work that was begun is not repeated blindly, whatever ended it.
        _ if response.of_job || response.status.is_none() => {
            Verdict { not_begun: false, turned_away: false, ..verdict }
        }
        _ => verdict,
    }
}

/// The first row that fits.
fn says(status: u16, body: Body) -> Says {
    let fits = |row: &&Row| row.bodies.contains(&body) && row.statuses.iter().any(|range| range.contains(&status));
    TABLE.iter().find(fits).map_or(Says::Is(Class::Unknown), |row| row.says)
}

impl std::fmt::Display for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Body::None => "no error object of ONTAP",
            Body::Vague => "a code that says nothing",
            Body::Unlisted => "a code that we have no row for",
            Body::Listed => "a code or text that we have a row for",
        })
    }
}

impl std::fmt::Display for Says {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Says::Is(class) => write!(f, "{class}"),
            Says::Row => f.write_str("the class of the code"),
            Says::RowUnlessAbsent(class) => write!(f, "the class of the code; {class} where that is absent"),
            Says::UnknownUnlessJob => {
                write!(f, "{}; {} where it is the word of a job", Class::Unknown, Class::Refused)
            }
            Says::TurnedAway => write!(f, "{}, repeated, and the limit halves", Class::Busy),
            Says::Unavailable => {
                write!(f, "{} for reads, and repeated; else {}; the limit halves", Class::Busy, Class::Unknown)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::endpoint::TABLE as ENDPOINTS;

    fn response() -> impl Strategy<Value = Response<'static>> {
        let row = (0..code::TABLE.len()).prop_map(|place| (Some(code::TABLE[place].code), Some(&code::TABLE[place])));
        let body = prop_oneof![
            Just((None, None)),
            prop::sample::select(vec!["", "0", "2", "99999999"]).prop_map(|code| (Some(code), None)),
            row,
        ];
        let listed =
            prop::sample::select(vec![200, 302, 400, 401, 403, 404, 405, 408, 409, 421, 425, 429, 500, 502, 503]);
        let status = prop_oneof![Just(None), listed.prop_map(Some), (100u16..600).prop_map(Some)];
        (0..ENDPOINTS.len(), status, body, any::<bool>()).prop_map(|(place, status, (code, row), of_job)| {
            // Only ONTAP names jobs, and only with an error object are there words of one.
            let (of_job, status) =
                (of_job && code.is_some(), if code.is_none() { status.or(Some(502)) } else { status });
            Response { endpoint: ENDPOINTS[place].endpoint, status, of_job, code, row }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn what_ontap_did_not_say_is_never_refused_absent_or_there(mut response in response(), status in 100u16..600) {
            (response.code, response.row, response.of_job, response.status) = (None, None, false, Some(status));
            let class = judge(response).class;
            prop_assert!(class == Class::Unknown || (class == Class::Busy && response.endpoint.reads()), "{class}");
        }

        #[test]
        fn an_error_of_the_server_is_refused_only_by_a_row_or_by_a_job(response in response()) {
            if response.status.is_some_and(|status| status >= 500) && judge(response).class == Class::Refused {
                prop_assert!(response.row.is_some() || response.of_job);
            }
        }

        #[test]
        fn absent_needs_404_and_ontaps_code_or_the_word_of_a_job(response in response()) {
            if judge(response).class == Class::Absent {
                prop_assert!(response.row.is_some_and(|row| row.class == Class::Absent));
                prop_assert!(response.status == Some(404) || response.status.is_none() || response.of_job);
                prop_assert!(!matches!(response.status, Some(408 | 429 | 503 | 300..=399)));
                prop_assert!(response.endpoint.row().method != Method::Post, "what is made can't be missing");
            }
        }

        #[test]
        fn what_is_repeated_was_surely_not_begun(response in response()) {
            let verdict = judge(response);
            if verdict.not_begun {
                prop_assert_eq!(verdict.class, Class::Busy);
                prop_assert!(!response.of_job && response.status.is_some());
                let overloaded = response.code.is_some_and(|code| OVERLOADED.contains(&code));
                let status = response.status.unwrap_or_default();
                prop_assert!(overloaded || matches!(status, 429 | 503), "{status}");
                prop_assert!(response.code.is_some() || response.endpoint.reads(), "only ONTAP knows what it has begun");
                prop_assert!(overloaded || response.row.is_some() || response.endpoint.reads(), "{status}");
            }
            prop_assert!(verdict.not_begun || !verdict.turned_away || verdict.class == Class::Unknown);
            prop_assert!(response.status != Some(408) || !verdict.turned_away, "an idle connection that ends is no load");
        }
    }

    #[test]
    fn every_row_is_the_first_that_fits_something() {
        let bodies = [Body::None, Body::Vague, Body::Unlisted, Body::Listed];
        let fits = |row: &Row, status: u16, body: Body| {
            row.bodies.contains(&body) && row.statuses.iter().any(|range| range.contains(&status))
        };
        for (place, row) in TABLE.iter().enumerate() {
            let reached = (100..600).flat_map(|status| bodies.map(|body| (status, body)));
            let mut reached = reached.filter(|(status, body)| fits(row, *status, *body));
            assert!(reached.any(|(s, b)| !TABLE[..place].iter().any(|before| fits(before, s, b))), "row {place}");
        }
    }
}
