//! User messages: why something failed after it had been accepted. Source: user-messages.md.

use manilad_decisions::message;
use manilad_domain::message::{UserMessage, index};
use manilad_domain::{Fault, MessageId, Stamp, span};
use manilad_store::{Range, Shared};

use crate::call::{Call, Owner};
use crate::listing::{Items, Listing};
use crate::page::{Position, Sortable, Window};
use crate::parameter::{DIRECTION, Form, PAGE, Parameter, Parameters};
use crate::query::Column;
use crate::view;

view! {
    /// A message; lists show it in full.
    MESSAGE = "message" / "messages" of message: Shared<UserMessage>, seen by viewer {
        "id"            [..] uuid   => message.id,
        "project_id"    [..] string => message.project_id,
        "action_id"     [..] string => message.action.id(),
        "detail_id"     [..] string => message.detail.id(),
        "message_level" [..] string => UserMessage::LEVEL,
        "created_at"    [..] stamp  => message.created_at,
        "expires_at"    [..] stamp  => message.expires_at,
        "request_id"    [..] string => message.request_id,
        "resource_type" [..] string => message.subject.name(),
        "resource_id"   [..] string => message.resource_id,
        "user_message"  [..] string => message.text(),
        "links"         [..] links  => viewer.links("messages", message.id),
    }
}

crate::routes! {
    GET    "/messages"      [2.37..] "message:get_all" => list ? LISTED -> 200 many MESSAGE;
    GET    "/messages/{id}" [2.37..] "message:get"     => show          -> 200 one MESSAGE;
    DELETE "/messages/{id}" [2.37..] "message:delete"  => delete        -> 204;
}

/// Columns that lists are filtered and sorted by.
const COLUMNS: &[Column<UserMessage>] = &[
    ("id", |message| message.id.to_string()),
    ("project_id", |message| message.project_id.clone()),
    ("request_id", |message| message.request_id.clone()),
    ("resource_type", |message| message.subject.name().to_owned()),
    ("action_id", |message| message.action.id().to_owned()),
    ("detail_id", |message| message.detail.id().to_owned()),
    ("resource_id", |message| message.resource_id.clone()),
    ("message_level", |_| UserMessage::LEVEL.to_owned()),
    ("expires_at", |message| message.expires_at.text()),
    ("created_at", |message| message.created_at.text()),
];

const FILTERS: &[&str] = &["request_id", "resource_type", "resource_id", "action_id", "detail_id", "message_level"];

const LISTED: Parameters = &[
    PAGE,
    &[
        Parameter::always("sort_key", Form::OneOf(|| COLUMNS.iter().map(|(name, _)| *name).collect())),
        DIRECTION,
        Parameter::new("created_since", span!([2.52..]), Form::Instant),
        Parameter::new("created_before", span!([2.52..]), Form::Instant),
    ],
    &{
        let mut filters = [Parameter::always("", Form::Text); FILTERS.len()];
        let mut at = 0;
        while at < FILTERS.len() {
            filters[at].name = FILTERS[at];
            at += 1;
        }
        filters
    },
];

fn column(key: &str) -> Option<fn(&UserMessage) -> String> {
    COLUMNS.iter().find(|(name, _)| *name == key).map(|(_, read)| *read)
}

async fn list(call: Call) -> Result<Listing<Shared<UserMessage>>, Fault> {
    let window = Window::bounded(&call)?;
    let key = call.query.get("sort_key").unwrap_or("created_at");
    let sort = column(key).ok_or_else(|| Fault::invalid(format!("{key:?} is not a column that messages sort by.")))?;
    let descending = call.query.get("sort_dir").is_none_or(|direction| direction == "desc");
    let (since, before) = (instant(&call, "created_since")?, instant(&call, "created_before")?);
    let range = match call.caller.is_admin {
        true => Range::all(index::BY_CREATION),
        false => Range::of(index::BY_PROJECT, [call.project().to_owned()]),
    };
    let mut found: Vec<Shared<UserMessage>> = call.scan(range.limit(usize::MAX)).await?;
    found.retain(|message| {
        let matches = |filter: &&str| match (call.query.get(filter), column(filter)) {
            (Some(value), Some(read)) => read(message) == value,
            _ => true,
        };
        since.is_none_or(|since| message.created_at >= since)
            && before.is_none_or(|before| message.created_at <= before)
            && FILTERS.iter().all(matches)
    });
    let position = move |message: &Shared<UserMessage>| Position {
        by: Some(Sortable::Text(sort(message))),
        made: message.created_at,
        id: message.id.to_string(),
    };
    found.sort_by_cached_key(position);
    if descending {
        found.reverse();
    }
    let page = window.cut_sorted(found, descending, position)?;
    Ok(window.listing(&call, Items::Read(page), None, "messages_links", position))
}

/// An instant out of the query.
fn instant(call: &Call, key: &str) -> Result<Option<Stamp>, Fault> {
    let Some(text) = call.query.get(key) else { return Ok(None) };
    Stamp::parse(text)
        .map(Some)
        .ok_or_else(|| Fault::invalid(format!("Query parameter {key} must be an ISO 8601 instant, not {text:?}.")))
}

fn find(call: &Call, rule: &str) -> Result<Shared<UserMessage>, Fault> {
    let id: MessageId = call.id("id", "message")?;
    let missing = || Fault::no_such("message", id);
    let message: Shared<UserMessage> = call.face.get(&id.to_string())?.ok_or_else(missing)?;
    let owner = Owner::Of { project: &message.project_id, user: "" };
    if call.allows(rule, owner) { Ok(message) } else { Err(missing()) }
}

async fn show(call: Call) -> Result<Shared<UserMessage>, Fault> {
    find(&call, "message:get")
}

async fn delete(call: Call) -> Result<(), Fault> {
    let id = find(&call, "message:delete")?.id;
    call.decide_freeing("delete message", move |draft| message::delete(draft, id)).await
}
