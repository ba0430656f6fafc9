//! What a host keeps when the server goes and comes again, killed or not.

use super::*;
use Status::*;

#[tokio::test]
async fn handles_files_and_owners_survive_a_restart() {
    let mut lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    client.become_user(42, 43);
    let dir = client.mkdir(&root, "dir").await.unwrap();
    let file = client.create(&dir, "file").await.unwrap();
    client.write(&file, 0, b"kept").await.unwrap();
    client.rename((&root, "dir"), (&root, "moved")).await.unwrap();
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    client.become_user(42, 43);
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), b"kept");
    assert_eq!(client.readdir(&dir).await.unwrap(), ["file"]);
    let shown = client.getattr(&file).await.unwrap();
    assert_eq!((shown.uid, shown.gid), (42, 43));
    assert_eq!(lab.used(1), 4 * KIB);
    assert_eq!(client.mount("/one").await.unwrap(), root);
}

#[tokio::test]
async fn the_write_verifier_changes_with_a_restart_and_only_then() {
    let mut lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    let written = client.write_unstable(&file, 0, b"text").await.unwrap();
    assert_eq!(client.commit(&file).await.unwrap(), written);
    lab.restart().await;
    assert_ne!(lab.client(OWNER).await.commit(&file).await.unwrap(), written);
}

#[tokio::test]
async fn an_exclusive_create_is_recognised_over_a_restart_until_attributes_are_set() {
    let mut lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create_exclusive(&root, "file", *b"verifier").await.unwrap();
    assert_eq!(client.create_exclusive(&root, "file", *b"another!").await.status(), NFS3ERR_EXIST);
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    assert_eq!(client.create_exclusive(&root, "file", *b"verifier").await.unwrap(), file);
    client.chmod(&file, 0o640).await.unwrap();
    assert_eq!(client.create_exclusive(&root, "file", *b"verifier").await.status(), NFS3ERR_EXIST);
}

#[tokio::test]
async fn a_volume_that_was_put_back_is_read_anew() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[1; 4096]).await.unwrap();
    std::fs::write(lab.root(1).join("restored"), [1; 10_000]).unwrap();
    std::fs::remove_file(lab.root(1).join("file")).unwrap();
    lab.server.forget(1);
    assert_eq!(client.fsstat(&root).await.unwrap().free, 64 * MIB - 12 * KIB);
    assert_eq!(client.getattr(&file).await.status(), NFS3ERR_STALE);
    let restored = client.lookup(&root, "restored").await.unwrap();
    assert_eq!(client.read(&restored, 0, 65536).await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn a_root_that_was_replaced_makes_old_handles_stale() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    std::fs::rename(lab.root(1), lab.directory().join("old")).unwrap();
    assert_eq!(client.getattr(&root).await.status(), NFS3ERR_STALE);
    std::fs::create_dir(lab.root(1)).unwrap();
    assert_eq!(client.getattr(&file).await.status(), NFS3ERR_STALE);
    let fresh = client.mount("/one").await.unwrap();
    assert_ne!(fresh, root);
    assert!(client.readdir(&fresh).await.unwrap().is_empty());
}
