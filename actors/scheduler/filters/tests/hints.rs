use manilad_domain::neighbours::Neighbours;
use manilad_domain::placement::Origin;

use super::*;

fn on(pools: &[&str]) -> Neighbours {
    Neighbours::On(pools.iter().map(|name| name.parse().unwrap()).collect())
}

#[test]
fn only_the_named_pool_will_do() {
    let wanting = |name: &str| Placement { only_host: Some(name.to_owned()), ..request() };
    for (wanted, fits) in
        [("h@b#p", true), ("h@b#q", false), ("h@b", false), ("h@c#p", false), ("H@b#p", false), ("", false)]
    {
        assert_eq!(takes("OnlyHostFilter", &wanting(wanted), pool("h@b#p")), fits, "{wanted}");
    }
    let why = says("OnlyHostFilter", &wanting("h@b"), &pools(vec![pool("h@b#p")]));
    assert_eq!(why, Err("is not h@b, the only one wanted".to_owned()));
}

#[test]
fn a_share_goes_where_the_shares_are_that_it_is_to_be_with() {
    let with = |same_host| Placement { same_host, ..request() };
    for (neighbours, why) in [
        (Neighbours::Any, Ok(())),
        (on(&["h@b#p"]), Ok(())),
        (on(&["h@a#p", "h@b#p"]), Ok(())),
        (on(&["h@b#q", "h@c#p"]), Err("does not hold the shares to be with, which are on h@b#q h@c#p")),
        (on(&[]), Err("no pool holds all the shares to be with")),
        (Neighbours::Unknown("zz".to_owned()), Err("\"zz\" is no share to be with or apart from")),
    ] {
        let said = says("AffinityFilter", &with(neighbours.clone()), &pools(vec![pool("h@b#p")]));
        assert_eq!(said, why.map_err(str::to_owned), "{neighbours:?}");
        assert!(takes("AntiAffinityFilter", &with(neighbours), pool("h@b#p")));
    }
}

#[test]
fn a_share_does_not_go_where_the_shares_are_that_it_is_to_be_apart_from() {
    let apart = |different_host| Placement { different_host, ..request() };
    for (neighbours, why) in [
        (Neighbours::Any, Ok(())),
        (on(&[]), Ok(())),
        (on(&["h@b#q"]), Ok(())),
        (on(&["h@a#p", "h@b#p"]), Err("holds a share to be apart from")),
        (Neighbours::Unknown("zz".to_owned()), Err("\"zz\" is no share to be with or apart from")),
    ] {
        let said = says("AntiAffinityFilter", &apart(neighbours.clone()), &pools(vec![pool("h@b#p")]));
        assert_eq!(said, why.map_err(str::to_owned), "{neighbours:?}");
        assert!(takes("AffinityFilter", &apart(neighbours), pool("h@b#p")));
    }
}

#[test]
fn a_pool_that_was_tried_is_not_tried_again() {
    for filter in ["RetryFilter", "IgnoreAttemptedHostsFilter"] {
        let tried = |pool: &str| Placement { attempted: vec![pool.parse().unwrap()], ..request() };
        assert!(takes(filter, &request(), pool("h@b#p")));
        assert!(takes(filter, &tried("h@b#q"), pool("h@b#p")));
        assert_eq!(says(filter, &tried("h@b#p"), &pools(vec![pool("h@b#p")])), Err("was tried before".to_owned()));
    }
}

fn queried(query: &str) -> Result<(), String> {
    let made = with(with(pool("h@b#p"), "disks", json!(["SSD", "FCAL"])), "share_group_stats", json!({"kind": "host"}));
    says("JsonFilter", &Placement { query: Some(query.to_owned()), ..request() }, &pools(vec![made]))
}

