use manilad_clock::Uuid;
use manilad_domain::share::{Abilities, Protocol};
use manilad_domain::status::NetworkStatus;
use manilad_domain::{Instance, PoolName, Stamp};
use proptest::prelude::*;

use super::*;

/// The longest name of a project or a user that is accepted, in bytes.
const LONGEST: usize = 255;

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a\\x00/]{1,8}", any::<String>(), (0usize..3000).prop_map(|length| "n".repeat(length))]
}

/// What an administrator or an array may call a host, a back end or a pool.
fn place() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}", Just("h".repeat(LONGEST))]
}

fn stamp() -> Stamp {
    Stamp::parse("2026-11-22T09:00:00").unwrap()
}

fn share(project: &str, name: Option<String>, pools: Vec<PoolName>) -> Share {
    let instance = |pool| Instance { pool: Some(pool), ..Instance::creating(Uuid::from_u128(1).into(), None, stamp()) };
    Share {
        id: Uuid::nil().into(),
        project_id: project.to_owned(),
        user_id: "user".to_owned(),
        name,
        description: None,
        protocol: Protocol::Nfs,
        size: 1,
        is_public: true,
        metadata: Default::default(),
        type_id: Some(Uuid::nil().into()),
        qos_type_id: None,
        abilities: Abilities::default(),
        mount_point_name: None,
        snapshot_id: None,
        task_state: None,
        encryption_key: None,
        scheduled_to_be_deleted_at: None,
        created_at: stamp(),
        updated_at: None,
        instances: pools.into_iter().map(instance).collect(),
    }
}

fn network(project: &str) -> ShareNetwork {
    ShareNetwork {
        id: Uuid::nil().into(),
        project_id: project.to_owned(),
        user_id: "user".to_owned(),
        name: None,
        description: None,
        status: NetworkStatus::Active,
        security_services: Default::default(),
        created_at: stamp(),
        updated_at: None,
    }
}

/// The longest key of the record and its rows, and the longest of what follows from it: usage and sums.
fn longest<R: Record>(record: &R) -> (usize, usize) {
    let key = record.key();
    let rows = record.rows();
    let own = rows.iter().map(|row| key::row(R::KIND, row, &key).len()).chain([key::record(R::KIND, &key).len()]);
    let usages = record.charges().into_iter().map(|charge| key::record(Usage::KIND, &charge.project).len());
    let sums = record.addends().into_iter().map(|addend| key::record(Sum::KIND, &addend.sum).len());
    (own.max().unwrap(), usages.chain(sums).max().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// So the bound on keys and rows, which every record is held to, is one on these too.
    #[test]
    fn no_key_of_usage_or_of_a_sum_is_longer_than_the_rows_of_the_record_that_it_follows_from(
        project in name(), label in prop::option::of(name()),
        pools in prop::collection::vec(("[a-z]{1,9}", name(), name()), 0..3),
    ) {
        let pools = pools.into_iter().map(|(host, backend, pool)| PoolName { host, backend, pool }).collect();
        let (own, follows) = longest(&share(&project, label, pools));
        prop_assert!(follows <= own, "{follows} of {own}");
        let (own, follows) = longest(&network(&project));
        prop_assert!(follows <= own, "{follows} of {own}");
    }

    #[test]
    fn whatever_projects_and_shares_may_be_called_fits_into_keys(
        project in (0..=LONGEST).prop_map(|length| "p".repeat(length)),
        label in (0usize..=255).prop_map(|length| "\u{1f4be}".repeat(length)),
        pools in prop::collection::vec((place(), place(), place()), 0..3),
    ) {
        let pools = pools.into_iter().map(|(host, backend, pool)| PoolName { host, backend, pool }).collect();
        prop_assert!(Derived::of(&share(&project, Some(label), pools)).is_ok());
        prop_assert!(Derived::of(&network(&project)).is_ok());
    }
}

/// What is left of a share that is gone has addends and no row for its pools; the share had both.
#[test]
fn what_is_detached_from_a_share_adds_to_no_other_sums_than_the_share_did() {
    let pools = vec!["host@backend#one".parse().unwrap(), "host@backend#two".parse().unwrap()];
    let share = share("p", None, pools);
    let detached: Vec<Addend> = share.detached(None).iter().flat_map(Record::addends).collect();
    assert!(!detached.is_empty() && detached == share.addends());
}
