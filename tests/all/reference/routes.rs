//! The page of routes.

use super::{code, is_kept, page, routes, span, table};

#[test]
fn the_page_of_routes_is_the_catalogue() {
    let rows = routes().into_iter().map(|route| {
        let action = route.action.unwrap_or_default();
        let (versions, status) = (span(route.span), route.status.to_string());
        vec![route.method.name().to_owned(), code(route.path), code(action), versions, code(route.policy), status]
    });
    let about = "Paths are below `/v2`, with or without a project in front: `/v2/shares` and `/v2/{project_id}/shares` are \
                 the same. An action is the one key of the body. The status is that of success. The same with requests and answers \
                 in full: [openapi.json](openapi.json), of the newest version; for any other `GET /openapi.json?version=2.65` of a \
                 daemon, or `manilad openapi --version 2.65`.";
    let body = table(&["Method", "Path", "Action", "Microversions", "Rule", "Status"], rows);
    is_kept("docs/reference/routes.md", &page("Routes", about, &body));
}
