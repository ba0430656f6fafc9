//! What can go wrong, in the user's terms. The API turns a fault into a status and a body once, in one place.

use std::fmt;

/// The kind of a fault; each has one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request is malformed, or the thing is not in a state for it.
    Invalid,
    /// 401: nobody we know asks.
    Unauthorized,
    /// 403: known, but not allowed.
    Forbidden,
    /// 404: no such thing, or none the caller may know of.
    Missing,
    /// 406: a microversion that is not served.
    NotAcceptable,
    /// 409: the thing exists already, or is in use.
    Conflict,
    /// 413: over quota.
    OverLimit,
    /// 422: a body without its object.
    Unprocessable,
    /// 500: our failure.
    Internal,
    /// 501: not built.
    NotImplemented,
    /// 503: not now; try again.
    Unavailable,
}

/// A refusal or failure with a text for the caller. The text never holds secrets or back-end details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub text: String,
    /// What it came from, for operators: it is logged with the answer, and never sent.
    pub cause: Option<String>,
}

macro_rules! constructors {
    ($($name:ident => $kind:ident),+ $(,)?) => {$(
        #[doc = concat!("A fault of kind [`Kind::", stringify!($kind), "`].")]
        pub fn $name(text: impl Into<String>) -> Self {
            Fault { kind: Kind::$kind, text: text.into(), cause: None }
        }
    )+};
}

impl Fault {
    constructors! {
        invalid => Invalid,
        forbidden => Forbidden,
        missing => Missing,
        conflict => Conflict,
        over_limit => OverLimit,
        unprocessable => Unprocessable,
        internal => Internal,
        not_implemented => NotImplemented,
        unavailable => Unavailable,
    }

    /// The same, with what it came from.
    pub fn because(self, cause: impl fmt::Display) -> Self {
        Fault { cause: Some(cause.to_string()), ..self }
    }

    /// The stock refusal of a policy.
    pub fn denied() -> Self {
        Fault::forbidden("Access was denied to this resource.")
    }

    /// The stock answer to a request that lacks what every request of its kind has, such as a body.
    pub fn malformed() -> Self {
        Fault::invalid("The request is malformed or otherwise incorrect.")
    }

    /// The stock answer where nothing is found.
    pub fn not_found() -> Self {
        Fault::missing("The resource could not be found.")
    }

    /// A thing of `noun` with this id does not exist, in the form `ShareNotFound: …` that clients know.
    pub fn no_such(noun: &str, id: impl fmt::Display) -> Self {
        let words: String = noun
            .split(' ')
            .map(|word| {
                word.chars()
                    .next()
                    .map(|c| c.to_ascii_uppercase())
                    .into_iter()
                    .chain(word.chars().skip(1))
                    .collect::<String>()
            })
            .collect();
        Fault::missing(format!("{words}NotFound: no {noun} {id} could be found."))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_thing_is_named_in_the_form_that_clients_know() {
        let fault = Fault::no_such("share type", "gold");
        assert_eq!(
            (fault.kind, fault.text.as_str()),
            (Kind::Missing, "ShareTypeNotFound: no share type gold could be found.")
        );
    }
}
