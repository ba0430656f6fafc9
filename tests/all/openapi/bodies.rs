//! Bodies: the schema that is published and the reader that judges agree, and what each makes of a breach is blessed, one
//! file per body. `MANILAD_BLESS=1` writes them anew.
//!
//! A schema may be narrower than its reader in two ways only: strings that hold a value with blanks around it or in odd
//! digits, and 0 and 1 for booleans, are read and not promised.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use manilad_domain::{Fault, Microversion};
use manilad_http::answer::table;
use manilad_http::body::{BodyShape, Member};
use manilad_http::route::Route;
use serde_json::{Map, Value, json};

use super::Document;
use crate::api::cloud::Cloud;
use crate::api::things::{Request, Things, clear, newest};

/// Values of every kind, right and wrong, at the limits of the tables.
fn probes() -> Vec<Value> {
    let words = [
        "",
        " ",
        "a",
        "5",
        " 5 ",
        "007",
        "0",
        "-1",
        "2147483648",
        "true",
        "NO",
        " on",
        "nfs",
        "CIFS",
        "ip",
        "rw",
        "error",
        "ldap",
    ];
    let project = "e1284adea3ee4d2482af5ed214f3ad90";
    let dashed = "e1284ade-a3ee-4d24-82af-5ed214f3ad90";
    let long = |most: usize| [json!("x".repeat(most)), json!("x".repeat(most + 1))];
    let numbers =
        [json!(-2), json!(-1), json!(0), json!(1), json!(5), json!(1.5), json!(2147483647), json!(2147483648u32)];
    let objects = [
        json!({}),
        json!({ "a": "b" }),
        json!({ "driver_handles_share_servers": "False" }),
        json!({ "driver_handles_share_servers": "maybe" }),
        json!({ "driver_handles_share_servers": "NO", "replication_type": "full" }),
        json!({ "a": 1 }),
        json!({ "a": true }),
        json!({ "a": null }),
        json!({ "a": "" }),
        json!({ "": "b" }),
        json!({ " ": "b" }),
        json!({ "a!": "b" }),
        json!({ "a": "b", "c": "d" }),
        json!({ "x".repeat(255): "y".repeat(1023) }),
        json!({ "x".repeat(256): "b" }),
        json!({ "a": "y".repeat(1024) }),
    ];
    let plain = [json!(true), json!(false), json!(null), json!([]), json!(["a"]), json!(project), json!(dashed)];
    plain.into_iter().chain(words.map(Value::from)).chain(long(255)).chain(numbers).chain(objects).collect()
}

/// The routes that take a body.
type Routes = Vec<&'static Route>;

/// The catalogue's bodies.
fn bodies() -> BTreeMap<&'static str, (BodyShape, Routes)> {
    let mut bodies: BTreeMap<&str, (BodyShape, Routes)> = BTreeMap::new();
    for route in manilad_http::catalogue() {
        let Some(shape) = route.body else { continue };
        bodies.entry(shape.name).or_insert_with(|| (shape, Vec::new())).1.push(route);
    }
    bodies
}

/// A route that takes the body at a version.
fn route_at(routes: &Routes, version: Microversion) -> Option<&'static Route> {
    routes.iter().copied().find(|route| route.span.contains(version))
}

/// Versions at which something of the body changes, and the newest, as far as a route serves them.
fn versions(shape: &BodyShape, routes: &Routes) -> BTreeSet<Microversion> {
    let edges = shape.members.iter().map(|member| member.span.from);
    let before = edges.clone().filter_map(|edge| Microversion::all().rfind(|version| *version < edge));
    let served = edges.chain(before).chain(routes.iter().flat_map(|route| [route.span.from, route.span.to]));
    served.filter(|version| route_at(routes, *version).is_some()).collect()
}

/// The body around what its wrapper holds.
fn wrapped(shape: &BodyShape, route: &Route, inner: Value) -> Value {
    match route.action.or(shape.wrappers.first().copied()) {
        Some(wrapper) => json!({ wrapper: inner }),
        None => inner,
    }
}

/// The least that is read: the required members, each with the first probe that its schema admits.
fn least(document: Document, shape: &BodyShape, version: Microversion) -> Map<String, Value> {
    let required = shape.members.iter().filter(|member| member.required && member.span.contains(version));
    let fitting = |member: &Member| {
        let schema = (member.schema)();
        probes().into_iter().find(|probe| *probe != "" && document.schemas().admits(&schema, probe)).unwrap()
    };
    required.map(|member| (member.name.to_owned(), fitting(member))).collect()
}

/// What stands under the wrapper, probe by probe and member by member.
fn inners(document: Document, shape: &BodyShape, version: Microversion) -> Vec<Value> {
    let least = least(document, shape, version);
    let mut inners = probes();
    inners.push(Value::Object(least.clone()));
    for member in shape.members {
        let mut without = least.clone();
        without.remove(member.name);
        inners.push(Value::Object(without));
        inners.extend(probes().into_iter().map(|probe| {
            let mut with = least.clone();
            with.insert(member.name.to_owned(), probe);
            Value::Object(with)
        }));
    }
    inners
}

