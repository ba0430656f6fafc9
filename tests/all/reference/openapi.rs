//! The OpenAPI document of the newest microversion, for those who read it without a daemon.

use manilad_domain::Microversion;
use manilad_http::openapi;

use super::is_kept;

#[test]
fn the_openapi_document_is_that_of_the_newest_version() {
    is_kept("docs/reference/openapi.json", &format!("{:#}\n", openapi::document(Microversion::MAX)));
}
