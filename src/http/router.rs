//! From method and path to the rows that could serve it. Built once from the catalogue.
//!
//! A literal segment wins over a parameter (`/shares/detail` over `/shares/{id}`); an empty segment matches nothing.
//! How to get it wrong: to decide by version here. A known path is routed at every version, and refused by its rows.

use std::collections::HashMap;

use crate::route::{Method, Route};

/// The rows of one method and path.
#[derive(Default)]
pub struct RouteRows {
    /// Rows without an action.
    pub plain: Vec<&'static Route>,
    /// Rows of `…/action`, by key.
    pub actions: HashMap<&'static str, Vec<&'static Route>>,
}

struct Pattern {
    segments: Vec<Segment>,
    method: Method,
    place: RouteRows,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
}

/// All routes, by number of segments.
pub struct Router {
    by_length: Vec<Vec<Pattern>>,
}

/// The parameters of a matched path.
pub type Params = Vec<(&'static str, String)>;

impl Router {
    pub fn new(routes: impl IntoIterator<Item = &'static Route>) -> Self {
        let mut by_length: Vec<Vec<Pattern>> = Vec::new();
        for route in routes {
            let segments: Vec<Segment> = route.path.trim_start_matches('/').split('/').map(segment).collect();
            if by_length.len() <= segments.len() {
                by_length.resize_with(segments.len() + 1, Vec::new);
            }
            let patterns = &mut by_length[segments.len()];
            let at =
                patterns.iter().position(|p| p.method == route.method && p.segments == segments).unwrap_or_else(|| {
                    patterns.push(Pattern { segments, method: route.method, place: RouteRows::default() });
                    patterns.len() - 1
                });
            match route.action {
                None => patterns[at].place.plain.push(route),
                Some(action) => patterns[at].place.actions.entry(action).or_default().push(route),
            }
        }
        for patterns in &mut by_length {
            patterns
                .sort_by_key(|pattern| pattern.segments.iter().filter(|s| matches!(s, Segment::Parameter(_))).count());
        }
        Router { by_length }
    }

    /// The rows for a path below `/v2[/project]`, without its leading slash.
    pub fn find(&self, method: Method, segments: &[&str]) -> Option<(&RouteRows, Params)> {
        let pattern = self.by_length.get(segments.len())?.iter().find(|pattern| {
            pattern.method == method
                && pattern.segments.iter().zip(segments).all(|(segment, text)| match segment {
                    Segment::Literal(literal) => literal == text,
                    Segment::Parameter(_) => !text.is_empty(),
                })
        })?;
        let params = pattern.segments.iter().zip(segments).filter_map(|(segment, text)| match segment {
            Segment::Parameter(name) => {
                Some((*name, percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()))
            }
            Segment::Literal(_) => None,
        });
        Some((&pattern.place, params.collect()))
    }
}

fn segment(text: &'static str) -> Segment {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => Segment::Parameter(name),
        None => Segment::Literal(text),
    }
}
