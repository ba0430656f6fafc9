//! What was read of one section: a value for each option of a group, to be turned into a type.
//!
//! How to get it wrong: to show a value. Any of them may be a secret; neither `Debug` nor an error tells one.

use config::{Map, Value};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::opt::Group;

/// The values of the options of a group in one section.
#[derive(Clone)]
pub struct Values {
    pub(crate) group: &'static Group,
    pub(crate) values: Map<String, Value>,
    /// Each is what was written, or the default where nothing was.
    pub(crate) is_whole: bool,
}

// Any of the values may be a secret.
impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values of [{}]", self.values.len(), self.group.name)
    }
}

impl Values {
    /// The values as a type whose fields have the names of the options: those that are used, and those of parts that are
    /// not built as far as there is a field. `None` where an option can't be used and has no default to stand in.
    ///
    /// # Errors
    /// The type does not fit the group.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        // The problem is told without values: it names fields and types only.
        let misfit = |error: config::ConfigError| {
            let problem = match error {
                config::ConfigError::Type { key, expected, .. } => {
                    format!("{} is not {expected}", key.unwrap_or_default())
                }
                config::ConfigError::Message(message) => message,
                _ => "a field does not fit".to_owned(),
            };
            Error::Misfit { group: self.group.name.to_owned(), problem }
        };
        match Value::new(None, self.values.clone()).try_deserialize() {
            Err(error) if self.is_whole => Err(misfit(error)),
            read => Ok(read.ok()),
        }
    }
}
