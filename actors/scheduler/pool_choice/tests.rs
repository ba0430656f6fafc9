use manilad_domain::PoolName;
use manilad_domain::neighbours::Neighbours;
use manilad_domain::pool::{Capacity, Pool};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::explanation::Finding;
use crate::filters::Asked;
use crate::rule_chain::Settings;
use crate::samples::{asking, chain, pool, pools, report, request, taken, with};

fn on(names: &[&str]) -> Placed {
    Placed::On(names.iter().map(|name| name.parse().unwrap()).collect())
}

fn placed(placement: &Placement, pools: &Pools) -> Placed {
    choose_pools(placement, pools, &chain()).0
}

fn free(pool: Pool, gib: f64) -> Pool {
    Pool { free: Capacity::Gib(gib), ..pool }
}

#[test]
fn the_roomiest_pool_comes_first_and_ties_go_by_name() {
    let all = vec![
        free(pool("h@b#tie2"), 40.0),
        free(pool("h@b#most"), 60.0),
        free(pool("h@a#tie1"), 40.0),
        free(pool("h@b#least"), 20.0),
    ];
    assert_eq!(placed(&request(), &pools(all.clone())), on(&["h@b#most", "h@a#tie1", "h@b#tie2"]));
    let four = Chain::configured(&Settings { attempts: 4, ..Settings::default() }).unwrap();
    let expected = on(&["h@b#most", "h@a#tie1", "h@b#tie2", "h@b#least"]);
    assert_eq!(choose_pools(&request(), &pools(all), &four).0, expected);
}

#[test]
fn a_negative_multiplier_packs() {
    let mut settings = Settings::default();
    settings.multipliers.capacity = -1.0;
    let all = pools(vec![free(pool("h@b#most"), 60.0), free(pool("h@b#least"), 20.0)]);
    let chain = Chain::configured(&settings).unwrap();
    assert_eq!(choose_pools(&request(), &all, &chain).0, on(&["h@b#least", "h@b#most"]));
}

#[test]
fn weighers_add_up() {
    let better = with(free(pool("h@b#better"), 20.0), "goodness_function", "share.size > 5 ? 100 : 0");
    let best = with(free(pool("h@b#best"), 40.0), "goodness_function", "50 + 10");
    let all = pools(vec![free(pool("h@b#roomy"), 60.0), better, best]);
    // capacity 1, 0, 0.5 and goodness 0, 1, 0.6
    assert_eq!(placed(&request(), &all), on(&["h@b#best", "h@b#roomy", "h@b#better"]));
}

#[test]
fn the_filter_that_emptied_the_list_is_named() {
    let all = pools(vec![free(pool("h@b#small"), 5.0), with(pool("h@b#cifs"), "storage_protocol", "CIFS")]);
    assert_eq!(placed(&request(), &all), Placed::Refused { filter: "CapabilitiesFilter" });
    let mut large = request();
    large.size = 51;
    assert_eq!(placed(&large, &all), Placed::Refused { filter: "CapacityFilter" });
    large.availability_zone = Some("elsewhere".to_owned());
    assert_eq!(placed(&large, &all), Placed::Refused { filter: "AvailabilityZoneFilter" });
}

#[test]
fn without_a_usable_back_end_nobody_is_there() {
    let mut all = Pools::default();
    assert_eq!(placed(&request(), &all), Placed::NobodyThere);
    all.expect("h@b", taken(60).running);
    assert_eq!(placed(&request(), &all), Placed::NobodyThere);
    let report = || report("h@b", "nova", vec![pool("h@b#p")]);
    all.report(report(), taken(1), |_| 0.0).unwrap();
    assert_eq!(placed(&request(), &all), on(&["h@b#p"]));
    for (disabled, lives) in [(true, true), (false, false), (true, false)] {
        all.review(|_| (disabled, lives));
        assert_eq!(placed(&request(), &all), Placed::NobodyThere);
    }
    all.review(|_| (false, true));
    assert_eq!(placed(&request(), &all), on(&["h@b#p"]));
    all.missed("h@b", true);
    assert_eq!(placed(&request(), &all), Placed::NobodyThere);
    all.report(report(), taken(2), |_| 0.0).unwrap();
    assert_eq!(placed(&request(), &all), on(&["h@b#p"]));
}