/// Bodies of which the document tells more than the reader judges: the rest is the handler's.
const JUDGED_BY_HANDLERS: &[&str] =
    &["AllowAccess", "NewQosSpecs", "NewQosType", "NewSpecs", "NewType", "QosSpec", "SpecValue"];

/// Whether a value in it is written in a way that is read and not promised.
fn is_lenient(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim() != text || (text.len() > 1 && text.starts_with('0')),
        Value::Number(number) => number.as_u64().is_some_and(|number| number <= 1),
        Value::Object(object) => object.values().any(is_lenient),
        _ => false,
    }
}

#[test]
fn the_schema_admits_what_is_read_and_nothing_else() {
    for (name, (shape, routes)) in bodies() {
        let (mut admitted, mut refused) = (0, 0);
        for version in versions(&shape, &routes) {
            let route = route_at(&routes, version).unwrap();
            let document = Document::at(version);
            for inner in inners(document, &shape, version) {
                let body = wrapped(&shape, route, inner);
                let (told, judged) =
                    (document.schemas().check(document.body(route), &body), (shape.judge)(&body, version));
                match (&told, &judged) {
                    (Ok(()), Ok(_)) => admitted += 1,
                    (Err(_), Err(_)) => refused += 1,
                    (Err(_), Ok(_)) if is_lenient(&body) || JUDGED_BY_HANDLERS.contains(&name) => {}
                    _ => panic!("{name} at {version}: {body}\nschema: {told:?}\nreader: {judged:?}"),
                }
            }
        }
        assert!(admitted > 0 && (refused > 0 || shape.about.contains("ignored")), "{name}: {admitted}, {refused}");
    }
}

fn refusal(fault: &Fault) -> String {
    format!("{} {}", table(fault.kind).0, fault.text)
}

fn tell(outcome: Result<String, Fault>) -> String {
    outcome.map_or_else(|fault| refusal(&fault), |_| "read".to_owned())
}

/// Versions with the same tale, in ranges.
fn by_version(routes: &Routes, tale: impl Fn(Microversion, &Route) -> String) -> Vec<String> {
    let mut told: Vec<(Microversion, Microversion, String)> = Vec::new();
    for version in Microversion::all() {
        let text = route_at(routes, version).map_or("no route takes it".to_owned(), |route| tale(version, route));
        match told.last_mut() {
            Some((_, to, same)) if *same == text => *to = version,
            _ => told.push((version, version, text)),
        }
    }
    told.into_iter().map(|(from, to, text)| format!("{from}-{to}: {text}")).collect()
}

/// What the document says of what stands under the wrapper.
fn schema(shape: &BodyShape, version: Microversion) -> &'static Value {
    Document::at(version).schemas().named(&format!("#/components/schemas/{}", shape.name))
}

/// What a member is held to at a version: its schema, and what is told when it is missing or wrong.
fn member(shape: &BodyShape, route: &Route, name: &str, version: Microversion) -> String {
    let document = Document::at(version);
    let least = least(document, shape, version);
    let with = |value: Option<Value>| {
        let mut inner = least.clone();
        inner.remove(name);
        inner.extend(value.map(|value| (name.to_owned(), value)));
        (shape.judge)(&wrapped(shape, route, Value::Object(inner)), version)
    };
    let schema = schema(shape, version).pointer(&format!("/properties/{name}"));
    let mut wrong: Vec<String> =
        probes().into_iter().map(|probe| tell(with(Some(probe)))).filter(|tale| tale != "read").collect();
    wrong.sort();
    wrong.dedup();
    let schema = schema.map_or("anything".to_owned(), Value::to_string);
    format!(
        "{schema}\n        left out: {}\n        wrong: {}",
        tell(with(None)),
        if wrong.is_empty() { "never".to_owned() } else { wrong.join(" | ") }
    )
}

fn written(shape: &BodyShape, routes: &Routes) -> String {
    let mut text = format!("{}\nin: {}\n", shape.about.trim(), shape.wrappers.join(" | "));
    let told = |body: &Value, version| tell((shape.judge)(body, version));
    for (what, tales) in [
        ("an empty object", by_version(routes, |version, _| told(&json!({}), version))),
        ("a list", by_version(routes, |version, _| told(&json!([]), version))),
        ("null inside", by_version(routes, |version, route| told(&wrapped(shape, route, Value::Null), version))),
    ] {
        tales.iter().for_each(|tale| writeln!(text, "{what}, {tale}").unwrap());
    }
    for row in shape.members {
        writeln!(text, "{}", row.name).unwrap();
        let tales = by_version(routes, |version, route| member(shape, route, row.name, version));
        tales.iter().for_each(|tale| writeln!(text, "    {tale}").unwrap());
    }
    if shape.members.is_empty() {
        let tales = by_version(routes, |version, _| schema(shape, version).to_string());
        tales.iter().for_each(|tale| writeln!(text, "{tale}").unwrap());
    }
    text
}

