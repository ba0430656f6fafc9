//! How long work is tried, and how often. One table, in running time.

use std::time::Duration;

use manilad_domain::intent::Verb;
use manilad_domain::share_server::ServerVerb;

/// The patience for one kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long one try may take before it counts as hung. Longer than any call to the array may take.
    pub one_try: Duration,
    /// How long trying goes on before the work counts as failed.
    pub in_all: Duration,
    /// The first pause between two tries; it doubles up to the longest.
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

/// The longest that one try of anything may take.
pub const LONGEST_TRY: Duration = seconds(300);

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The patience for a verb. Placing is the scheduler's; it is here so that the table is whole.
pub const fn of(verb: Verb) -> Patience {
    match verb {
        Verb::Place | Verb::Create => Patience {
            one_try: seconds(300),
            in_all: seconds(180),
            first_pause: Duration::from_millis(500),
            longest_pause: seconds(15),
        },
        Verb::Access | Verb::Export => Patience {
            one_try: seconds(180),
            in_all: seconds(180),
            first_pause: Duration::from_millis(500),
            longest_pause: seconds(15),
        },
        Verb::Delete => Patience {
            one_try: seconds(300),
            in_all: seconds(300),
            first_pause: seconds(1),
            longest_pause: seconds(300),
        },
    }
}

/// The patience for a verb of share servers.
pub const fn of_server(verb: ServerVerb) -> Patience {
    match verb {
        // An SVM takes eight seconds, and an array makes a few at a time: a crowd of tenants waits in line.
        ServerVerb::SetUp | ServerVerb::Alter => Patience {
            one_try: seconds(300),
            in_all: seconds(600),
            first_pause: Duration::from_millis(500),
            longest_pause: seconds(15),
        },
        ServerVerb::TearDown => Patience {
            one_try: seconds(300),
            in_all: seconds(300),
            first_pause: seconds(1),
            longest_pause: seconds(300),
        },
    }
}

/// The pauses after failed reports; the longest is the period of reports.
pub const REPORT: Patience =
    Patience { one_try: seconds(0), in_all: seconds(0), first_pause: seconds(1), longest_pause: seconds(60) };

/// The pauses where an intent, or what it speaks of, can't be read from the store.
pub const UNREADABLE: Patience =
    Patience { one_try: seconds(0), in_all: seconds(0), first_pause: seconds(1), longest_pause: seconds(60) };

/// The pause after `tries` failed tries, before jitter.
pub fn pause(patience: Patience, tries: u32) -> Duration {
    patience.first_pause.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(patience.longest_pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_the_longest() {
        let patience = of(Verb::Create);
        assert_eq!(pause(patience, 1), Duration::from_millis(500));
        assert_eq!(pause(patience, 3), seconds(2));
        assert_eq!(pause(patience, 40), seconds(15));
    }
}
