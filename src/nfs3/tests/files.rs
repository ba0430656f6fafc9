//! What a host does with its files.

use super::*;
use Status::*;

#[tokio::test]
async fn what_is_written_is_read_back_and_lies_in_a_real_file() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    let data: Vec<u8> = (0..200_000u32).map(|at| at as u8).collect();
    for (at, part) in data.chunks(64 << 10).enumerate() {
        assert_eq!(client.write(&file, at as u64 * (64 << 10), part).await.unwrap(), part.len() as u32);
    }
    assert_eq!(std::fs::read(lab.root(1).join("file")).unwrap(), data);
    let mut back = Vec::new();
    while back.len() < data.len() {
        back.extend(client.read(&file, back.len() as u64, 1 << 20).await.unwrap());
    }
    assert_eq!(back, data);
    assert_eq!(client.read(&file, 1 << 40, 10).await.unwrap(), b"", "beyond the end");
    assert_eq!(client.getattr(&file).await.unwrap().size, 200_000);
}

#[tokio::test]
async fn a_renamed_file_keeps_its_handle_and_a_removed_one_is_stale() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let (above, below) = (client.mkdir(&root, "above").await.unwrap(), client.mkdir(&root, "below").await.unwrap());
    let file = client.create(&above, "file").await.unwrap();
    client.write(&file, 0, b"kept").await.unwrap();
    client.rename((&above, "file"), (&below, "moved")).await.unwrap();
    client.rename((&root, "below"), (&above, "deep")).await.unwrap();
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), b"kept", "its directory was moved too");
    assert_eq!(client.lookup(&below, "moved").await.unwrap(), file);
    assert_eq!(client.lookup(&root, "below").await.status(), NFS3ERR_NOENT);
    client.remove(&below, "moved").await.unwrap();
    assert_eq!(client.getattr(&file).await.status(), NFS3ERR_STALE);
    assert_eq!(client.remove(&below, "moved").await.status(), NFS3ERR_NOENT);
}

#[tokio::test]
async fn a_handle_of_a_removed_file_does_not_open_its_successor() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let old = client.create(&root, "file").await.unwrap();
    client.remove(&root, "file").await.unwrap();
    let new = client.create(&root, "file").await.unwrap(); // likely on the same inode
    assert_ne!(old, new);
    assert_eq!(client.getattr(&old).await.status(), NFS3ERR_STALE);
}

#[tokio::test]
async fn a_rename_replaces_a_file_and_an_empty_directory_only() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let (new, old) = (client.create(&root, "new").await.unwrap(), client.create(&root, "old").await.unwrap());
    client.rename((&root, "new"), (&root, "old")).await.unwrap();
    assert_eq!(client.lookup(&root, "old").await.unwrap(), new);
    assert_eq!(client.getattr(&old).await.status(), NFS3ERR_STALE);
    let (full, empty) = (client.mkdir(&root, "full").await.unwrap(), client.mkdir(&root, "empty").await.unwrap());
    client.create(&full, "child").await.unwrap();
    assert_eq!(client.rename((&root, "empty"), (&root, "full")).await.status(), NFS3ERR_NOTEMPTY);
    assert_eq!(client.rename((&root, "full"), (&full, "self")).await.status(), NFS3ERR_INVAL);
    client.rename((&root, "full"), (&root, "empty")).await.unwrap();
    assert_eq!(client.readdir(&full).await.unwrap(), ["child"]);
    assert_eq!(client.getattr(&empty).await.status(), NFS3ERR_STALE);
}

#[tokio::test]
async fn a_hard_link_is_the_same_file_until_its_last_name_goes() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "first").await.unwrap();
    client.link(&file, &root, "second").await.unwrap();
    assert_eq!(client.lookup(&root, "second").await.unwrap(), file);
    assert_eq!(client.getattr(&file).await.unwrap().links, 2);
    client.rename((&root, "first"), (&root, "second")).await.unwrap();
    client.remove(&root, "first").await.unwrap();
    assert_eq!(client.getattr(&file).await.unwrap().links, 1);
    client.remove(&root, "second").await.unwrap();
    assert_eq!(client.getattr(&file).await.status(), NFS3ERR_STALE);
    let directory = client.mkdir(&root, "dir").await.unwrap();
    assert_eq!(client.link(&directory, &root, "loop").await.status(), NFS3ERR_ISDIR);
}

