//! Within a crate no files may use one another in a circle, directly or through others.
//!
//! The rule: a file uses another one if it names a path that leads there (`crate::…`, `super::…`, or through a module
//! of its own), tests apart. A path leads to the file of the last module in it, and through a re-export on to the file that the name comes
//! from: to declare modules and to re-export from them is no use of them. So files of a folder may take what they
//! share from a file of that folder, but not from a `mod.rs` that in its turn works with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::house::files;

static TESTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)#\[cfg\(test\)\]\s*mod .*").unwrap());
static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)(^|\s)//.*$").unwrap());
static IMPORT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);").unwrap());
static INLINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|[^\w:.])((?:\w+::)+\w+)").unwrap());

/// A module, by the names on the way to it.
type Module = Vec<String>;

/// Who uses whom, by file, each with an example.
type Uses = BTreeMap<String, BTreeMap<String, String>>;

struct File {
    name: String,
    /// Paths that are used.
    paths: Vec<Module>,
    /// What its names of other modules mean.
    names: BTreeMap<String, Module>,
    /// What is re-exported as a whole.
    whole: Vec<Module>,
}

/// The files of a crate, by module.
struct Crate(BTreeMap<Module, File>);

fn segments(path: &str) -> Module {
    path.split("::").map(|segment| segment.trim().to_owned()).filter(|segment| !segment.is_empty()).collect()
}

/// The paths of one `use`, each with the name that it gets.
fn spread(before: &str, tree: &str, found: &mut Vec<(String, Module)>) {
    let tree = tree.trim();
    if let Some((path, group)) = tree.split_once('{') {
        let (mut depth, mut from, group) = (0, 0, group.strip_suffix('}').unwrap_or(group));
        for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    spread(&format!("{before}{path}"), &group[from..at], found);
                    from = at + 1;
                }
                _ => {}
            }
        }
    } else if !tree.is_empty() {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
        let mut path = segments(&format!("{before}{path}"));
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), str::to_owned);
        found.push((name, path));
    }
}

impl File {
    fn read(name: &str, text: &str) -> Self {
        let text = TESTS.replace(text, "");
        let text = COMMENT.replace_all(&text, "");
        let mut file = File { name: name.to_owned(), paths: Vec::new(), names: BTreeMap::new(), whole: Vec::new() };
        for found in IMPORT.captures_iter(&text) {
            let is_private = found.get(1).is_none();
            let mut all = Vec::new();
            spread("", &found[2], &mut all);
            for (name, mut path) in all {
                if name == "*" {
                    path.pop();
                    file.whole.push(path.clone());
                }
                if is_private {
                    file.paths.push(path.clone());
                }
                file.names.insert(name, path);
            }
        }
        let rest = IMPORT.replace_all(&text, "");
        file.paths.extend(INLINE.captures_iter(&rest).map(|found| segments(&found[1])));
        file
    }
}

impl Crate {
    fn read(folder: &str, files: &[(String, String)]) -> Self {
        let mut all = BTreeMap::new();
        for (name, text) in files {
            let inside = name.strip_prefix(folder).unwrap_or(name).trim_start_matches('/').trim_end_matches(".rs");
            let mut module: Module = inside.split('/').map(str::to_owned).collect();
            if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
                module.pop();
            }
            if !module.iter().any(|step| step == "tests") {
                all.insert(module, File::read(name, text));
            }
        }
        Crate(all)
    }

    /// The module that a path leads to, as seen from `from`; none if that is no module of the crate.
    fn lead(&self, from: &Module, path: &[String], steps: usize) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at = from.clone();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop()?;
                while let Some((_, after)) = rest.split_first().filter(|(next, _)| *next == "super") {
                    at.pop()?;
                    rest = after;
                }
            }
            child => {
                at.push(child.to_owned());
                self.0.get(&at)?;
            }
        }
        let Some((next, after)) = rest.split_first() else { return Some(at) };
        let child: Module = at.iter().chain([next]).cloned().collect();
        if self.0.contains_key(&child) {
            let onward: Module = ["self".to_owned()].into_iter().chain(after.iter().cloned()).collect();
            return self.lead(&child, &onward, steps);
        }
        let file = self.0.get(&at)?;
        let named = file.names.get(next).into_iter().chain(&file.whole);
        let mut led = named.filter_map(|path| self.lead(&at, path, steps.checked_sub(1)?));
        Some(led.next().unwrap_or(at))
    }

    fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (module, file) in &self.0 {
            let own = uses.entry(file.name.clone()).or_default();
            for path in &file.paths {
                let Some(to) = self.lead(module, path, 8) else { continue };
                let to = &self.0[&to].name;
                if *to != file.name {
                    own.entry(to.clone()).or_insert_with(|| path.join("::"));
                }
            }
        }
        uses
    }
}

