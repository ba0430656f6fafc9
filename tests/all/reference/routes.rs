//! The page of routes.

use manilad_http::missing::{ApiRoute, missing};
use manilad_http::route::Route;

use super::{code, is_kept, page, routes, span, table};

#[test]
fn the_page_of_routes_is_the_catalogue() {
    let row = |route: &&Route| {
        let action = route.action.unwrap_or_default();
        let versions = span(route.span);
        let same = route.status_unchanged.map(|same| format!(", or {same} where it is so already"));
        let status = format!("{}{}", route.status, same.unwrap_or_default());
        vec![route.method.name().to_owned(), code(route.path), code(action), versions, code(route.policy), status]
    };
    let about = "Paths are below `/v2`, with or without a project in front: `/v2/shares` and `/v2/{project_id}/shares` are \
                 the same. An action is the one key of the body. The status is that of success. The same with requests and answers \
                 in full: [openapi.json](openapi.json), of the newest version; for any other `GET /openapi.json?version=2.65` of a \
                 daemon, or `manilad openapi --version 2.65`.";
    let (own, theirs): (Vec<&Route>, Vec<&Route>) = routes().into_iter().partition(|route| route.is_own());
    let heads = ["Method", "Path", "Action", "Microversions", "Rule", "Status"];
    let mut body = table(&heads, theirs.iter().map(row));
    body.push_str(&format!(
        "\n## Routes of our own\n\nManila does not have these; see [0012](../decisions/0012-routes-of-our-own.md).\n{}",
        table(&heads, own.iter().map(row))
    ));
    let row = |row: &&ApiRoute| {
        let method = row.method.name().to_owned();
        vec![method, code(row.path), code(row.action.unwrap_or_default()), span(row.span)]
    };
    body.push_str(&format!(
        "\n## Not built\n\nManila has these, and they are answered as any path or action that is not there, with a message that says so.\n{}",
        table(&heads[..4], missing().iter().map(row))
    ));
    is_kept("docs/reference/routes.md", &page("Routes", about, &body));
}
