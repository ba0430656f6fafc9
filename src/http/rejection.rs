//! Requests that end before they reach the row of a route, outside of the JSON form of faults. Source: errors.md.

/// A request that ends before it reaches a route's row, outside the JSON fault form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// noauth without a token: the client is told how to go on.
    GreetNoAuth,
    Unauthorised {
        /// What `WWW-Authenticate` says.
        challenge: String,
    },
    IdentityAway,
    /// No route has this path and method.
    NoRoute,
    BodyTooSlow,
    /// The connection broke off, or what it carried could not be read, before the body's end.
    BodyBroken,
    /// Bodies take as much memory as they may.
    BodiesTooMany,
    BodyTooLarge {
        limit: usize,
    },
}
