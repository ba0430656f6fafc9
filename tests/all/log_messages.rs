//! Every warning and every error that product code can log is a row of the page of log messages, and no row is without its
//! message in the code.
//!
//! How to get it wrong: a message that is put together at run time. Nobody finds it on the page; what varies is a field.

use std::collections::BTreeSet;

use regex::Regex;

use super::house::files;

const PAGE: &str = "docs/operators/log-messages.md";

/// A level and a message.
type Row = (String, String);

/// What stands in the parentheses that are open at the start of `text`.
fn arguments(text: &str) -> &str {
    let (mut depth, mut in_text, mut escaped) = (1, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// Messages in a file, tests apart; and calls whose message is no plain text, each with its line.
fn messages(text: &str) -> (Vec<Row>, Vec<usize>) {
    let call = Regex::new(r"\b(warn|error|info|debug)!\(").unwrap();
    let last = Regex::new(r#"(?s)(?:^|[\s,])"((?:[^"\\{]|\\.)*)"\s*,?\s*$"#).unwrap();
    let continued = Regex::new(r"\\\n\s*").unwrap();
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let (mut rows, mut unclear) = (Vec::new(), Vec::new());
    for found in call.captures_iter(text) {
        let end = found.get(0).unwrap().end();
        match last.captures(arguments(&text[end..])) {
            Some(message) => {
                rows.push((found[1].to_uppercase(), continued.replace_all(&message[1], "").into_owned()));
            }
            None => unclear.push(text[..end].lines().count()),
        }
    }
    (rows, unclear)
}

fn rows_of_the_page() -> Vec<Row> {
    let row = Regex::new(r"(?m)^\| ([A-Z, ]+) \| `([^`]+)` \| [^|]+ \| [^|]+ \|$").unwrap();
    let (_, page) = files("docs/operators", "md").into_iter().find(|(name, _)| name == PAGE).unwrap();
    let lines = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Level |"));
    let each = lines.flat_map(|line| {
        let found = row.captures(line).unwrap_or_else(|| panic!("{PAGE}: no row of four columns: {line}"));
        found[1].split(", ").map(|level| (level.to_owned(), found[2].to_owned())).collect::<Vec<_>>()
    });
    each.collect()
}

#[test]
fn every_warning_and_error_of_the_log_is_a_row_of_the_page_of_log_messages() {
    let rows = rows_of_the_page();
    let (mut logged, mut wrong) = (BTreeSet::new(), Vec::new());
    let is_of_tests = |name: &str| name.contains("/tests/") || name.ends_with("tests.rs");
    for (name, text) in ["src", "actors"].into_iter().flat_map(|folder| files(folder, "rs")) {
        if is_of_tests(&name) {
            continue;
        }
        let (found, unclear) = messages(&text);
        wrong.extend(unclear.iter().map(|line| {
            format!("{name}:{line}: end the call with a message in plain text, and let what varies be a field")
        }));
        for (level, message) in found {
            let must_be_told = level == "WARN" || level == "ERROR";
            if must_be_told && !rows.contains(&(level.clone(), message.clone())) {
                wrong.push(format!("{name}: add to {PAGE}: | {level} | `{message}` | what it means | what to do |"));
            }
            logged.insert((level, message));
        }
    }
    for (at, row) in rows.iter().enumerate() {
        let (level, message) = row;
        if !logged.contains(row) {
            wrong.push(format!(
                "{PAGE}: nothing logs {level} `{message}`: correct its text or level, or remove the row"
            ));
        }
        if rows[..at].contains(row) {
            wrong.push(format!("{PAGE}: {level} `{message}` stands there twice: leave one row"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn messages_of_the_log_are_found_in_the_code() {
    let text = "fn a() {\n    tracing::warn!(a = \"b (\", why = c(1), \"it \\\n        broke\");\n    tracing::error!(b, \"{c}\");\n    \
        tracing::info!(\n        d,\n        \"well\",\n    );\n}\n#[cfg(test)]\nmod tests {\n    fn b() { tracing::warn!(\"no\") }\n}";
    let row = |level: &str, message: &str| (level.to_owned(), message.to_owned());
    assert_eq!(messages(text), (vec![row("WARN", "it broke"), row("INFO", "well")], vec![4]));
}
