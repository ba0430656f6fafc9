//! `manilad demo`: the whole job against a running daemon, each step with its time: a type, a share, a rule, bytes over
//! NFS, and everything given back.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use clap::Args;
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_nfs3::client::Client as Nfs;
use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::client::{self, DaemonClient};
use crate::output::tell;

/// Against whom the demonstration is done.
#[derive(Debug, Clone, Args)]
pub struct Options {
    #[command(flatten)]
    daemon: client::Daemon,
    /// The port on which the array's data LIFs serve NFS.
    #[arg(long, default_value_t = 12049)]
    nfs_port: u16,
    /// Leave out the bytes, where the array can't be reached from here.
    #[arg(long)]
    no_bytes: bool,
}

/// How long a change may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two looks at a share.
const POLL: Duration = Duration::from_millis(20);

struct Demo {
    client: DaemonClient,
    clock: Clock,
    options: Options,
    began: Duration,
    /// What is there by now and has to go, the oldest first.
    made: Vec<[String; 2]>,
}

/// Does the job.
///
/// # Errors
/// The first step that fails, with what the daemon said.
pub async fn run(options: Options, settings: &Settings) -> anyhow::Result<()> {
    let clock = Clock::system();
    let client = DaemonClient::new(options.daemon.clone(), settings)?;
    let mut demo = Demo { client, began: clock.running(), clock, options, made: Vec::new() };
    let done = demo.play().await;
    if done.is_err() {
        demo.give_back().await;
    }
    done
}

fn text(answer: &Value, at: &str) -> anyhow::Result<String> {
    answer.pointer(at).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no {at} in {answer}"))
}

impl Demo {
    async fn play(&mut self) -> anyhow::Result<()> {
        let demo = self;
        let name = format!("demo-{}", demo.clock.id().simple());
        let specs = json!({ "driver_handles_share_servers": "False" });
        let made = demo.post(&["types"], json!({ "share_type": { "name": name, "extra_specs": specs } })).await?;
        let type_id = text(&made, "/share_type/id")?;
        demo.made.push(["types".to_owned(), type_id.clone()]);
        demo.step("share type made");
        let wish = json!({ "share": { "name": name, "share_proto": "NFS", "size": 1, "share_type": type_id } });
        let share = text(&demo.post(&["shares"], wish).await?, "/share/id")?;
        demo.made.push(["shares".to_owned(), share.clone()]);
        demo.step("share accepted");
        demo.until(&["shares", &share], "/share/status", "available").await?;
        demo.step("share available");
        let exports = demo.client.succeed(Method::GET, &["shares", &share, "export_locations"], None).await?;
        let path = text(&exports, "/export_locations/0/path")?;
        demo.step(&format!("export location {path}"));
        let rule = json!({ "allow_access": { "access_type": "ip", "access_to": "127.0.0.1", "access_level": "rw" } });
        let rule = text(&demo.post(&["shares", &share, "action"], rule).await?, "/access/id")?;
        demo.until(&["share-access-rules", &rule], "/access/state", "active").await?;
        demo.step("127.0.0.1 may read and write");
        if !demo.options.no_bytes {
            demo.bytes(&path).await?;
            demo.step("a file written over NFSv3 and read back");
        }
        demo.post(&["shares", &share, "action"], json!({ "deny_access": { "access_id": rule } })).await?;
        demo.until_gone(&["share-access-rules", &rule]).await?;
        demo.step("access denied again");
        demo.delete(&["shares", &share]).await?;
        demo.until_gone(&["shares", &share]).await?;
        demo.step("share deleted, nothing left on the array");
        demo.delete(&["types", &type_id]).await?;
        demo.step("share type deleted");
        Ok(())
    }

    /// Deletes what a demonstration that failed has made, the share before its type, and tells what stays.
    async fn give_back(&mut self) {
        for [collection, id] in std::mem::take(&mut self.made).into_iter().rev() {
            let path = [collection.as_str(), &id];
            let given_back = async {
                self.delete(&path).await?;
                self.until_gone(&path).await
            };
            match given_back.await {
                Ok(()) => self.step(&format!("/{collection}/{id} deleted, since the demonstration failed")),
                Err(problem) => tell(&format!("/{collection}/{id} stays: {problem:#}")),
            }
        }
    }

    fn step(&mut self, what: &str) {
        let now = self.clock.running();
        tell(&format!("{:>8.1} ms  {what}", (now - self.began).as_secs_f64() * 1e3));
        self.began = now;
    }

    async fn post(&self, path: &[&str], body: Value) -> anyhow::Result<Value> {
        self.client.succeed(Method::POST, path, Some(body)).await
    }

    async fn delete(&self, path: &[&str]) -> anyhow::Result<()> {
        self.client.succeed(Method::DELETE, path, None).await.map(drop)
    }

    async fn until(&self, path: &[&str], at: &str, expected: &str) -> anyhow::Result<()> {
        let deadline = self.clock.running() + PATIENCE;
        loop {
            let state = text(&self.client.succeed(Method::GET, path, None).await?, at)?;
            if state == expected {
                return Ok(());
            }
            if state.contains("error") || self.clock.running() > deadline {
                bail!("/{} is {state}, not {expected}", path.join("/"));
            }
            self.clock.sleep(POLL).await;
        }
    }

    async fn until_gone(&self, path: &[&str]) -> anyhow::Result<()> {
        let deadline = self.clock.running() + PATIENCE;
        while self.client.ask(Method::GET, path, None).await?.0 != 404 {
            ensure!(self.clock.running() < deadline, "/{} is still there", path.join("/"));
            self.clock.sleep(POLL).await;
        }
        Ok(())
    }

    async fn bytes(&self, export: &str) -> anyhow::Result<()> {
        let (address, junction) =
            export.rsplit_once(':').context("the export location is not of the form ADDRESS:/PATH")?;
        let lif: IpAddr = address.trim_matches(['[', ']']).parse()?;
        let lif = SocketAddr::new(lif, self.options.nfs_port);
        let written = b"bytes that went to the array and back";
        let through = async {
            let from = Some(IpAddr::from([127, 0, 0, 1]));
            let mut client = Nfs::connect(lif, from, self.clock.clone()).await?;
            let root = client.mount(junction).await?;
            let file = client.create(&root, "hello").await?;
            client.write(&file, 0, written).await?;
            let read = client.read(&file, 0, 4096).await?;
            client.remove(&root, "hello").await?;
            client.unmount(junction).await?;
            Ok(read)
        };
        let read = through.await.map_err(|error: manilad_nfs3::Error| anyhow!("NFS at {lif} (--nfs-port): {error}"))?;
        ensure!(read == written, "what was read is not what was written");
        Ok(())
    }
}
