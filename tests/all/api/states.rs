//! Each thing that can be done to a share, in each status that a share can be put into: done, or refused as the facts
//! say. Source: resources.md §21.
//!
//! The routes come from the catalogue, so a new one is walked from its first day; what no row below refuses must work.

use manilad_domain::status::Status;
use manilad_http::catalogue;
use manilad_http::route::{Method, Route};
use serde_json::json;

use super::cloud::{Cloud, until_status};
use super::things::{Things, clear, newest};

/// On their way from one status to another.
const TRANSITIONAL: &[Status] =
    &[Status::Creating, Status::Deleting, Status::Migrating, Status::MigratingTo, Status::ServerMigrating];

/// What the route answers for a share of this status; `None`: it does what it is there for.
fn refusal(route: &Route, status: Status) -> Option<u16> {
    let changes_access = route.action.is_some_and(|action| action.ends_with("_access"));
    let changes_size = route.action.is_some_and(|action| action.ends_with("extend") || action.ends_with("shrink"));
    // From 2.74 on rules of a share in error can be changed.
    let is_strict = newest(route) == "2.6";
    match route.method {
        Method::DELETE if route.path == "/shares/{id}" => {
            (!matches!(status, Status::Available | Status::Error | Status::Inactive)).then_some(403)
        }
        _ if changes_size => (status != Status::Available).then_some(400),
        _ if changes_access && TRANSITIONAL.contains(&status) => Some(400),
        _ if changes_access && is_strict && status == Status::Error => Some(400),
        _ => None,
    }
}

#[test]
fn everything_that_can_be_done_to_a_share_is_done_or_refused_by_its_status() {
    let cloud = Cloud::with("[DEFAULT]\ndefault_share_type = usual\n[quota]\nshares = -1\ngigabytes = -1");
    let things = Things::make(&cloud, 1);
    let (admin, mut walked) = (cloud.admin(), 0);
    let of_a_share =
        |route: &&Route| ["/shares/{id}", "/shares/{share_id}"].iter().any(|path| route.path.starts_with(path));
    for route in catalogue().filter(of_a_share) {
        for status in Status::RESETTABLE {
            let request = things.request(route);
            let share = request.path.split('/').nth(2).unwrap().to_owned();
            admin.act(&share, json!({ "reset_status": { "status": status.name() } })).is(202);
            until_status(&admin, &share, status.name());
            let client = admin.at(&newest(route)).with("X-OpenStack-Manila-API-Experimental", "True");
            let (answer, expected) = (request.send(&client), refusal(route, *status).unwrap_or(route.status));
            assert_eq!(answer.status, expected, "{} of a share that is {status}: {answer:?}", request.path);
            walked += 1;
            if share == things.share {
                admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
            } else if answer.status >= 400 {
                admin.act(&share, json!({ "force_delete": null })).is(202);
            }
        }
    }
    assert!(walked > 100, "{walked} cases");
    clear(&cloud);
    cloud.close(0);
}
