//! The pages of fields: what answers show and what requests may say, a page per first part of the path.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use manilad_http::body::BodyShape;
use manilad_http::route::Route;
use manilad_http::view::{Audience, Shape};

use super::{all, cell, code, is_kept, page, path, routes, span, table};

const FOLDER: &str = "docs/reference/fields";

/// What stands on one page, each with the routes that have it.
#[derive(Default)]
struct Fields {
    answers: Vec<(Shape, Vec<&'static Route>)>,
    requests: Vec<(BodyShape, Vec<&'static Route>)>,
}

fn note<T>(known: &mut Vec<(T, Vec<&'static Route>)>, shape: T, is_same: impl Fn(&T) -> bool, route: &'static Route) {
    match known.iter_mut().find(|(one, _)| is_same(one)) {
        Some((_, routes)) => routes.push(route),
        None => known.push((shape, vec![route])),
    }
}

/// By page, which is the first part of the path without its old prefix.
fn fields() -> BTreeMap<&'static str, Fields> {
    let mut pages: BTreeMap<&str, Fields> = BTreeMap::new();
    for route in routes() {
        let first = route.path.split('/').nth(1).unwrap();
        let fields = pages.entry(first.strip_prefix("os-").unwrap_or(first)).or_default();
        if let Some(shape) = route.view() {
            let names = |shape: &Shape| shape.fields.iter().map(|field| field.name).collect::<Vec<_>>();
            note(&mut fields.answers, shape, |one| one.one == shape.one && names(one) == names(&shape), route);
        }
        if let Some(shape) = route.body.filter(|shape| !shape.members.is_empty()) {
            let names = |shape: &BodyShape| shape.members.iter().map(|member| member.name).collect::<Vec<_>>();
            note(
                &mut fields.requests,
                shape,
                |one| one.wrappers == shape.wrappers && names(one) == names(&shape),
                route,
            );
        }
    }
    pages.retain(|_, fields| !fields.answers.is_empty() || !fields.requests.is_empty());
    pages
}

fn answer(shape: &Shape, routes: &[&Route]) -> String {
    let rows = shape.fields.iter().map(|field| {
        let seen = match field.audience {
            Audience::Everyone => "everyone",
            Audience::Admin => "administrators",
            Audience::HostAdmin => "administrators of the project",
            Audience::Single => "everyone, not in lists",
            Audience::Listed => "everyone, in lists only",
        };
        let null = if field.nullable { " or null" } else { "" };
        vec![code(field.name), span(field.span), format!("{:?}{null}", field.kind), seen.to_owned()]
    });
    let rows = table(&["Field", "Microversions", "Kind", "Seen by"], rows);
    format!("\n## Answer `{}`\n\nOf {}.\n{rows}", shape.one.join("`, `"), all(routes))
}

fn request(shape: &BodyShape, routes: &[&Route]) -> String {
    let rows = shape.members.iter().map(|member| {
        let needed = if member.required { "yes" } else { "" };
        vec![code(member.name), span(member.span), needed.to_owned(), cell(member.expected)]
    });
    let rows = table(&["Member", "Microversions", "Needed", "Expected"], rows);
    let place = match shape.wrappers {
        [] => "at the top".to_owned(),
        wrappers => format!("in `{}`", wrappers.join("` or `")),
    };
    format!("\n## Request, {place}\n\nOf {}.\n{rows}", all(routes))
}

#[test]
fn the_pages_of_fields_are_the_views_and_bodies() {
    let mut links = String::from("\n");
    let mut made = BTreeSet::new();
    for (name, Fields { answers, requests }) in fields() {
        let answers: String = answers.iter().map(|(shape, routes)| answer(shape, routes)).collect();
        let requests: String = requests.iter().map(|(shape, routes)| request(shape, routes)).collect();
        let about = "What answers show and what requests may say, by microversion. Members that no row names, or that are \
                     outside their microversions, are ignored. Kinds: a stamp is an instant in UTC with microseconds and without \
                     a zone; texts are an object of strings with free keys, specs one of strings and booleans, strings a list of \
                     strings, links a list of objects with `rel` and `href`.";
        is_kept(&format!("{FOLDER}/{name}.md"), &page(&format!("Fields of {name}"), about, &(answers + &requests)));
        links.push_str(&format!("* [{name}](fields/{name}.md)\n"));
        made.insert(format!("{name}.md"));
    }
    is_kept(
        "docs/reference/fields.md",
        &page("Fields", "Answers and requests of the resources, by their path:", &links),
    );
    let kept = fs::read_dir(path(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(kept.collect::<BTreeSet<_>>(), made, "a page without a resource");
}
