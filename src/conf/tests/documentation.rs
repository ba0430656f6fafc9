//! The tables as documentation.

use super::*;
use crate::ini::Document;

#[test]
fn every_default_fits_its_option_and_none_stands_twice_in_a_section() {
    suite::tables_are_sound(&tables::groups(&supported().drivers));
}

#[test]
fn the_sample_wraps_comments_and_uncomments_into_the_defaults() {
    let supported = supported();
    let sample = Settings::sample(&supported.drivers);
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
    assert_eq!(count, tables::all(&supported.drivers).count());
    for (group, option) in tables::all(&supported.drivers) {
        assert!(document.sections[&ini::normal(group.name)].contains_key(option.name), "{}", option.name);
    }
}
