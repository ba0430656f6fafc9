//! `cargo bench --bench manilad [-- [--quick] [ROW …]]`: the numbers that the design sets, measured on this machine.
//!
//! Rows are those of "Numbers to reach". What depends on the machine is measured side by side with a bare server, in
//! alternating rounds, and told as a ratio of medians. The daemon is the release binary as a process of its own, the
//! array the simulator in another. Nothing is asserted: what is missed is marked. How to get it wrong: reading figures
//! of a machine that has something else to do; the first lines of the output tell.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the bench's own output")]
#![allow(clippy::disallowed_methods, reason = "a bench measures real time")]

mod bare;
mod daemon;
mod fill;
mod keystone;
mod load;
mod rows;
mod table;
mod vitals;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use table::{Table, time};

/// What a run of the bench shares.
pub struct Bench {
    /// Fewer rounds, for a first look.
    pub quick: bool,
    pub table: Table,
    large: Option<(tempfile::TempDir, String)>,
}

impl Bench {
    /// A number of repetitions: a quarter in a quick run.
    pub fn rounds(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(4) } else { full }
    }

    /// A folder on the disk that holds the build, which is a real one.
    pub fn folder(&self) -> anyhow::Result<tempfile::TempDir> {
        Ok(tempfile::Builder::new().prefix("manilad-bench").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
    }

    /// A folder with a store of 100 000 shares, made when it is first asked for, and the id of one of them.
    pub async fn large(&mut self) -> anyhow::Result<(&Path, &str)> {
        if self.large.is_none() {
            let folder = self.folder()?;
            let began = Instant::now();
            let share = fill::fill(folder.path(), LARGE).await?;
            eprintln!("  {LARGE} shares committed in {}", time(began.elapsed()));
            self.large = Some((folder, share));
        }
        let (folder, share) = self.large.as_ref().context("there is a large store")?;
        Ok((folder.path(), share))
    }
}

/// Shares of the large store.
const LARGE: usize = 100_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == bare::ARGUMENT) {
        let sizes = arguments[1..].iter().map(|size| size.parse()).collect::<Result<_, _>>()?;
        return bare::serve(sizes);
    }
    let wanted: Vec<u8> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    let quick = arguments.iter().any(|word| word == "--quick");
    let mut bench = Bench { quick, table: Table::default(), large: None };
    println!("{}", machine()?);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        for (row, title) in rows::ROWS {
            if wanted.is_empty() || wanted.contains(row) {
                eprintln!("row {row}: {title}");
                rows::measure(*row, &mut bench).await.with_context(|| format!("row {row}"))?;
            }
        }
        anyhow::Ok(())
    })?;
    bench.table.print();
    Ok(())
}

/// What the figures depend on: cores, what else runs, how fast the disk syncs.
fn machine() -> anyhow::Result<String> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split_whitespace().next().unwrap_or("?");
    let cores = std::thread::available_parallelism()?;
    let mut syncs = syncs(200)?;
    let (p50, p99) = (load::percentile(&mut syncs, 50.0), load::percentile(&mut syncs, 99.0));
    Ok(format!(
        "{cores} cores, load {load} before the run; a synced write of 4 KiB takes {} (p99 {})",
        time(p50),
        time(p99)
    ))
}

/// Times of so many small writes, each synced.
fn syncs(count: usize) -> anyhow::Result<Vec<Duration>> {
    let path = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut file = File::create(path.path())?;
    let mut times = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    Ok(times)
}