#[test]
fn booked_shares_spread_until_the_pools_are_full() {
    let mut all = pools(vec![free(pool("h@b#a"), 25.0), free(pool("h@b#b"), 25.0)]);
    let mut went = Vec::new();
    while let Placed::On(candidates) = placed(&request(), &all) {
        assert!(all.book(&candidates[0], request().size).is_some());
        went.push(candidates[0].pool.clone());
    }
    assert_eq!(went, ["a", "b", "a", "b"]);
    assert_eq!(placed(&request(), &all), Placed::Refused { filter: "CapacityFilter" });
}

#[test]
fn of_two_pools_that_weigh_the_same_the_one_that_holds_the_snapshot_comes_first() {
    // More room weighs as much as nearness does.
    let all = pools(vec![free(pool("h@b#far"), 90.0), free(pool("h@b#near"), 80.0)]);
    let mut placement = request();
    assert_eq!(placed(&placement, &all), on(&["h@b#far", "h@b#near"]));
    placement.origin = Some(Origin { pool: "h@b#near".parse().unwrap(), zone: None });
    assert_eq!(placed(&placement, &all), on(&["h@b#near", "h@b#far"]));
}

#[test]
fn the_explanation_has_a_verdict_for_each_pool() {
    let mut all = pools(vec![
        pool("h@alpha#good"),
        free(pool("h@alpha#small"), 5.0),
        with(pool("h@alpha#odd"), "vendor_name", "Other"),
        with(pool("h@alpha#shy"), "filter_function", "stats.free_capacity_gb > 90"),
        with(pool("h@alpha#torn"), "filter_function", "stats.nothing > 90"),
        pool("h@beta#gone"),
        pool("h@gamma#off"),
    ]);
    all.missed("h@beta", true);
    all.review(|name| (name == "h@gamma", true));
    let placement = asking("vendor_name", "NetApp");
    let chain = chain();
    let (placed, why) = choose_pools(&placement, &all, &chain);
    assert_eq!(placed, on(&["h@alpha#good"]));
    let lines: Vec<String> = why.verdicts().map(|verdict| verdict.to_string()).collect();
    assert_eq!(
        lines,
        [
            "h@alpha#good: passes with 0.000, CapacityWeigher 0.000, GoodnessWeigher 0.000, HostAffinityWeigher 0.000, PoolWeigher 0.000",
            "h@alpha#odd: refused by CapabilitiesFilter: reports \"Other\" as vendor_name; wanted is \"NetApp\"",
            "h@alpha#shy: refused by DriverFilter: its filter_function is not true",
            "h@alpha#small: refused by CapacityFilter: 5 GiB free beyond the reserve, times 1, is less than 10 GiB",
            "h@alpha#torn: refused by DriverFilter: its filter_function has no answer: \
             stats.nothing has no value of its own to reckon with",
            "h@beta#gone: down",
            "h@gamma#off: disabled",
        ]
    );
    assert_eq!(
        why.to_string(),
        "1 of 5 pools pass, CapacityFilter refuses 1, CapabilitiesFilter refuses 1, DriverFilter refuses 2, \
         h@beta is down, h@gamma is disabled and would take it"
    );
}

/// Ten thousand pools on a hundred back ends, no two with the same free space.
fn ten_thousand() -> Pools {
    let mut all = Pools::default();
    for backend in 0..100u32 {
        let service = format!("node@backend{backend:03}");
        let own = (0..100u32).map(|number| {
            let made = with(pool(&format!("{service}#aggr{number:03}")), "netapp_disk_type", json!(["SSD", "FCAL"]));
            let made = with(made, "netapp_raid_type", if number % 2 == 0 { "raid_dp" } else { "raid_tec" });
            let made = with(made, "filter_function", "stats.utilization < 90");
            let made = with(made, "utilization", number);
            let total = Capacity::Gib(10_000.0);
            Pool { total, thin: number % 5 == 0, ..free(made, f64::from(backend * 100 + number)) }
        });
        all.report(report(&service, "nova", own.collect()), taken(1), |_| 0.0).unwrap();
    }
    all
}

fn demanding() -> Placement {
    let mut placement = Placement { size: 1000, ..asking("netapp_disk_type", "<in> ssd") };
    for (key, value) in [
        ("netapp_raid_type", "<or> raid_dp <or> raid4"),
        ("vendor_name", "NetApp"),
        ("snapshot_support", "True"),
        ("thin_provisioning", "<is> False"),
        ("netapp:thin_provisioned", "false"),
    ] {
        placement.extra_specs.insert(key.to_owned(), value.to_owned());
    }
    placement
}

