//! The page of microversions: what each changed, and where the tables show it.

use std::collections::BTreeMap;

use manilad_domain::history::HISTORY;
use manilad_domain::{Microversion, Span};

use super::{cell, code, is_kept, page, routes, shown, table};

/// What begins or ends at each microversion, as the tables of routes, views and bodies have it.
fn edges() -> BTreeMap<Microversion, Vec<String>> {
    let mut edges: BTreeMap<Microversion, Vec<String>> = BTreeMap::new();
    let mut note = |of: Span, what: String| {
        let after = Microversion::all().find(|version| *version > of.to);
        for (version, sign) in [(Some(of.from).filter(|from| *from != Microversion::MIN), "+"), (after, "−")] {
            let Some(version) = version else { continue };
            let told = format!("{sign} {}", code(&what));
            let known = edges.entry(version).or_default();
            if !known.contains(&told) {
                known.push(told);
            }
        }
    };
    for route in routes() {
        note(route.span, shown(route));
        let Some(body) = route.body else { continue };
        let wrapper = body.wrappers.first().map_or(String::new(), |wrapper| format!("{wrapper}."));
        body.members.iter().for_each(|member| note(member.span, format!("{wrapper}{} asked", member.name)));
    }
    for shape in routes().into_iter().filter_map(|route| route.view()) {
        shape.fields.iter().for_each(|field| note(field.span, format!("{}.{}", shape.one[0], field.name)));
    }
    edges
}

#[test]
fn the_page_of_microversions_is_the_history() {
    let edges = edges();
    let rows = HISTORY.iter().map(|change| {
        let served = edges.get(&change.version).map_or(String::new(), |edges| edges.join("; "));
        vec![change.version.to_string(), cell(change.what), served]
    });
    let about = "Every microversion of the API and what it changed. The last column is what begins (+) or ends (−) there in \
                 the tables of routes, fields and bodies; behaviour that is no edge of a table does not show, and rows without \
                 one mostly concern parts that are [not built](../status.md).";
    let body = table(&["Version", "Change", "In the tables"], rows);
    is_kept("docs/reference/microversions.md", &page("Microversions", about, &body));
}
