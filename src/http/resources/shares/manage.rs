//! Taking over a share that is on the array already, and letting go of one that stays there. Source: resources.md §1.
//!
//! Which pool it is in is said by the administrator; whether that may hold it is the scheduler's answer, asked for once nothing else
//! refuses the request. A pool that it refuses refuses nothing here: as with the reference, the share is recorded as one that could not be
//! managed, and its owner is sent a message.

use std::time::Duration;

use manilad_decisions::share::{self, ManagedShare, NoRoom};
use manilad_domain::share::Protocol;
use manilad_domain::{Fault, PoolName, Share};
use manilad_messages::scheduler::{JudgePool, PoolVerdict};
use manilad_store::Shared;
use serde_json::{Map, Value};

use super::body::{MountPointName, UnmanageShare};
use super::create::in_context;
use super::judgement;
use super::view::ShareView;
use crate::body::{Flag, Label, Wish};
use crate::call::Call;
use crate::identity::Owner;
use crate::resources::snapshots::body::Named;
use crate::{body, schema};

body! {
    /// Takes over a share that is on the array.
    ManageShare in "share" else unprocessable {
        service_host        [..]     optional Named,
        protocol            [..]     optional Named,
        export_path         [..]     optional ExportPath,
        share_type          [..]     filled String,
        name                [..]     optional Label,
        display_name        [..]     optional Label,
        description         [..]     optional Label,
        display_description [..]     optional Label,
        driver_options      [..]     optional Map<String, Value>,
        is_public           [2.8..]  optional Flag,
        share_server_id     [2.49..] filled String,
        mount_point_name    [2.92..] optional MountPointName,
    }
}

/// Bytes of a path.
const LONGEST: usize = 2000;

/// Where a share can be mounted by now: a text, or an object with it as `path`; anything else is kept as what it is not.
#[derive(Debug, Clone)]
pub struct ExportPath(Option<String>);

impl Wish for ExportPath {
    const EXPECTED: &'static str = "a path of 1 to 2000 bytes, or an object with it as \"path\"";

    fn schema() -> Value {
        schema::any()
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.get("path").unwrap_or(value).as_str();
        Some(ExportPath(text.filter(|text| (1..=LONGEST).contains(&text.len())).map(str::to_owned)))
    }
}

pub async fn manage(call: Call, wish: ManageShare) -> Result<ShareView, Fault> {
    if wish.is_public.as_ref().is_some_and(|flag| flag.0) {
        call.require("share:create_public_share", Owner::Own)?;
    }
    let asked = asked(&call, wish)?;
    let store = &call.app.store;
    let (share, _) = in_context(&call, |context| share::to_manage(store, &asked, context, call.now()))?;
    let service = asked.pool.service();
    if !call.app.presence.is_up(&service, Duration::from_secs(call.app.settings.service_down_time)) {
        return Err(Fault::invalid(format!("Back end {service} is down.")));
    }
    let (pool, wanted) = (asked.pool.clone(), share.clone());
    let is_taken = move |snapshot: &_| share::mounted_at(snapshot, &pool, &wanted);
    if let Some(other) = call.look::<Share, _>(share::of_pool(&asked.pool), is_taken).await? {
        return Err(share::taken(&asked.path, other));
    }
    let verdict = verdict(&call, share).await?;
    let asker = call.clone();
    let (share, share_type) = call
        .decide("manage share", move |draft| {
            in_context(&asker, |context| share::manage(draft, &asked, context, verdict, &asker.cause()))
        })
        .await?;
    Ok(ShareView { share: share.into(), share_type: Some(Shared::from(share_type)) })
}

/// What the wish comes to, with fresh ids.
fn asked(call: &Call, wish: ManageShare) -> Result<ManagedShare, Fault> {
    let missing = |member, expected| Fault::unprocessable(format!("Member {member:?} must be {expected}."));
    let named = |name: Option<Named>, member| {
        name.and_then(|name| name.0).ok_or_else(|| missing(member, <Named as Wish>::EXPECTED))
    };
    let (host, protocol) = (named(wish.service_host, "service_host")?, named(wish.protocol, "protocol")?);
    let path = wish.export_path.and_then(|path| path.0);
    let path = path.ok_or_else(|| missing("export_path", ExportPath::EXPECTED))?;
    if wish.driver_options.is_some_and(|options| !options.is_empty()) {
        return Err(Fault::invalid("Member \"driver_options\" must be empty: no driver takes options for a share."));
    }
    let pool: PoolName = host.parse().map_err(|why| Fault::invalid(format!("Member \"service_host\": {why}.")))?;
    let enabled = Protocol::named(&protocol).filter(|named| call.app.settings.enabled_protocols.contains(named));
    let label = |first: Option<Label>, second: Option<Label>| first.or(second).map(|label| label.0);
    Ok(ManagedShare {
        id: call.app.clock.id().into(),
        instance: call.app.clock.id().into(),
        export: call.app.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        name: label(wish.name, wish.display_name),
        description: label(wish.description, wish.display_description),
        protocol: enabled.ok_or_else(|| Fault::invalid(format!("Share protocol {protocol} is not enabled.")))?,
        is_public: wish.is_public.is_some_and(|flag| flag.0),
        share_type: wish.share_type,
        pool,
        path,
        server: wish.share_server_id,
        mount_point_name: wish.mount_point_name.map(|name| name.0),
    })
}

/// Whether the pool may hold the share.
async fn verdict(call: &Call, share: Share) -> Result<Result<(), NoRoom>, Fault> {
    judgement::once_reported(call, "whether the pool can hold the share", async || {
        let question = JudgePool { share: Box::new(share.clone()), request_id: call.request_id.to_string() };
        let answer = call.app.scheduler.judge_pool.ask(question).await?;
        Ok(answer.map(|verdict| match verdict {
            PoolVerdict::Passes => Some(Ok(())),
            PoolVerdict::Refused(detail) => Some(Err(judgement::no_room(call, detail))),
            PoolVerdict::Unreported => None,
        }))
    })
    .await
}

pub async fn unmanage(call: Call, _: UnmanageShare) -> Result<(), Fault> {
    let id = call.share_for("share:unmanage", call.param("id"))?.id;
    let (version, cause) = (call.version, call.cause());
    call.decide_freeing("unmanage share", move |draft| share::unmanage(draft, id, version, &cause)).await
}

/// The same under the path that clients used before 2.7, without a body.
pub async fn unmanage_at_path(call: Call) -> Result<(), Fault> {
    unmanage(call, UnmanageShare).await
}
