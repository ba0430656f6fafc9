//! Volumes that are seen in the root directory of another one.

use super::*;
use Status::*;

/// Volume 1 with volume 2 in its root as `.snapshot`, which the owner may only read.
async fn nested() -> Lab {
    let lab = Lab::new().await;
    std::fs::create_dir(lab.root(2).join("sub")).unwrap();
    std::fs::write(lab.root(2).join("sub/file"), "kept").unwrap();
    lab.array.allow(2, OWNER, Access::ReadOnly);
    see(&lab, false);
    lab
}

fn see(lab: &Lab, hidden: bool) {
    lab.array.change(1, |volume| {
        volume.submounts = vec![Submount { name: ".snapshot".to_owned(), volume: 2, hidden }];
    });
}

#[tokio::test]
async fn a_volume_in_a_volume_is_read_and_never_written() {
    let mut lab = nested().await;
    let (mut client, root) = lab.owner().await;
    let dir = client.mkdir(&root, "dir").await.unwrap();
    assert_eq!(client.lookup(&dir, ".snapshot").await.status(), NFS3ERR_NOENT, "only the root has it");
    let mut listed = client.readdir(&root).await.unwrap();
    listed.sort();
    assert_eq!(listed, [".snapshot", "dir"]);
    let inner = client.lookup(&root, ".snapshot").await.unwrap();
    let sub = client.lookup(&inner, "sub").await.unwrap();
    let file = client.lookup(&sub, "file").await.unwrap();
    assert_eq!(client.write(&file, 0, b"new").await.status(), NFS3ERR_ROFS);
    assert_eq!(client.create(&inner, "new").await.status(), NFS3ERR_ROFS);
    assert_eq!(client.remove(&sub, "file").await.status(), NFS3ERR_ROFS);
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), b"kept");
    assert_eq!(client.mount("/one/.snapshot/sub").await.unwrap(), sub);
}

#[tokio::test]
async fn the_name_of_a_volume_in_a_volume_is_taken_even_where_it_is_hidden() {
    let lab = nested().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    for hidden in [false, true] {
        see(&lab, hidden);
        assert_eq!(client.mkdir(&root, ".snapshot").await.status(), NFS3ERR_ROFS);
        assert_eq!(client.create(&root, ".snapshot").await.status(), NFS3ERR_ROFS);
        assert_eq!(client.rmdir(&root, ".snapshot").await.status(), NFS3ERR_ROFS);
        assert_eq!(client.rename((&root, "file"), (&root, ".snapshot")).await.status(), NFS3ERR_ROFS);
        assert_eq!(client.rename((&root, ".snapshot"), (&root, "other")).await.status(), NFS3ERR_ROFS);
        assert_eq!(client.link(&file, &root, ".snapshot").await.status(), NFS3ERR_ROFS);
    }
    assert_eq!(client.readdir(&root).await.unwrap(), ["file"]);
    assert_eq!(client.lookup(&root, ".snapshot").await.status(), NFS3ERR_NOENT);
    assert_eq!(client.mount("/one/.snapshot").await.status(), NFS3ERR_NOENT);
}

#[tokio::test]
async fn what_is_done_alone_is_seen_by_the_next_call() {
    let lab = nested().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[1; 8192]).await.unwrap();
    let (server, from, to) = (lab.server.clone(), lab.root(2), lab.root(1));
    let copied = move || server.alone(1, &to, || crate::replicate(&from, &to));
    tokio::task::spawn_blocking(copied).await.unwrap().unwrap();
    assert_eq!(client.read(&file, 0, 1).await.status(), NFS3ERR_STALE);
    assert!(client.readdir(&root).await.unwrap().contains(&"sub".to_owned()), "the root's handle stays valid");
    assert_eq!(lab.used(1), 4 * KIB);
}
