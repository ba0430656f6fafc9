//! What is asked of share networks, of their subnets and of share servers while work is under way.

use manilad_domain::status::TaskState;

use super::*;
use crate::{Decided, share_network, share_server, subnet};

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum NetworkRequest {
    DeleteServer { which: usize },
    ResetTaskState { which: usize, state: Option<TaskState> },
    DeleteSubnet,
    DeleteNetwork,
}

pub fn network_request() -> impl Strategy<Value = NetworkRequest> {
    use NetworkRequest::{DeleteNetwork, DeleteServer, DeleteSubnet, ResetTaskState};
    let state = prop::option::of(prop::sample::select(TaskState::ALL.to_vec()));
    prop_oneof![
        2 => (0usize..4).prop_map(|which| DeleteServer { which }),
        1 => (0usize..4, state).prop_map(|(which, state)| ResetTaskState { which, state }),
        1 => Just(DeleteSubnet),
        1 => Just(DeleteNetwork),
    ]
}

type Asked = Box<dyn FnOnce(&mut Draft<'_>) -> Decided<()> + Send>;

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn of_network(&self, request: NetworkRequest) -> Option<Asked> {
        let cause = Cause { request_id: "req-5".into(), now: self.now };
        Some(match request {
            NetworkRequest::DeleteServer { which } => {
                let id = self.nth::<ShareServer>(which)?.key();
                Box::new(move |draft| share_server::delete(draft, &id, &cause))
            }
            NetworkRequest::ResetTaskState { which, state } => {
                let id = self.nth::<ShareServer>(which)?.key();
                Box::new(move |draft| share_server::reset_task_state(draft, &id, state, cause.now))
            }
            NetworkRequest::DeleteSubnet => Box::new(move |draft| subnet::delete(draft, &SUBNET.to_string(), &cause)),
            NetworkRequest::DeleteNetwork => {
                Box::new(move |draft| share_network::delete(draft, &NETWORK.to_string(), &cause))
            }
        })
    }
}
