//! House rules that a machine can hold: the length of files, their heads, who may import whom, inherited lints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap())
}

/// Every file of ours below a folder, with its text.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(at: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), ending, &mut found);
    found.sort();
    let name = |path: &Path| path.strip_prefix(root()).unwrap().display().to_string();
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn rust_files() -> Vec<(String, String)> {
    ["src", "actors", "tests"].into_iter().flat_map(|folder| files(folder, "rs")).collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let scripts = files("tests", "py").into_iter().chain(files("tests", "sh"));
    let long: Vec<_> = rust_files()
        .into_iter()
        .chain(scripts)
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .collect();
    assert!(long.is_empty(), "too long: {long:?}");
}

/// Files of tests belong to the file beside them, whose head they share.
#[test]
fn every_rust_file_opens_with_why_it_exists() {
    let bare: Vec<_> = rust_files()
        .into_iter()
        .filter(|(name, text)| !text.starts_with("//!") && !name.ends_with("tests.rs") && !name.contains("/tests/"))
        .map(|(name, _)| name)
        .collect();
    assert!(bare.is_empty(), "no head: {bare:?}");
}

/// Who may depend on whom, of our own crates. Everybody may depend on `clock`; who may depend on `domain` lists it.
const ARROWS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("conf", &[]),
    ("kit", &[]),
    ("nfs3", &[]),
    ("ontap", &[]),
    ("openstack", &[]),
    ("ontap-sim", &["nfs3"]),
    ("domain", &[]),
    ("network", &["domain", "openstack"]),
    ("policy", &["domain"]),
    ("store", &["domain"]),
    ("decisions", &["domain", "store"]),
    ("messages", &["decisions", "domain", "kit", "store"]),
    ("driver", &["conf", "domain", "kit"]),
    ("netapp", &["conf", "domain", "driver", "kit", "ontap"]),
    ("played", &["conf", "domain", "driver", "kit"]),
    ("backend", &["decisions", "domain", "driver", "kit", "messages", "network", "store"]),
    ("scheduler", &["decisions", "domain", "kit", "messages", "store"]),
    ("keeper", &["decisions", "domain", "kit", "messages", "store"]),
    ("http", &["decisions", "domain", "kit", "messages", "openstack", "policy", "store"]),
    ("api", &["decisions", "kit", "messages", "store"]),
];

/// Our own crates that a manifest depends on, tests apart.
fn own_dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| Some(line.strip_prefix("manilad-")?.split([' ', '.']).next()?.to_owned()))
        .collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (path, manifest) in ["src", "actors"].into_iter().flat_map(|folder| files(folder, "toml")) {
        let name = Path::new(&path).parent().unwrap().file_name().unwrap().to_str().unwrap();
        let allowed = arrows.get(name).unwrap_or_else(|| panic!("{name} has no row in ARROWS"));
        for dependency in own_dependencies(&manifest) {
            let is_allowed = dependency == "clock" || allowed.contains(&dependency.as_str());
            assert!(is_allowed, "{name} may not depend on {dependency}");
        }
    }
}

/// What belongs to the vendor whose driver the daemon has: its crates, its row among the drivers, and its simulator, which the
/// embedded configuration uses.
const VENDORS: [&str; 7] = [
    "actors/netapp/",
    "src/ontap/",
    "src/ontap-sim/",
    "src/boot/drivers.rs",
    "src/boot/simulator.rs",
    "src/boot/embedded.conf",
    "src/commands/sim.rs",
];

/// Words of that vendor, in lower case.
const VENDOR_WORDS: &[&str] = &["netapp", "ontap", "svm", "vserver", "flexvol", "flexgroup", "snapmirror"];

/// The words of a vendor that a text has, each as it stands there.
fn vendor_words(text: &str) -> Vec<&str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let is_one = |word: &&str| VENDOR_WORDS.iter().any(|one| word.to_lowercase().contains(one));
    words.filter(is_one).collect()
}

