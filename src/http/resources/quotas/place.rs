//! Which limits a request is about: a project's own, or those of one of its users or of a share type within it.

use manilad_domain::quota::QuotaScope;
use manilad_domain::{Fault, span};

use crate::call::Call;
use crate::identity::check_name;
use crate::parameter::{Form, Parameter, Parameters};
use crate::resources::shares::find_type;

/// A project and a scope within it.
#[derive(Debug, Clone)]
pub struct QuotaOwner {
    pub project: String,
    pub scope: QuotaScope,
}

/// The parameters that name a scope.
pub const WITHIN: Parameters = &[&[
    Parameter::always("user_id", Form::Text),
    Parameter::new("share_type", span!([..=2.38]), Form::Refused),
    Parameter::new("share_type", span!([2.39..]), Form::Text),
]];

impl QuotaOwner {
    /// The place that path, `?user_id=` and `?share_type=` name. Projects and users are not checked.
    ///
    /// # Errors
    /// Invalid for both at once, or a share type before 2.39; missing for an unknown share type.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let given = |key| call.query.get(key).filter(|value| !value.is_empty());
        let scope = match (given("user_id"), given("share_type")) {
            (_, Some(_)) if !call.at_least("2.39") => {
                return Err(Fault::invalid("Share types have quotas from microversion 2.39 on."));
            }
            (Some(_), Some(_)) => {
                return Err(Fault::invalid("Query parameters user_id and share_type exclude one another."));
            }
            (Some(user), None) => QuotaScope::User(user.to_owned()),
            (None, Some(share_type)) => QuotaScope::ShareType(find_type(call, &call.app.store, share_type)?.id),
            (None, None) => QuotaScope::Project,
        };
        Ok(QuotaOwner { project: call.param("project_id").to_owned(), scope })
    }

    /// As [`QuotaOwner::of`], for somebody who wants to see it.
    ///
    /// # Errors
    /// Also forbidden: only administrators see other projects'.
    pub fn to_see(call: &Call) -> Result<Self, Fault> {
        if call.caller.is_admin || call.param("project_id") == call.project() {
            QuotaOwner::of(call)
        } else {
            Err(Fault::denied())
        }
    }

    /// As [`QuotaOwner::of`], for somebody who wants to store limits there.
    ///
    /// # Errors
    /// Also invalid for names that are too long to be anybody's.
    pub fn to_set(call: &Call) -> Result<Self, Fault> {
        let place = QuotaOwner::of(call)?;
        check_name("project", &place.project)?;
        if let QuotaScope::User(user) = &place.scope {
            check_name("user", user)?;
        }
        Ok(place)
    }
}