#[test]
fn ten_thousand_pools_are_judged_right() {
    let (all, placement, chain) = (ten_thousand(), demanding(), chain());
    let (placed, why) = choose_pools(&placement, &all, &chain);
    // raid_dp: even numbers; below 90 % used: 0 to 88; able to hold thick shares: all; 1000 GiB free: back ends from 10 on
    assert_eq!(placed, on(&["node@backend099#aggr088", "node@backend099#aggr086", "node@backend099#aggr084"]));
    let refusing: Vec<_> = why.tally().filter(|(_, refused)| *refused > 0).collect();
    assert_eq!(refusing, [("CapacityFilter", 1000), ("CapabilitiesFilter", 90 * 50), ("DriverFilter", 90 * 5)]);
    assert_eq!(why.verdicts().filter(|verdict| matches!(verdict.finding, Finding::Weighed(_))).count(), 90 * 45);
}

/// Functions that are no less true of a pool with more room.
const FUNCTIONS: &[&str] = &[
    "stats.free_capacity_gb > 50",
    "stats.provisioned_capacity_gb <= 1000",
    "stats.allocated_capacity_gb + share.size < 100",
    "capabilities.reserved_percentage < 15",
];

fn any_pool() -> impl Strategy<Value = Pool> {
    let gib =
        || prop_oneof![9 => (0u32..200).prop_map(|gib| Capacity::Gib(f64::from(gib))), 1 => Just(Capacity::Unknown)];
    let name = ("[ab]", "[ab]", "[a-e]").prop_map(|(host, backend, pool)| format!("{host}@{backend}#{pool}"));
    let protocol = prop::sample::select(vec!["NFS", "CIFS", "NFS_CIFS"]);
    let function = prop_oneof![3 => Just(""), 2 => prop::sample::select(FUNCTIONS)];
    (name, gib(), gib(), 0u32..3000, 0u32..20, any::<bool>(), protocol, function).prop_map(
        |(name, total, free, promised, reserved, thin, protocol, function)| {
            let made = with(pool(&name), "storage_protocol", protocol);
            let made = with(made, "goodness_function", "stats.reserved_percentage * 5");
            let made = match function {
                "" => made,
                function => with(made, "filter_function", function),
            };
            let (provisioned, reserved_percentage) = (Some(f64::from(promised)), f64::from(reserved));
            Pool { total, free, provisioned, reserved_percentage, thin, ..made }
        },
    )
}

/// Pools of different names.
fn any_pools() -> impl Strategy<Value = Vec<Pool>> {
    prop::collection::vec(any_pool(), 0..15).prop_map(|mut all| {
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        all
    })
}

#[test]
fn shares_spread_over_pools_whose_capacity_the_array_does_not_tell() {
    let unknown = |name| Pool { total: Capacity::Unknown, free: Capacity::Unknown, ..pool(name) };
    let mut all = pools(vec![unknown("h@a#one"), unknown("h@a#two"), unknown("h@a#three")]);
    let mut went = Vec::new();
    for _ in 0..6 {
        let Placed::On(candidates) = placed(&request(), &all) else { panic!() };
        assert!(all.book(&candidates[0], request().size).is_some());
        went.push(candidates[0].pool.clone());
    }
    assert_eq!(went, ["one", "three", "two", "one", "three", "two"]);
}

/// What may be promised on the pool to which a request goes, before that has to be judged again.
fn ceiling(placement: &Placement, all: &Pools) -> Option<i64> {
    let chain = chain();
    let (placed, why) = choose_pools(placement, all, &chain);
    let Placed::On(candidates) = placed else { panic!("{why}") };
    why.ceiling(&candidates[0]).0
}

