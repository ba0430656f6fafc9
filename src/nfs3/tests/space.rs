//! A volume is full when it is full, and everybody is told the same figures.

use super::*;
use Status::*;

#[tokio::test]
async fn a_full_volume_takes_no_more_and_takes_again_when_something_is_removed() {
    let lab = Lab::new().await;
    lab.array.change(1, |volume| volume.size = 64 * KIB);
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[1; 60 << 10]).await.unwrap();
    assert_eq!(client.fsstat(&root).await.unwrap().free, 4 * KIB);
    assert_eq!(client.write(&file, 60 * KIB, &[1; 4097]).await.status(), NFS3ERR_NOSPC);
    client.write(&file, 60 * KIB, &[1; 4096]).await.unwrap();
    assert_eq!(client.fsstat(&root).await.unwrap().free, 0);
    assert_eq!(client.create(&root, "more").await.status(), NFS3ERR_NOSPC);
    assert_eq!(client.mkdir(&root, "more").await.status(), NFS3ERR_NOSPC);
    client.write(&file, 0, &[2; 4096]).await.unwrap(); // what is there may be written over
    client.truncate(&file, 1).await.unwrap();
    client.create(&root, "more").await.unwrap();
    client.remove(&root, "file").await.unwrap();
    assert_eq!(client.fsstat(&root).await.unwrap().free, 64 * KIB);
}

#[tokio::test]
async fn a_volume_that_grows_or_shrinks_does_so_for_the_next_call() {
    let lab = Lab::new().await;
    lab.array.change(1, |volume| volume.size = 8 * KIB);
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    assert_eq!(client.write(&file, 0, &[1; 8193]).await.status(), NFS3ERR_NOSPC);
    lab.array.change(1, |volume| volume.size = 16 * KIB);
    client.write(&file, 0, &[1; 8193]).await.unwrap();
    lab.array.change(1, |volume| volume.size = 4 * KIB);
    let space = client.fsstat(&root).await.unwrap();
    assert_eq!((space.total, space.free), (4 * KIB, 0));
    client.write(&file, 0, &[2; 8193]).await.unwrap();
}

#[tokio::test]
async fn usage_is_reported_in_blocks_and_once_per_file() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    assert_eq!(lab.used(1), 0, "told when the volume is first read");
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[1; 5000]).await.unwrap();
    assert_eq!(lab.used(1), 8 * KIB);
    client.link(&file, &root, "again").await.unwrap();
    client.remove(&root, "file").await.unwrap();
    assert_eq!(lab.used(1), 8 * KIB);
    let other = client.create(&root, "other").await.unwrap();
    client.write(&other, 0, &[1; 64 << 10]).await.unwrap();
    client.write(&other, 64 * KIB, &[1; 36 << 10]).await.unwrap();
    assert_eq!(lab.used(1), 108 * KIB);
    client.rename((&root, "other"), (&root, "again")).await.unwrap();
    assert_eq!(lab.used(1), 100 * KIB, "what was replaced is not");
    assert_eq!(crate::usage(&lab.root(1)).unwrap(), Usage { bytes: 100 * KIB, files: 1 });
    client.create(&root, "again").await.unwrap();
    assert_eq!(lab.used(1), 100 * KIB, "there already, and not truncated");
}

#[tokio::test]
async fn a_file_made_larger_than_files_may_be_is_not_made_at_all() {
    use nfs3_types::nfs3::*;
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let attributes = sattr3 { size: set_size3::Some((16 << 40) + 1), ..sattr3::default() };
    let made = client.create_with(&root, "file", createhow3::GUARDED(attributes)).await;
    assert_eq!(made.status(), NFS3ERR_FBIG);
    assert!(client.readdir(&root).await.unwrap().is_empty());
    assert_eq!(client.fsstat(&root).await.unwrap().free, 64 * MIB);
}

