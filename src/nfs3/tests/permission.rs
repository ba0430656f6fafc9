//! Mode bits, owners and groups: judged at every call, and ACCESS tells the truth.

use super::*;
use crate::client::Change;
use Status::*;
use nfs3_types::nfs3::*;

const ALL: u32 = 0x3f;

#[tokio::test]
async fn nobody_but_its_owner_does_anything_with_a_private_file() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create_new(&root, "file", &Change::mode(0o600)).await.unwrap();
    client.write(&file, 0, b"secret").await.unwrap();
    client.become_member(1001, 1001, &[4, 27]);
    assert_eq!(client.access(&file, ALL).await.unwrap(), 0);
    assert_eq!(client.read(&file, 0, 10).await.status(), NFS3ERR_ACCES);
    assert_eq!(client.write(&file, 0, b"mine").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.commit(&file).await.status(), NFS3ERR_ACCES);
    assert_eq!(client.truncate(&file, 0).await.status(), NFS3ERR_ACCES);
    assert_eq!(client.chmod(&file, 0o666).await.status(), NFS3ERR_PERM);
    assert_eq!(client.chown(&file, Some(1001), None).await.status(), NFS3ERR_PERM);
    assert_eq!(client.remove(&root, "file").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.rename((&root, "file"), (&root, "mine")).await.status(), NFS3ERR_ACCES);
    assert_eq!(client.link(&file, &root, "mine").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.create(&root, "new").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.mkdir(&root, "new").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.symlink(&root, "new", "x").await.status(), NFS3ERR_ACCES);
    assert_eq!(client.getattr(&file).await.unwrap().mode, 0o600, "attributes are everybody's");
    client.become_user(0, 0);
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), b"secret");
}

#[tokio::test]
async fn access_tells_for_every_mode_and_class_what_the_calls_then_do() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    client.become_user(1001, 500);
    let file = client.create(&root, "file").await.unwrap();
    let dir = client.mkdir(&root, "dir").await.unwrap();
    client.create(&dir, "there").await.unwrap();
    let classes: [(u32, u32, &[u32], u32); 4] =
        [(1001, 500, &[], 6), (2000, 500, &[], 3), (2000, 9, &[8, 500], 3), (2000, 9, &[8], 0)];
    for bits in 0..8 {
        for (uid, gid, groups, shift) in classes {
            // Only the class that counts grants these bits; the others grant the opposite.
            let mode = (0o777 & !(7 << shift) & !((bits * 0o111) & !(7 << shift))) | bits << shift;
            client.become_user(1001, 500);
            client.chmod(&file, mode).await.unwrap();
            client.chmod(&dir, mode).await.unwrap();
            client.become_member(uid, gid, groups);
            let (r, w, x) = (bits & 4 != 0, bits & 2 != 0, bits & 1 != 0);
            let right = |has: bool, right: u32| if has { right } else { 0 };
            let of_file =
                right(r, ACCESS3_READ) | right(w, ACCESS3_MODIFY | ACCESS3_EXTEND) | right(x, ACCESS3_EXECUTE);
            let about = format!("mode {mode:o} for {uid}:{gid}");
            assert_eq!(client.access(&file, ALL).await.unwrap(), of_file, "{about}");
            let of_dir = right(r, ACCESS3_READ)
                | right(x, ACCESS3_LOOKUP)
                | right(w && x, ACCESS3_MODIFY | ACCESS3_EXTEND | ACCESS3_DELETE);
            assert_eq!(client.access(&dir, ALL).await.unwrap(), of_dir, "{about}");
            let may = |has: bool| if has { NFS3_OK } else { NFS3ERR_ACCES };
            let owner = uid == 1001;
            assert_eq!(client.read(&file, 0, 1).await.status(), may(owner || r || x), "{about}");
            assert_eq!(client.write(&file, 0, b"x").await.status(), may(owner || w), "{about}");
            assert_eq!(client.readdir(&dir).await.status(), may(r), "{about}");
            assert_eq!(client.lookup(&dir, "there").await.status(), may(x), "{about}");
            assert_eq!(client.lookup(&dir, "..").await.status(), may(x), "{about}");
            assert_eq!(client.create_new(&dir, "new", &Change::default()).await.status(), may(w && x), "{about}");
            assert_eq!(client.rename((&dir, "there"), (&dir, "new")).await.status(), may(w && x), "{about}");
            assert_eq!(client.rename((&dir, "new"), (&dir, "there")).await.status(), may_go(w, x), "{about}");
        }
    }
}

