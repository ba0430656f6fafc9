//! What a driver hands over so that its options are read, judged and documented with all others.
//!
//! Its options stand in a table like any other, in the section of a back end; what is wrong between them the driver judges
//! itself, by [`DriverTable::check`]. How to get it wrong: to judge by the default of an option that can't be used; ask
//! [`Section::are_usable`] first.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::ini::normal;
use crate::opt::Group;
use crate::reader::Reader;
use crate::values::Values;

/// The options of a driver.
#[derive(Debug, Clone, Copy)]
pub struct DriverTable {
    /// Its `share_driver`.
    pub name: &'static str,
    /// Its options in the section of a back end, besides those that any back end has.
    pub options: &'static Group,
    /// Sections that its options name.
    pub named: &'static [&'static Group],
    /// Sections with a fixed name, of which nothing is used.
    pub unused: &'static [&'static Group],
    /// Judges the options of a back end, as far as it shows without asking anybody; whether they can be typed at all. An
    /// error only where a table and its type disagree.
    pub check: fn(&mut Section<'_>, &Values) -> Result<bool, Error>,
}

/// The section of a back end while its options are judged.
pub struct Section<'r> {
    pub(crate) reader: &'r mut Reader,
    pub(crate) name: &'r str,
    pub(crate) share_servers: Option<bool>,
    pub(crate) is_simulated: bool,
    /// Sections with a fixed name, which no option can name.
    pub(crate) fixed: &'r [&'static Group],
    pub(crate) back_ends: Vec<BackEndNamed>,
}

/// A back end that an option names: it is read, enabled or not.
pub(crate) struct BackEndNamed {
    pub section: String,
    pub option: &'static str,
    pub name: String,
}

impl Section<'_> {
    /// `driver_handles_share_servers`; unknown where it is missing or can't be used.
    pub fn share_servers(&self) -> Option<bool> {
        self.share_servers
    }

    /// Whether the array may be the simulated one inside, which needs neither address nor login.
    pub fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// Whether these options are what was written. What follows from the default of one that can't be used is no mistake.
    pub fn are_usable(&self, options: &[&'static str]) -> bool {
        self.reader.are_usable(self.name, options)
    }

    /// Records a mistake in one option, unless it can't be used anyway.
    pub fn blame(&mut self, option: &'static str, expected: impl Into<String>) {
        self.reader.blame(self.name, option, expected);
    }

    /// As [`Section::blame`], in a section that was read by [`Section::named`].
    pub fn blame_in(&mut self, section: &str, option: &'static str, expected: impl Into<String>) {
        self.reader.blame(section, option, expected);
    }

    /// Records that an option `has no effect` or the like; `what` follows its name.
    pub fn warn(&mut self, option: &'static str, what: &str) {
        self.reader.warn(self.name, option, format!("[{}] {option}{what}", self.name));
    }

    /// Reads a section that `option` names, if it is there, which is blamed otherwise.
    ///
    /// # Errors
    /// The type does not fit the group.
    pub fn named<T: DeserializeOwned>(
        &mut self,
        option: &'static str,
        section: &str,
        group: &'static Group,
    ) -> Result<Option<T>, Error> {
        if is_there(self.reader, section, self.fixed) {
            return self.reader.read(section, group);
        }
        self.reader.blame(self.name, option, format!("a section [{section}] of this name"));
        Ok(None)
    }

    /// Has the back end read that `option` of `section` names, though it may not be enabled.
    pub fn names_back_end(&mut self, section: &str, option: &'static str, name: &str) {
        self.back_ends.push(BackEndNamed { section: section.to_owned(), option, name: name.to_owned() });
    }
}

/// Whether a section that an operator named is written, and is none of those with a fixed name.
pub(crate) fn is_there(reader: &Reader, section: &str, fixed: &[&'static Group]) -> bool {
    reader.has(section) && !fixed.iter().any(|group| normal(group.name) == normal(section))
}