/// What is left of the uses when all goes that is in no circle, nor between two.
fn circles(mut uses: Uses) -> Uses {
    loop {
        let used: BTreeSet<String> = uses.values().flat_map(BTreeMap::keys).cloned().collect();
        let users: BTreeSet<String> =
            uses.iter().filter(|(_, own)| !own.is_empty()).map(|(name, _)| name.clone()).collect();
        let before = uses.len();
        uses.retain(|name, _| used.contains(name) && users.contains(name));
        let left: BTreeSet<String> = uses.keys().cloned().collect();
        uses.values_mut().for_each(|own| own.retain(|name, _| left.contains(name)));
        if uses.len() == before {
            return uses;
        }
    }
}

/// The files of each crate, by its folder; those of this package itself are one crate too.
fn crates() -> BTreeMap<String, Vec<(String, String)>> {
    let folders = ["src", "actors"].into_iter().flat_map(|folder| files(folder, "toml"));
    let folders: Vec<String> =
        folders.filter_map(|(path, _)| Some(path.strip_suffix("/Cargo.toml")?.to_owned())).collect();
    let mut crates: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, text) in ["src", "actors"].into_iter().flat_map(|folder| files(folder, "rs")) {
        let own = folders.iter().find(|folder| name.starts_with(&format!("{folder}/")));
        crates.entry(own.map_or("src", String::as_str).to_owned()).or_default().push((name, text));
    }
    crates
}

#[test]
fn no_files_of_a_crate_use_one_another_in_a_circle() {
    let mut wrong = Vec::new();
    for (folder, files) in crates() {
        let circles = circles(Crate::read(&folder, &files).uses());
        if !circles.is_empty() {
            wrong.push(format!("{folder} has a circle: {circles:#?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "move what two files share into a third one below both, or pass it as a value:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_circle_of_files_is_found_through_doors_and_outside_of_imports() {
    let read = |texts: &[(&str, &str)]| {
        let files: Vec<_> = texts.iter().map(|(name, text)| (format!("a/{name}.rs"), (*text).to_owned())).collect();
        circles(Crate::read("a", &files).uses()).into_keys().collect::<Vec<_>>()
    };
    let door = ("b/mod", "mod one;\nmod two;\npub use one::{self, One as First};\npub use two::Two;");
    let one = ("b/one", "use crate::c::C;\npub struct One;");
    let lib = ("lib", "mod b;\nmod c;");
    let of_c = |text| read(&[lib, door, one, ("b/two", "use super::First;\npub struct Two;"), ("c", text)]);
    assert_eq!(of_c("use std::fmt;\nuse super::b::{\n    First,\n};"), ["a/b/one.rs", "a/c.rs"]);
    assert_eq!(of_c("fn c() { crate::b::Two::new() }"), ["a/b/one.rs", "a/b/two.rs", "a/c.rs"]);
    assert_eq!(of_c("// crate::b::Two\n#[cfg(test)]\nmod tests {\n    use crate::b::Two;\n}"), [""; 0]);
    let works = ("b/mod", "mod one;\nfn two() { one::One }\npub fn three() {}");
    assert_eq!(read(&[lib, works, ("b/one", "use super::three;")]), ["a/b/mod.rs", "a/b/one.rs"]);
}
