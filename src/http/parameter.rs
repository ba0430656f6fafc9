//! Parameters of queries, as tables: what a list can be asked for, at which microversions, in which form.
//!
//! A route names its tables, and handlers see nothing of a query but what these hold at the request's version: so a
//! filter that no row names can't work, and one below its version is dropped, as the reference drops it. How to get it
//! wrong: to end a span where the reference refuses the parameter instead of dropping it; such a row is
//! [`Form::Refused`].

use manilad_domain::{Microversion, Span};
use serde_json::{Value, json};

use crate::schema;

/// How the value of a parameter is read.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    Text,
    /// A text that is not empty.
    Filled,
    Uuid,
    /// A boolean, or a word for one.
    Flag,
    /// A whole number of at least 0.
    Count,
    /// `{'key': 'value'}`
    Dictionary,
    /// ISO 8601.
    Instant,
    /// `YYYY-MM-DD`
    Day,
    /// A regular expression.
    Regex,
    OneOf(fn() -> Vec<&'static str>),
    /// Known, and refused by the handler.
    Refused,
    /// Not one parameter but all others.
    Others,
}

/// A parameter of a query.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    pub span: Span,
    pub form: Form,
    pub required: bool,
}

impl Parameter {
    pub const fn new(name: &'static str, span: Span, form: Form) -> Self {
        Parameter { name, span, form, required: false }
    }

    pub const fn always(name: &'static str, form: Form) -> Self {
        Parameter::new(name, Span::ALL, form)
    }

    pub const fn required(self) -> Self {
        Parameter { required: true, ..self }
    }

    /// What is promised to be read; narrower than what is.
    pub fn schema(&self) -> Value {
        match self.form {
            Form::Text | Form::Refused => schema::string(),
            Form::Filled => json!({ "type": "string", "minLength": 1 }),
            Form::Uuid => schema::uuid(),
            Form::Flag => schema::boolean(),
            Form::Count => schema::between(0, u32::MAX.into()),
            Form::Dictionary => schema::pattern(r"^\{('[^'\\]*': ?'[^'\\]*'(, ?'[^'\\]*': ?'[^'\\]*')*)?\}$"),
            Form::Instant => json!({ "type": "string", "format": "date-time" }),
            Form::Day => json!({ "type": "string", "format": "date" }),
            Form::Regex => json!({ "type": "string", "format": "regex" }),
            Form::OneOf(words) => schema::one_of(&words()),
            Form::Others => schema::map(schema::string()),
        }
    }
}

/// The tables of one route.
pub type Parameters = &'static [&'static [Parameter]];

/// The rows that hold at a version.
pub fn at(tables: Parameters, version: Microversion) -> impl Iterator<Item = &'static Parameter> {
    tables.iter().copied().flatten().filter(move |parameter| parameter.span.contains(version))
}

/// Which part of a list.
pub const PAGE: &[Parameter] = &[
    Parameter::always("limit", Form::Count),
    Parameter::always("offset", Form::Count),
    Parameter::always("marker", Form::Text),
];

/// In which direction a list is sorted.
pub const DIRECTION: Parameter = Parameter::always("sort_dir", Form::OneOf(|| vec!["asc", "desc"]));

/// Columns that a list is filtered by, at all versions. `N` is their number.
pub const fn columns<C, const N: usize>(columns: &[(&'static str, C)], form: Form) -> [Parameter; N] {
    let mut parameters = [Parameter::always("", form); N];
    let mut at = 0;
    while at < N {
        parameters[at].name = columns[at].0;
        at += 1;
    }
    parameters
}

#[cfg(test)]
mod tests {
    use manilad_domain::span;

    use super::*;
    use crate::query::Query;

    const CLOSED: Parameters = &[PAGE, &[Parameter::new("name~", span!([2.36..]), Form::Text)]];
    const OPEN: Parameters = &[&[Parameter::always("others", Form::Others)]];

    #[test]
    fn a_handler_sees_the_parameters_of_its_tables_at_the_version_and_no_others() {
        let read = |tables, version| {
            let query = Query::parse("limit=1&name~=a&zz=b&limit=2").confined(tables, Microversion::written(version));
            assert_eq!(query.raw(), "limit=1&name~=a&zz=b&limit=2");
            query.pairs().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(read(CLOSED, "2.35"), "limit=1 limit=2");
        assert_eq!(read(CLOSED, "2.36"), "limit=1 name~=a limit=2");
        assert_eq!(read(OPEN, "2.0"), "limit=1 name~=a zz=b limit=2");
    }
}
