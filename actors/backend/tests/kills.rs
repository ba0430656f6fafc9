//! A back end, its driver and its store in one thread, killed at drawn instants on a disk that loses what was not synced:
//! nothing that was acknowledged is lost, all of it ends, and one seed goes one way.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use manilad_domain::Share;
use manilad_domain::intent::Verb;
use manilad_domain::outcome::Remedy;
use manilad_domain::status::Status;
use manilad_kit::lab::{self, Lab};
use manilad_played::{Played, Turn};
use manilad_store::{Lossy, Options};
use tokio::task::LocalSet;

use super::stage::Stage;

const KILLS: usize = 15;

/// Returns the hash of what was committed, and when.
async fn story(lab: Lab) -> u64 {
    let trace = Arc::new(Mutex::new(Vec::new()));
    let shares = Arc::new(Mutex::new(Vec::<Share>::new()));
    let mut disk = Lossy::new(lab.hand.fork("disk"));
    let (draws, kills) = (lab.hand.fork("driver"), lab.hand.fork("kills"));
    for number in 0..=KILLS {
        disk.set_sync_delay(Duration::from_millis(1)..Duration::from_millis(50));
        let (noted, clock, draws) = (trace.clone(), lab.clock.clone(), draws.clone());
        let hook = move |what: &'static str, draft: &manilad_store::Draft<'_>| {
            noted.lock().unwrap().push((clock.running(), what, draft.changed::<Share>()));
        };
        let driver = Played::by(move |_, _| match draws.fraction() {
            lot if lot < 0.1 => Turn::Hangs,
            lot if lot < 0.2 => Turn::Panics,
            lot if lot < 0.4 => Turn::Refuses(Remedy::Again),
            _ => Turn::Does,
        });
        let (of_daemon, acknowledged, disk_of_daemon) = (lab.clone(), shares.clone(), disk.clone());
        let daemon = actix_rt::spawn(async move {
            let daemon = async move {
                let options = Options { on_commit: Some(Arc::new(hook)), ..Options::here() };
                let mut stage = Stage::on(&of_daemon, driver, Box::new(disk_of_daemon), options);
                stage.raise().await;
                if number < KILLS {
                    for _ in 0..5 {
                        let share = stage.share(Verb::Create, Status::Creating, &[]).await;
                        acknowledged.lock().unwrap().push(share);
                        stage.look();
                        of_daemon.clock.sleep(Duration::from_millis(300)).await;
                    }
                }
                std::future::pending::<()>().await;
            };
            LocalSet::new().run_until(daemon).await;
        });
        // The last one is left alone for long enough.
        let lives =
            if number < KILLS { Duration::from_secs(3).mul_f64(kills.fraction()) } else { Duration::from_secs(7200) };
        lab.run_to(lab.clock.running() + lives).await;
        daemon.abort();
        lab.settle().await;
        assert_eq!(lab.hand.sleeping(), 0, "nothing is left of it");
        disk = disk.crash().unwrap();
    }
    let stage = Stage::on(&lab, Played::by(|_, _| Turn::Does), Box::new(disk), Options::here());
    stage.check();
    let shares = shares.lock().unwrap();
    assert!(shares.len() > KILLS, "the mix works");
    for share in shares.iter() {
        let stored = stage.stored(share).expect("what was acknowledged is there");
        assert!(!stored.status().is_transitional(), "it ends: {:?}", stored.status());
    }
    let mut hasher = DefaultHasher::new();
    trace.lock().unwrap().hash(&mut hasher);
    hasher.finish()
}

#[test]
fn what_was_acknowledged_survives_kills_and_ends_and_one_seed_goes_one_way() {
    let hash = |seed| lab::run_seeded(seed, story);
    let stories = [1, 2, 3].map(hash);
    assert_eq!([1, 2, 3].map(hash), stories);
    assert!(stories[0] != stories[1] && stories[1] != stories[2]);
}
