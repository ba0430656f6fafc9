use manilad_domain::placement::Placement;
use manilad_domain::pool::Pool;
use serde_json::json;

use super::*;
use crate::samples::{pool, report, request, taken, with};
use crate::statistics::Stat;

fn names(pools: &Pools) -> Vec<String> {
    pools.candidates().map(|candidate| candidate.entry.name.to_string()).collect()
}

fn take(pools: &mut Pools, own: &[&str], seconds: u64) -> Result<bool, Error> {
    pools.report(report("h@b", "nova", own.iter().map(|name| pool(name)).collect()), taken(seconds), |_| 0.0)
}

#[test]
fn a_pool_that_is_missing_from_a_report_is_gone() {
    let mut pools = Pools::default();
    assert_eq!(take(&mut pools, &["h@b#two", "h@b#one"], 1), Ok(true));
    assert_eq!(names(&pools), ["h@b#one", "h@b#two"]);
    assert_eq!(take(&mut pools, &["h@b#two", "h@b#three"], 2), Ok(true));
    assert_eq!(names(&pools), ["h@b#three", "h@b#two"]);
}

#[test]
fn a_report_that_was_overtaken_changes_nothing() {
    let mut pools = Pools::default();
    take(&mut pools, &["h@b#new"], 5).unwrap();
    assert_eq!(take(&mut pools, &["h@b#old"], 4), Ok(false));
    assert_eq!(names(&pools), ["h@b#new"]);
    assert_eq!(take(&mut pools, &["h@b#same"], 5), Ok(true));
}

#[test]
fn a_report_that_can_not_be_reckoned_with_leaves_what_was_known() {
    let mut pools = Pools::default();
    take(&mut pools, &["h@b#p"], 1).unwrap();
    assert!(matches!(take(&mut pools, &["h@b#p", "h@c#q"], 2), Err(Error::ForeignPool { .. })));
    assert!(matches!(take(&mut pools, &["h@b#q", "h@b#q"], 2), Err(Error::TwicePool { .. })));
    let odd = Pool { free: Capacity::Gib(f64::NAN), ..pool("h@b#q") };
    let error = pools.report(report("h@b", "nova", vec![odd]), taken(2), |_| 0.0).unwrap_err();
    assert_eq!(error.to_string(), "pool h@b#q reports NaN as free_capacity_gb; expected a finite number");
    assert_eq!(names(&pools), ["h@b#p"]);
}

#[test]
fn what_was_booked_counts_until_the_next_report() {
    let mut pools = Pools::default();
    take(&mut pools, &["h@b#p", "h@b#q"], 1).unwrap();
    let name = "h@b#p".parse().unwrap();
    assert!(pools.book(&name, 15).is_some());
    let figures = |pools: &Pools| {
        let candidate = pools.candidates().next().unwrap();
        let room = candidate.entry.room;
        let shown = |key: &str| candidate.stat(pools.keys().find(key).unwrap()).unwrap().raw().clone();
        assert_eq!(room.free.value(), shown("free_capacity_gb"));
        assert_eq!(json!(room.allocated), shown("allocated_capacity_gb"));
        assert_eq!(json!(room.provisioned), shown("provisioned_capacity_gb"));
        [room.free.gib().unwrap(), room.allocated, room.provisioned]
    };
    assert_eq!(figures(&pools), [35.0, 65.0, 65.0]);
    take(&mut pools, &["h@b#p", "h@b#q"], 2).unwrap();
    assert_eq!(figures(&pools), [50.0, 50.0, 50.0]);
    for gone in ["h@b#r", "h@c#p"] {
        assert_eq!(pools.book(&gone.parse().unwrap(), 15), None, "{gone}");
    }
}

#[test]
fn a_booking_is_taken_back_unless_a_report_has_ended_it() {
    let mut pools = Pools::default();
    take(&mut pools, &["h@b#p"], 1).unwrap();
    let before = pools.candidates().next().unwrap().entry.room;
    let first = pools.book(&"h@b#p".parse().unwrap(), 15).unwrap();
    let second = pools.book(&"h@b#p".parse().unwrap(), 10).unwrap();
    pools.cancel(&first);
    assert_eq!(pools.candidates().next().unwrap().entry.room.free, Capacity::Gib(40.0));
    pools.cancel(&second);
    assert_eq!(pools.candidates().next().unwrap().entry.room, before);
    let third = pools.book(&"h@b#p".parse().unwrap(), 15).unwrap();
    take(&mut pools, &["h@b#p"], 2).unwrap();
    pools.cancel(&third);
    assert_eq!(pools.candidates().next().unwrap().entry.room, before, "the report knew nothing of it");
}

#[test]
fn booking_one_pool_leaves_its_neighbour_alone() {
    let mut pools = Pools::default();
    take(&mut pools, &["h@b#p", "h@b#q"], 1).unwrap();
    pools.book(&"h@b#p".parse().unwrap(), 15);
    let neighbour = pools.candidates().nth(1).unwrap();
    assert_eq!(neighbour.entry.room.free, Capacity::Gib(50.0));
    let free = pools.keys().find("free_capacity_gb").unwrap();
    assert_eq!(neighbour.stat(free).map(Stat::raw), Some(&json!(50.0)));
}

#[test]
fn the_sizes_of_its_instances_stand_in_for_what_a_pool_does_not_tell() {
    let mut pools = Pools::default();
    let silent = Pool { provisioned: None, thin: true, ..pool("h@b#silent") };
    pools.report(report("h@b", "nova", vec![silent, pool("h@b#told")]), taken(1), |_| 777.0).unwrap();
    let provisioned: Vec<f64> = pools.candidates().map(|candidate| candidate.entry.room.provisioned).collect();
    assert_eq!(provisioned, [777.0, 50.0]);
}

