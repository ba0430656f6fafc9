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
    assert_eq!(client.truncate(&file, 65 * KIB).await.status(), NFS3ERR_NOSPC);
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
    client.truncate(&other, 100 * KIB).await.unwrap();
    assert_eq!(lab.used(1), 108 * KIB, "holes are counted");
    client.rename((&root, "other"), (&root, "again")).await.unwrap();
    assert_eq!(lab.used(1), 100 * KIB, "what was replaced is not");
    assert_eq!(crate::usage(&lab.root(1)).unwrap(), 100 * KIB);
    client.create(&root, "again").await.unwrap();
    assert_eq!(lab.used(1), 100 * KIB, "there already, and not truncated");
}

#[tokio::test]
async fn a_file_made_too_large_is_not_made_at_all() {
    use nfs3_types::nfs3::*;
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let attributes = sattr3 { size: set_size3::Some(65 * MIB), ..sattr3::default() };
    let made = client.create_with(&root, "file", createhow3::GUARDED(attributes)).await;
    assert_eq!(made.status(), NFS3ERR_NOSPC);
    assert!(client.readdir(&root).await.unwrap().is_empty());
    assert_eq!(client.fsstat(&root).await.unwrap().free, 64 * MIB);
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
    assert_eq!(crate::usage(&lab.root(1)).unwrap(), 256 * KIB);
}

#[tokio::test]
async fn a_volume_has_only_so_many_files() {
    let lab = Lab::new().await;
    lab.array.change(1, |volume| volume.size = MIB);
    let (mut client, root) = lab.owner().await;
    for at in 0..128 {
        client.create(&root, &at.to_string()).await.unwrap();
    }
    assert_eq!(client.create(&root, "more").await.status(), NFS3ERR_NOSPC);
}