#[tokio::test]
async fn a_symbolic_link_is_kept_and_never_followed() {
    let lab = Lab::new().await;
    std::fs::write(lab.directory().join("secret"), "not yours").unwrap();
    let (mut client, root) = lab.owner().await;
    let link = client.symlink(&root, "link", "../secret").await.unwrap();
    assert_eq!(client.readlink(&link).await.unwrap(), b"../secret");
    assert_eq!(client.read(&link, 0, 100).await.status(), NFS3ERR_INVAL);
    assert_eq!(client.write(&link, 0, b"mine").await.status(), NFS3ERR_INVAL);
    assert_eq!(client.truncate(&link, 0).await.status(), NFS3ERR_INVAL);
    assert_eq!(client.create(&root, "link").await.status(), NFS3ERR_EXIST);
    let out = client.symlink(&root, "out", "/").await.unwrap();
    assert_eq!(client.lookup(&out, "etc").await.status(), NFS3ERR_NOTDIR);
    assert_eq!(client.mount("/one/out/etc").await.status(), NFS3ERR_NOTDIR);
    assert_eq!(client.mount("/one/out").await.status(), NFS3ERR_NOTDIR);
    assert_eq!(std::fs::read(lab.directory().join("secret")).unwrap(), b"not yours");
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    for name in ["", "..", "../x", "a/b", "/etc", "a\0b"] {
        assert_eq!(client.create(&root, name).await.status(), NFS3ERR_INVAL, "{name:?}");
        assert_eq!(client.mkdir(&root, name).await.status(), NFS3ERR_INVAL, "{name:?}");
        assert_eq!(client.remove(&root, name).await.status(), NFS3ERR_INVAL, "{name:?}");
        assert_eq!(client.rename((&root, name), (&root, "x")).await.status(), NFS3ERR_INVAL, "{name:?}");
        if name != ".." {
            assert_eq!(client.lookup(&root, name).await.status(), NFS3ERR_INVAL, "{name:?}");
        }
    }
    assert_eq!(client.create(&root, &"n".repeat(256)).await.status(), NFS3ERR_NAMETOOLONG);
    assert_eq!(client.lookup(&root, "..").await.unwrap(), root, "above the root is the root");
    let below = client.mkdir(&root, "below").await.unwrap();
    assert_eq!(client.lookup(&below, "..").await.unwrap(), root);
    assert_eq!(client.lookup(&below, ".").await.unwrap(), below);
}

#[tokio::test]
async fn a_large_directory_is_listed_once_each_while_it_is_emptied() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let mut made: Vec<_> = (0..600).map(|at| format!("a-file-with-a-number-{at}")).collect();
    for name in &made {
        std::fs::write(lab.root(1).join(name), "").unwrap(); // by another way than the server
    }
    let mut listed = client.readdir(&root).await.unwrap();
    listed.sort();
    made.sort();
    assert_eq!(listed, made);
    let mut left = made.len();
    while left > 0 {
        let first: Vec<_> = client.readdir(&root).await.unwrap().into_iter().take(100).collect();
        for name in &first {
            client.lookup(&root, name).await.unwrap();
            client.remove(&root, name).await.unwrap();
        }
        left -= first.len();
    }
    assert!(client.readdir(&root).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_directory_can_be_removed_when_it_is_empty() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let dir = client.mkdir(&root, "dir").await.unwrap();
    client.create(&dir, "file").await.unwrap();
    assert_eq!(client.rmdir(&root, "dir").await.status(), NFS3ERR_NOTEMPTY);
    assert_eq!(client.remove(&root, "dir").await.status(), NFS3ERR_ISDIR);
    assert_eq!(client.rmdir(&dir, "file").await.status(), NFS3ERR_NOTDIR);
    client.remove(&dir, "file").await.unwrap();
    client.rmdir(&root, "dir").await.unwrap();
    assert_eq!(client.readdir(&dir).await.status(), NFS3ERR_STALE);
}

