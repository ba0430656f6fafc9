//! What lists of share servers are filtered by. A key that is none of these is one that no server has, so nothing is
//! found: paging is no exception, for the list has none. Source: resources.md §9.

use super::view::ShareServerView;
use crate::body::flag_word;
use crate::call::Call;
use crate::parameter::{Form, Parameter, Parameters};

/// Whether a server is of a value.
type Filter = (&'static str, Form, fn(&ShareServerView, &str) -> bool);

const FILTERS: &[Filter] = &[
    ("id", Form::Text, |view, text| view.server.id.to_string() == text),
    ("host", Form::Text, |view, text| view.server.service == text),
    ("status", Form::Text, |view, text| view.server.status.name() == text),
    ("project_id", Form::Text, |view, text| view.server.project_id == text),
    ("share_network", Form::Text, |view, text| {
        view.network_name.as_deref() == Some(text) || view.server.share_network_id.to_string() == text
    }),
    ("share_network_id", Form::Text, |view, text| view.server.share_network_id.to_string() == text),
    ("share_network_subnet_id", Form::Text, |view, text| {
        view.server.subnets.iter().any(|subnet| subnet.id.to_string() == text)
    }),
    ("is_auto_deletable", Form::Flag, |view, text| flag_word(text) == Some(view.server.is_auto_deletable)),
    ("identifier", Form::Text, |view, text| view.server.identifier == text),
    ("task_state", Form::Text, |view, text| view.server.task_state.is_some_and(|state| state.name() == text)),
    ("source_share_server_id", Form::Text, |_, _| false),
    ("security_service_update_support", Form::Flag, |view, text| {
        flag_word(text) == Some(view.server.abilities.security_service_update)
    }),
    ("network_allocation_update_support", Form::Flag, |view, text| {
        flag_word(text) == Some(view.server.abilities.network_allocation_update)
    }),
    ("encryption_key_ref", Form::Text, |view, text| {
        view.server.encryption.as_ref().is_some_and(|encryption| encryption.key.to_string() == text)
    }),
];

/// The query of the list; others are keys that no server has.
pub const LISTED: Parameters = &[
    &{
        let mut parameters = [Parameter::always("", Form::Text); FILTERS.len()];
        let mut at = 0;
        while at < FILTERS.len() {
            (parameters[at].name, parameters[at].form) = (FILTERS[at].0, FILTERS[at].1);
            at += 1;
        }
        parameters
    },
    &[Parameter::always("others", Form::Others)],
];

/// What servers of a list must be like.
pub struct Filters(Vec<(Option<&'static Filter>, String)>);

impl Filters {
    pub fn of(call: &Call) -> Self {
        let filter = |key: &str| FILTERS.iter().find(|(name, ..)| *name == key);
        Filters(call.query.pairs().map(|(key, value)| (filter(key), value.to_owned())).collect())
    }

    pub fn pass(&self, view: &ShareServerView) -> bool {
        self.0.iter().all(|(filter, value)| filter.is_some_and(|(.., matches)| matches(view, value)))
    }
}