#[test]
fn a_query_is_asked_of_the_pool() {
    for (query, holds) in [
        ("[]", true),
        (r#"["=", "$free_capacity_gb", 50]"#, true),
        (r#"["=", "$free_capacity_gb", 50, 51]"#, false),
        (r#"[">", "$free_capacity_gb", 50]"#, false),
        (r#"[">=", "$free_capacity_gb", 50]"#, true),
        (r#"["<", 49, "$free_capacity_gb", "$total_capacity_gb"]"#, true),
        (r#"["<=", "$free_capacity_gb", 49.5]"#, false),
        (r#"["=", "$capabilities.vendor_name", "NetApp"]"#, true),
        (r#"["=", "$capabilities.vendor_name", "netapp"]"#, false),
        (r#"[">", "$vendor_name", "A"]"#, true),
        (r#"["=", "$share_group_stats.kind", "host"]"#, true),
        (r#"["=", "$capabilities.share_group_stats.kind", "pool"]"#, false),
        (r#"["=", "$capabilities.snapshot_support", true]"#, true),
        (r#"["=", "$snapshot_support", ["or", false]]"#, false),
        (r#"["in", "SSD", "$disks"]"#, true),
        (r#"["in", "$vendor_name", "Other", "NetApp"]"#, true),
        (r#"["in", "$vendor_name", "Other"]"#, false),
        (r#"["=", "$disks", "SSD"]"#, false),
        (r#"["<", "$vendor_name", 5]"#, false),
        (r#"["=", "$nothing", 5]"#, false),
        (r#"["=", "$free_capacity_gb", "$nothing"]"#, false),
        (r#"["=", 5]"#, false),
        (r#"["in", 5]"#, false),
        (r#"["not", ["=", 1, 2]]"#, true),
        (r#"["not", ["=", 1, 1]]"#, false),
        (r#"["and", ["not", ["=", 1, 1]], true]"#, false),
        (r#"["and", ["=", 1, 1], ["or", false, 0, "", null, ["=", "a", "a"]]]"#, true),
        (r#"["and", "$snapshot_support", "$dedupe"]"#, false),
        (r#"["or", "$nothing"]"#, false),
        (r#"["and"]"#, true),
    ] {
        assert_eq!(queried(query).is_ok(), holds, "{query}");
    }
    assert_eq!(queried(r#"["=", 1, 2]"#), Err("the query is not true of it".to_owned()));
}

#[test]
fn a_query_that_can_not_be_read_fits_no_pool() {
    for (query, why) in [
        (r#"["near", 1, 2]"#, "the query has \"near\" where an operator is expected, one of = < > <= >= in not or and"),
        (r#"["and", [5]]"#, "the query has 5 where an operator is expected, one of = < > <= >= in not or and"),
        (r#"{"=": 1}"#, "the query is not a list"),
        ("free > 5", "the query is not JSON: expected ident at line 1 column 2"),
    ] {
        assert_eq!(queried(query), Err(why.to_owned()), "{query}");
    }
    let deep = "[\"not\",".repeat(5000) + "1" + &"]".repeat(5000);
    assert!(queried(&deep).unwrap_err().contains("recursion limit"));
}

#[test]
fn a_share_that_begins_with_a_snapshot_stays_with_its_back_end_and_has_a_reserve_of_its_own() {
    let from = |origin: &str| {
        let origin = Origin { pool: origin.parse().unwrap(), zone: Some("nova".to_owned()) };
        Placement { origin: Some(origin), ..request() }
    };
    for (origin, why) in [
        ("h@b#p", Ok(())),
        ("h@b#q", Ok(())),
        ("h@c#p", Err("is on another back end than the snapshot, which is of a share on h@c#p")),
    ] {
        let said = says("CreateFromSnapshotFilter", &from(origin), &pools(vec![pool("h@b#p")]));
        assert_eq!(said, why.map_err(str::to_owned), "{origin}");
    }
    assert!(takes("CreateFromSnapshotFilter", &request(), pool("h@b#p")), "it begins with none");
    let kept_free = |reserved_percentage: f64, reserved_snapshot_percentage: f64| Pool {
        reserved_percentage,
        reserved_snapshot_percentage,
        ..pool("h@b#p")
    };
    assert!(takes("CapacityFilter", &from("h@b#p"), kept_free(100.0, 0.0)));
    assert!(!takes("CapacityFilter", &from("h@b#p"), kept_free(0.0, 100.0)));
    assert!(takes("CapacityFilter", &request(), kept_free(0.0, 100.0)));
}
