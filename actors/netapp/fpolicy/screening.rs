//! What FPolicy is to refuse on the volume of a share, as its type says it: pure.
//!
//! An operation that a protocol does not have is watched over those that have it. How to get it wrong: to take operations without
//! extensions for nothing; whoever wrote them wants files refused. Source: operations.md §16, §18.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::share::Protocol;

/// Every operation that can be watched, and over which protocols there is one.
#[rustfmt::skip]
const OPERATIONS: &[(&str, &[&str])] = &[
    ("close",      &["cifs", "nfsv4"]),
    ("create",     &["cifs", "nfsv3", "nfsv4"]),
    ("create_dir", &["cifs", "nfsv3", "nfsv4"]),
    ("delete",     &["cifs", "nfsv3", "nfsv4"]),
    ("delete_dir", &["cifs", "nfsv3", "nfsv4"]),
    ("getattr",    &["cifs", "nfsv4"]),
    ("link",       &["nfsv3", "nfsv4"]),
    ("lookup",     &["nfsv3", "nfsv4"]),
    ("open",       &["cifs", "nfsv4"]),
    ("read",       &["cifs", "nfsv3", "nfsv4"]),
    ("rename",     &["cifs", "nfsv3", "nfsv4"]),
    ("rename_dir", &["cifs", "nfsv3", "nfsv4"]),
    ("setattr",    &["cifs", "nfsv3", "nfsv4"]),
    ("symlink",    &["nfsv3", "nfsv4"]),
    ("write",      &["cifs", "nfsv3", "nfsv4"]),
];

/// What a type asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requested {
    /// Extensions of files that are refused.
    pub include: BTreeSet<String>,
    /// Extensions of files that are not, of all.
    pub exclude: BTreeSet<String>,
    pub operations: Option<BTreeSet<String>>,
}

/// What is to be refused on a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    pub include: BTreeSet<String>,
    pub exclude: BTreeSet<String>,
    /// What is watched, by protocol.
    pub operations: BTreeMap<&'static str, BTreeSet<String>>,
}

/// The words of a comma-separated list.
pub fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What extensions are to be.
pub const EXPECTED_EXTENSIONS: &str = "a comma-separated list of extensions without the dot before them, as exe,bat";

/// The first of them that is no extension of a file.
pub fn no_extension(extensions: &BTreeSet<String>) -> Option<&String> {
    let is_strange = |one: char| one.is_whitespace() || one.is_control() || "/\\:;\"<>|".contains(one);
    extensions.iter().find(|one| one.starts_with('.') || one.contains(is_strange))
}

/// What operations are to be.
pub const EXPECTED: &str = "a comma-separated list of close, create, create_dir, delete, delete_dir, getattr, link, lookup, open, read, \
                            rename, rename_dir, setattr, symlink, write";

/// The first of them that is no operation.
pub fn no_operation(operations: &BTreeSet<String>) -> Option<&String> {
    operations.iter().find(|name| OPERATIONS.iter().all(|row| row.0 != name.as_str()))
}

impl Requested {
    /// Whether anything is asked for.
    pub fn is_asked(&self) -> bool {
        *self != Self::default()
    }

    /// What is to be refused over a protocol; none where nothing is asked for.
    ///
    /// # Errors
    /// What does not go together.
    pub fn read(&self, defaults: &BTreeSet<String>, protocol: Protocol) -> Result<Option<Screening>, String> {
        if !self.is_asked() {
            return Ok(None);
        }
        if self.include.is_empty() && self.exclude.is_empty() {
            return Err("FPolicy needs extensions to include or to exclude".to_owned());
        }
        if let Some(both) = self.include.intersection(&self.exclude).next() {
            return Err(format!("FPolicy can't both include and exclude the extension {both:?}"));
        }
        let watched = self.operations.as_ref().unwrap_or(defaults);
        let over: &[&'static str] = match protocol {
            Protocol::Nfs => &["nfsv3", "nfsv4"],
            Protocol::Cifs => &["cifs"],
        };
        let has = |name: &str, over: &str| OPERATIONS.iter().any(|row| row.0 == name && row.1.contains(&over));
        let of = |over: &'static str| (over, watched.iter().filter(|name| has(name, over)).cloned().collect());
        let mut operations: BTreeMap<_, BTreeSet<_>> = over.iter().map(|over| of(over)).collect();
        operations.retain(|_, watched| !watched.is_empty());
        match operations.is_empty() {
            true => Err(format!("{} has none of the operations that FPolicy is to watch", protocol.name())),
            false => Ok(Some(Screening { include: self.include.clone(), exclude: self.exclude.clone(), operations })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(include: &str, operations: Option<&str>) -> Requested {
        Requested { include: words(include), exclude: BTreeSet::new(), operations: operations.map(words) }
    }

    #[test]
    fn an_operation_is_watched_over_the_protocols_that_have_it() {
        let read = |operations, protocol| asked("exe, bat", operations).read(&words("create,write"), protocol);
        let screening = read(Some("open,create"), Protocol::Nfs).unwrap().unwrap();
        assert_eq!(screening.include, words("bat,exe"));
        assert_eq!(screening.operations["nfsv3"], words("create"));
        assert_eq!(screening.operations["nfsv4"], words("create,open"));
        let over_smb = read(None, Protocol::Cifs).unwrap().unwrap();
        assert_eq!(over_smb.operations, BTreeMap::from([("cifs", words("create,write"))]), "as the option has it");
        let only_newer = read(Some("open"), Protocol::Nfs).unwrap().unwrap();
        assert_eq!(only_newer.operations.keys().collect::<Vec<_>>(), [&"nfsv4"]);
        assert!(read(Some("link"), Protocol::Cifs).is_err());
    }

    #[test]
    fn what_can_be_no_extension_is_told() {
        assert_eq!(no_extension(&words("exe,tar.gz,mp?")), None);
        for strange in [".exe", "exe bat", "exe;bat", "a/b", "\"exe\"", "<in> exe", "a\u{0}b", "exe\nbat"] {
            assert_eq!(no_extension(&words(strange)).map(String::as_str), Some(strange));
        }
    }

    #[test]
    fn nothing_is_asked_for_without_a_spec_and_operations_need_extensions() {
        let defaults = words("create");
        assert_eq!(Requested::default().read(&defaults, Protocol::Nfs), Ok(None));
        assert!(asked("", Some("create")).read(&defaults, Protocol::Nfs).is_err());
        let both = Requested { exclude: words("bat"), ..asked("exe,bat", None) };
        assert!(both.read(&defaults, Protocol::Nfs).unwrap_err().contains("\"bat\""));
        assert_eq!(no_operation(&words("create,truncate")).map(String::as_str), Some("truncate"));
        let named: Vec<&str> = OPERATIONS.iter().map(|row| row.0).collect();
        assert_eq!(EXPECTED, format!("a comma-separated list of {}", named.join(", ")));
        assert_eq!(no_operation(&words("create,write")), None);
    }
}
