//! One incarnation at work: reports, surveys, and its actors over the same hold on the array.

use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::pool::Pool;
use manilad_driver::{AccessPorts, RunningDriver, ServerPorts, SharePorts, SnapshotPorts, Survey, Trouble};
use manilad_kit::{Life, Vitals, Watch, raise};

use crate::access::AccessActor;
use crate::array::Array;
use crate::housekeeping::Schedule;
use crate::seat::require_cluster;
use crate::server::ServerActor;
use crate::share::ShareActor;
use crate::snapshot::SnapshotActor;
use crate::survey::ObservedArray;
use crate::{fpolicy, housekeeping, pools, trouble};

pub struct RunningNetApp {
    array: Rc<Array>,
    tidying: Rc<Schedule>,
}

impl RunningNetApp {
    pub fn new(array: Array) -> Self {
        RunningNetApp { tidying: Rc::new(Schedule::new(&array.clock)), array: Rc::new(array) }
    }
}

impl RunningDriver for RunningNetApp {
    fn report(&self) -> LocalBoxFuture<'static, Result<Vec<Pool>, Trouble>> {
        let (array, tidying) = (self.array.clone(), self.tidying.clone());
        async move {
            let session = array.news().await?;
            if tidying.is_due() {
                housekeeping::tidy(&array, &session).await;
            }
            fpolicy::settle(&array, &session).await;
            pools::report(&array.settings, &array.service, &session.facts)
        }
        .boxed_local()
    }

    fn survey(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Survey>, Trouble>> {
        let array = self.array.clone();
        async move { Ok(Rc::new(ObservedArray::now(array).await?) as Rc<dyn Survey>) }.boxed_local()
    }

    fn moved(&self) -> LocalBoxFuture<'static, ()> {
        let moved = self.array.moved.clone();
        async move { moved.notified().await }.boxed_local()
    }

    fn addresses(&self) -> LocalBoxFuture<'static, Result<usize, Trouble>> {
        let array = self.array.clone();
        async move {
            if array.settings.servers().is_none() {
                return Err(trouble::never("the SVM is configured: it has its addresses"));
            }
            let session = array.session().await?;
            require_cluster(&array.settings, &session.facts)?;
            Ok(session.facts.nodes.len())
        }
        .boxed_local()
    }

    fn raise_shares(&self, vitals: &Vitals, ports: &SharePorts) -> Life {
        let (array, ports) = (self.array.clone(), ports.clone());
        raise(vitals, Watch::default(), move |raising| {
            ports.plug(raising);
            ShareActor::new(array)
        })
    }

    fn raise_access(&self, vitals: &Vitals, ports: &AccessPorts) -> Life {
        let (array, ports) = (self.array.clone(), ports.clone());
        raise(vitals, Watch::default(), move |raising| {
            ports.plug(raising);
            AccessActor::new(array)
        })
    }

    fn raise_snapshots(&self, vitals: &Vitals, ports: &SnapshotPorts) -> Life {
        let (array, ports) = (self.array.clone(), ports.clone());
        raise(vitals, Watch::default(), move |raising| {
            ports.plug(raising);
            SnapshotActor::new(array)
        })
    }

    fn raise_servers(&self, vitals: &Vitals, ports: &ServerPorts) -> Life {
        let (array, ports) = (self.array.clone(), ports.clone());
        raise(vitals, Watch::default(), move |raising| {
            ports.plug(raising);
            ServerActor::new(array)
        })
    }
}
