//! What systemd hears of a daemon that it runs: a socket in its place takes the words down.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::support::{BackEnd, Process, Stage, until};

#[test]
fn systemd_hears_of_readiness_life_reload_and_the_end() {
    let stage = Stage::with(&[], "", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let folder = stage.folder.path().to_owned();
    let (_kept, _sim) = stage.stop_daemon();
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let heard = || {
        let mut words = [0; 256];
        let length = socket.recv(&mut words).unwrap();
        String::from_utf8(words[..length].to_vec()).unwrap()
    };
    let until_heard = |wanted: &str| until(wanted, || heard().contains(wanted).then_some(()));

    let path = folder.join("notify");
    let told = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "200000")];
    let mut daemon = Process::start_with(&["--config-file".into(), "manila.conf".into()], &folder, &told);
    daemon.address("API");
    until_heard("READY=1");
    until_heard("WATCHDOG=1");
    until_heard("WATCHDOG=1");
    daemon.signal("-HUP");
    until_heard("RELOADING=1");
    until_heard("READY=1");
    daemon.stop();
    until_heard("STOPPING=1");
}
