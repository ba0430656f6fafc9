//! Row 1: what authentication, policy, versions and views cost, in parts of the throughput of a server that does nothing
//! but answer.

use std::time::Duration;

use crate::Bench;
use crate::bare::Bare;
use crate::daemon::{Array, Daemon, Identity};
use crate::fill::fill;
use crate::keystone::Keystone;
use crate::load::{Slice, load, median};
use crate::table::{aside, at_least, percent, time};

const CONNECTIONS: &[usize] = &[1, 16];
const SHARES: usize = 1000;
/// Of the bare server's throughput.
const TARGET: f64 = 0.6;

/// A request of the daemon, and the bare server's answer of the same size.
struct Case {
    what: String,
    daemon: usize,
    request: Vec<u8>,
    size: usize,
    /// Of the daemon and of the bare server, round by round, by position in [`CONNECTIONS`].
    slices: Vec<Vec<(Slice, Slice)>>,
}

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let (rounds, length) = (bench.rounds(7), Duration::from_millis(if bench.quick { 400 } else { 1000 }));
    let keystone = Keystone::start()?;
    let with_tokens = Identity::Keystone { url: keystone.url.clone(), token: keystone.token.clone() };
    let array_folder = bench.folder()?;
    let array = Array::start(array_folder.path(), "none")?;
    let (mut folders, mut daemons, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    for (name, identity) in [("token cache", with_tokens), ("noauth", Identity::NoAuth)] {
        let folder = bench.folder()?;
        let share = fill(folder.path(), SHARES).await?;
        let daemon = Daemon::start(folder.path(), &array, &identity)?;
        let mut client = daemon.door.connect().await?;
        for (what, path) in [
            ("one share", format!("/v2/shares/{share}")),
            ("list of 10", "/v2/shares?limit=10".to_owned()),
            ("list of 10, details", "/v2/shares/detail?limit=10".to_owned()),
        ] {
            let request = daemon.door.get(&path);
            let size = client.ask(&request).await?.succeeded()?.body.len();
            let slices = vec![Vec::new(); CONNECTIONS.len()];
            cases.push(Case { what: format!("{what}, {name}"), daemon: daemons.len(), request, size, slices });
        }
        daemons.push(daemon);
        folders.push(folder);
    }
    let sizes: Vec<usize> = cases.iter().map(|case| case.size).collect();
    let bare = Bare::start(&sizes, &daemons[0].door)?;
    for round in 0..=rounds {
        for case in &mut cases {
            for (slices, connections) in case.slices.iter_mut().zip(CONNECTIONS) {
                let daemon = &daemons[case.daemon];
                let ours = load(&daemon.door, &case.request, *connections, length, daemon.process.id());
                let door = &bare.door;
                let request = door.get(&format!("/{}", case.size));
                let theirs = load(door, &request, *connections, length, bare.process.id());
                let pair = if round % 2 == 0 {
                    let ours = ours.await?;
                    (ours, theirs.await?)
                } else {
                    let theirs = theirs.await?;
                    (ours.await?, theirs)
                };
                // The first round warms up.
                if round > 0 {
                    slices.push(pair);
                }
            }
        }
    }
    for case in &cases {
        for (slices, connections) in case.slices.iter().zip(CONNECTIONS) {
            tell(bench, &format!("{}, {connections} conn.", case.what), case.size, slices);
        }
    }
    bench.table.add(1, "tokens put to Keystone", keystone.validations().to_string(), aside());
    Ok(())
}

fn tell(bench: &mut Bench, what: &str, size: usize, slices: &[(Slice, Slice)]) {
    let of = |figure: fn(&Slice) -> f64| {
        let ours = median(slices.iter().map(|(ours, _)| figure(ours)).collect());
        (ours, median(slices.iter().map(|(_, theirs)| figure(theirs)).collect()))
    };
    let throughput = of(|slice| slice.per_second);
    let [p50, cpu] = [of(|slice| slice.p50.as_secs_f64()), of(|slice| slice.cpu.as_secs_f64())]
        .map(|(ours, theirs)| (Duration::from_secs_f64(ours), Duration::from_secs_f64(theirs)));
    let ratio = median(slices.iter().map(|(ours, theirs)| ours.per_second / theirs.per_second).collect());
    let measured = format!(
        "{} ({:.0} of {:.0}/s; p50 {} : {}; CPU {} : {}; {size} B)",
        percent(ratio),
        throughput.0,
        throughput.1,
        time(p50.0),
        time(p50.1),
        time(cpu.0),
        time(cpu.1)
    );
    bench.table.add(1, what, measured, at_least(ratio, TARGET, percent));
}
