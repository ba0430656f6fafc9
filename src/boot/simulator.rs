//! The simulated array inside the daemon: with the embedded configuration there is an array to work with from the first
//! second.
//!
//! The client and the simulator share no type; this is the only place that knows both. Calls go in process, the data
//! LIFs listen for real.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_conf::settings::Latency;
use manilad_ontap::{Broken, Reply, Request, Sent, Transport};
use manilad_ontap_sim::{Call, Cluster, Config, Lifs, Profile};

/// A cluster with its data LIFs.
pub struct Array {
    pub cluster: Cluster,
    pub lifs: Lifs,
    state: String,
}

impl Array {
    /// The array of `[manilad] simulator`, if that is on.
    ///
    /// # Errors
    /// A state directory or an address that can't be used.
    pub fn inside(settings: &Settings, clock: &Clock) -> anyhow::Result<Option<Self>> {
        let manilad = &settings.manilad;
        if !manilad.simulator {
            return Ok(None);
        }
        let latency = match manilad.simulator_latency {
            Latency::None => Profile::None,
            Latency::Background => Profile::Background,
            Latency::Array => Profile::Array,
        };
        let state = manilad.simulator_state_path.clone();
        let config = Config { latency, state_dir: Some(state.clone()), ..Config::default() };
        let cluster = Cluster::open(config, clock.clone())?;
        let lifs = cluster.serve_nfs(manilad.simulator_nfs_port)?;
        Ok(Some(Array { cluster, lifs, state: state.display().to_string() }))
    }

    /// What it is, for the operator.
    pub fn line(&self) -> String {
        let lifs: Vec<String> = self.lifs.lifs().iter().map(ToString::to_string).collect();
        format!("simulator  NFSv3 on {}, state in {}", lifs.join(" and "), self.state)
    }
}

/// The way from our client to a simulated cluster in the same process.
pub struct InProcess {
    cluster: Cluster,
    clock: Clock,
}

impl InProcess {
    pub fn new(cluster: Cluster, clock: Clock) -> Self {
        InProcess { cluster, clock }
    }
}

impl Transport for InProcess {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        async move {
            let patience = request.deadline.saturating_sub(self.clock.running());
            let call = Call {
                method: request.method.name().to_owned(),
                target: request.path_and_query,
                headers: request.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                body: request.body.unwrap_or_default().into(),
                certified: None,
            };
            let broken = |why: &str| Broken { sent: Sent::Maybe, why: why.to_owned() };
            match self.clock.within(patience, self.cluster.answer(call)).await {
                Ok(Ok(reply)) => Ok(Reply { status: reply.status, headers: reply.headers, body: reply.body.to_vec() }),
                Ok(Err(_)) => Err(broken("the connection was closed before an answer came")),
                Err(late) => Err(broken(&late.to_string())),
            }
        }
        .boxed()
    }
}

/// How long a stop waits for NFS calls that are under way.
pub const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A transport as drivers take it.
pub fn transport(cluster: &Cluster, clock: &Clock) -> Arc<dyn Transport> {
    Arc::new(InProcess::new(cluster.clone(), clock.clone()))
}
