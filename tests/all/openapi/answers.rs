//! What the running daemon answers, held against the document: every route that works, the faults that each can meet,
//! and the document itself, which needs no token.

use manilad_domain::Microversion;
use manilad_http::route::UNGUARDED;
use serde_json::Value;

use super::Document;
use crate::api::cloud::Cloud;
use crate::api::things::{Things, clear, newest};
use crate::api::wire::Client;

#[test]
fn every_route_answers_as_its_document_says() {
    let cloud = Cloud::furnished("[DEFAULT]\ndefault_share_type = usual");
    let things = Things::make(&cloud, 1);
    for route in manilad_http::catalogue() {
        let version = newest(route);
        let document = Document::at(Microversion::written(&version));
        let mut request = things.request(route);
        if route.policy != UNGUARDED {
            let refused = request.send(&cloud.caller("stranger").at(&version));
            document.holds(route, refused.status, &refused.text);
            if refused.status == route.status {
                // Whoever made a thing may use it up, whatever their role.
                request = things.request(route);
            }
        }
        let unknown = request.send(&cloud.caller("nobody").at(&version)).is(401);
        document.holds(route, 401, &unknown.text);
        let answer = request.send(&cloud.admin().at(&version)).is(Things::status(route));
        document.holds(route, answer.status, &answer.text);
    }
    drop(things);
    clear(&cloud);
    cloud.close(0);
}

#[test]
fn the_document_is_served_to_everybody_at_the_version_they_name() {
    let cloud = Cloud::open();
    let nobody = Client::nobody(&cloud.address);
    let version = |client: &Client, path: &str| -> Value {
        let answer = client.send("GET", path, crate::api::wire::Sent::Nothing).is(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        answer.json()["info"]["version"].clone()
    };
    assert_eq!(version(&nobody, "/openapi.json"), "2.99");
    assert_eq!(version(&nobody.at("2.10"), "/openapi.json"), "2.10");
    assert_eq!(version(&nobody.at("2.10"), "/openapi.json?version=2.65"), "2.65");
    let refused = |path: &str| nobody.send("GET", path, crate::api::wire::Sent::Nothing);
    refused("/openapi.json?version=2.100").fails(406);
    refused("/openapi.json?version=latest").fails(400);
    cloud.close(0);
}
