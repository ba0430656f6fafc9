//! What each view shows: every field, at every microversion, to administrators and members, as the running daemon
//! answers. One blessed file per view; `MANILAD_BLESS=1` writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use manilad_domain::Microversion;
use manilad_http::route::{Method, Route};
use manilad_http::view::{Kind, Shape};
use serde_json::Value;

use super::cloud::Cloud;
use super::things::{Things, clear};
use crate::openapi::Document;

/// View, one or many, and who looks.
type Page = (&'static str, &'static str, &'static str);
/// Field → kind of value → versions.
type Fields = BTreeMap<String, BTreeMap<&'static str, BTreeSet<u8>>>;

const LOOKERS: [&str; 2] = ["admin", "member"];

/// What only looks.
fn reads(route: &Route) -> bool {
    route.method == Method::GET || route.action.is_some_and(|action| action.ends_with("access_list"))
}

/// What makes a thing and shows it: the only way to see one rule where no route shows one, and the key of a transfer.
fn makes(route: &Route) -> bool {
    let makes_rule = route.action.is_some_and(|action| action.ends_with("allow_access"));
    let makes_transfer = route.path == "/share-transfers" && route.method == Method::POST;
    route.path.starts_with("/shares/") && makes_rule || makes_transfer
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Holds a value against the table that it was written from.
fn check(shape: Shape, version: Microversion, field: &str, value: &Value) {
    let row = shape.fields.iter().find(|row| row.name == field && row.span.contains(version));
    let row = row.unwrap_or_else(|| panic!("{} shows {field} at {version}, and no row says so", shape.name));
    let is_stamp = |text: &str| text.len() == 26 && manilad_domain::Stamp::parse(text).is_some();
    let fits = match (row.kind, value) {
        (_, Value::Null) => row.nullable,
        (Kind::string, Value::String(_)) | (Kind::bool, Value::Bool(_)) => true,
        (Kind::object | Kind::texts | Kind::specs, Value::Object(_)) => true,
        (Kind::strings | Kind::links | Kind::objects, Value::Array(_)) => true,
        (Kind::int, Value::Number(number)) => number.is_u64() || number.is_i64(),
        (Kind::uuid, Value::String(text)) => uuid::Uuid::parse_str(text).is_ok(),
        (Kind::stamp, Value::String(text)) => is_stamp(text),
        _ => false,
    };
    assert!(fits, "{}: {field} is {value} at {version}, the table says {:?}", shape.name, row.kind);
}

/// Everything that can be seen, page by page; each answer is what the document of its version says.
fn look(cloud: &Cloud, things: &Things<'_>) -> BTreeMap<Page, Fields> {
    let mut pages: BTreeMap<Page, Fields> = BTreeMap::new();
    let routes = || manilad_http::catalogue();
    // Things are made last: they lengthen the lists.
    for route in routes().filter(|route| reads(route)).chain(routes().filter(|route| makes(route))) {
        let mut request = things.request(route);
        for version in Microversion::all().filter(|version| route.span.contains(*version)) {
            for looker in LOOKERS {
                if makes(route) {
                    let shape = route.view().expect("what is made is shown");
                    if is_seen(&pages, (shape.name, "one", looker), version) {
                        continue;
                    }
                    request = things.request(route);
                }
                let answer = request.send(&cloud.caller(looker).at(&version.to_string()));
                if answer.status == 403 {
                    continue;
                }
                let is_gone = Things::status(route) == 404; // what is there at every version and never answers
                let answer = answer.is(Things::status(route));
                if !is_gone {
                    Document::at(version).holds(route, answer.status, &answer.text);
                }
                if let Some(shape) = route.view() {
                    note(&mut pages, shape, looker, version, &answer.json());
                }
            }
        }
    }
    pages
}

fn minor(version: Microversion) -> u8 {
    version.to_string()[2..].parse().unwrap()
}

/// Whether anything was seen on a page at a version.
fn is_seen(pages: &BTreeMap<Page, Fields>, page: Page, version: Microversion) -> bool {
    let kinds = pages.get(&page).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
    kinds.into_iter().any(|minors| minors.contains(&minor(version)))
}

/// Notes what one answer shows: one thing, or the first of a list.
fn note(pages: &mut BTreeMap<Page, Fields>, shape: Shape, looker: &'static str, version: Microversion, body: &Value) {
    let (form, seen) = match shape.one.iter().find_map(|key| body.get(*key)) {
        Some(one) => ("one", one),
        None => ("many", shape.many.iter().find_map(|key| body[*key].get(0)).expect("a list of something")),
    };
    let fields = pages.entry((shape.name, form, looker)).or_default();
    for (field, value) in seen.as_object().unwrap() {
        check(shape, version, field, value);
        fields.entry(field.clone()).or_default().entry(kind(value)).or_default().insert(minor(version));
    }
}

/// `2.0-2.8, 2.10`
fn ranges(minors: &BTreeSet<u8>) -> String {
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for minor in minors {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *minor => *last = *minor,
            _ => ranges.push((*minor, *minor)),
        }
    }
    let text = |(from, to): &(u8, u8)| if from == to { format!("2.{from}") } else { format!("2.{from}-2.{to}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn written(pages: &BTreeMap<Page, Fields>) -> BTreeMap<&'static str, String> {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for ((view, form, looker), fields) in pages {
        let file = files.entry(view).or_default();
        writeln!(file, "{form}, seen by {looker}").unwrap();
        for (field, kinds) in fields {
            let at: Vec<_> = kinds.iter().map(|(kind, minors)| format!("{kind} {}", ranges(minors))).collect();
            writeln!(file, "    {field:<40} {}", at.join("; ")).unwrap();
        }
    }
    files
}

fn folder() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/facts/golden")
}

#[test]
fn every_view_shows_what_its_blessed_file_says() {
    let cloud = Cloud::furnished("[DEFAULT]\ndefault_share_type = usual");
    let things = Things::make(&cloud, 1);
    let files = written(&look(&cloud, &things));
    drop(things);
    clear(&cloud);
    cloud.close(0);

    let views: BTreeSet<&str> = manilad_http::catalogue().filter_map(|route| Some(route.view()?.name)).collect();
    assert_eq!(files.keys().copied().collect::<BTreeSet<_>>(), views, "a view that no request here shows");
    let path = |view: &str| folder().join(format!("{}.txt", view.to_lowercase()));
    if std::env::var_os("MANILAD_BLESS").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        for (view, text) in &files {
            std::fs::write(path(view), text).unwrap();
        }
    }
    for (view, text) in &files {
        let blessed = std::fs::read_to_string(path(view)).unwrap_or_default();
        assert!(
            *text == blessed,
            "{view} differs from {}; MANILAD_BLESS=1 accepts this:\n{text}",
            path(view).display()
        );
    }
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let kept: BTreeSet<_> = entries.filter(|path| path.is_file()).collect();
    assert_eq!(kept, views.iter().map(|view| path(view)).collect(), "files of views that are gone");
}