fn folder() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/facts/golden/bodies")
}

#[test]
fn every_body_is_held_to_what_its_blessed_golden_file_says() {
    let path = |name: &str| folder().join(format!("{name}.txt"));
    let made: BTreeMap<&str, String> =
        bodies().into_iter().map(|(name, (shape, routes))| (name, written(&shape, &routes))).collect();
    if std::env::var_os("MANILAD_BLESS").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        made.iter().for_each(|(name, text)| std::fs::write(path(name), text).unwrap());
    }
    for (name, text) in &made {
        let blessed = std::fs::read_to_string(path(name)).unwrap_or_default();
        assert!(*text == blessed, "{name} differs from its file; MANILAD_BLESS=1 accepts this:\n{text}");
    }
    let kept: BTreeSet<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept, made.keys().map(|name| path(name)).collect(), "files of bodies that are gone");
}

/// Body, member, and what `""` and `null` mean there: as if left out, a value of its own, or a refusal.
const EMPTY: &str = include_str!("../../facts/empty-members.tsv");

/// What a value of a member comes to, beside another member where the body has any.
fn meaning(shape: &BodyShape, route: &Route, row: &Member, version: Microversion, value: Value) -> String {
    let document = Document::at(version);
    let mut inner = least(document, shape, version);
    let others = shape.members.iter().filter(|other| other.name != row.name && other.span.contains(version));
    let another = others.into_iter().find_map(|other| {
        let fits =
            |probe: &Value| !probe.is_null() && *probe != "" && document.schemas().admits(&(other.schema)(), probe);
        Some((other.name.to_owned(), probes().into_iter().find(fits)?))
    });
    inner.extend(another);
    inner.remove(row.name);
    let judge =
        |inner: &Map<String, Value>| (shape.judge)(&wrapped(shape, route, Value::Object(inner.clone())), version);
    let without = judge(&inner);
    inner.insert(row.name.to_owned(), value);
    match judge(&inner) {
        Err(fault) => table(fault.kind).0.to_string(),
        Ok(read) if without.as_ref() == Ok(&read) => "absent".to_owned(),
        Ok(_) => "value".to_owned(),
    }
}

#[test]
fn what_is_there_and_empty_means_for_each_member_what_the_facts_say() {
    let mut found = vec!["body\tmember\t\"\"\tnull".to_owned()];
    for (name, (shape, routes)) in bodies() {
        for row in shape.members {
            let served = Microversion::all().rev().find_map(|version| {
                row.span.contains(version).then(|| Some((version, route_at(&routes, version)?))).flatten()
            });
            let (version, route) = served.unwrap_or_else(|| panic!("{name}.{} is read at no version", row.name));
            let [text, null] = [json!(""), Value::Null].map(|value| meaning(&shape, route, row, version, value));
            found.push(format!("{name}\t{}\t{text}\t{null}", row.name));
        }
    }
    let found = found.join("\n") + "\n";
    assert!(found == EMPTY, "tests/facts/empty-members.tsv says otherwise than:\n{found}");
}

/// Bodies that the document forbids and the reader reads.
fn left_to_handlers(shape: &BodyShape, route: &Route, version: Microversion) -> Vec<Value> {
    let document = Document::at(version);
    let bodies = inners(document, shape, version).into_iter().map(|inner| wrapped(shape, route, inner));
    let forbidden = |body: &Value| !is_lenient(body) && !document.schemas().admits(document.body(route), body);
    bodies.filter(|body| forbidden(body) && (shape.judge)(body, version).is_ok()).collect()
}

#[test]
fn the_daemon_refuses_a_breach_in_the_words_of_the_reader() {
    let cloud = Cloud::furnished("[DEFAULT]\ndefault_share_type = usual");
    let things = Things::make(&cloud, 1);
    for route in manilad_http::catalogue() {
        let Some(shape) = route.body else { continue };
        let version = Microversion::written(&newest(route));
        let refused = inners(Document::at(version), &shape, version).into_iter().find_map(|inner| {
            let body = wrapped(&shape, route, inner);
            Some(((shape.judge)(&body, version).err()?, body))
        });
        if JUDGED_BY_HANDLERS.contains(&shape.name) {
            for body in left_to_handlers(&shape, route, version) {
                let request = Request { body: Some(body), ..things.request(route) };
                request.send(&cloud.admin().at(&version.to_string())).fails(400);
            }
        }
        let Some((fault, body)) = refused else { continue };
        let mut request = things.request(route);
        request.body = Some(body);
        let answer = request.send(&cloud.admin().at(&version.to_string()));
        answer.fails(table(fault.kind).0);
        assert_eq!(answer.text_at(&format!("/{}/message", table(fault.kind).1)), fault.text, "{}", route.path);
    }
    drop(things);
    clear(&cloud);
    cloud.close(0);
}
