//! Routes: every method, path and action with its microversions, policy, handler, status and view, as one table.
//!
//! A route without a rule does not compile. Routing, the policy coverage test and the docs walk the same rows. How to
//! get it wrong: two rows of one method, path and action whose spans overlap; a test refuses that.

use std::future::{Future, Ready, ready};

use futures::future::{FutureExt, LocalBoxFuture};
use manilad_domain::{Fault, Microversion, Span};
use serde_json::Value;

use crate::body::{Body, BodyShape};
use crate::call::Call;
use crate::listing::Listing;
use crate::parameter::Parameters;
use crate::stream::{self, Content};
use crate::view::{Shape, View};

/// The methods that the API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    GET,
    POST,
    PUT,
    DELETE,
}

impl Method {
    pub const fn name(self) -> &'static str {
        match self {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [Method::GET, Method::POST, Method::PUT, Method::DELETE].into_iter().find(|method| method.name() == text)
    }
}

/// The status and body of an answer that worked.
pub struct Answer {
    pub status: u16,
    pub body: Content,
}

pub type Handled = LocalBoxFuture<'static, Result<Answer, Fault>>;

/// In the place of a rule: any caller that is recognised may.
pub const UNGUARDED: &str = "(none)";

/// What paths of routes begin with that only this daemon has.
pub const OWN: &str = "/manilad/";

/// One row of the table.
pub struct Route {
    pub method: Method,
    /// Below `/v2[/project]`; segments in braces are parameters.
    pub path: &'static str,
    /// The key of the body, for `…/action`.
    pub action: Option<&'static str>,
    pub span: Span,
    /// The rule that guards the route, or [`UNGUARDED`]; handlers may ask for more.
    pub policy: &'static str,
    pub status: u16,
    /// What is answered in place of it where what is asked for is so already; none: the same.
    pub status_unchanged: Option<u16>,
    pub shows: Shows,
    pub body: Option<BodyShape>,
    /// All that is seen of the query.
    pub query: Parameters,
    pub handle: fn(Call, Value) -> Handled,
}

/// What the answer holds.
#[derive(Debug, Clone, Copy)]
pub enum Shows {
    Nothing,
    One(Shape),
    Many(Shape),
    /// JSON that no view writes, with its schema.
    Json(fn(Microversion) -> Value),
}

impl Route {
    /// The view that writes the answer, if one does.
    pub fn view(&self) -> Option<Shape> {
        match self.shows {
            Shows::One(shape) | Shows::Many(shape) => Some(shape),
            Shows::Nothing | Shows::Json(_) => None,
        }
    }

    /// Whether this is the status of an answer that worked.
    pub fn works_with(&self, status: u16) -> bool {
        self.status == status || self.status_unchanged == Some(status)
    }

    /// Whether Manila has no such route.
    pub fn is_own(&self) -> bool {
        self.path.starts_with(OWN)
    }

    /// Whether the row serves a request of this version.
    pub fn serves(&self, version: Microversion, experimental: bool) -> bool {
        self.span.serves(version, experimental)
    }
}

/// Calls a handler without a body.
pub fn bare<F, T, S>(call: Call, status: u16, handler: fn(Call) -> F, show: fn(Call, T) -> S) -> Handled
where
    F: Future<Output = Result<T, Fault>> + 'static,
    T: 'static,
    S: Future<Output = Result<Content, Fault>> + 'static,
{
    async move {
        let asked_by = call.clone();
        let body = show(asked_by, handler(call).await?).await?;
        Ok(Answer { status, body })
    }
    .boxed_local()
}

/// Calls a handler with its body, read as the caller's version has it.
pub fn with<B, F, T, S>(
    call: Call,
    body: &Value,
    status: u16,
    handler: fn(Call, B) -> F,
    show: fn(Call, T) -> S,
) -> Handled
where
    B: Body + 'static,
    F: Future<Output = Result<T, Fault>> + 'static,
    T: 'static,
    S: Future<Output = Result<Content, Fault>> + 'static,
{
    let wish = B::read(body, call.version);
    async move {
        let asked_by = call.clone();
        let body = show(asked_by, handler(call, wish?).await?).await?;
        Ok(Answer { status, body })
    }
    .boxed_local()
}

/// What a request came to for something that may be so already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Changed,
    Unchanged,
}

/// Calls a handler that tells whether it had something to do, of which the first or the second status is the answer.
pub fn effect<B, F>(call: Call, body: &Value, (changed, unchanged): (u16, u16), handler: fn(Call, B) -> F) -> Handled
where
    B: Body + 'static,
    F: Future<Output = Result<Effect, Fault>> + 'static,
{
    let wish = B::read(body, call.version);
    async move {
        let status = match handler(call, wish?).await? {
            Effect::Changed => changed,
            Effect::Unchanged => unchanged,
        };
        Ok(Answer { status, body: Content::Whole(Vec::new()) })
    }
    .boxed_local()
}

/// What answers without a body show.
pub fn nothing(_: Call, (): ()) -> Ready<Result<Content, Fault>> {
    ready(Ok(Content::Whole(Vec::new())))
}

#[expect(clippy::needless_pass_by_value, reason = "what is shown is handed over")]
pub fn json(_: Call, value: Value) -> Ready<Result<Content, Fault>> {
    ready(Ok(Content::Whole(value.to_string().into_bytes())))
}

