//! The tables as documentation.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::ini::Document;

#[test]
fn every_default_fits_its_option() {
    let mut reader = Reader::new(Files::default(), Environment::default()).unwrap();
    tables::FIXED.iter().chain(tables::NAMED).for_each(|group| reader.declare(group.name, group));
    for (group, option) in tables::all() {
        let value = reader.value(group.name, option);
        assert!(value.is_ok(), "{}", value.unwrap_err());
    }
}

#[test]
fn no_option_stands_twice_in_a_section() {
    let mut seen = BTreeSet::new();
    for (group, option) in tables::all() {
        assert!(seen.insert((group.name, option.name)), "[{}] {}", group.name, option.name);
        assert!(option.meaning.ends_with('.') || option.meaning.ends_with(')'), "{}: {}", option.name, option.meaning);
    }
}

/// With `MANILAD_BLESS` set this writes the file instead.
#[test]
fn the_sample_file_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf/manila.conf");
    let sample = Settings::sample();
    if std::env::var_os("MANILAD_BLESS").is_some() {
        std::fs::write(&path, &sample).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == sample, "conf/manila.conf is out of date: MANILAD_BLESS=1 cargo test -p manilad-conf");
}

#[test]
fn the_sample_wraps_comments_and_uncomments_into_the_defaults() {
    let sample = Settings::sample();
    assert!(sample.lines().filter(|line| line.starts_with("# ")).all(|line| line.len() <= 100));
    let uncommented: String = sample
        .lines()
        .map(|line| match line.strip_prefix("# [").filter(|rest| rest.ends_with(']')) {
            Some(section) => format!("[{section}\n"),
            None => match line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')) {
                Some(option) => format!("{option}\n"),
                None => format!("{line}\n"),
            },
        })
        .collect();
    let document = Document::parse("sample", &uncommented).unwrap();
    let count: usize = document.sections.values().map(|options| options.len()).sum();
    assert_eq!(count, tables::all().count());
    for (group, option) in tables::all() {
        assert!(document.sections[&ini::normal(group.name)].contains_key(option.name), "{}", option.name);
    }
}