#[tokio::test]
async fn holes_are_free_and_what_is_written_into_them_is_not() {
    let mut lab = Lab::new().await;
    lab.array.change(1, |volume| volume.size = 64 * KIB);
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.truncate(&file, 100 << 30).await.unwrap();
    assert_eq!((lab.used(1), client.getattr(&file).await.unwrap().size), (0, 100 << 30));
    client.write(&file, 50 << 30, &[1; 5000]).await.unwrap();
    client.write(&file, (50 << 30) + 6000, &[1; 100]).await.unwrap();
    assert_eq!(lab.used(1), 8 * KIB, "the second lies in a block of the first");
    let shown = client.getattr(&file).await.unwrap();
    assert_eq!((shown.used, shown.size), (8 * KIB, 100 << 30));
    client.write(&file, 0, &[1; 56 << 10]).await.unwrap();
    assert_eq!(client.write(&file, 1 << 30, b"x").await.status(), NFS3ERR_NOSPC, "a hole, and no block is left");
    assert_eq!(client.read(&file, 1 << 30, 4).await.unwrap(), [0; 4]);
    client.write(&file, (50 << 30) + 4000, &[2; 100]).await.unwrap(); // over what is there
    client.truncate(&file, 200 << 30).await.unwrap();
    assert_eq!(client.fsstat(&root).await.unwrap().free, 0);
    client.truncate(&file, (50 << 30) + 1).await.unwrap();
    assert_eq!(lab.used(1), 60 * KIB);
    client.truncate(&file, 4097).await.unwrap();
    assert_eq!(lab.used(1), 8 * KIB);
    client.truncate(&file, 1 << 40).await.unwrap();
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    assert_eq!(client.fsstat(&root).await.unwrap().free, 56 * KIB, "as counted anew");
    client.remove(&root, "file").await.unwrap();
    assert_eq!((lab.used(1), client.fsstat(&root).await.unwrap().free), (0, 64 * KIB));
}

#[tokio::test]
async fn racing_writers_never_exceed_the_volume() {
    let lab = Lab::new().await;
    lab.array.change(1, |volume| volume.size = 256 * KIB);
    let (mut client, root) = lab.owner().await;
    let mut files = Vec::new();
    for at in 0..8 {
        files.push(client.create(&root, &format!("file{at}")).await.unwrap());
    }
    let mut tasks = Vec::new();
    for file in files {
        let lif = lab.lif;
        tasks.push(tokio::spawn(async move {
            let mut client = Client::connect(lif, Some(OWNER), Clock::system()).await.unwrap();
            let mut taken = 0;
            while taken < MIB && client.write_unstable(&file, taken, &[1; 8 << 10]).await.is_ok() {
                taken += 8 * KIB;
            }
            taken
        }));
    }
    let mut taken = 0;
    for task in tasks {
        taken += task.await.unwrap();
    }
    assert_eq!((taken, client.fsstat(&root).await.unwrap().free), (256 * KIB, 0));
    assert_eq!(crate::usage(&lab.root(1)).unwrap(), Usage { bytes: 256 * KIB, files: 8 });
}

#[tokio::test]
async fn a_volume_has_only_so_many_files_whatever_they_are() {
    use crate::client::{Change, Node};
    let lab = Lab::new().await;
    lab.array.change(1, |volume| volume.files = 98 + 5);
    let (mut client, root) = lab.owner().await;
    let space = client.fsstat(&root).await.unwrap();
    assert_eq!((space.files, space.files_free), (103, 5));
    let file = client.create(&root, "file").await.unwrap();
    client.mkdir(&root, "dir").await.unwrap();
    client.symlink(&root, "link", "x").await.unwrap();
    client.mknod(&root, "fifo", Node::Fifo, &Change::default()).await.unwrap();
    client.create(&root, "more").await.unwrap();
    assert_eq!(client.fsstat(&root).await.unwrap().files_free, 0);
    assert_eq!(lab.array.used.lock().unwrap()[&1].files, 5);
    assert_eq!(client.create(&root, "one").await.status(), NFS3ERR_NOSPC);
    assert_eq!(client.mkdir(&root, "one").await.status(), NFS3ERR_NOSPC);
    client.link(&file, &root, "second").await.unwrap(); // no file of its own
    client.remove(&root, "more").await.unwrap();
    client.create(&root, "one").await.unwrap();
    lab.array.change(1, |volume| volume.files = 200);
    client.create(&root, "two").await.unwrap();
}
