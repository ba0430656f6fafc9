//! A child process whose output is read as it comes, which never outlives the test, and which never tells a secret.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::until;

/// The password of the administrators of an array and of its SVM.
pub const PASSWORD: &str = "correct-h0rse";

/// What tests give a daemon to keep to itself: passwords, as they are and as HTTP has them.
const SECRETS: &[&str] =
    &[PASSWORD, "YWRtaW46Y29ycmVjdC1oMHJzZQ", "dnNhZG1pbjpjb3JyZWN0LWgwcnNl", "ch4nged-h0rse", "open sesame"];

/// A running `manilad`.
pub struct Process {
    child: Child,
    out: Arc<Mutex<Vec<String>>>,
    log: Arc<Mutex<Vec<String>>>,
}

fn gather(from: impl std::io::Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    std::thread::spawn(move || {
        // A machine that boots writes what is no text, too.
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            kept.lock().unwrap().push(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    });
    lines
}

impl Process {
    pub fn start(arguments: &[String], folder: &Path) -> Self {
        Process::start_with(arguments, folder, &[])
    }

    /// As [`Process::start`], with more in its environment.
    pub fn start_with(arguments: &[String], folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
        command.args(arguments).envs(environment.iter().copied());
        Process::run(command, folder)
    }

    /// As [`Process::start`], under limits as the shell's `ulimit` takes them.
    pub fn start_under(arguments: &[String], folder: &Path, limits: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let limited = format!("ulimit {} && exec \"$@\"", limits.join(" "));
        command.args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_manilad")]).args(arguments);
        Process::run(command, folder)
    }

    /// Any program, in a folder.
    pub fn run(mut command: Command, folder: &Path) -> Self {
        let mut child = command
            .current_dir(folder)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, log) = (gather(child.stdout.take().unwrap()), gather(child.stderr.take().unwrap()));
        Process { child, out, log }
    }

    /// The address in the first line of output that begins with `label`.
    pub fn address(&mut self, label: &str) -> String {
        let out = self.out.clone();
        until(&format!("a line {label:?} on standard output"), || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("ended with {status}: {:#?}", self.log());
            }
            let lines = out.lock().unwrap();
            let line = lines.iter().find(|line| line.starts_with(label))?;
            let url = line.split_whitespace().find(|word| word.starts_with("http"))?;
            Some(url.split('/').nth(2)?.to_owned())
        })
    }

    /// What it logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// How many file descriptors it has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Its end by itself: the exit code.
    pub fn ended(&mut self) -> i32 {
        until("an end by itself", || self.child.try_wait().unwrap()).code().unwrap()
    }

    /// SIGTERM, and its orderly end.
    pub fn stop(&mut self) {
        self.stop_by("-TERM");
    }

    /// A signal, and the orderly end that it asks for.
    pub fn stop_by(&mut self, signal: &str) {
        self.signal(signal);
        let status = until("an orderly stop", || self.child.try_wait().unwrap());
        assert!(status.success(), "stopped with {status}: {:#?}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _it_may_have_ended = self.child.kill();
        let _reaped = self.child.wait();
        let log = self.log();
        if std::thread::panicking() {
            println!("--- log of a process\n{}", log.join("\n"));
            return;
        }
        let told = log.iter().find(|line| SECRETS.iter().any(|secret| line.contains(secret)));
        assert!(told.is_none(), "a secret is told: {told:?}");
    }
}
