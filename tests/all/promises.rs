//! Each change of `docs/broken-promises*.md`, by which a promise is broken on purpose, still fits the code.

/// A text that a change replaces in a file.
struct Replaced<'p> {
    change: &'p str,
    file: &'p str,
    text: String,
}

fn replaced(page: &str) -> Vec<Replaced<'_>> {
    let mut all: Vec<Replaced<'_>> = Vec::new();
    let (mut change, mut is_diff) = ("", false);
    for line in page.lines() {
        match line {
            "```diff" => is_diff = true,
            "```" => is_diff = false,
            _ if line.starts_with("### ") => change = &line[4..],
            _ if is_diff && line.starts_with("--- ") => {
                all.push(Replaced { change, file: &line[4..], text: String::new() });
            }
            _ if is_diff && !line.starts_with('+') => {
                let text = &mut all.last_mut().unwrap().text;
                text.push_str(&line[1..]);
                text.push('\n');
            }
            _ => {}
        }
    }
    all
}

#[test]
fn each_change_that_breaks_a_promise_is_in_the_table_of_what_was_found() {
    let table = std::fs::read_to_string("docs/promises.md").unwrap();
    let listed: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let pages = pages();
    let known: Vec<&str> =
        pages.iter().flat_map(|page| page.lines()).filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(listed, known);
}

fn pages() -> [String; 2] {
    ["docs/broken-promises.md", "docs/broken-promises-of-arrays.md"].map(|page| std::fs::read_to_string(page).unwrap())
}

#[test]
fn what_breaks_a_promise_on_purpose_is_to_be_replaced_once_in_the_file_that_is_named() {
    let pages = pages();
    let all: Vec<_> = pages.iter().flat_map(|page| replaced(page)).collect();
    assert!(all.len() >= 35, "{}", all.len());
    for Replaced { change, file, text } in all {
        let found = std::fs::read_to_string(file).unwrap().matches(text.trim_end_matches('\n')).count();
        assert_eq!(found, 1, "{change}: in {file}:\n{text}");
    }
}
