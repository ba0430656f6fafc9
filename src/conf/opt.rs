//! What an option is: a row in one of the tables that reading, documentation and tests share.

/// The type of a value, after oslo.config's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Str,
    /// As `Str`, but never shown.
    Secret,
    /// An absolute path.
    Path,
    /// Both ends included.
    Int {
        min: i64,
        max: i64,
    },
    Float {
        min: f64,
    },
    /// `true`, `false`, `1`, `0`, `yes`, `no`, `on`, `off`, in any case.
    Bool,
    /// Comma separated; blanks around items don't count.
    List,
    /// A list of these, in any case.
    ListOf(&'static [&'static str]),
    /// `key:value`, comma separated.
    Dict,
    /// `key:[item,item]`, comma separated.
    DictOfLists,
    /// A `Dict`; the option may be given several times.
    MultiDict,
    Port,
    /// A host name or an address.
    Host,
    Enum(&'static [&'static str]),
    /// A regular expression, in Python's syntax as far as names need it.
    Regex,
    /// Text in which `%(field)s` (or, for the field `""`, `%s`) stands for a value.
    Template {
        required: &'static [&'static str],
        allowed: &'static [&'static str],
    },
}

/// The value of an option that is not given.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    None,
    /// Written as in a file.
    Text(&'static str),
    /// Found out at start; `shown` is how documentation names it.
    Computed {
        shown: &'static str,
        compute: fn() -> Option<String>,
    },
}

/// What the daemon does with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Used,
    /// Checked and then ignored, for this reason.
    Accepted(&'static str),
    /// Only the default is let through, for this reason.
    Refused(&'static str),
    /// Checked, and without effect until this is built; another value than the default is warned of.
    NotBuilt(&'static str),
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    pub name: &'static str,
    pub kind: Kind,
    pub preset: Preset,
    /// Group and name that older files use.
    pub old: &'static [(&'static str, &'static str)],
    pub meaning: &'static str,
    /// Whether SIGHUP brings a new value into force.
    pub reload: bool,
    pub used: Use,
}

/// A section and its options.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// As in a file; the sections that an operator names have a name in angle brackets here.
    pub name: &'static str,
    pub about: &'static str,
    pub options: &'static [Opt],
}

/// An option with a default, as it would be written in a file.
pub const fn opt(name: &'static str, kind: Kind, preset: &'static str, meaning: &'static str) -> Opt {
    Opt { name, kind, preset: Preset::Text(preset), old: &[], meaning, reload: false, used: Use::Used }
}

/// An option that is unset by default.
pub const fn unset(name: &'static str, kind: Kind, meaning: &'static str) -> Opt {
    Opt { name, kind, preset: Preset::None, old: &[], meaning, reload: false, used: Use::Used }
}

impl Opt {
    pub const fn was(self, old: &'static [(&'static str, &'static str)]) -> Self {
        Opt { old, ..self }
    }

    pub const fn reload(self) -> Self {
        Opt { reload: true, ..self }
    }

    pub const fn accepted(self, reason: &'static str) -> Self {
        Opt { used: Use::Accepted(reason), ..self }
    }

    pub const fn refused(self, reason: &'static str) -> Self {
        Opt { used: Use::Refused(reason), ..self }
    }

    /// `what` names the part that would read it.
    pub const fn not_built(self, what: &'static str) -> Self {
        Opt { used: Use::NotBuilt(what), ..self }
    }

    pub const fn computed(self, shown: &'static str, compute: fn() -> Option<String>) -> Self {
        Opt { preset: Preset::Computed { shown, compute }, ..self }
    }
}

/// A whole number of at least `min`.
pub const fn int(min: i64) -> Kind {
    Kind::Int { min, max: i64::MAX }
}

/// A whole number, both ends included.
pub const fn between(min: i64, max: i64) -> Kind {
    Kind::Int { min, max }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kind::Str => f.write_str("text"),
            Kind::Secret => f.write_str("a secret"),
            Kind::Path => f.write_str("an absolute path"),
            Kind::Int { min: i64::MIN, max: i64::MAX } => f.write_str("a whole number"),
            Kind::Int { min, max: i64::MAX } => write!(f, "a whole number of at least {min}"),
            Kind::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Kind::Float { min: f64::MIN } => f.write_str("a number"),
            Kind::Float { min } => write!(f, "a number of at least {min}"),
            Kind::Bool => f.write_str("true or false"),
            Kind::List => f.write_str("a comma-separated list"),
            Kind::ListOf(choices) => write!(f, "a comma-separated list of {}", choices.join(", ")),
            Kind::Dict => f.write_str("key:value pairs, comma-separated"),
            Kind::DictOfLists => f.write_str("key:[item,item] pairs, comma-separated"),
            Kind::MultiDict => f.write_str("key:value pairs, comma-separated; may be repeated"),
            Kind::Port => f.write_str("a port from 0 to 65535"),
            Kind::Host => f.write_str("a host name or an address"),
            Kind::Enum(choices) => write!(f, "one of {}", choices.join(", ")),
            Kind::Regex => f.write_str("a regular expression"),
            Kind::Template { required, allowed } => {
                let shown = |fields: &[&str]| {
                    let field = |name: &&str| if name.is_empty() { "%s".to_owned() } else { format!("%({name})s") };
                    fields.iter().map(field).collect::<Vec<_>>().join(", ")
                };
                write!(f, "a template with {}", shown(required))?;
                if allowed.is_empty() { Ok(()) } else { write!(f, " and perhaps {}", shown(allowed)) }
            }
        }
    }
}
