//! Export locations: for whom, from which version on.

use serde_json::json;

use super::cloud::{Cloud, NOTHING};
use crate::support::until;

#[test]
fn a_location_tells_when_it_was_made_until_something_of_it_changes() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let all = format!("/shares/{share}/export_locations");
    let ids = member.get(&all).is(200).column("export_locations", "id");
    assert!(!ids.is_empty());
    for id in &ids {
        for version in ["2.9", "2.99"] {
            let seen = member.at(version).get(&format!("{all}/{id}")).is(200);
            assert_eq!(seen.text_at("/export_location/updated_at"), seen.text_at("/export_location/created_at"));
        }
    }
    let first = format!("{all}/{}", ids[0]);
    let changed = || member.get(&first).is(200).text_at("/export_location/updated_at");
    let made = changed();
    until("the next second", || {
        admin.post(&format!("{first}/metadata"), json!({ "metadata": { "k": "v" } })).is(200);
        (changed() > made).then_some(())
    });
    assert_eq!(member.get(&first).is(200).text_at("/export_location/created_at"), made);
    cloud.close(1);
}

#[test]
fn a_share_tells_where_it_can_be_mounted() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let kind = cloud.make_type("plain", json!({}));
    let share = cloud.make_mountable(&member, &kind, json!({}));
    let path = format!("/shares/{share}/export_locations");
    let list = member.get(&path).is(200).json()["export_locations"].clone();
    let first = &list[0];
    assert_eq!(first.as_object().unwrap().len(), 4, "{first}");
    let paths: Vec<_> = list.as_array().unwrap().iter().map(|one| one["path"].clone()).collect();
    let id = first["id"].as_str().unwrap();
    let one = member.get(&format!("{path}/{id}")).is(200).json()["export_location"].clone();
    assert_eq!((&one["path"], one["created_at"].is_string()), (&first["path"], true));
    assert_eq!((one.get("share_instance_id"), one.get("is_admin_only")), (None, None));
    let seen = admin.get(&format!("{path}/{id}")).is(200).json()["export_location"].clone();
    assert_eq!((seen["share_instance_id"].is_string(), &seen["is_admin_only"]), (true, &json!(false)));
    member.at("2.8").get(&path).fails(404);
    assert_eq!(member.at("2.13").get(&path).is(200).json()["export_locations"][0].get("preferred"), None);
    assert_eq!(member.at("2.86").get(&path).is(200).json()["export_locations"][0].get("metadata"), None);
    let old = member.at("2.8").get(&format!("/shares/{share}")).is(200).json()["share"].clone();
    assert_eq!((&old["export_locations"], &old["export_location"]), (&json!(paths), &paths[0]));

    for unknown in [NOTHING, "zz"] {
        member.get(&format!("{path}/{unknown}")).fails(404);
        member.get(&format!("/shares/{unknown}/export_locations")).fails(404);
        member.get(&format!("/shares/{unknown}/export_locations/{id}")).fails(404);
    }
    // A private share of another project is forbidden here, not missing; a public one is open to all.
    let foreign = cloud.caller("foreign-member");
    foreign.get(&path).fails(403);
    foreign.get(&format!("{path}/{id}")).fails(403);
    admin.put(&format!("/shares/{share}"), json!({ "share": { "is_public": true } })).is(200);
    assert_eq!(foreign.get(&path).is(200).json()["export_locations"], list);
    foreign.get(&format!("{path}/{id}")).is(200);
    cloud.close(1);
}
