//! What administrators say about share servers.

use manilad_domain::status::{ServerStatus, TaskState};
use manilad_domain::{Fault, Microversion, span};
use serde_json::{Map, Value};

use crate::body::{Body, BodyShape, Flag, Member, Wish};
use crate::{body, schema};

body! {
    /// Sets the stored status; nothing happens on the array.
    ResetServerStatus in "reset_status" else invalid {
        status [..] required ServerStatus,
    }

    /// Sets the stored task state, or none with `null`; nothing happens on the array.
    ResetServerTaskState in "reset_task_state" else invalid {
        task_state [..] clearable ServerTaskState,
    }
}

/// A task state of share servers that administrators may set.
#[derive(Debug, Clone, Copy)]
pub struct ServerTaskState(pub TaskState);

impl Wish for ServerTaskState {
    const EXPECTED: &'static str = "a task state of migration, or null";

    fn schema() -> Value {
        schema::one_of(&TaskState::names(TaskState::is_of_servers))
    }

    fn read(value: &Value) -> Option<Self> {
        TaskState::named(value.as_str()?).filter(|state| state.is_of_servers()).map(ServerTaskState)
    }
}

impl Wish for ServerStatus {
    const EXPECTED: &'static str = "a status of share servers, such as active or error";

    fn schema() -> Value {
        schema::one_of(&ServerStatus::ALL.iter().map(|status| status.name()).collect::<Vec<_>>())
    }

    fn read(value: &Value) -> Option<Self> {
        ServerStatus::named(value.as_str()?)
    }
}

const FORCE: Member = Member::optional::<Flag>("force", span!([..]));

/// Lets go of a server; with `force` nobody asks the array.
#[derive(Debug, Clone)]
pub struct UnmanageServer {
    pub force: bool,
}

impl Body for UnmanageServer {
    const SHAPE: BodyShape = BodyShape {
        members: &[FORCE],
        ..BodyShape::of::<Self>(
            "UnmanageServer",
            "Forgets a server and leaves it on the array, without our mark; with `force` at once, and nobody asks the array.",
            &["unmanage"],
            |shape, version| schema::or_null(body::members(shape, version)),
        )
    };

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let empty = Map::new();
        let given = match body.get("unmanage") {
            Some(Value::Object(given)) => given,
            Some(Value::Null) => &empty,
            _ => return Err(Fault::invalid("Member \"unmanage\" must be null or an object.")),
        };
        let force = body::optional::<Flag>(given, FORCE, version)?;
        Ok(UnmanageServer { force: force.is_some_and(|flag| flag.0) })
    }
}
