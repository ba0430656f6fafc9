//! How long names may be: what is accepted fits into every key of the store, and what does not fit is refused by name.

use serde_json::json;

use crate::support::Stage;

#[test]
fn the_longest_names_are_stored_and_a_longer_project_or_user_is_refused_with_400() {
    let stage = Stage::open();
    let kind = stage.api().make_type("plain", json!({}));
    let wish = |name: &str| {
        json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": kind, "name": name, "description": name,
                           "metadata": { "k".repeat(255): "v".repeat(1023) } } })
    };
    let token = |user: usize, project: usize| format!("{}:{}", "u".repeat(user), "p".repeat(project));
    let longest = stage.api().as_who(&token(255, 255));
    // Four bytes each.
    let name = "\u{1f4be}".repeat(255);
    let share = longest.post("/shares", wish(&name))["share"]["id"].as_str().unwrap().to_owned();
    longest.until_status(&share, "available");
    let network = longest.post("/share-networks", json!({ "share_network": { "name": name } }));
    let network = network["share_network"]["id"].as_str().unwrap().to_owned();
    assert_eq!(longest.get(&format!("/shares?name={name}"))["shares"][0]["id"], share.as_str());
    for (user, project, told) in [(1, 256, "project"), (256, 1, "user"), (1, 3000, "project"), (3000, 1, "user")] {
        let who = stage.api().as_who(&token(user, project));
        for (path, body) in [
            ("/shares", wish("s")),
            ("/share-networks", json!({ "share_network": {} })),
            ("/security-services", json!({ "security_service": { "type": "ldap", "name": "s" } })),
        ] {
            let (status, answer) = who.ask("POST", path, Some(body));
            assert_eq!(status, 400, "{path}: {answer}");
            let words = format!("The {told} may have 255 bytes, not {}.", user.max(project));
            assert_eq!(answer["badRequest"]["message"], words, "{path}");
        }
    }
    longest.delete(&format!("/share-networks/{network}"));
    longest.delete(&format!("/shares/{share}"));
    longest.until_gone(&share);
    stage.close(0);
}
