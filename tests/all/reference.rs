//! The reference pages and the samples in `conf/` are what the tables say.
//!
//! `MANILAD_BLESS=1 cargo test --test all reference` writes them anew. How to get it wrong: editing such a file by hand;
//! the next run takes it back.

#![allow(clippy::unwrap_used, reason = "what can't be read fails the test, in helpers too")]

mod fields;
mod microversions;
mod ontap;
mod openapi;
mod operations;
mod policies;
mod routes;
mod samples;
mod settings;
mod simulator;
mod statuses;

use std::fs;
use std::path::PathBuf;

use manilad_domain::{Microversion, Span};
use manilad_http::route::Route;

const MADE: &str = "<!-- Made from the tables of the code by tests/all/reference; do not edit. -->\n\n";

fn path(name: &str) -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join(name)
}

/// Compares a file with what the tables make of it; with `MANILAD_BLESS` set, writes it.
fn is_kept(name: &str, made: &str) {
    if std::env::var_os("MANILAD_BLESS").is_some() {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), made).unwrap();
    }
    let kept = fs::read_to_string(path(name)).unwrap_or_default();
    assert!(kept == made, "{name} is out of date: MANILAD_BLESS=1 cargo test --test all reference");
}

/// A page with its title and what it says before its tables.
fn page(title: &str, about: &str, body: &str) -> String {
    format!("{MADE}# {title}\n\n{about}\n{body}")
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("\n{}{rule}{rows}", line(&heads))
}

/// Text as it stands in a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn span(span: Span) -> String {
    let (first, last) = (span.from == Microversion::MIN, span.to == Microversion::MAX);
    let told = match (first, last) {
        (true, true) => "all".to_owned(),
        (false, true) => format!("from {}", span.from),
        (true, false) => format!("to {}", span.to),
        (false, false) => format!("{} to {}", span.from, span.to),
    };
    match span.experimental_to {
        Some(last) => format!("{told}, experimental to {last}"),
        None => told,
    }
}

fn routes() -> Vec<&'static Route> {
    manilad_http::catalogue().collect()
}

/// `POST /shares/{id}/action extend`
fn shown(route: &Route) -> String {
    let action = route.action.map_or(String::new(), |action| format!(" {action}"));
    format!("{} {}{action}", route.method.name(), route.path)
}

/// Routes in a line, each once.
fn all(routes: &[&Route]) -> String {
    let mut told: Vec<String> = routes.iter().map(|route| code(&shown(route))).collect();
    told.dedup();
    told.join(", ")
}