/// Tests may play what a vendor's pools or servers are like, where that is what they are about.
#[test]
fn no_vendor_is_named_outside_of_its_crates_and_its_row() {
    assert_eq!(vendor_words("of NetAppDriver, an SVM; salve, osvm_1"), ["NetAppDriver", "SVM", "osvm_1"]);
    let all = ["rs", "toml", "conf"].iter().flat_map(|ending| ["src", "actors"].map(|folder| files(folder, ending)));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in all.flatten() {
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let words = if is_test(&name) { Vec::new() } else { vendor_words(product) };
        found.entry(name).or_default().extend(words.into_iter().map(str::to_owned));
    }
    found.retain(|_, words| !words.is_empty());
    let is_vendors = |name: &str| VENDORS.iter().find(|place| name.starts_with(**place));
    let used: BTreeSet<_> = found.keys().filter_map(|name| is_vendors(name)).collect();
    assert_eq!(used.len(), VENDORS.len(), "places that name no vendor any more: {used:?}");
    found.retain(|name, _| is_vendors(name).is_none());
    assert!(found.is_empty(), "a vendor is named in {found:?}");
}

/// Everything that writes records, besides the store itself, the tests, and a command that works on a closed store.
const WRITERS: [&str; 2] = ["src/decisions/", "src/store/"];
const COMMANDS: &str = "src/commands/store.rs";

/// Whether only tests have a file.
fn is_test(name: &str) -> bool {
    let is_part = ["tests", "/suite/"].iter().any(|part| name.contains(part));
    is_part || name.ends_with("lab.rs") || name.ends_with("samples.rs")
}

#[test]
fn records_are_changed_by_decisions_alone() {
    let is_writer = |name: &str| WRITERS.iter().any(|folder| name.starts_with(folder)) || name == COMMANDS;
    let others = ["src", "actors"].into_iter().flat_map(|folder| files(folder, "rs"));
    let others = others.filter(|(name, _)| !is_test(name) && !is_writer(name));
    let writes = |text: &str| {
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        ["draft.put(", "draft.remove("].iter().any(|call| product.contains(call))
    };
    let wrong: Vec<_> = others.filter(|(_, text)| writes(text)).map(|(name, _)| name).collect();
    assert!(wrong.is_empty(), "decisions outside of src/decisions: {wrong:?}");
}

/// Names that say enough with the crate before them.
const SHARED_NAMES: [&str; 4] = ["Error", "Kind", "Options", "Settings"];

/// The crate of a file: the folder with a manifest, or the daemon itself.
fn crate_of(name: &str) -> String {
    let folder: PathBuf = Path::new(name).components().take(2).collect();
    let is_crate = root().join(&folder).join("Cargo.toml").is_file();
    if is_crate { folder.display().to_string() } else { "src".to_owned() }
}

#[test]
fn a_public_type_says_its_noun_so_no_more_than_three_crates_have_one_of_the_same_name() {
    let declared = regex::Regex::new(r"(?m)^\s*pub (?:enum|struct|trait|type|union) (\w+)").unwrap();
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let all = ["src", "actors"].into_iter().flat_map(|folder| files(folder, "rs"));
    for (name, text) in all.filter(|(name, _)| !is_test(name)) {
        let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for found in declared.captures_iter(product) {
            crates.entry(found[1].to_owned()).or_default().insert(crate_of(&name));
        }
    }
    assert!(crates["Error"].len() > 3, "names are not found any more");
    crates.retain(|name, crates| crates.len() > 3 && !SHARED_NAMES.contains(&name.as_str()));
    assert!(crates.is_empty(), "one name for many things: {crates:?}");
}

#[test]
fn every_crate_inherits_the_lints() {
    for (path, manifest) in ["src", "actors"].into_iter().flat_map(|folder| files(folder, "toml")) {
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path} does not inherit the workspace's lints");
    }
}

#[test]
fn no_text_of_ours_names_a_machine_s_path() {
    let texts = rust_files().into_iter().chain(files("docs", "md")).chain(files("conf", "conf"));
    let wrong: Vec<_> = texts
        .filter(|(name, text)| {
            !name.ends_with("house.rs") && ["/work/", "/root/"].iter().any(|path| text.contains(path))
        })
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "machine paths in {wrong:?}");
}
