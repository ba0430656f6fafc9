//! Each thing that can be done to a share, in each status that a share can be put into: done, or refused as the table of
//! statuses says. Source: resources.md §21.
//!
//! The routes come from the catalogue, so a new one is walked from its first day; one that changes something must have
//! its row in the table.

use manilad_decisions::share::ShareAction;
use manilad_domain::status::Status;
use manilad_http::route::{Method, Route};
use manilad_http::{answer, catalogue};
use serde_json::json;

use super::cloud::{Cloud, until_status};
use super::things::{Things, clear, newest};

/// What the route does, as the table has it; `None`: it only reads.
fn action(route: &Route) -> Option<ShareAction> {
    let is_guarded = |action: &&ShareAction| action.doc().policies.contains(&route.policy);
    let action = ShareAction::ALL.iter().find(is_guarded).copied();
    let only_reads = route.method == Method::GET || route.policy == "share:access_get_all";
    assert_eq!(action.is_none(), only_reads, "{} {} has no row", route.method.name(), route.path);
    action
}

/// What the route answers for a share of this status.
fn expected(route: &Route, status: Status) -> u16 {
    let refusal = action(route).and_then(|action| action.check(status, route.span.to).err());
    refusal.map_or(route.status, |fault| answer::table(fault.kind).0)
}

#[test]
fn everything_that_can_be_done_to_a_share_is_done_or_refused_by_its_status() {
    let cloud = Cloud::with("[DEFAULT]\ndefault_share_type = usual\n[quota]\nshares = -1\ngigabytes = -1");
    let things = Things::make(&cloud, 1);
    let (admin, mut walked) = (cloud.admin(), 0);
    let of_a_share = |route: &&Route| {
        let paths = ["/shares/{id}", "/shares/{share_id}", "/share_instances/{id}", "/share_instances/{instance_id}"];
        paths.iter().any(|path| route.path.starts_with(path))
    };
    for route in catalogue().filter(of_a_share) {
        for status in Status::RESETTABLE {
            let request = things.request(route);
            let subject = request.path.split('/').nth(2).unwrap().to_owned();
            let share = match request.path.starts_with("/share_instances/") {
                true => admin.get(&format!("/share_instances/{subject}")).text_at("/share_instance/share_id"),
                false => subject,
            };
            // Of its instance, as one that is in the recycle bin takes no reset.
            let instance = admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id");
            let reset = json!({ "reset_status": { "status": status.name() } });
            admin.post(&format!("/share_instances/{instance}/action"), reset).is(202);
            until_status(&admin, &share, status.name());
            let client = admin.at(&newest(route)).with("X-OpenStack-Manila-API-Experimental", "True");
            let answer = request.send(&client);
            assert_eq!(
                answer.status,
                expected(route, *status),
                "{} of a share that is {status}: {answer:?}",
                request.path
            );
            walked += 1;
            if share == things.share {
                admin.act(&share, json!({ "reset_status": { "status": "available" } })).is(202);
            } else if answer.status >= 400 {
                // One with a snapshot stays until all is cleared.
                admin.act(&share, json!({ "force_delete": null }));
            }
        }
    }
    assert!(walked > 100, "{walked} cases");
    clear(&cloud);
    cloud.close(0);
}