#[test]
fn a_back_end_is_awaited_until_it_reports_or_its_time_is_up() {
    let mut pools = Pools::default();
    let at = |seconds| taken(seconds).running;
    assert!(!pools.is_waiting(at(0)));
    pools.expect("h@b", at(60));
    pools.expect("h@c", at(60));
    take(&mut pools, &["h@b#p"], 30).unwrap();
    assert!(pools.is_waiting(at(59)), "h@c has its whole minute");
    assert!(!pools.is_waiting(at(60)));
    pools.missed("h@c", false);
    assert!(!pools.is_waiting(at(1)), "its first report failed");
    assert_eq!([at(59), at(60)].map(|now| pools.is_hopeful(now)), [true, false], "its next may come in time");
    pools.missed("h@c", true);
    assert!(!pools.is_hopeful(at(1)), "it is down");
    pools.expect("h@b", at(60));
    assert!(!pools.is_waiting(at(1)), "what has reported is not awaited again");
}

#[test]
fn a_disabled_back_end_is_not_waited_for_and_stays_disabled_when_it_reports() {
    let mut pools = Pools::default();
    pools.expect("h@b", taken(60).running);
    pools.review(|_| (true, true));
    assert!(!pools.is_waiting(taken(1).running));
    take(&mut pools, &["h@b#p"], 1).unwrap();
    assert_eq!(names(&pools), [""; 0]);
    pools.review(|_| (false, true));
    assert_eq!(names(&pools), ["h@b#p"], "enabled again, with what it reported");
}

#[test]
fn it_is_told_why_a_back_end_can_not_be_sent_to() {
    let mut pools = Pools::default();
    let why = |pools: &Pools| pools.service("h@b").unwrap().unusable();
    pools.expect("h@b", taken(60).running);
    assert_eq!(why(&pools), Some(Unusable::NeverReported));
    take(&mut pools, &["h@b#p"], 1).unwrap();
    assert_eq!(why(&pools), None);
    pools.review(|_| (false, false));
    assert_eq!(why(&pools), Some(Unusable::Silent));
    pools.review(|_| (false, true));
    pools.missed("h@b", false);
    assert_eq!(why(&pools), None, "what it reported stays true");
    pools.missed("h@b", true);
    assert_eq!(why(&pools), Some(Unusable::Down));
    pools.review(|_| (true, true));
    assert_eq!(why(&pools), Some(Unusable::Disabled));
}

#[test]
fn a_pool_is_found_by_its_name_where_it_is_a_candidate() {
    let mut pools = Pools::default();
    take(&mut pools, &["h@b#p", "h@b#q"], 1).unwrap();
    let found =
        |pools: &Pools, name: &str| pools.candidate(&name.parse().unwrap()).map(|one| one.entry.name.to_string());
    assert_eq!(found(&pools, "h@b#q").as_deref(), Some("h@b#q"));
    for unreported in ["h@b#r", "h@c#p"] {
        assert_eq!(found(&pools, unreported), None, "{unreported}");
    }
    pools.review(|_| (true, true));
    assert_eq!(found(&pools, "h@b#q"), None, "its back end is disabled");
}

#[test]
fn a_pool_is_shown_as_it_was_reported_with_the_defaults_of_what_was_not() {
    let mut pools = Pools::default();
    let odd = with(Pool { thin: true, ..pool("h@b#p") }, "netapp_disk_type", json!(["SSD"]));
    pools.report(report("h@b", "nova", vec![odd.clone(), pool("h@b#q")]), taken(1), |_| 0.0).unwrap();
    let shown: Vec<_> = pools.candidates().map(|candidate| candidate.pool(pools.keys())).collect();
    for (key, value) in &odd.capabilities {
        assert_eq!(shown[0].capabilities.get(key), Some(value), "{key}");
    }
    for (key, value) in [
        ("snapshot_support", json!(true)),
        ("replication_type", json!(null)),
        ("timestamp", json!("2026-11-22T09:00:00.000000")),
    ] {
        assert_eq!(shown[1].capabilities.get(key), Some(&value), "{key}");
    }
    assert_eq!(shown[1].capabilities.get("netapp_disk_type"), None);
    assert_eq!(shown[0].capabilities.get("free_capacity_gb"), None, "what has a field of its own stands there");
    assert_eq!(Pool { capabilities: odd.capabilities.clone(), ..shown[0].clone() }, odd);
}

#[test]
fn functions_follow_what_is_booked_and_what_is_asked() {
    let mut pools = Pools::default();
    let own = with(pool("h@b#p"), "filter_function", "stats.free_capacity_gb > 40");
    let own = with(own, "goodness_function", "stats.free_capacity_gb > 40 ? stats.free_capacity_gb : share.size");
    pools.report(report("h@b", "nova", vec![own]), taken(1), |_| 0.0).unwrap();
    let say = |pools: &Pools, size| {
        let candidate = pools.candidates().next().unwrap();
        let placement = Placement { size, ..request() };
        (candidate.admits(&placement).unwrap(), candidate.goodness(&placement))
    };
    assert_eq!((say(&pools, 7), say(&pools, 8)), ((true, 50.0), (true, 50.0)));
    let booking = pools.book(&"h@b#p".parse().unwrap(), 15).unwrap();
    assert_eq!((say(&pools, 7), say(&pools, 8)), ((false, 7.0), (false, 8.0)));
    pools.cancel(&booking);
    assert_eq!(say(&pools, 7), (true, 50.0));
}
