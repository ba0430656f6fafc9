//! A virtual machine with the daemon inside. Killing it cuts its power: what the kernel in it had not been told to write is lost, with
//! the daemon. The array is outside, and goes on.
//!
//! What it boots is built by `tests/long/machine.sh`. Its processor is emulated, which works everywhere; with MIX_ACCEL=kvm it is the
//! host's.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Process;

/// What the machine calls the host.
pub const HOST: &str = "10.0.2.2";
/// Where the daemon listens, and keeps its store, in the machine.
pub const PORT: u16 = 8786;
pub const STORE: &str = "/data/store";

/// Where the kernel and the initial RAM disk are, and the port of the host that leads to the daemon.
pub struct Machine {
    boot: PathBuf,
    port: u16,
}

impl Machine {
    /// A machine with a fresh disk in `stage`, on which is the configuration that is there.
    pub fn lay_out(boot: &Path, stage: &Path) -> Self {
        let on_disk = stage.join("on-disk");
        std::fs::create_dir(&on_disk).unwrap();
        std::fs::copy(stage.join("manila.conf"), on_disk.join("manila.conf")).unwrap();
        run(Command::new("mke2fs").args(["-q", "-t", "ext4", "-d"]).arg(&on_disk).arg(disk(stage)).arg("2G"));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Machine { boot: boot.to_owned(), port }
    }

    /// Switches it on, and waits until the daemon serves; the address that leads to it.
    pub fn start(&self, stage: &Path) -> (Process, String) {
        let accelerator = std::env::var("MIX_ACCEL").unwrap_or_else(|_| "tcg".to_owned());
        let processor = if accelerator == "tcg" { "max" } else { "host" };
        let mut command = Command::new("qemu-system-x86_64");
        command
            .args(["-accel", &accelerator, "-cpu", processor, "-m", "768", "-smp", "2", "-no-reboot"])
            .args(["-display", "none", "-serial", "stdio", "-monitor", "none"])
            .arg("-kernel")
            .arg(self.boot.join("kernel"))
            .arg("-initrd")
            .arg(self.boot.join("initramfs"))
            .args(["-append", "console=ttyS0 quiet panic=-1 edd=off"])
            .arg("-drive")
            .arg(format!("file={},format=raw,if=virtio,cache=writeback", disk(stage).display()))
            .arg("-netdev")
            .arg(format!("user,id=net,hostfwd=tcp:127.0.0.1:{}-:{PORT}", self.port))
            .args(["-device", "virtio-net-pci,netdev=net"]);
        let mut process = Process::run(command, stage);
        process.address("API");
        (process, format!("127.0.0.1:{}", self.port))
    }

    /// Copies the store from the disk of a machine that is off into `stage`.
    pub fn bring_store(&self, stage: &Path) {
        // What the journal of the file system holds is applied first, as the kernel does it when it mounts.
        let checked = Command::new("e2fsck").arg("-fy").arg(disk(stage)).output().unwrap();
        assert!(checked.status.code().is_some_and(|code| code < 4), "{checked:?}");
        let dump = format!("rdump /store {}", stage.display());
        run(Command::new("debugfs").args(["-R", &dump]).arg(disk(stage)));
        assert!(stage.join("store").is_dir(), "no store is on the disk of the machine");
    }
}

fn disk(stage: &Path) -> PathBuf {
    stage.join("disk")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}
