//! The simulated array before foreign clients of ONTAP, over HTTP and over TLS with a certificate that they check.

use tempfile::TempDir;

use crate::authority::Authority;
use crate::peer::drive;
use crate::support::PASSWORD;
use crate::support::sim::Sim;

/// Gives the SVM an SMB server.
const SMB: [&str; 2] = ["--cifs-server", "SVM1"];

/// An array, and how its clients are told to reach it.
pub struct Array {
    folder: TempDir,
    sim: Sim,
    way: Vec<String>,
}

impl Array {
    pub fn over_http() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sim = Sim::start(folder.path(), 0, &SMB);
        Array::reached(folder, sim, &["--scheme", "http"])
    }

    pub fn over_tls() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path(), "array");
        let sim = Sim::start(folder.path(), 0, &[&authority.shown()[..], &SMB].concat());
        Array::reached(folder, sim, &["--scheme", "https", "--ca", authority.root.to_str().unwrap()])
    }

    fn reached(folder: TempDir, sim: Sim, way: &[&str]) -> Self {
        let (host, port) = sim.address.split_once(':').unwrap();
        let way = [&["--host", host, "--port", port, "--password", PASSWORD], way].concat();
        let way = way.into_iter().map(str::to_owned).collect();
        Array { folder, sim, way }
    }

    /// Runs a driver, which leaves nothing behind.
    pub fn driven(&self, peer: &str, script: &str, more: &[&str]) {
        let arguments: Vec<&str> = self.way.iter().map(String::as_str).chain(more.iter().copied()).collect();
        drive(peer, script, &arguments, &[("TMPDIR", self.folder.path().to_str().unwrap())]);
        if more.contains(&"--manage") {
            // It leaves the export policy that the volume had as another share.
            let left_over = "/api/protocols/nfs/export-policies?name=policy_*";
            self.sim.by_hand("DELETE", left_over, serde_json::json!({}));
        }
        let mut left = self.sim.state();
        if more.contains(&"--snapshots") {
            // A deleted clone stands on its parent for as long as it can be recovered; the parent is put away meanwhile.
            left.volumes.retain(|name| !name.starts_with("deleted_manila_"));
        }
        let is_empty = left.volumes.is_empty() && left.policies.is_empty() && left.smb_shares.is_empty();
        assert!(is_empty && left.qos_policies.is_empty(), "{left:?}");
        assert_eq!(self.sim.tenants(), [""; 0]);
    }

    /// The start of four networks in which nothing else is, as `servers.py` takes it.
    pub fn net(&self) -> String {
        let [_, run, number, _] = self.sim.lifs[0].split('.').collect::<Vec<_>>()[..] else { panic!("no IPv4 LIF") };
        // A digit is put behind it, so it has one or two; and no LIF of ours lies in the second part.
        let (run, number): (u16, u8) = (run.parse().unwrap(), number.parse().unwrap());
        format!("127.{}.{}", (run + 50) % 220 + 20, number % 25 + 1)
    }
}
