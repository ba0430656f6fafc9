//! Owner and mode of what is made and changed.

use super::*;
use crate::client::{Change, Node};
use Status::*;

async fn open(lab: &Lab) -> (Client, Handle) {
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    (client, root)
}

/// Mode, owner and group.
async fn shown(client: &mut Client, object: &Handle) -> (u32, u32, u32) {
    let shown = client.getattr(object).await.unwrap();
    (shown.mode, shown.uid, shown.gid)
}

#[tokio::test]
async fn what_is_made_has_the_mode_asked_for_and_is_its_makers() {
    let lab = Lab::new().await;
    let (mut client, root) = open(&lab).await;
    for user in [0, 1001] {
        client.become_user(user, user);
        for mode in [0, 0o600, 0o644, 0o700, 0o755, 0o777, 0o1755, 0o4711, 0o6755] {
            let name = |kind: &str| format!("{kind}-{user}-{mode:o}");
            let file = client.create_new(&root, &name("file"), &Change::mode(mode)).await.unwrap();
            assert_eq!(shown(&mut client, &file).await, (mode, user, user), "file {mode:o}");
            let directory = client.mkdir_as(&root, &name("dir"), &Change::mode(mode)).await.unwrap();
            assert_eq!(shown(&mut client, &directory).await, (mode, user, user), "directory {mode:o}");
            let fifo = client.mknod(&root, &name("fifo"), Node::Fifo, &Change::mode(mode)).await.unwrap();
            assert_eq!(shown(&mut client, &fifo).await, (mode, user, user), "FIFO {mode:o}");
        }
        let link = client.symlink(&root, &format!("link-{user}"), "x").await.unwrap();
        assert_eq!(shown(&mut client, &link).await, (0o777, user, user));
    }
}

#[tokio::test]
async fn an_exclusive_create_is_its_makers_and_nobody_elses_until_the_mode_is_set() {
    let lab = Lab::new().await;
    let (mut client, root) = open(&lab).await;
    client.become_user(1001, 1002);
    let file = client.create_exclusive(&root, "file", *b"verifier").await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o600, 1001, 1002));
    client.chmod(&file, 0o640).await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o640, 1001, 1002));
}

#[tokio::test]
async fn a_set_gid_directory_gives_its_group_and_directories_in_it_are_set_gid_too() {
    let lab = Lab::new().await;
    let (mut client, root) = open(&lab).await;
    let dir = client.mkdir(&root, "dir").await.unwrap();
    client.chown(&dir, None, Some(500)).await.unwrap();
    client.chmod(&dir, 0o2777).await.unwrap();
    client.become_user(1001, 1001);
    let file = client.create_new(&dir, "file", &Change::mode(0o2755)).await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o755, 1001, 500), "set-gid only for members");
    let below = client.mkdir_as(&dir, "below", &Change::mode(0o750)).await.unwrap();
    assert_eq!(shown(&mut client, &below).await, (0o2750, 1001, 500));
    let link = client.symlink(&dir, "link", "x").await.unwrap();
    assert_eq!(shown(&mut client, &link).await, (0o777, 1001, 500));
}

#[tokio::test]
async fn a_file_that_may_not_be_made_with_its_owner_is_not_made() {
    let lab = Lab::new().await;
    let (mut client, root) = open(&lab).await;
    client.become_user(1001, 1001);
    let change = Change { uid: Some(0), ..Change::default() };
    assert_eq!(client.create_new(&root, "file", &change).await.status(), NFS3ERR_PERM);
    assert!(client.readdir(&root).await.unwrap().is_empty());
    client.become_user(0, 0);
    let change = Change { uid: Some(7), gid: Some(8), mode: Some(0o4755), ..Change::default() };
    let file = client.create_new(&root, "file", &change).await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o4755, 7, 8));
}

#[tokio::test]
async fn writing_chowning_and_cutting_take_set_id_bits_away() {
    let lab = Lab::new().await;
    let (mut client, root) = open(&lab).await;
    let file = client.create(&root, "file").await.unwrap();
    for (act, mode, expected) in [
        ("write", 0o6777, 0o777),
        ("write", 0o2767, 0o2767),
        ("truncate", 0o6777, 0o777),
        ("write as root", 0o6777, 0o6777),
        ("chown as root", 0o6777, 0o777),
        ("chown as root", 0o2767, 0o2767),
    ] {
        client.become_user(0, 0);
        client.chmod(&file, mode).await.unwrap();
        match act {
            "write as root" => drop(client.write(&file, 0, b"x").await.unwrap()),
            "chown as root" => client.chown(&file, Some(5), None).await.unwrap(),
            act => {
                client.become_user(1001, 1001);
                if act == "write" {
                    client.write(&file, 0, b"x").await.unwrap();
                } else {
                    client.truncate(&file, 0).await.unwrap();
                }
            }
        }
        assert_eq!(client.getattr(&file).await.unwrap().mode, expected, "{act} {mode:o}");
    }
}

#[tokio::test]
async fn rules_can_take_set_id_bits_away_and_let_owners_give_files_away() {
    let lab = Lab::new().await;
    let (mut client, root) = open(&lab).await;
    let grant = Grant { set_id: false, giving_away: true, ..Grant::own(Access::ReadWrite) };
    lab.array.grant(1, OWNER, grant);
    client.become_user(1001, 1001);
    let file = client.create_new(&root, "file", &Change::mode(0o6755)).await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o755, 1001, 1001));
    client.chmod(&file, 0o6711).await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o711, 1001, 1001));
    client.chown(&file, Some(7), Some(8)).await.unwrap();
    assert_eq!(shown(&mut client, &file).await, (0o711, 7, 8));
    assert_eq!(client.chown(&file, Some(1001), None).await.status(), NFS3ERR_PERM);
}
