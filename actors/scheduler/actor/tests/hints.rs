use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::service::{Binary, Service};
use manilad_domain::{Share, ShareId};

use super::*;

fn same(shares: &[ShareId]) -> Hints {
    Hints { same_host: shares.to_vec(), ..Hints::default() }
}

fn different(shares: &[ShareId]) -> Hints {
    Hints { different_host: shares.to_vec(), ..Hints::default() }
}

/// Remembers the neighbours of each other, as the API does when the younger is asked for.
async fn acquaint(rig: &Rig, affinity: Affinity, one: ShareId, other: ShareId) {
    let (mut a, mut b) = (rig.share(one), rig.share(other));
    affinity.remember(&mut a.metadata, other).unwrap();
    affinity.remember(&mut b.metadata, one).unwrap();
    rig.commit(move |draft| draft.put(&a).and_then(|()| draft.put(&b))).await;
}

#[test]
fn shares_that_are_to_be_together_or_apart_are_so_even_when_they_are_placed_in_one_commit() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let ids = rig.owe(4, nothing).await;
        let [(first, _), (with, with_instance), (apart, apart_instance), (both, both_instance)] = ids[..] else {
            panic!()
        };
        rig.hint(with_instance, same(&[first])).await;
        acquaint(&rig, Affinity::Same, first, with).await;
        rig.hint(apart_instance, different(&[first, with])).await;
        rig.hint(both_instance, Hints { same_host: vec![apart], ..different(&[first]) }).await;
        rig.look().await;
        let pools = [first, with, apart, both].map(|id| rig.pool(id).unwrap());
        assert_eq!(pools, ["node@alpha#a", "node@alpha#a", "node@beta#b", "node@beta#b"]);
        assert_eq!(rig.nudges("node@alpha").await, 1, "all in one commit");
    });
}

#[test]
fn the_neighbours_of_placed_shares_keep_to_them() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(first, _), (second, _)] = rig.owe(2, nothing).await[..] else { panic!() };
        rig.look().await;
        assert_eq!([rig.pool(first), rig.pool(second)].map(Option::unwrap), ["node@alpha#a", "node@beta#b"]);
        let ids = rig.owe(3, nothing).await;
        rig.hint(ids[0].1, different(&[first])).await;
        rig.hint(ids[1].1, different(&[first, second])).await;
        rig.hint(ids[2].1, same(&[first, second])).await;
        rig.look().await;
        assert_eq!(rig.pool(ids[0].0).unwrap(), "node@beta#b");
        for (id, _) in &ids[1..] {
            assert_eq!((rig.pool(*id), rig.share(*id).status()), (None, Status::Error));
        }
        let details: Vec<_> = rig.all::<UserMessage>().iter().map(|message| message.detail).collect();
        assert_eq!(details, [Detail::NoValidHost, Detail::NoValidHost]);
    });
}

#[test]
fn what_a_share_remembers_counts_where_nothing_is_hinted() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(first, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.look().await;
        let [(second, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        acquaint(&rig, Affinity::Same, first, second).await;
        let full = Pool { free: Capacity::Gib(20.0), ..pool("node@alpha#a") };
        rig.report(report("node@alpha", "nova", vec![full])).await;
        rig.look().await;
        assert_eq!(rig.pool(second), rig.pool(first), "though the other pool is roomier");
    });
}

#[test]
fn nothing_lives_beside_a_share_that_is_gone_and_everything_apart_from_it() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let odd = |share: &mut Share| {
            share.metadata.insert(Affinity::Different.metadata_key().to_owned(), "mine".to_owned());
        };
        let [(with, with_instance), (apart, apart_instance)] = rig.owe(2, nothing).await[..] else { panic!() };
        let [(remembering, _)] = rig.owe(1, odd).await[..] else { panic!() };
        let gone = ShareId(rig.lab.clock.id());
        rig.hint(with_instance, same(&[gone])).await;
        rig.hint(apart_instance, different(&[gone])).await;
        rig.look().await;
        assert_eq!([with, remembering].map(|id| rig.share(id).status()), [Status::Error; 2]);
        assert!(rig.pool(apart).is_some());
    });
}

#[test]
fn a_share_waits_for_no_younger_neighbour() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(older, _), (younger, instance)] = rig.owe(2, nothing).await[..] else { panic!() };
        acquaint(&rig, Affinity::Same, older, younger).await;
        let intent = rig.intent(instance).unwrap();
        rig.commit(move |draft| draft.remove(&intent)).await;
        rig.look().await;
        assert_eq!((rig.pool(older).as_deref(), rig.pool(younger)), (Some("node@alpha#a"), None));
        rig.commit(|draft| {
            draft.scan::<Share>(manilad_store::Range::all(manilad_domain::share::index::BY_CREATION)).and_then(|all| {
                all.iter().filter(|share| share.instances[0].pool.is_none()).try_for_each(|share| draft.remove(share))
            })
        })
        .await;
    });
}

#[test]
fn a_host_administrator_may_name_the_pool_be_its_back_end_disabled() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let service = Service {
            number: 1,
            binary: Binary::Share,
            host: "node@beta".to_owned(),
            availability_zone: "az2".to_owned(),
            disabled: true,
            disabled_reason: None,
            ensured_as: String::new(),
            ensured_for: None,
            created_at: stamp(0),
        };
        rig.commit(move |draft| draft.put(&service)).await;
        let named =
            |by_host_admin| Hints { only_host: Some("node@beta#b".to_owned()), by_host_admin, ..Hints::default() };
        let ids = rig.owe(3, nothing).await;
        rig.hint(ids[0].1, named(true)).await;
        rig.hint(ids[1].1, named(false)).await;
        rig.hint(ids[2].1, Hints { only_host: Some("node@beta".to_owned()), ..named(true) }).await;
        rig.look().await;
        assert_eq!(rig.pool(ids[0].0).as_deref(), Some("node@beta#b"));
        assert_eq!(rig.pool(ids[1].0).as_deref(), Some("node@alpha#a"), "from others the hint is nothing");
        assert_eq!(rig.share(ids[2].0).status(), Status::Error);
        rig.context.presence.beat("node@beta");
        rig.lab.step(DOWN_TIME + Duration::from_secs(1)).await; // and lets the timer have its look
        let [(late, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.hint(instance, named(true)).await;
        rig.look().await;
        assert_eq!(rig.share(late).status(), Status::Error, "what is silent can't be sent to, whoever asks");
    });
}

#[test]
fn pools_of_superseded_instances_count_as_attempted() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let failed_on_alpha = |share: &mut Share| {
            let before = Instance::creating(InstanceId(Clock::system().id()), None, stamp(0));
            let pool = Some("node@alpha#a".parse().unwrap());
            share.instances.push(Instance { pool, superseded: true, status: Status::Deleting, ..before });
        };
        let [(share, _)] = rig.owe(1, failed_on_alpha).await[..] else { panic!() };
        let failed = rig.share(share).instances[1].id;
        let removal = Intent {
            instance: failed,
            verb: Verb::Delete,
            service: Some("node@alpha".to_owned()),
            ..rig.all::<Intent>()[0].clone()
        };
        rig.commit(move |draft| {
            let serial = draft.next_serial()?;
            draft.put(&Intent { serial, ..removal })
        })
        .await;
        rig.look().await;
        assert_eq!(rig.pool(share).as_deref(), Some("node@beta#b"));
    });
}