/// What is not there is only told to who may look it up.
fn may_go(w: bool, x: bool) -> Status {
    match (w, x) {
        (true, true) => NFS3_OK,
        (false, true) => NFS3ERR_NOENT,
        _ => NFS3ERR_ACCES,
    }
}

#[tokio::test]
async fn root_may_all_but_execute_what_nobody_may() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    client.become_user(1001, 1001);
    let file = client.create_new(&root, "file", &Change::mode(0)).await.unwrap();
    let dir = client.mkdir_as(&root, "dir", &Change::mode(0)).await.unwrap();
    client.become_user(0, 0);
    assert_eq!(client.access(&file, ALL).await.unwrap(), ACCESS3_READ | ACCESS3_MODIFY | ACCESS3_EXTEND);
    let whole = ACCESS3_READ | ACCESS3_LOOKUP | ACCESS3_MODIFY | ACCESS3_EXTEND | ACCESS3_DELETE;
    assert_eq!(client.access(&dir, ALL).await.unwrap(), whole);
    client.write(&file, 0, b"x").await.unwrap();
    client.create(&dir, "below").await.unwrap();
    client.chmod(&file, 0o001).await.unwrap();
    assert_ne!(client.access(&file, ALL).await.unwrap() & ACCESS3_EXECUTE, 0);
}

#[tokio::test]
async fn an_owner_goes_on_with_what_it_made_read_only() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.chmod(&root, 0o777).await.unwrap();
    client.become_user(1001, 1001);
    let file = client.create_new(&root, "file", &Change::mode(0o400)).await.unwrap();
    client.write(&file, 0, b"text").await.unwrap();
    client.commit(&file).await.unwrap();
    client.truncate(&file, 2).await.unwrap();
    client.chmod(&file, 0).await.unwrap();
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), b"te");
    assert_eq!(client.access(&file, ALL).await.unwrap(), 0, "what it is to open anew");
}

#[tokio::test]
async fn who_may_only_list_a_directory_is_told_names_without_handles() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let dir = client.mkdir_as(&root, "dir", &Change::mode(0o744)).await.unwrap();
    client.create(&dir, "file").await.unwrap();
    let args = || READDIRPLUS3args {
        dir: nfs_fh3 { data: nfs3_types::xdr_codec::Opaque::owned(dir.bytes().to_vec()) },
        cookie: 0,
        cookieverf: cookieverf3::default(),
        dircount: 4096,
        maxcount: 8192,
    };
    let full = client.nfs_call(17, &args(), |at| Ok(at.rest().len())).await.unwrap();
    client.become_user(1001, 1001);
    let brief = client.nfs_call(17, &args(), |at| Ok(at.rest().len())).await.unwrap();
    assert_eq!(full - brief, 84 + 4 + 28, "attributes and a handle less");
    assert_eq!(client.readdir(&dir).await.unwrap(), ["file"]);
}

#[tokio::test]
async fn a_read_only_client_is_told_so_by_access() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let file = client.create_new(&root, "file", &Change::mode(0o777)).await.unwrap();
    let mut reader = lab.client(READER).await;
    assert_eq!(reader.access(&file, ALL).await.unwrap(), ACCESS3_READ | ACCESS3_EXECUTE);
    assert_eq!(reader.access(&root, ALL).await.unwrap(), ACCESS3_READ | ACCESS3_LOOKUP);
    assert_eq!(reader.access(&root, ACCESS3_READ).await.unwrap(), ACCESS3_READ, "only what was asked");
}
