//! What a trial is made of: everything that is drawn, drawn from its seed before it begins, or from a stream of its own.
//!
//! How to get it wrong: two who draw from one stream; whoever is taken out of a plan then changes what the other does.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use manilad::boot::outside::WorkLimits;
use manilad_store::DiskCall;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// How much happens, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Twenty tenants, each of whom does something every few seconds, for ten minutes.
    Dense,
    /// The same tenants, for an hour, at the density of a cloud.
    Usual,
}

/// All that one trial is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub seed: u64,
    /// Who works, by number.
    pub tenants: Vec<u64>,
    /// Mean pause between two requests of a tenant.
    pub pause: Duration,
    /// How long tenants work.
    pub length: Duration,
    /// When the daemon is killed.
    pub kills: Vec<Duration>,
    /// When calls to arrays and to the network service come to grief.
    pub weather: Vec<Weather>,
    /// When the identity service does not answer.
    pub cloud_away: Vec<(Duration, Duration)>,
    /// How long a commit takes at most to reach the disk.
    pub slow_disk: Duration,
    /// Whether the scheduler's filters heed who is to live beside whom.
    pub heeds_affinity: bool,
    /// How much the daemon takes on at once: little, so that its limits are reached.
    #[serde(with = "WorkLimitsForm")]
    pub limits: WorkLimits,
    /// How many addresses each network of Neutron has: at times so few that share servers get none.
    pub neutron_addresses: u8,
    /// Seconds that a share stays in the recycle bin, and between two looks into it.
    pub bin: (u32, u32),
    /// Whether what is deleted is gone for its owner at once.
    pub is_deletion_deferred: bool,
    /// Whether the scheduler finds pools for shares that begin with a snapshot.
    pub places_clones: bool,
    /// When what befalls the disk.
    pub disk: Vec<(Duration, DiskFault)>,
    /// Whether nobody kills the daemon in the end, nor when all is well: what is stuck in memory alone stays stuck.
    pub is_left_alone: bool,
    /// Whether each array has room for all.
    pub is_roomy: bool,
    /// Seconds between two looks at each array.
    pub sweep_interval: u32,
    /// When an actor hangs, with a number that tells which of those there are.
    pub hangs: Vec<(Duration, usize)>,
}

/// A time in which calls to one of them come to grief.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weather {
    pub from: Duration,
    pub until: Duration,
    /// How many of a hundred calls.
    pub percent: u32,
    /// The place in [`ARRAYS`] of the array it is at, or [`NEUTRON`].
    pub at: usize,
}

/// How long nobody kills a daemon that is left alone in the end.
const PEACE: Duration = Duration::from_secs(400);

/// Stands for the network service among the places that calls come to grief at.
pub const NEUTRON: usize = ARRAYS.len();

/// The arrays of a trial.
pub const ARRAYS: [ArrayRow; 2] = [
    ArrayRow { address: "large.test", volumes_per_node: 2500 },
    // So few that tenants use them up, and shares go elsewhere or nowhere.
    ArrayRow { address: "small.test", volumes_per_node: 12 },
];

/// One array.
#[derive(Debug, Clone, Copy)]
pub struct ArrayRow {
    pub address: &'static str,
    pub volumes_per_node: usize,
}

