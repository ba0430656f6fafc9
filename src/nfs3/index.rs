//! Where each inode of a volume is: its names, from which its path is found without searching the disk.
//!
//! A handle carries an inode number, and no portable call opens a file by that; so names are kept in memory, read by one
//! walk after a restart and kept current by every change. How to get it wrong: forgetting that a file may have several
//! names, or that a directory moved below another takes its whole tree along.

use std::collections::HashMap;

/// Deepest directory, in steps below the volume's root: as many as the longest path of a Linux host has. Bounds what one
/// call costs.
pub(crate) const DEPTH: usize = 2048;

/// A directory's inode and the name in it.
type Name = (u64, Box<[u8]>);

#[derive(Debug, Default)]
pub(crate) struct Index {
    root: u64,
    names: HashMap<u64, Vec<Name>>,
}

impl Index {
    pub fn new(root: u64) -> Self {
        Index { root, names: HashMap::new() }
    }

    /// Objects in the volume, without its root.
    pub fn len(&self) -> u64 {
        self.names.len() as u64
    }

    pub fn knows(&self, inode: u64) -> bool {
        inode == self.root || self.names.contains_key(&inode)
    }

    pub fn knows_name(&self, inode: u64, parent: u64, name: &[u8]) -> bool {
        self.names.get(&inode).is_some_and(|names| names.iter().any(|(at, kept)| *at == parent && **kept == *name))
    }

    /// The name of `inode` in this directory.
    pub fn name_in(&self, inode: u64, parent: u64) -> Option<&[u8]> {
        self.names.get(&inode)?.iter().find(|(at, _)| *at == parent).map(|(_, name)| &**name)
    }

    pub fn add(&mut self, inode: u64, parent: u64, name: &[u8]) {
        if !self.knows_name(inode, parent, name) {
            self.names.entry(inode).or_default().push((parent, name.into()));
        }
    }

    pub fn remove(&mut self, inode: u64, parent: u64, name: &[u8]) {
        if let Some(names) = self.names.get_mut(&inode) {
            names.retain(|(at, kept)| *at != parent || **kept != *name);
            if names.is_empty() {
                self.names.remove(&inode);
            }
        }
    }

    /// The directory that `inode` is in; the root is in itself.
    pub fn parent(&self, inode: u64) -> Option<u64> {
        if inode == self.root {
            return Some(inode);
        }
        self.names.get(&inode)?.first().map(|(parent, _)| *parent)
    }

    /// The names from the root down to `inode`, none for the root. `None` if unknown or deeper than [`DEPTH`].
    pub fn path(&self, inode: u64) -> Option<Vec<&[u8]>> {
        let mut path = Vec::new();
        let mut at = inode;
        while at != self.root {
            let (parent, name) = self.names.get(&at)?.first()?;
            if path.len() > DEPTH {
                return None;
            }
            path.push(&**name);
            at = *parent;
        }
        path.reverse();
        Some(path)
    }

    /// Steps from the root down to `inode`.
    pub fn depth(&self, inode: u64) -> Option<usize> {
        self.path(inode).map(|path| path.len())
    }

    /// Steps from `inode` down to the deepest object below it.
    pub fn height(&self, inode: u64) -> usize {
        self.names.keys().filter_map(|at| self.steps_below(*at, inode)).max().unwrap_or(0)
    }

    fn steps_below(&self, mut at: u64, top: u64) -> Option<usize> {
        for steps in 0..=DEPTH + 1 {
            if at == top {
                return Some(steps);
            }
            if at == self.root {
                return None;
            }
            at = self.parent(at)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family() -> Index {
        let mut index = Index::new(1);
        index.add(2, 1, b"a");
        index.add(3, 2, b"b");
        index.add(4, 3, b"c");
        index
    }

    #[test]
    fn a_path_leads_from_the_root_and_follows_a_moved_directory() {
        let mut index = family();
        assert_eq!(index.path(4).unwrap(), [&b"a"[..], b"b", b"c"]);
        index.remove(3, 2, b"b");
        index.add(3, 1, b"moved");
        assert_eq!(index.path(4).unwrap(), [&b"moved"[..], b"c"]);
        assert_eq!(index.path(1).unwrap().len(), 0);
        assert_eq!(index.path(99), None);
    }

    #[test]
    fn a_file_of_two_names_lives_until_both_are_gone() {
        let mut index = family();
        index.add(4, 1, b"link");
        index.remove(4, 3, b"c");
        assert_eq!(index.path(4).unwrap(), [&b"link"[..]]);
        index.remove(4, 1, b"link");
        assert!(!index.knows(4));
    }

    #[test]
    fn height_is_the_longest_way_down() {
        let index = family();
        assert_eq!([2, 3, 4].map(|inode| index.height(inode)), [2, 1, 0]);
    }

    #[test]
    fn a_circle_ends_without_a_path() {
        let mut index = Index::new(1);
        index.add(2, 3, b"a");
        index.add(3, 2, b"b");
        assert_eq!(index.path(2), None);
        assert_eq!(index.height(1), 0);
    }
}
