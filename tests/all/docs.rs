//! What the pages say of the repository is so: links lead somewhere, files that are named exist, every metric is told.
//!
//! How to get it wrong: a path in a page that no code span holds, which nothing here would see.

#![allow(clippy::unwrap_used, reason = "what can't be read fails the test, in helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

fn root() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap())
}

fn below(at: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

/// Every page, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = vec![root().join("README.md")];
    below(&root().join("docs"), "md", &mut pages);
    pages.sort();
    pages.into_iter().map(|page| (page.clone(), fs::read_to_string(page).unwrap())).collect()
}

/// The text without what stands in fences, where nothing is a link and output is as it came.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// The anchors of a page: its headings as a forge makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let anchor = |heading: &str| {
        let kept = heading.trim().to_lowercase();
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    prose(text).lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        for target in link.captures_iter(&prose(&text)).map(|found| found[1].to_owned()) {
            if target.starts_with("http://") || target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let there = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let has_anchor =
                || anchor.is_empty() || fs::read_to_string(&there).is_ok_and(|text| anchors(&text).contains(anchor));
            if !there.exists() || !has_anchor() {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere: {wrong:#?}");
}

#[test]
fn every_file_that_a_page_names_exists() {
    let span = Regex::new(r"`((?:src|actors|tests|conf|docs)/[A-Za-z0-9_./-]+)`").unwrap();
    let named = |text: &str| span.captures_iter(&prose(text)).map(|found| found[1].to_owned()).collect::<Vec<_>>();
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        wrong.extend(
            named(&text)
                .into_iter()
                .filter(|file| !root().join(file).exists())
                .map(|file| format!("{}: {file}", page.display())),
        );
    }
    assert!(wrong.is_empty(), "files that do not exist: {wrong:#?}");
}

#[test]
fn no_page_is_longer_than_300_lines() {
    let long: Vec<_> =
        pages().into_iter().filter(|(_, text)| text.lines().count() > 300).map(|(page, _)| page).collect();
    assert!(long.is_empty(), "too long: {long:?}");
}

/// Names of metrics in the code. Those of calls to ONTAP are put together from a prefix.
fn metrics() -> BTreeSet<String> {
    let whole = Regex::new(r#""(manilad_[a-z_]+)""#).unwrap();
    let part = Regex::new(r#"(?:opts|gauge)\("([a-z_]+)""#).unwrap();
    let mut files = Vec::new();
    for folder in ["src", "actors"] {
        below(&root().join(folder), "rs", &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        names.extend(whole.captures_iter(text).map(|found| found[1].to_owned()));
        if text.contains("manilad_ontap_{name}") {
            names.extend(part.captures_iter(text).map(|found| format!("manilad_ontap_{}", &found[1])));
        }
    }
    names
}

#[test]
fn every_metric_is_on_the_page_of_metrics_and_no_other() {
    let page = fs::read_to_string(root().join("docs/operators/observability.md")).unwrap();
    let told = Regex::new(r"(?m)^\| `(manilad_[a-z_]+)`").unwrap();
    let told: BTreeSet<String> = told.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    assert_eq!(told, metrics());
}

/// Specs and metadata that mean something to NetApp's driver, whatever becomes of them here.
#[test]
fn whatever_can_be_asked_of_the_driver_stands_on_the_pages_for_operators() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let pages = ["share-types.md", "share-servers.md"].map(|page| read(&format!("docs/operators/{page}"))).concat();
    let facts = read("tests/facts/netapp-specs.txt");
    let keys = facts.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').nth(1));
    let missing: Vec<&str> = keys.filter(|key| !pages.contains(&format!("`{key}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
