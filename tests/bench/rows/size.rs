//! Row 8: the size of the stripped release binary with its default features.

use crate::Bench;
use crate::daemon::BINARY;
use crate::table::{at_most, mib};

const TARGET: u64 = 14 << 20;

pub fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let size = std::fs::metadata(BINARY)?.len();
    bench.table.add(8, "release binary, default features", mib(size), at_most(size, TARGET, mib));
    Ok(())
}
