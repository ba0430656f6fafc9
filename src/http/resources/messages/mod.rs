//! User messages: why something failed after it had been accepted. Source: user-messages.md.

use manilad_decisions::message;
use manilad_domain::message::{UserMessage, index};
use manilad_domain::{Fault, MessageId, Stamp, span};
use manilad_store::{Range, Shared, Snapshot};

use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::{Sortable, Window};
use crate::parameter::{DIRECTION, Form, PAGE, Parameter, Parameters};
use crate::search::{Passes, Search, Sorting};
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
const COLUMNS: &[(&str, Column)] = &[
    ("id", |message| text(message.id)),
    ("project_id", |message| text(&message.project_id)),
    ("request_id", |message| text(&message.request_id)),
    ("resource_type", |message| text(message.subject.name())),
    ("action_id", |message| text(message.action.id())),
    ("detail_id", |message| text(message.detail.id())),
    ("resource_id", |message| text(&message.resource_id)),
    ("message_level", |_| text(UserMessage::LEVEL)),
    ("expires_at", |message| text(message.expires_at.text())),
    ("created_at", |message| text(message.created_at.text())),
];

type Column = fn(&UserMessage) -> Sortable;

fn text(value: impl ToString) -> Sortable {
    Sortable::Text(value.to_string())
}

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

fn column(key: &str) -> Option<Column> {
    COLUMNS.iter().find(|(name, _)| *name == key).map(|(_, read)| *read)
}

async fn list(call: Call) -> Result<Listing<Shared<UserMessage>>, Fault> {
    let window = Window::bounded(&call)?;
    let descending = call.query.get("sort_dir").is_none_or(|direction| direction == "desc");
    let sorting = Sorting { by: sort_column(&call)?, descending, made: |one| one.created_at };
    let (since, before) = (instant(&call, "created_since")?, instant(&call, "created_before")?);
    let asked = |key: &&str| Some((column(key)?, text(call.query.get(key)?)));
    let filters: Vec<(Column, Sortable)> = FILTERS.iter().filter_map(asked).collect();
    let project = (!call.caller.is_admin).then(|| call.project().to_owned());
    let range = match (call.query.get("resource_id"), &project) {
        (Some(resource), _) => Range::of(index::BY_RESOURCE, [resource]),
        (None, Some(project)) => Range::of(index::BY_PROJECT, [project]),
        (None, None) => Range::all(index::BY_CREATION),
    };
    let is_filtered = !filters.is_empty() || since.is_some() || before.is_some();
    let passes = is_filtered.then(|| -> Passes<UserMessage> {
        Box::new(move |message| {
            project.as_ref().is_none_or(|project| *project == message.project_id)
                && since.is_none_or(|since| message.created_at >= since)
                && before.is_none_or(|before| message.created_at <= before)
                && filters.iter().all(|(read, value)| read(message) == *value)
        })
    });
    let search = Search { ranges: vec![range], passes, sorting, window: window.clone(), counts: false };
    let itemise = |_: &Snapshot, message, items: &mut Vec<_>| {
        items.push(message);
        Ok(())
    };
    let (items, _) = call.search(search, itemise).await?;
    let marker = move |message: &Shared<UserMessage>| sorting.position(message);
    Ok(window.listing(&call, items, None, "messages_links", marker))
}

/// What the list is sorted by; by creation without `sort_key`.
fn sort_column(call: &Call) -> Result<Option<Column>, Fault> {
    let Some(key) = call.query.get("sort_key").filter(|key| *key != "created_at") else { return Ok(None) };
    column(key).map(Some).ok_or_else(|| Fault::invalid(format!("{key:?} is not a column that messages sort by.")))
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
    let message: Shared<UserMessage> = call.app.get(&id.to_string())?.ok_or_else(missing)?;
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
