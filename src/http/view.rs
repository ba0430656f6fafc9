//! Views: what clients see of a thing, as a table of fields by microversion.
//!
//! A row names the field, its span, its kind, and the value; rows can be kept for administrators. The bytes are
//! written straight from the value, field by field, because a list of a thousand shares is rendered on every poll.
//! Two rows that give one field two meanings at one version do not compile. The golden matrix and the docs read the
//! same rows.

use std::fmt::{Display, Write as _};

use manilad_domain::{Fault, Microversion, Span};
use serde::Serialize;

/// Who looks: decides which rows are shown and how links begin.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub version: Microversion,
    /// The caller's context counts as an administrator's.
    pub is_admin: bool,
    /// Administrator of the own project: sees where things live.
    pub is_host_admin: bool,
    pub links: Links,
}

/// How links of resources begin.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// `http://host:port/v2[/project]`
    pub versioned: String,
    /// `http://host:port[/project]`
    pub bookmark: String,
}

/// One of the two links of a resource.
#[derive(Serialize)]
pub struct Link<'a, I: Display> {
    rel: &'static str,
    href: Href<'a, I>,
}

/// `base/collection/id`
struct Href<'a, I> {
    base: &'a str,
    collection: &'a str,
    id: I,
}

/// The characters of an id, as long as most are: a UUID.
const ID: usize = 36;

impl<I: Display> Serialize for Href<'_, I> {
    /// Put together without a formatter's many small pieces, for each row of a list has two.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.base.len() + self.collection.len() + ID + 2);
        for part in [self.base, "/", self.collection, "/"] {
            text.push_str(part);
        }
        write!(text, "{}", self.id).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl Viewer {
    /// The links of one thing of a collection.
    pub fn links<'a, I: Display + Copy>(&'a self, collection: &'a str, id: I) -> [Link<'a, I>; 2] {
        let link = |rel, base: &'a str| Link { rel, href: Href { base, collection, id } };
        [link("self", &self.links.versioned), link("bookmark", &self.links.bookmark)]
    }
}

/// What kind of JSON value a field holds.
#[allow(non_camel_case_types, reason = "the kinds are written in the tables as they are read in the docs")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    string,
    uuid,
    int,
    bool,
    /// An instant in UTC without a zone, with microseconds.
    stamp,
    /// An object with free keys and values of any kind.
    object,
    /// An object with free keys and strings.
    texts,
    /// An object with free keys and strings or booleans.
    specs,
    /// A list of strings.
    strings,
    /// A list of links.
    links,
    /// A list of objects, each with fields of its own.
    objects,
}

/// Who sees a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    Admin,
    HostAdmin,
    /// Everyone who looks at one thing; lists leave the field out.
    Single,
    /// Everyone who looks at a list; one thing is shown without it.
    Listed,
}

/// What can be said of a row without a value: read by docs and tests.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub span: Span,
    pub kind: Kind,
    pub nullable: bool,
    pub audience: Audience,
}

impl Audience {
    /// Whether the row is there at all where one thing is shown, or else a list.
    pub const fn is_in(self, is_single: bool) -> bool {
        match self {
            Audience::Single => is_single,
            Audience::Listed => !is_single,
            Audience::Everyone | Audience::Admin | Audience::HostAdmin => true,
        }
    }
}

impl Field {
    fn is_shown_to(&self, viewer: &Viewer, is_single: bool) -> bool {
        self.span.contains(viewer.version)
            && self.audience.is_in(is_single)
            && match self.audience {
                Audience::Admin => viewer.is_admin,
                Audience::HostAdmin => viewer.is_host_admin,
                Audience::Everyone | Audience::Single | Audience::Listed => true,
            }
    }
}

/// How one field's value is written.
pub type Write<T> = fn(&T, &Viewer, &mut Vec<u8>) -> Result<(), serde_json::Error>;

/// How a kind of thing is shown.
pub struct View<T: 'static> {
    /// The name of its constant.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// Keys of the wrapper of one thing; several hold the same object.
    pub one: &'static [&'static str],
    /// Keys of a list of things.
    pub many: &'static [&'static str],
    pub fields: &'static [Field],
    /// The fields' names as they stand in JSON, each with its colon.
    pub keys: &'static [&'static str],
    pub writes: &'static [Write<T>],
}

/// A view without its type: what tables, docs and tests know of it.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub name: &'static str,
    pub about: &'static str,
    pub one: &'static [&'static str],
    pub many: &'static [&'static str],
    pub fields: &'static [Field],
}

/// Writes any value as JSON at the end of `out`.
pub fn put<S: Serialize + ?Sized>(out: &mut Vec<u8>, value: &S) -> Result<(), serde_json::Error> {
    serde_json::to_writer(out, value)
}

fn failed(problem: serde_json::Error) -> Fault {
    Fault::internal(format!("an answer could not be written: {problem}"))
}

impl<T> View<T> {
    pub const fn shape(&self) -> Shape {
        Shape { name: self.name, about: self.about, one: self.one, many: self.many, fields: self.fields }
    }

    /// The rows that are shown: the field's name as it stands in JSON, and how its value is written.
    pub(crate) fn shown(&self, viewer: &Viewer, is_single: bool) -> Vec<(&'static str, Write<T>)> {
        let rows = self.fields.iter().zip(self.keys).zip(self.writes);
        rows.filter(|((field, _), _)| field.is_shown_to(viewer, is_single))
            .map(|((_, key), write)| (*key, *write))
            .collect()
    }