/// What befalls the disk of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum DiskFault {
    /// The next such call fails.
    Failure(#[serde(with = "DiskCallForm")] DiskCall),
    /// For so long there is no room.
    Full(Duration),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DiskCall")]
enum DiskCallForm {
    Get,
    Scan,
    Apply,
    Sync,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WorkLimits")]
struct WorkLimitsForm {
    commands: usize,
    placements: usize,
    tasks: usize,
    sweep_page: usize,
}

impl Plan {
    pub fn draw(seed: u64, size: Size) -> Self {
        let mut lots = stream(seed, "plan");
        let (length, pause) = match size {
            Size::Dense => (600, 5),
            Size::Usual => (3600, 60),
        };
        let mut instants = |many: u32| -> Vec<Duration> {
            let mut drawn: Vec<_> = (0..many).map(|_| lots.random_range(5.0..f64::from(length))).collect();
            drawn.sort_by(f64::total_cmp);
            drawn.into_iter().map(Duration::from_secs_f64).collect()
        };
        let mut kills = instants(length / 60);
        let weather = instants(length / 30);
        let away = instants(length / 300);
        let weather = weather.into_iter().map(|from| Weather {
            from,
            until: from + spell(&mut lots),
            percent: lots.random_range(2..60),
            at: lots.random_range(0..=NEUTRON),
        });
        let weather = weather.collect();
        let hangs = hangs(&mut stream(seed, "hangs"), length);
        let cloud_away = away.into_iter().map(|from| (from, from + spell(&mut lots) / 4)).collect();
        let disk = (0..length / 150).map(|_| disk_fault(&mut lots, length)).collect();
        // What is drawn later has a stream of its own, so that a seed still draws the rest as before.
        let mut later = stream(seed, "later");
        let again = |at: Duration, lots: &mut StdRng| at + Duration::from_secs_f64(lots.random_range(1.0..2.5));
        for at in kills.clone() {
            if later.random_ratio(1, 3) {
                // While the next one has hardly begun.
                kills.push(again(at, &mut later));
            }
        }
        kills.sort_unstable();
        let is_left_alone = later.random_bool(0.5);
        let peace = Duration::from_secs(u64::from(length)).saturating_sub(PEACE);
        kills.retain(|at| !is_left_alone || *at < peace);
        Plan {
            seed,
            tenants: (0..20).collect(),
            pause: Duration::from_secs(pause),
            length: Duration::from_secs(u64::from(length)),
            kills,
            weather,
            cloud_away,
            slow_disk: Duration::from_millis([1, 5, 30, 400][lots.random_range(0..4)]),
            disk,
            heeds_affinity: lots.random_bool(0.5),
            limits: WorkLimits {
                commands: lots.random_range(2..200),
                placements: lots.random_range(1..9),
                tasks: lots.random_range(2..65),
                sweep_page: lots.random_range(1..9),
            },
            neutron_addresses: if lots.random_ratio(1, 4) { 3 } else { 40 },
            bin: (lots.random_range(5..200), lots.random_range(1..60)),
            is_deletion_deferred: lots.random_ratio(1, 4),
            places_clones: lots.random_bool(0.5),
            hangs,
            is_left_alone,
            is_roomy: later.random_bool(0.5),
            // Only a sweep puts back what a call of before took away.
            sweep_interval: if is_left_alone || later.random_bool(0.5) { later.random_range(20..120) } else { 3600 },
        }
    }

    /// # Errors
    /// What no seed would draw, and a daemon could not live with.
    pub fn check(&self) -> Result<(), String> {
        const LONGEST: Duration = Duration::from_secs(100_000);
        let WorkLimits { commands, placements, tasks, sweep_page } = self.limits;
        let at: Vec<Duration> = self.kills.iter().copied().chain(self.hangs.iter().map(|hang| hang.0)).collect();
        let is_strange =
            |weather: &Weather| weather.at > NEUTRON || weather.percent > 100 || weather.from > weather.until;
        for (is_wrong, expected) in [
            (self.pause.is_zero() || self.pause > LONGEST, "pause is to be more than nothing and at most 100,000 s"),
            (self.length > LONGEST, "length is to be at most 100,000 s"),
            (at.iter().any(|at| *at > LONGEST), "kills and hangs are to be within 100,000 s"),
            (!at.iter().take(self.kills.len()).is_sorted(), "kills are to be in order"),
            (
                self.weather.iter().any(is_strange),
                "weather is from a time to a later one, at one of three places, at most 100 percent",
            ),
            (self.cloud_away.iter().any(|(from, until)| from > until), "cloud_away is from a time to a later one"),
            ([commands, placements, tasks, sweep_page].contains(&0), "limits are to be 1 or more"),
            (self.bin.1 == 0 || self.sweep_interval == 0, "the interval of bin and sweep_interval are to be 1 or more"),
            (self.tenants.iter().any(|number| *number > 99), "tenants are to be of two digits"),
            (self.seed == u64::MAX, "seed is to be smaller"),
        ] {
            if is_wrong {
                return Err(expected.to_owned());
            }
        }
        Ok(())
    }

    /// Of a hundred calls at this time, how many come to grief at one of the places.
    pub fn faults_at(&self, time: Duration, place: usize) -> u32 {
        let now = self.weather.iter().filter(|weather| (weather.from..weather.until).contains(&time));
        now.filter(|weather| weather.at == place).map(|weather| weather.percent).max().unwrap_or(0)
    }
}

fn disk_fault(lots: &mut StdRng, length: u32) -> (Duration, DiskFault) {
    let at = Duration::from_secs_f64(lots.random_range(5.0..f64::from(length)));
    let fault = match lots.random_range(0..5) {
        0 => DiskFault::Full(spell(lots) / 4),
        1 => DiskFault::Failure(DiskCall::Apply),
        2 => DiskFault::Failure(DiskCall::Sync),
        3 => DiskFault::Failure(DiskCall::Scan),
        _ => DiskFault::Failure(DiskCall::Get),
    };
    (at, fault)
}

/// When which actor hangs.
fn hangs(lots: &mut StdRng, length: u32) -> Vec<(Duration, usize)> {
    let mut hangs: Vec<_> = (0..length / 300)
        .map(|_| (Duration::from_secs_f64(lots.random_range(5.0..f64::from(length))), lots.random_range(0..1000)))
        .collect();
    hangs.sort_unstable();
    hangs
}

/// How long something lasts: mostly seconds, at times minutes.
fn spell(lots: &mut StdRng) -> Duration {
    let longest = if lots.random_ratio(1, 4) { 200.0 } else { 30.0 };
    Duration::from_secs_f64(lots.random_range(1.0..longest))
}

/// The stream of one who draws.
pub fn stream(seed: u64, name: &str) -> StdRng {
    let mut hasher = DefaultHasher::new();
    (seed, name).hash(&mut hasher);
    StdRng::seed_from_u64(hasher.finish())
}
