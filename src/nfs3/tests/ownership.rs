//! Whom the export rules take a caller for.

use super::*;
use crate::Mapping;
use crate::client::Change;
use Status::*;

fn mapped(looks: Mapping, changes: Mapping, anonymous: Option<u32>) -> Grant {
    Grant { looks, changes, anonymous, ..Grant::own(Access::ReadWrite) }
}

#[tokio::test]
async fn a_squashed_root_is_the_anonymous_user_at_every_call() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    let secret = client.create_new(&root, "secret", &Change::mode(0o600)).await.unwrap();
    lab.array.grant(1, OWNER, mapped(Mapping::RootIsAnonymous, Mapping::RootIsAnonymous, Some(65_534)));
    assert_eq!(client.read(&secret, 0, 1).await.status(), NFS3ERR_ACCES);
    assert_eq!(client.write(&secret, 0, b"x").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.chmod(&secret, 0o666).await.status(), NFS3ERR_PERM);
    assert_eq!(client.access(&secret, 0x3f).await.unwrap(), 0);
    let made = client.create(&root, "made").await.unwrap();
    let shown = client.getattr(&made).await.unwrap();
    assert_eq!((shown.uid, shown.gid), (65_534, 65_534));
    assert_eq!(client.chown(&made, Some(0), None).await.status(), NFS3ERR_PERM);
    client.become_user(1001, 0);
    let own = client.create(&root, "own").await.unwrap();
    let shown = client.getattr(&own).await.unwrap();
    assert_eq!((shown.uid, shown.gid), (1001, 0), "others stay themselves");
    lab.array.grant(1, OWNER, Grant::own(Access::ReadWrite));
    client.become_user(0, 0);
    client.read(&secret, 0, 1).await.unwrap();
}

#[tokio::test]
async fn where_all_are_anonymous_so_is_everybody() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chown(&root, Some(70), None).await.unwrap();
    lab.array.grant(1, OWNER, mapped(Mapping::Anonymous, Mapping::Anonymous, Some(70)));
    for (user, name) in [(0, "by-root"), (1001, "by-a-user"), (70, "by-itself")] {
        client.become_member(user, user, &[0]);
        let made = client.create_new(&root, name, &Change::mode(0o600)).await.unwrap();
        let shown = client.getattr(&made).await.unwrap();
        assert_eq!((shown.mode, shown.uid, shown.gid), (0o600, 70, 70), "{name}");
        client.write(&made, 0, b"x").await.unwrap();
    }
    client.become_user(5, 5);
    client.remove(&root, "by-root").await.unwrap();
}

#[tokio::test]
async fn readers_may_be_themselves_where_writers_are_anonymous() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    client.become_user(1001, 1001);
    let file = client.create_new(&root, "file", &Change::mode(0o600)).await.unwrap();
    lab.array.grant(1, OWNER, mapped(Mapping::Own, Mapping::Anonymous, Some(65_534)));
    client.read(&file, 0, 1).await.unwrap();
    assert_eq!(client.write(&file, 0, b"x").await.status(), NFS3ERR_ACCES);
    let read_only = nfs3_types::nfs3::ACCESS3_READ;
    assert_eq!(client.access(&file, 0x3f).await.unwrap(), read_only, "ACCESS knows of both");
}

#[tokio::test]
async fn an_anonymous_user_that_is_none_denies_who_would_be_it() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    lab.array.grant(1, OWNER, mapped(Mapping::RootIsAnonymous, Mapping::RootIsAnonymous, None));
    assert_eq!(client.getattr(&root).await.status(), NFS3ERR_ACCES);
    client.become_user(1001, 1001);
    client.getattr(&root).await.unwrap();
}

#[tokio::test]
async fn the_root_directory_has_the_owner_that_its_volume_is_given_from_the_next_call_on() {
    let mut lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let owner = |shown: crate::client::Attributes| Ownership { mode: shown.mode, uid: shown.uid, gid: shown.gid };
    assert_eq!(owner(client.getattr(&root).await.unwrap()), ROOTS);
    let owner_of_root = Ownership { mode: 0o1770, uid: 1001, gid: 1002 };
    lab.array.change(1, |volume| volume.owner = owner_of_root);
    client.become_user(1001, 1002);
    client.create(&root, "file").await.unwrap();
    assert_eq!(owner(client.getattr(&root).await.unwrap()), owner_of_root);
    client.chmod(&root, 0o700).await.unwrap();
    let kept = Ownership { mode: 0o700, ..owner_of_root };
    assert_eq!(lab.array.volumes.lock().unwrap()[&1].owner, kept, "what a client does is known above");
    lab.restart().await;
    let mut client = lab.client(OWNER).await;
    assert_eq!(owner(client.getattr(&root).await.unwrap()), kept);
    lab.array.broken.store(true, Ordering::SeqCst);
    assert_eq!(client.chmod(&root, 0o777).await.status(), NFS3ERR_IO);
    assert_eq!(owner(client.getattr(&root).await.unwrap()), kept, "what can't be kept is not done");
}
