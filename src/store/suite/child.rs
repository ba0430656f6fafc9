//! Processes of their own, for what only the end or the limits of a whole process can show: this test binary once more,
//! with one test in it that runs nowhere else.
//!
//! How to get it wrong: a child that fails, or does not run, taken for one that has done its part. Whoever starts one waits
//! for what it prints.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where a child finds the store that it works on.
const DIR: &str = "MANILAD_STORE_OF_CHILD";

/// The store of the child that asks.
pub(crate) fn dir() -> PathBuf {
    std::env::var_os(DIR).expect("started by the test that it is the child of").into()
}

/// This binary with that test alone, below `wrapper` if there is one.
pub(crate) fn command(wrapper: &[&str], test: &str, dir: &Path) -> Command {
    let own = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(Path::new).chain([own.as_path()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--ignored", "--exact", test, "--nocapture"]).env(DIR, dir);
    command
}

/// A child that ends by being killed.
pub(crate) struct Killed {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Killed {
    pub(crate) fn start(test: &str, dir: &Path) -> Self {
        let mut child = command(&[], test, dir).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Killed { child, lines }
    }

    /// What it prints, for as long as it lives.
    pub(crate) fn lines(&mut self) -> impl Iterator<Item = String> {
        self.lines.by_ref().map_while(Result::ok)
    }

    /// Kills it; answers what it had printed by then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let left = self.lines().collect();
        self.child.wait().unwrap();
        left
    }
}