/// Directories in one another below `top`, as the server's handles name them; `top` is the first.
fn chain(top: &Path, depth: usize) -> Vec<Handle> {
    use rustix::fs::{Mode, OFlags};
    let mut dir = rustix::fs::open(top, OFlags::DIRECTORY, Mode::empty()).unwrap();
    let handle = |dir: &_| Handle(crate::disk::Stat::of(dir, b".").unwrap().handle(1).bytes());
    let mut handles = vec![handle(&dir)];
    for _ in 0..depth {
        rustix::fs::mkdirat(&dir, "d", Mode::RWXU).unwrap();
        dir = rustix::fs::openat(&dir, "d", OFlags::DIRECTORY, Mode::empty()).unwrap();
        handles.push(handle(&dir));
    }
    handles
}

#[tokio::test]
async fn a_directory_can_only_be_so_deep_by_making_or_moving() {
    let lab = Lab::new().await;
    let path = chain(&lab.root(1), 2047);
    let (mut client, root) = lab.owner().await;
    assert_eq!(root, path[0]);
    let deepest = client.mkdir(&path[2047], "d").await.unwrap();
    assert_eq!(client.mkdir(&deepest, "d").await.status(), NFS3ERR_NAMETOOLONG);
    assert_eq!(client.lookup(&deepest, "..").await.unwrap(), path[2047]);
    let file = client.create(&path[1100], "file").await.unwrap();
    client.write(&file, 0, b"deep").await.unwrap();
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), b"deep");
    let tall = client.mkdir(&root, "tall").await.unwrap();
    let inner = client.mkdir(&tall, "inner").await.unwrap();
    client.create(&inner, "file").await.unwrap();
    assert_eq!(client.rename((&root, "tall"), (&path[2047], "tall")).await.status(), NFS3ERR_NAMETOOLONG);
    client.rename((&root, "tall"), (&path[2000], "tall")).await.unwrap();
    assert_eq!(client.readdir(&inner).await.unwrap(), ["file"]);
}

#[tokio::test]
async fn owner_and_mode_are_the_clients_and_do_not_touch_the_real_file() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    client.become_user(1234, 5678);
    let file = client.create(&root, "file").await.unwrap();
    client.chmod(&file, 0o4000).await.unwrap();
    let shown = client.getattr(&file).await.unwrap();
    assert_eq!((shown.uid, shown.gid, shown.mode), (1234, 5678, 0o4000));
    let real = std::fs::metadata(lab.root(1).join("file")).unwrap().permissions().mode();
    assert_eq!(real & 0o7777, 0o600, "no set-uid file appears on the server");
    client.write(&file, 0, b"still writable").await.unwrap();
}

#[tokio::test]
async fn nothing_is_renamed_or_linked_across_volumes() {
    let lab = Lab::new().await;
    let (mut client, one) = lab.owner().await;
    let two = client.mount("/two").await.unwrap();
    let file = client.create(&one, "file").await.unwrap();
    assert_eq!(client.rename((&one, "file"), (&two, "file")).await.status(), NFS3ERR_XDEV);
    assert_eq!(client.link(&file, &two, "file").await.status(), NFS3ERR_XDEV);
}

#[tokio::test]
async fn calls_of_one_connection_overlap_and_are_all_answered() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[7; 4096]).await.unwrap();
    let together = (0..8).map(|_| {
        let (file, lif) = (file.clone(), lab.lif);
        tokio::spawn(async move {
            let mut client = Client::connect(lif, Some(OWNER), Clock::system()).await.unwrap();
            for at in 0..50u64 {
                client.write(&file, at * 8, &[7; 8]).await.unwrap();
                assert_eq!(client.read(&file, 0, 4096).await.unwrap(), [7; 4096]);
            }
        })
    });
    for task in together.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
