//! Links, FIFOs, sockets and devices.

use super::*;
use crate::client::{Change, Node, When};
use Status::*;
use nfs3_types::nfs3::{diropargs3, filename3, nfs_fh3};
use nfs3_types::xdr_codec::{Opaque, Pack};

#[tokio::test]
async fn a_node_is_what_it_was_made_as_and_stays_it_over_a_restart() {
    let mut lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let rows = [
        ("fifo", Node::Fifo, 7, (0, 0)),
        ("socket", Node::Socket, 6, (0, 0)),
        ("character", Node::Character(10, 200), 4, (10, 200)),
        ("block", Node::Block(8, 1), 3, (8, 1)),
    ];
    let times = Change { mode: Some(0o640), modified: Some(When::At(1_000_000_000, 5)), ..Change::default() };
    let mut made = Vec::new();
    for (name, node, ..) in rows {
        let handle = client.mknod(&root, name, node, &times).await.unwrap();
        client.chown(&handle, Some(42), Some(43)).await.unwrap();
        made.push(handle);
    }
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    for ((name, _, kind, device), handle) in rows.into_iter().zip(made) {
        assert_eq!(client.lookup(&root, name).await.unwrap(), handle);
        let shown = client.getattr(&handle).await.unwrap();
        assert_eq!((shown.kind, shown.device, shown.mode), (kind, device, 0o640), "{name}");
        assert_eq!((shown.uid, shown.gid, shown.size, shown.modified), (42, 43, 0, (1_000_000_000, 5)), "{name}");
        assert_eq!(client.read(&handle, 0, 1).await.status(), NFS3ERR_INVAL, "{name}");
        assert_eq!(client.write(&handle, 0, b"x").await.status(), NFS3ERR_INVAL, "{name}");
        assert_eq!(client.truncate(&handle, 1).await.status(), NFS3ERR_INVAL, "{name}");
        assert_eq!(client.lookup(&handle, "x").await.status(), NFS3ERR_NOTDIR, "{name}");
        assert_eq!(client.readlink(&handle).await.status(), NFS3ERR_INVAL, "{name}");
        assert_eq!(client.create(&root, name).await.status(), NFS3ERR_EXIST, "{name}");
        client.link(&handle, &root, "second").await.unwrap();
        assert_eq!(client.getattr(&handle).await.unwrap().links, 2, "{name}");
        client.rename((&root, "second"), (&root, "third")).await.unwrap();
        client.remove(&root, "third").await.unwrap();
        client.remove(&root, name).await.unwrap();
        assert_eq!(client.getattr(&handle).await.status(), NFS3ERR_STALE, "{name}");
    }
}

#[tokio::test]
async fn devices_are_made_by_root_alone_and_only_where_rules_let_them() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    let make = async |client: &mut Client, node| client.mknod(&root, "node", node, &Change::default()).await.status();
    client.become_user(1001, 1001);
    assert_eq!(make(&mut client, Node::Character(1, 3)).await, NFS3ERR_PERM);
    assert_eq!(make(&mut client, Node::Block(1, 3)).await, NFS3ERR_PERM);
    client.become_user(0, 0);
    lab.array.grant(1, OWNER, Grant { devices: false, ..Grant::own(Access::ReadWrite) });
    assert_eq!(make(&mut client, Node::Character(1, 3)).await, NFS3ERR_PERM);
    assert_eq!(make(&mut client, Node::Fifo).await, NFS3_OK);
    assert_eq!(make(&mut client, Node::Fifo).await, NFS3ERR_EXIST);
    let mut reader = lab.client(READER).await;
    assert_eq!(make(&mut reader, Node::Fifo).await, NFS3ERR_ROFS);
}

/// The arguments of a MKNOD of a regular file, which the library does not write.
struct Regular<'a>(diropargs3<'a>);

impl Pack for Regular<'_> {
    fn packed_size(&self) -> usize {
        self.0.packed_size() + 4
    }

    fn pack(&self, out: &mut impl std::io::Write) -> nfs3_types::xdr_codec::Result<usize> {
        Ok(self.0.pack(out)? + ftype3::NF3REG.pack(out)?)
    }
}

#[tokio::test]
async fn what_mknod_does_not_make_is_a_bad_type() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let dir = nfs_fh3 { data: Opaque::owned(root.bytes().to_vec()) };
    let place = diropargs3 { dir, name: filename3(Opaque::borrowed(b"node")) };
    assert_eq!(client.nfs_call(11, &Regular(place), |_| Ok(())).await.status(), NFS3ERR_BADTYPE);
}

#[tokio::test]
async fn a_link_has_owner_and_times_of_its_own_and_no_mode_to_set() {
    let mut lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let long = "t".repeat(4095);
    let link = client.symlink(&root, "link", &long).await.unwrap();
    client.chown(&link, Some(42), Some(43)).await.unwrap();
    let times = Change { accessed: Some(When::At(7, 0)), modified: Some(When::At(8, 9)), ..Change::default() };
    client.set(&link, &times).await.unwrap();
    assert_eq!(client.chmod(&link, 0o600).await.status(), NFS3ERR_NOTSUPP);
    assert_eq!(client.symlink(&root, "more", &"t".repeat(4096)).await.status(), NFS3ERR_NAMETOOLONG);
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    let shown = client.getattr(&link).await.unwrap();
    assert_eq!((shown.kind, shown.mode, shown.uid, shown.gid, shown.size), (5, 0o777, 42, 43, 4095));
    assert_eq!((shown.accessed, shown.modified), ((7, 0), (8, 9)));
    assert_eq!(client.readlink(&link).await.unwrap(), long.as_bytes());
}

#[tokio::test]
async fn a_link_that_others_put_there_is_shown_and_read() {
    let lab = Lab::new().await;
    std::os::unix::fs::symlink("elsewhere", lab.root(1).join("link")).unwrap();
    let (mut client, root) = lab.owner().await;
    let link = client.lookup(&root, "link").await.unwrap();
    assert_eq!(client.readlink(&link).await.unwrap(), b"elsewhere");
    assert_eq!(client.chown(&link, Some(42), None).await.status(), NFS3ERR_NOTSUPP);
    client.rename((&root, "link"), (&root, "moved")).await.unwrap();
    client.remove(&root, "moved").await.unwrap();
}
