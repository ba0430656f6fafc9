//! Directories in pages: READDIR and READDIRPLUS.
//!
//! A cookie is a hash of the entry's name and entries come in the order of their cookies. So a page goes on where the
//! last one ended whatever came or went meanwhile, over restarts too. How to get it wrong: counting positions, which
//! skips entries as soon as a client deletes what it has listed.

use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::{BoundedList, Opaque};

use crate::Submount;
use crate::call::{Call, named};
use crate::disk::{self, Object};
use crate::refusal::Refusal;
use crate::rights::{EXECUTE, READ};
use crate::tree::{Found, Tree};

/// Says how cookies are made; changes if that ever changes.
const VERIFIER: cookieverf3 = cookieverf3(*b"fnv1a-63");
/// Status, attributes of the directory, verifier and the end-of-list flag, in bytes.
const AROUND: usize = 4 + 88 + 8 + 4;

#[derive(Debug)]
struct Entry {
    cookie: u64,
    name: Vec<u8>,
    inode: u64,
}

impl Entry {
    /// `.` and `..` are listed, and stand for themselves.
    fn is_plain(&self) -> bool {
        self.cookie > PARENT
    }
}

const ITSELF: u64 = 1;
const PARENT: u64 = 2;

pub(crate) fn readdir(call: &Call<'_>, args: READDIR3args) -> Result<READDIR3resok<'static>, Refusal> {
    check(args.cookie, args.cookieverf)?;
    let at = call.at(&args.dir)?;
    at.look(|tree| {
        let dir = tree.directory(&at.handle)?;
        at.who.need(&dir.object, READ)?;
        let mut page = BoundedList::new(room(call, args.count));
        let mut eof = true;
        let mut empty = true;
        for Entry { cookie, name, inode } in entries_after(tree, &dir, at.submounts(tree, &dir), args.cookie)? {
            if page.try_push(entry3 { fileid: inode, name: name.into(), cookie }).is_err() {
                eof = false;
                break;
            }
            empty = false;
        }
        some_progress(empty, eof)?;
        Ok(READDIR3resok {
            dir_attributes: post_op_attr::Some(dir.object.attributes(at.mounted.id)),
            cookieverf: VERIFIER,
            reply: dirlist3 { entries: page.into_inner(), eof },
        })
    })
}

pub(crate) fn readdirplus(call: &Call<'_>, args: READDIRPLUS3args) -> Result<READDIRPLUS3resok<'static>, Refusal> {
    check(args.cookie, args.cookieverf)?;
    let at = call.at(&args.dir)?;
    let volume = at.mounted.id;
    let mut unknown = Vec::new();
    let page = at.look(|tree| {
        let dir = tree.directory(&at.handle)?;
        at.who.need(&dir.object, READ)?;
        // Who may read a directory and not look up names in it is told the names only.
        let looks_up = at.who.need(&dir.object, EXECUTE).is_ok();
        let mut page = BoundedList::new(room(call, args.maxcount));
        let (mut eof, mut empty, mut names) = (true, true, args.dircount as usize);
        let submounts = at.submounts(tree, &dir);
        for entry in entries_after(tree, &dir, submounts, args.cookie)? {
            let brief = 24 + entry.name.len().next_multiple_of(4);
            // What leads to another volume is listed by its name, for clients to look it up.
            let looks = looks_up && entry.is_plain() && named(submounts, &entry.name).is_none();
            let object = looks.then(|| Object::look(dir.object.fd()?, &entry.name)).transpose();
            let object = object.ok().flatten(); // what vanished or can't be opened is listed by its name
            let (name_attributes, name_handle) = match &object {
                Some(object) => (
                    post_op_attr::Some(object.attributes(volume)),
                    post_op_fh3::Some(object.stat.handle(volume).wire()),
                ),
                None => (post_op_attr::None, post_op_fh3::None),
            };
            let Entry { cookie, name, inode } = entry;
            let wire = filename3(Opaque::owned(name.clone()));
            let full = entryplus3 { fileid: inode, name: wire, cookie, name_attributes, name_handle };
            if (!empty && brief > names) || page.try_push(full).is_err() {
                eof = false;
                break;
            }
            if let Some(object) = object
                && !tree.index.knows_name(object.stat.inode, dir.inode(), &name)
            {
                unknown.push(name);
            }
            names = names.saturating_sub(brief);
            empty = false;
        }
        some_progress(empty, eof)?;
        Ok(READDIRPLUS3resok {
            dir_attributes: post_op_attr::Some(dir.object.attributes(volume)),
            cookieverf: VERIFIER,
            reply: dirlistplus3 { entries: page.into_inner(), eof },
        })
    })?;
    if !unknown.is_empty() {
        at.change(|tree| adopt(tree, &tree.directory(&at.handle)?, &unknown))?;
    }
    Ok(page)
}

/// Takes note of what came into the directory by other ways, so that its handles can be found.
fn adopt(tree: &mut Tree, dir: &Found, names: &[Vec<u8>]) -> Result<(), Refusal> {
    for name in names {
        if let Ok(child) = dir.child(name) {
            tree.added(dir.inode(), name, &child.object);
        }
    }
    Ok(())
}

fn check(cookie: u64, verifier: cookieverf3) -> Result<(), Refusal> {
    if cookie == 0 || verifier == VERIFIER { Ok(()) } else { Err(nfsstat3::NFS3ERR_BAD_COOKIE.into()) }
}

/// Bytes for the list in an answer of at most `count`.
fn room(call: &Call<'_>, count: u32) -> usize {
    (count as usize).min(call.service.limits.transfer).saturating_sub(AROUND)
}

fn some_progress(empty: bool, eof: bool) -> Result<(), Refusal> {
    if empty && !eof { Err(nfsstat3::NFS3ERR_TOOSMALL.into()) } else { Ok(()) }
}

fn entries_after(tree: &Tree, dir: &Found, submounts: &[Submount], cookie: u64) -> Result<Vec<Entry>, Refusal> {
    let inode = dir.inode();
    let parent = tree.index.parent(inode).ok_or(nfsstat3::NFS3ERR_STALE)?;
    let mut names = disk::names(dir.object.fd()?)?;
    if !submounts.is_empty() {
        names.retain(|(name, _)| named(submounts, name).is_none());
        let seen = submounts.iter().filter(|submount| !submount.hidden);
        names.extend(seen.map(|submount| (submount.name.clone().into_bytes(), submount.volume)));
    }
    let mut entries = ordered(names);
    entries.insert(0, Entry { cookie: ITSELF, name: b".".to_vec(), inode });
    entries.insert(1, Entry { cookie: PARENT, name: b"..".to_vec(), inode: parent });
    entries.retain(|entry| entry.cookie > cookie);
    Ok(entries)
}

/// Cookies in rising order; names with the same hash take the next free ones.
fn ordered(names: Vec<(Vec<u8>, u64)>) -> Vec<Entry> {
    let mut entries: Vec<_> =
        names.into_iter().map(|(name, inode)| Entry { cookie: hash(&name), name, inode }).collect();
    entries.sort_unstable_by(|a, b| (a.cookie, &a.name).cmp(&(b.cookie, &b.name)));
    let mut last = PARENT;
    for entry in &mut entries {
        entry.cookie = entry.cookie.max(last + 1);
        last = entry.cookie;
    }
    entries
}

/// FNV-1a, without the top bit: some clients take cookies for signed offsets.
fn hash(name: &[u8]) -> u64 {
    let hash = name
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash >> 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use nfs3_types::xdr_codec::Pack;
    use proptest::prelude::*;

    #[test]
    fn the_hash_is_fnv_1a_and_must_stay_it() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325 >> 1);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8 >> 1, "a published test vector");
    }

    #[test]
    fn what_is_around_the_list_has_the_counted_size() {
        let empty = READDIR3resok {
            dir_attributes: post_op_attr::Some(crate::tests::attributes()),
            cookieverf: VERIFIER,
            reply: dirlist3::default(),
        };
        assert_eq!(4 + empty.packed_size(), AROUND + 4, "the list's own end is counted by the list");
    }

    proptest! {
        #[test]
        fn cookies_rise_and_stay_when_other_names_go(
            names in proptest::collection::btree_set("[a-z]{1,6}", 1..40), gone in any::<prop::sample::Index>(),
        ) {
            let list = |names: &[&String]| ordered(names.iter().map(|name| (name.as_bytes().to_vec(), 0)).collect());
            let mut names: Vec<_> = names.iter().collect();
            let before = list(&names);
            prop_assert!(before.windows(2).all(|pair| pair[0].cookie < pair[1].cookie));
            names.remove(gone.index(names.len()));
            for after in list(&names) {
                prop_assert!(before.iter().any(|entry| entry.name == after.name && entry.cookie == after.cookie));
            }
        }
    }
}
