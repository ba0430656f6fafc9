//! What the kernel tells about a process: memory and processor time (proc(5)).

use std::time::Duration;

use anyhow::Context as _;

/// Kernel ticks per second in `/proc/PID/stat`; fixed by Linux's interface to programs (`USER_HZ`).
const TICKS: u64 = 100;

/// Bytes of memory that a process has resident.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub now: u64,
    /// Of these, what is no file's: heap and stacks.
    pub anonymous: u64,
    pub peak: u64,
}

/// # Errors
/// There is no such process.
pub fn memory(process: u32) -> anyhow::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let bytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.map(|kib| kib << 10).with_context(|| format!("/proc/{process}/status tells no {name}"))
    };
    Ok(Memory { now: bytes("VmRSS:")?, anonymous: bytes("RssAnon:")?, peak: bytes("VmHWM:")? })
}

/// Processor time that all threads of a process have spent, in steps of 10 ms.
///
/// # Errors
/// There is no such process.
pub fn cpu(process: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat is not as expected")?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}
