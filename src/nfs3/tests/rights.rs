//! Who may do what: judged by the client's address, at every call.

use super::*;
use Status::*;

#[tokio::test]
async fn a_client_without_a_rule_cannot_mount_and_an_unknown_path_is_told_apart() {
    let lab = Lab::new().await;
    let mut stranger = lab.client(STRANGER).await;
    assert_eq!(stranger.mount("/one").await.status(), NFS3ERR_ACCES);
    assert_eq!(stranger.mount("/none").await.status(), NFS3ERR_NOENT);
    assert_eq!(stranger.mount("one").await.status(), NFS3ERR_NOENT);
    assert!(stranger.exports().await.unwrap().is_empty());
    assert_eq!(lab.client(READER).await.exports().await.unwrap(), ["/one"]);
    assert_eq!(lab.client(OWNER).await.exports().await.unwrap(), ["/one", "/two"]);
}

#[tokio::test]
async fn a_stolen_handle_is_of_no_use_to_a_client_without_a_rule() {
    let lab = Lab::new().await;
    let (mut owner, root) = lab.owner().await;
    let file = owner.create(&root, "file").await.unwrap();
    let mut stranger = lab.client(STRANGER).await;
    assert_eq!(stranger.getattr(&root).await.status(), NFS3ERR_ACCES);
    assert_eq!(stranger.read(&file, 0, 10).await.status(), NFS3ERR_ACCES);
    assert_eq!(stranger.fsstat(&root).await.status(), NFS3ERR_ACCES);
    assert_eq!(stranger.readdir(&root).await.status(), NFS3ERR_ACCES);
}

#[tokio::test]
async fn a_read_only_client_reads_and_changes_nothing() {
    let lab = Lab::new().await;
    let (mut owner, root) = lab.owner().await;
    let file = owner.create(&root, "file").await.unwrap();
    owner.write(&file, 0, b"text").await.unwrap();
    let mut reader = lab.client(READER).await;
    let root = reader.mount("/one").await.unwrap();
    assert_eq!(reader.readdir(&root).await.unwrap(), ["file"]);
    assert_eq!(reader.read(&file, 0, 10).await.unwrap(), b"text");
    assert_eq!(reader.write(&file, 0, b"mine").await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.truncate(&file, 0).await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.create(&root, "new").await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.mkdir(&root, "new").await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.symlink(&root, "new", "x").await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.remove(&root, "file").await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.rmdir(&root, "file").await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.rename((&root, "file"), (&root, "x")).await.status(), NFS3ERR_ROFS);
    assert_eq!(reader.link(&file, &root, "x").await.status(), NFS3ERR_ROFS);
    assert_eq!(std::fs::read(lab.root(1).join("file")).unwrap(), b"text");
}

#[tokio::test]
async fn a_rule_that_is_dropped_ends_a_transfer_in_the_middle() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[1; 8192]).await.unwrap();
    assert_eq!(client.read(&file, 0, 4096).await.unwrap().len(), 4096);
    lab.array.allow(1, OWNER, Access::ReadOnly);
    assert_eq!(client.write(&file, 8192, b"more").await.status(), NFS3ERR_ROFS);
    assert_eq!(client.read(&file, 0, 4096).await.unwrap().len(), 4096);
    lab.array.change(1, |volume| volume.rules.clear());
    assert_eq!(client.read(&file, 4096, 4096).await.status(), NFS3ERR_ACCES);
    lab.array.allow(1, OWNER, Access::ReadWrite);
    assert_eq!(client.read(&file, 4096, 4096).await.unwrap().len(), 4096, "the handle is good again");
}

#[tokio::test]
async fn handles_of_a_deleted_volume_are_stale() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    lab.array.volumes.lock().unwrap().remove(&1);
    assert_eq!(client.getattr(&root).await.status(), NFS3ERR_STALE);
    assert_eq!(client.mount("/one").await.status(), NFS3ERR_NOENT);
}

#[tokio::test]
async fn a_directory_below_a_junction_can_be_mounted() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let sub = client.mkdir(&root, "sub").await.unwrap();
    let deep = client.mkdir(&sub, "deep").await.unwrap();
    client.create(&deep, "file").await.unwrap();
    assert_eq!(client.mount("/one/sub/deep/").await.unwrap(), deep);
    assert_eq!(client.mount("/one/sub/none").await.status(), NFS3ERR_NOENT);
    assert_eq!(client.mount("/one/sub/deep/file").await.status(), NFS3ERR_NOTDIR);
    assert_eq!(client.mount("/one/sub/../../two").await.status(), NFS3ERR_NOENT);
    assert_eq!(client.mount(&"/one".repeat(300)).await.status(), NFS3ERR_NAMETOOLONG);
    assert_eq!(lab.client(STRANGER).await.mount("/one/sub").await.status(), NFS3ERR_ACCES);
}

#[tokio::test]
async fn mounts_are_listed_until_they_are_undone() {
    let lab = Lab::new().await;
    let (mut owner, _) = lab.owner().await;
    owner.mount("/two/").await.unwrap();
    let mut reader = lab.client(READER).await;
    reader.mount("/one").await.unwrap();
    let row = |client: IpAddr, path: &str| (client.to_string(), path.to_string());
    assert_eq!(reader.mounts().await.unwrap(), [row(OWNER, "/one"), row(OWNER, "/two"), row(READER, "/one")]);
    owner.unmount("/two").await.unwrap();
    reader.unmount("/two").await.unwrap();
    assert_eq!(owner.mounts().await.unwrap(), [row(OWNER, "/one"), row(READER, "/one")]);
}

#[tokio::test]
async fn a_lif_may_have_an_ipv6_address() {
    let lab = Lab::new().await;
    let loopback = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
    let listener = TcpListener::bind((loopback, 0)).await.unwrap();
    let lif = lab.server.open(listener).unwrap();
    let mut client = Client::connect(lif, None, Clock::system()).await.unwrap();
    assert_eq!(client.mount("/one").await.status(), NFS3ERR_ACCES);
    lab.array.allow(1, loopback, Access::ReadWrite);
    client.mount("/one").await.unwrap();
}

#[tokio::test]
async fn who_has_no_way_to_the_lif_is_not_let_in() {
    let lab = Lab::new().await;
    lab.array.unreachable.lock().unwrap().insert(STRANGER);
    let mut client = lab.client(STRANGER).await;
    assert!(client.mount("/one").await.is_err());
    assert_eq!(lab.server.metrics().connections_unreachable, 1);
    assert!(lab.client(OWNER).await.mount("/one").await.is_ok());
}