#[test]
fn a_judgement_by_figures_that_promises_change_holds_until_more_is_promised_and_by_others_for_good() {
    // an extra spec, a function of the pool, a hinted query; whether what they ask for changes with what is promised
    let cases = [
        ("free_capacity_gb", ">= 1", "", "", true),
        ("capabilities:allocated_capacity_gb", "<= 500", "", "", true),
        ("reserved_percentage", "<= 50", "", "", false),
        ("vendor_name", "NetApp", "stats.free_capacity_gb > 1", "", true),
        (
            "vendor_name",
            "NetApp",
            "abs(-capabilities.provisioned_capacity_gb) < 500 and not (share.size > 99)",
            "",
            true,
        ),
        ("vendor_name", "NetApp", "(share.size > 1 ? stats.free_capacity_gb * 2 : 3 ^ 2) + 1 > 0", "", true),
        ("vendor_name", "NetApp", "stats.reserved_percentage < 50", "", false),
        ("vendor_name", "NetApp", "", r#"["and", [">=", "$free_capacity_gb", 1]]"#, true),
        ("vendor_name", "NetApp", "", r#"["<", "$capabilities.allocated_capacity_gb", 500]"#, true),
        ("vendor_name", "NetApp", "", r#"["=", "$reserved_percentage", 0]"#, false),
    ];
    for (key, spec, function, query, changes) in cases {
        let mut own = Pool { free: Capacity::Unknown, ..pool("h@b#p") };
        if key == "free_capacity_gb" || function.contains("free") || query.contains("free") {
            own.free = Capacity::Gib(1e6);
        }
        if !function.is_empty() {
            own = with(own, "filter_function", function);
        }
        let query = (!query.is_empty()).then(|| query.to_owned());
        let placement = Placement { query, ..asking(key, spec) };
        let all = pools(vec![own]);
        let expected = changes.then_some(0);
        assert_eq!(ceiling(&placement, &all).filter(|ceiling| *ceiling < 1000), expected, "{placement:?} {function}");
    }
}

fn any_request() -> impl Strategy<Value = Placement> {
    let zone = prop_oneof![Just(None), Just(Some("nova".to_owned()))];
    let spec = prop::sample::select(vec!["True", "<is> False", "", "maybe"]);
    let room =
        prop::option::weighted(0.2, prop::sample::select(vec!["free_capacity_gb", "capabilities:free_capacity_gb"]));
    (1u64..150, zone, spec, room, any_hints()).prop_map(|(size, availability_zone, thin, room, hints)| {
        let mut asked = if thin.is_empty() { request() } else { asking("capabilities:thin_provisioning", thin) };
        asked.extra_specs.extend(room.map(|key| (key.to_owned(), ">= 40".to_owned())));
        let (only_host, same_host, different_host, query, attempted) = hints;
        Placement { size, availability_zone, only_host, same_host, different_host, query, attempted, ..asked }
    })
}

type AnyHints = (Option<String>, Neighbours, Neighbours, Option<String>, Vec<PoolName>);

/// Hints about the names of [`any_pool`]; most requests have none.
fn any_hints() -> impl Strategy<Value = AnyHints> {
    let name = || ("[ab]", "[ab]", "[a-e]").prop_map(|(host, backend, pool)| format!("{host}@{backend}#{pool}"));
    let names = |most| prop::collection::vec(name().prop_map(|name| name.parse().unwrap()), 0..most);
    let on = |most| prop_oneof![8 => Just(Neighbours::Any), 3 => names(most).prop_map(|on| Neighbours::On(on.into_iter().collect())), 1 => Just(Neighbours::Unknown("x".to_owned()))];
    let query = (0u32..100).prop_map(|gib| format!("[\">=\", \"$free_capacity_gb\", {gib}]"));
    (prop::option::weighted(0.1, name()), on(20), on(4), prop::option::weighted(0.2, query), names(3))
}

fn candidates(placement: &Placement, all: Vec<Pool>) -> Vec<PoolName> {
    let everything = Chain::configured(&Settings { attempts: usize::MAX, ..Settings::default() }).unwrap();
    match choose_pools(placement, &pools(all), &everything).0 {
        Placed::On(names) => names,
        Placed::Refused { .. } | Placed::NobodyThere => Vec::new(),
    }
}

proptest! {
    #[test]
    fn the_answer_does_not_depend_on_the_order_of_reports(placement in any_request(), all in any_pools().prop_shuffle()) {
        let mut sorted = all.clone();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        prop_assert_eq!(placed(&placement, &pools(all)), placed(&placement, &pools(sorted)));
    }

    #[test]
    fn the_answer_does_not_depend_on_the_order_of_filters(placement in any_request(), all in any_pools(), turn in 0..crate::filters::RULES.len()) {
        let mut settings = Settings::default();
        settings.filters.rotate_left(turn);
        let all = pools(all);
        let (ours, theirs) = (chain(), Chain::configured(&settings).unwrap());
        match (choose_pools(&placement, &all, &ours).0, choose_pools(&placement, &all, &theirs).0) {
            (Placed::Refused { .. }, Placed::Refused { .. }) => {}
            (one, other) => prop_assert_eq!(one, other),
        }
    }

    #[test]
    fn candidates_are_exactly_the_pools_that_pass_every_filter(placement in any_request(), all in any_pools()) {
        let named = candidates(&placement, all.clone());
        let everywhere = pools(all);
        for candidate in everywhere.candidates() {
            let asked = Asked { placement: &placement, growth: None, keys: everywhere.keys() };
            let mut judges = crate::filters::RULES.iter().filter_map(|rule| (rule.prepare)(&asked));
            let passes = judges.all(|judge| judge.judge(candidate).is_ok());
            prop_assert_eq!(passes, named.contains(&candidate.entry.name), "{}", candidate.entry.name);
        }
    }

    #[test]
    fn candidates_come_in_the_order_of_their_weights(placement in any_request(), all in any_pools()) {
        let named = candidates(&placement, all.clone());
        let (all, chain) = (pools(all), chain());
        let (_, why) = choose_pools(&placement, &all, &chain);
        let weight = |name: &PoolName| why.verdicts().find_map(|verdict| match verdict.finding {
            Finding::Weighed(weights) if verdict.pool == name => Some(weights.iter().map(|(_, weight)| weight).sum::<f64>()),
            _ => None,
        });
        let room = |name: &PoolName| all.candidates().find(|one| one.entry.name == *name).map(|one| one.entry.room).unwrap();
        let rank = |name: &PoolName| {
            let room = room(name);
            [-weight(name).unwrap(), -room.free.gib().unwrap_or(0.0), room.provisioned]
        };
        for pair in named.windows(2) {
            let (better, worse) = (rank(&pair[0]), rank(&pair[1]));
            prop_assert!(better < worse || (better == worse && pair[0] < pair[1]), "{pair:?}: {better:?}, {worse:?}");
        }
    }

    #[test]
    fn more_free_space_never_turns_yes_into_no(placement in any_request(), all in any_pools(), more in 0u32..100) {
        let before = candidates(&placement, all.clone());
        let grown = all.into_iter().map(|pool| match pool.free {
            Capacity::Gib(gib) => free(pool, gib + f64::from(more)),
            Capacity::Unknown => pool,
        });
        let after = candidates(&placement, grown.collect());
        prop_assert!(before.iter().all(|name| after.contains(name)));
    }

    #[test]
    fn a_pool_that_passes_still_does_when_as_much_is_promised_as_the_judgement_allows(placement in any_request(), all in any_pools()) {
        let all = pools(all);
        let everything = Chain::configured(&Settings { attempts: usize::MAX, ..Settings::default() }).unwrap();
        let (placed, why) = choose_pools(&placement, &all, &everything);
        let Placed::On(candidates) = placed else { return Ok(()) };
        for pool in candidates {
            let mut promised = all.clone();
            promised.book(&pool, why.ceiling(&pool).0.map_or(100_000, |ceiling| ceiling.try_into().unwrap()));
            let Placed::On(still) = choose_pools(&placement, &promised, &everything).0 else { panic!("no pool passes") };
            prop_assert!(still.contains(&pool), "{}", pool);
        }
    }

    #[test]
    fn a_pool_more_takes_no_candidate_away(placement in any_request(), all in any_pools(), extra in any_pool()) {
        let before = candidates(&placement, all.clone());
        let mut more = all;
        if !more.iter().any(|pool| pool.name == extra.name) {
            more.push(extra);
        }
        let after = candidates(&placement, more);
        prop_assert!(before.iter().all(|name| after.contains(name)));
    }

    #[test]
    fn few_attempts_name_the_best_of_all(placement in any_request(), all in any_pools(), attempts in 1usize..6) {
        let named = candidates(&placement, all.clone());
        let few = Chain::configured(&Settings { attempts, ..Settings::default() }).unwrap();
        if let Placed::On(best) = choose_pools(&placement, &pools(all), &few).0 {
            prop_assert_eq!(&best[..], &named[..attempts.min(named.len())]);
        }
    }
}
