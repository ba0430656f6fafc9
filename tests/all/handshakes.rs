//! What callers of the TLS port can do to the daemon before they have shown that they speak TLS: nothing that others
//! notice, and nothing that somebody would have to look into.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::reload::{certify, over_tls};
use crate::support::{Api, BackEnd, Stage, until};

/// A daemon that serves TLS, and the folder of its certificate.
fn stage() -> (TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    let _certificate = certify(folder.path());
    let stage = Stage::with(&[], &over_tls(folder.path()), &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    (folder, stage)
}

/// Open files that the daemon may have.
const FILES: usize = 512;

/// Begins so many handshakes that never go on, in the background, for as long as the answer lives.
fn unfinished(address: &str, count: usize) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let address: SocketAddr = address.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || {
        for _ in 0..count {
            runtime.spawn(async move {
                loop {
                    let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else { continue };
                    let _gone_already = stream.write_all(&[0x16, 3, 1, 2, 0, 1]).await;
                    let _until_the_daemon_has_enough = stream.read(&mut [0; 64]).await;
                }
            });
        }
        let _the_test_ends = runtime.block_on(stopped);
    });
    stop
}

#[test]
fn two_thousand_unfinished_handshakes_leave_the_store_its_descriptors() {
    let (_folder, mut stage) = stage();
    stage.restart_under(&["-n", &FILES.to_string()]);
    let at_rest = stage.daemon.descriptors();
    let api = Api::over_tls(&stage.daemon.address);
    api.get("/types");
    let strangers = unfinished(&stage.daemon.address, 2000);
    until("most descriptors are taken", || (stage.daemon.descriptors() > at_rest + FILES / 2).then_some(()));
    for number in 0..200 {
        api.make_type(&format!("meanwhile {number}"), json!({}));
        let open = stage.daemon.descriptors();
        assert!(open < FILES - 64, "{open} are open, and the store needs some");
    }
    assert_eq!(stage.daemon.complaints(), Vec::<String>::new());
    drop(strangers);
    until("they are free again", || (stage.daemon.descriptors() < at_rest + 8).then_some(()));
    let (folder, _sim) = stage.stop_daemon();
    drop(folder);
}

#[test]
fn what_is_no_tls_is_nothing_to_complain_about() {
    let (_folder, stage) = stage();
    let hello: &[u8] = &[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3];
    let alert: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];
    let warning: &[u8] = &[0x15, 3, 3, 0, 2, 1, 90];
    let plain: &[u8] = b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n";
    for sent in [plain, hello, alert, warning, &[0x16, 3, 1, 0xff, 0xff], &[0; 4096], b""] {
        let mut stream = TcpStream::connect(&stage.daemon.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(sent).unwrap();
        let mut heard = Vec::new();
        let _it_may_be_reset = stream.read_to_end(&mut heard);
    }
    let http = crate::support::http();
    assert!(http.get(format!("http://{}/healthcheck", stage.daemon.address)).send().is_err(), "TLS only");
    Api::over_tls(&stage.daemon.address).get("/types");
    assert_eq!(stage.daemon.complaints(), Vec::<String>::new());
    stage.close(0);
}
