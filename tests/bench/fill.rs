//! Shares without the work of making them: committed to the store, through its public face, before the daemon starts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use manilad_clock::{Clock, Timestamp};
use manilad_domain::share::{Abilities, ExportLocation, Protocol};
use manilad_domain::status::Status;
use manilad_domain::{Instance, PoolName, Share, ShareType, ShareTypeId, Stamp};
use manilad_store::{Draft, Error, Options, Sled, Store};

/// Whose all shares are.
pub const PROJECT: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
pub const USER: &str = "decaf000decaf000decaf000decaf000";
/// Shares per commit.
const GROUP: usize = 1000;

/// Puts so many shares into the store in `folder`; answers the id of one of them.
///
/// # Errors
/// What the store says.
pub async fn fill(folder: &Path, count: usize) -> anyhow::Result<String> {
    let clock = Clock::system();
    let engine = Sled::open(&folder.join("store"), Sled::CACHE)?;
    let store = Store::open(Box::new(engine), Options::default(), clock.clone())?;
    let kind = share_type(&clock);
    let mut some_id = String::new();
    for start in (0..count).step_by(GROUP) {
        let shares: Vec<Share> = (start..count.min(start + GROUP)).map(|n| share(&clock, kind.id, n)).collect();
        some_id = shares.first().map(|share| share.id.to_string()).unwrap_or_default();
        let kind = kind.clone();
        let decision = move |draft: &mut Draft<'_>| {
            draft.put(&kind)?;
            shares.iter().try_for_each(|share| draft.put(share))
        };
        store.commit::<(), Error>("fill", decision).await.map_err(|failed| anyhow!("{failed}"))?;
    }
    store.close();
    Ok(some_id)
}

fn share_type(clock: &Clock) -> ShareType {
    ShareType {
        id: clock.id().into(),
        name: "default".to_owned(),
        description: None,
        is_public: true,
        projects: Default::default(),
        extra_specs: [("driver_handles_share_servers".to_owned(), "False".to_owned())].into(),
        created_at: clock.now().into(),
        updated_at: None,
    }
}

/// An available share with all that a tenant's share has: a name, some metadata, two export locations.
fn share(clock: &Clock, kind: ShareTypeId, n: usize) -> Share {
    let created: Stamp = Timestamp::from_second(1_700_000_000 + n as i64).unwrap_or_default().into();
    let mut instance = Instance::creating(clock.id().into(), Some("nova".to_owned()), created);
    instance.status = Status::Available;
    instance.progress = Some(100);
    instance.pool =
        Some(PoolName { host: "node1".to_owned(), backend: "alpha".to_owned(), pool: format!("aggr{}", n % 2 + 1) });
    instance.updated_at = Some(created);
    instance.exports = [("10.0.0.1", true), ("10.0.0.2", false)]
        .map(|(address, preferred)| ExportLocation {
            id: clock.id().into(),
            path: format!("{address}:/share_{}", instance.id.to_string().replace('-', "_")),
            is_admin_only: false,
            preferred,
            preference: None,
            metadata: BTreeMap::new(),
            created_at: created,
            updated_at: None,
        })
        .into();
    Share {
        id: clock.id().into(),
        project_id: PROJECT.to_owned(),
        user_id: USER.to_owned(),
        name: Some(format!("pvc-{}", clock.id())),
        description: Some("made for a claim of the cluster".to_owned()),
        protocol: Protocol::Nfs,
        size: 1,
        is_public: false,
        metadata: BTreeMap::from([("claim".to_owned(), format!("data-{n}")), ("tier".to_owned(), "gold".to_owned())]),
        type_id: Some(kind),
        qos_type_id: None,
        abilities: Abilities::default(),
        mount_point_name: None,
        snapshot_id: None,
        task_state: None,
        encryption_key: None,
        scheduled_to_be_deleted_at: None,
        created_at: created,
        updated_at: Some(created),
        instances: vec![instance],
    }
}
