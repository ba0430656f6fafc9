//! Each change of `docs/promises.md`, by which a promise is broken on purpose, still fits the code.

use std::collections::BTreeMap;

/// What is replaced in each file, by the name of the change.
fn replaced(page: &str) -> BTreeMap<(&str, &str), String> {
    let mut all: BTreeMap<_, String> = BTreeMap::new();
    let (mut name, mut file, mut is_diff) = ("", "", false);
    for line in page.lines() {
        match line {
            "```diff" => is_diff = true,
            "```" => is_diff = false,
            _ if line.starts_with("### ") => name = &line[4..],
            _ if is_diff && line.starts_with("--- ") => file = &line[4..],
            _ if is_diff && !line.starts_with('+') => {
                let text = all.entry((name, file)).or_default();
                text.push_str(&line[1..]);
                text.push('\n');
            }
            _ => {}
        }
    }
    all
}

#[test]
fn what_breaks_a_promise_on_purpose_is_to_be_replaced_once_in_the_file_that_is_named() {
    let page = std::fs::read_to_string("docs/promises.md").unwrap();
    let all = replaced(&page);
    assert!(all.len() >= 14, "{all:?}");
    for ((name, file), text) in all {
        let found = std::fs::read_to_string(file).unwrap().matches(text.trim_end_matches('\n')).count();
        assert_eq!(found, 1, "{name}: in {file}:\n{text}");
    }
}
