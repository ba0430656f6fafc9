//! The rows of a noun: fields, with their kinds, when they are shown and who may set them.

use crate::Release;

/// How a field's values are written and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    /// Bytes; on input also `20MB`, `1GB`, …
    Size,
    Flag,
    Time,
}

impl Kind {
    /// The word ONTAP uses for it in error messages.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Integer => "integer",
            Kind::Size => "integer[KB|MB|GB|TB|PB]",
            Kind::Flag => "boolean",
            Kind::Time => "\"MM/DD/YYYY HH:MM:SS\" or ISO-8601",
        }
    }
}

/// When a field is shown without being asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Always, also in collections.
    Always,
    /// In instances, and with `fields=*`.
    Usually,
    /// Only on request (`fields=<name>` or `**`): "expensive".
    OnRequest,
    /// Never: it is only an input.
    Never,
}

/// One row: a field, its kind, when it is shown and who may set it, from which release on.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub shown: Shown,
    pub posted: bool,
    pub patched: bool,
    pub since: Release,
}

pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, shown: Shown::Usually, posted: false, patched: false, since: Release::new(9, 6, 0) }
}

pub const fn text(name: &'static str) -> Field {
    field(name, Kind::Text)
}

pub const fn integer(name: &'static str) -> Field {
    field(name, Kind::Integer)
}

pub const fn size(name: &'static str) -> Field {
    field(name, Kind::Size)
}

pub const fn flag(name: &'static str) -> Field {
    field(name, Kind::Flag)
}

pub const fn time(name: &'static str) -> Field {
    field(name, Kind::Time)
}

impl Field {
    pub const fn key(self) -> Field {
        Field { shown: Shown::Always, ..self }
    }

    pub const fn costly(self) -> Field {
        Field { shown: Shown::OnRequest, ..self }
    }

    pub const fn input(self) -> Field {
        Field { shown: Shown::Never, ..self }
    }

    pub const fn post(self) -> Field {
        Field { posted: true, ..self }
    }

    pub const fn patch(self) -> Field {
        Field { patched: true, ..self }
    }

    pub const fn write(self) -> Field {
        self.post().patch()
    }

    pub const fn since(self, release: Release) -> Field {
        Field { since: release, ..self }
    }
}

/// Whether `field` is `name` or lies below it.
pub fn within(field: &str, name: &str) -> bool {
    field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