pub fn one<T>(view: &View<T>, call: &Call, thing: &T) -> Ready<Result<Content, Fault>> {
    ready(view.one(thing, &call.viewer()).map(Content::Whole))
}

pub fn many<T: Send>(
    view: &'static View<T>,
    call: Call,
    listing: Listing<T>,
) -> impl Future<Output = Result<Content, Fault>> {
    stream::list(view, call, listing)
}

/// Declares a resource's routes. See the module's head.
///
/// ```text
/// GET    "/shares/{id}" [..] "share:get"    => show              -> 200 one SHARE;
/// GET    "/shares"      [..] "share:get_all"=> list ? LISTED     -> 200 many SHARE_BRIEF;
/// POST   "/shares"      [..] "share:create" => create(NewShare)  -> 200 one SHARE;
/// DELETE "/shares/{id}" [..] "share:delete" => delete            -> 202;
/// ACTION "/shares/{id}" "force_delete" [2.7..] "share:force_delete" => force_delete -> 202;
/// ACTION "/shares/{id}" "restore" [2.69..] "share:restore" => restore(Restore) -> 202 | 200;
/// GET    "/types/{id}/extra_specs" [..] "share_types_extra_spec:index" => index -> 200 json specs;
/// ```
///
/// A second status is the answer where what is asked for is so already; such a handler gives an [`Effect`].
/// Behind `?` stand the parameters that the handler sees of the query, behind `json` the function that gives the schema.
#[macro_export]
macro_rules! routes {
    (@rows [$($done:tt)*]) => { &[$($done)*] };
    (@rows [$($done:tt)*] ACTION $path:literal $action:literal $span:tt $policy:literal => $handler:ident $(($Body:ty))?
        $(? $QUERY:ident)? -> $status:literal $(| $same:literal)? $($view:ident)*; $($rest:tt)*) => {
        $crate::routes!(@rows [$($done)*
            $crate::routes!(@row POST, concat!($path, "/action"), Some($action), $span, $policy, $handler, ($($Body)?), ($($QUERY)?), ($status $(| $same)?), ($($view)*)),
        ] $($rest)*)
    };
    (@rows [$($done:tt)*] $method:ident $path:literal $span:tt $policy:literal => $handler:ident $(($Body:ty))?
        $(? $QUERY:ident)? -> $status:literal $(| $same:literal)? $($view:ident)*; $($rest:tt)*) => {
        $crate::routes!(@rows [$($done)*
            $crate::routes!(@row $method, $path, None, $span, $policy, $handler, ($($Body)?), ($($QUERY)?), ($status $(| $same)?), ($($view)*)),
        ] $($rest)*)
    };
    (@row $method:ident, $path:expr, $action:expr, $span:tt, $policy:literal, $handler:ident, $body:tt, $query:tt, ($status:literal $(| $same:literal)?), $view:tt) => {
        $crate::route::Route {
            method: $crate::route::Method::$method,
            path: $path,
            action: $action,
            span: manilad_domain::span!($span),
            policy: $policy,
            status: $status,
            status_unchanged: $crate::routes!(@same ($($same)?)),
            shows: $crate::routes!(@shows $view),
            body: $crate::routes!(@body $body),
            query: $crate::routes!(@query $query),
            handle: |call, body| $crate::routes!(@call call, body, $handler, $body, ($status $(| $same)?), $view),
        }
    };
    (@same ()) => { None };
    (@same ($same:literal)) => { Some($same) };
    (@shows ()) => { $crate::route::Shows::Nothing };
    (@shows (json $schema:ident)) => { $crate::route::Shows::Json($schema) };
    (@shows (one $VIEW:ident)) => { $crate::route::Shows::One($VIEW.shape()) };
    (@shows (many $VIEW:ident)) => { $crate::route::Shows::Many($VIEW.shape()) };
    (@query ()) => { &[] };
    (@query ($QUERY:ident)) => { $QUERY };
    (@body ()) => { None };
    (@body ($Body:ty)) => { Some(<$Body as $crate::body::Body>::SHAPE) };
    (@call $call:ident, $b:ident, $handler:ident, (), ($status:literal), $view:tt) => {{
        let _ = $b;
        $crate::route::bare($call, $status, $handler, $crate::routes!(@show $view))
    }};
    (@call $call:ident, $b:ident, $handler:ident, ($Body:ty), ($status:literal | $same:literal), ()) => {
        $crate::route::effect::<$Body, _>($call, &$b, ($status, $same), $handler)
    };
    (@call $call:ident, $b:ident, $handler:ident, ($Body:ty), ($status:literal), $view:tt) => {
        $crate::route::with::<$Body, _, _, _>($call, &$b, $status, $handler, $crate::routes!(@show $view))
    };
    (@show ()) => { $crate::route::nothing };
    (@show (json $schema:ident)) => { $crate::route::json };
    (@show (one $VIEW:ident)) => { |call, thing| $crate::route::one(&$VIEW, &call, &thing) };
    (@show (many $VIEW:ident)) => { |call, listing| $crate::route::many(&$VIEW, call, listing) };
    ($($rest:tt)*) => {
        /// The routes of this resource.
        pub const ROUTES: &[$crate::route::Route] = $crate::routes!(@rows [] $($rest)*);
    };
}
