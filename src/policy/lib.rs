//! Who may do what: rules in oslo.policy's language, over the defaults of the Shared File Systems service.
//!
//! An operator brings the `policy.yaml` they have, so this engine must accept and decide what oslo.policy accepts and
//! decides. Names, templates and references are settled once, when the engine is made; a question asked of it
//! ([`Engine::allows`]) then allocates nothing in the usual case. How to get it wrong: to fail open. A rule that can't be understood is
//! refused at load (oslo.policy logs it and denies, which `not` turns into a grant), and a name that leads nowhere
//! denies.

mod check;
mod credentials;
pub mod defaults;
mod engine;
mod error;
mod explain;
mod overrides;
mod parse;
mod resolve;
mod rule;
mod template;

pub use check::{Check, Reference};
pub use credentials::{Attribute, Credentials, Target};
pub use engine::{Denial, Effective, Engine, Options, Verdict, Warning};
pub use error::{Error, Mistake, Origin};
pub use explain::{Explanation, Step};
pub use overrides::Overrides;
pub use rule::{Rule, Scope};

#[cfg(test)]
mod tests;