    /// `{"share": {…}}`
    pub fn one(&self, thing: &T, viewer: &Viewer) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::with_capacity(2048 * self.one.len());
        wrap(self.one, &mut out, |out| write_object(&self.shown(viewer, true), thing, viewer, out))?;
        out.push(b'}');
        Ok(out)
    }
}

/// Writes the bare object.
pub(crate) fn write_object<T>(
    rows: &[(&str, Write<T>)],
    thing: &T,
    viewer: &Viewer,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    out.push(b'{');
    for (at, (key, write)) in rows.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key.as_bytes());
        write(thing, viewer, out).map_err(failed)?;
    }
    out.push(b'}');
    Ok(())
}

/// Begins an object that holds the same value under each of its keys; the value is written once.
fn wrap(keys: &[&str], out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Fault>) -> Result<(), Fault> {
    let Some((first, others)) = keys.split_first() else { return Err(Fault::internal("a view without a key")) };
    out.extend_from_slice(format!("{{\"{first}\":").as_bytes());
    let start = out.len();
    write(out)?;
    let end = out.len();
    for key in others {
        out.extend_from_slice(format!(",\"{key}\":").as_bytes());
        out.extend_from_within(start..end);
    }
    Ok(())
}

/// Whether no field has two meanings at one version.
pub const fn is_unambiguous(fields: &[Field]) -> bool {
    let mut a = 0;
    while a < fields.len() {
        let mut b = a + 1;
        while b < fields.len() {
            if same(fields[a].name, fields[b].name) && fields[a].span.overlaps(fields[b].span) {
                return false;
            }
            b += 1;
        }
        a += 1;
    }
    true
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Declares views. See the module's head.
#[macro_export]
macro_rules! view {
    ($(
        $(#[doc = $doc:literal])+
        $NAME:ident = $($one:literal)|+ / $($many:literal)|+ of $it:ident : $T:ty, seen by $viewer:ident {
            $($name:literal $span:tt $kind:ident $(or $null:ident)? $(for $audience:ident)? => $value:expr),+ $(,)?
        }
    )+) => {$(
        $(#[doc = $doc])+
        pub const $NAME: $crate::view::View<$T> = {
            const FIELDS: &[$crate::view::Field] = &[$(
                $crate::view::Field {
                    name: $name,
                    span: manilad_domain::span!($span),
                    kind: $crate::view::Kind::$kind,
                    nullable: $crate::view!(@nullable $($null)?),
                    audience: $crate::view!(@audience $($audience)?),
                }
            ),+];
            const { assert!($crate::view::is_unambiguous(FIELDS), "one field has two meanings at one microversion") };
            $crate::view::View {
                name: stringify!($NAME),
                about: concat!($($doc),+),
                one: &[$($one),+],
                many: &[$($many),+],
                fields: FIELDS,
                keys: &[$(concat!("\"", $name, "\":")),+],
                writes: &[$(
                    #[allow(unused_variables)]
                    |$it: &$T, $viewer: &$crate::view::Viewer, out: &mut Vec<u8>| $crate::view::put(out, &($value))
                ),+],
            }
        };
    )+};
    (@nullable) => { false };
    (@nullable null) => { true };
    (@audience) => { $crate::view::Audience::Everyone };
    (@audience $audience:ident) => { $crate::view::Audience::$audience };
}

#[cfg(test)]
mod tests {
    use super::*;

    pub struct Boat {
        name: &'static str,
        crew: u32,
    }

    crate::view! {
        /// A boat.
        BOAT = "boat" | "vessel" / "boats" of boat: Boat, seen by viewer {
            "name" [..=2.8] string         => boat.name,
            "name" [2.9..]  string         => boat.name.to_uppercase(),
            "crew" [2.5..]  int            => boat.crew,
            "port" [..]     string or null for Admin => None::<String>,
        }
    }

    fn viewer(version: &str, is_admin: bool) -> Viewer {
        Viewer { version: Microversion::written(version), is_admin, is_host_admin: false, links: Links::default() }
    }

    #[test]
    fn a_field_shows_at_its_versions_and_to_its_audience_only() {
        let boat = Boat { name: "ark", crew: 8 };
        let text = |version, admin| String::from_utf8(BOAT.one(&boat, &viewer(version, admin)).unwrap()).unwrap();
        assert_eq!(text("2.4", false), r#"{"boat":{"name":"ark"},"vessel":{"name":"ark"}}"#);
        assert_eq!(
            text("2.9", true),
            r#"{"boat":{"name":"ARK","crew":8,"port":null},"vessel":{"name":"ARK","crew":8,"port":null}}"#
        );
    }

    #[test]
    fn overlapping_rows_of_one_name_are_ambiguous() {
        let field = |span| Field { name: "a", span, kind: Kind::int, nullable: false, audience: Audience::Everyone };
        assert!(!is_unambiguous(&[field(manilad_domain::span!([..=2.8])), field(manilad_domain::span!([2.8..]))]));
        assert!(is_unambiguous(&[field(manilad_domain::span!([..=2.7])), field(manilad_domain::span!([2.8..]))]));
    }
}
