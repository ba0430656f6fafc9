//! The simulator inside the daemon: the embedded default has an array to work with from the first second.
//!
//! The client and the simulator share no type; this is the only place that knows both. Calls go in process, the data
//! LIFs listen for real.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use manilad_clock::Clock;
use manilad_ontap::{Broken, Reply, Request, Sent, Transport};
use manilad_ontap_sim::{Call, Cluster};

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
