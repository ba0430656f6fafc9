//! Reads typed options out of what was written, section by section.
//!
//! A section is first declared to hold a group of options; sections that an operator names (back ends and what they
//! point to) are declared as they are discovered. What nobody declared is warned of at the end, once.

use std::collections::{BTreeMap, BTreeSet};

use config::{Map, Value, ValueKind};
use serde::de::DeserializeOwned;

use crate::error::{Error, Found, Mistake, Place, Warning};
use crate::ini::{DEFAULT, Written, normal};
use crate::opt::{Group, Kind, Opt, Preset, Use};
use crate::prints::Prints;
use crate::source::{Environment, Files, Sections, layered};
use crate::substitute::{Piece, pieces};
use crate::value::{convert, printed};
use crate::values::Values;

/// The configuration being read.
pub struct Reader {
    sections: Sections,
    declared: BTreeMap<String, Vec<&'static Group>>,
    mistakes: Vec<Mistake>,
    /// Options that can't be used as they are written, by section and name.
    unusable: BTreeSet<(String, &'static str)>,
    warnings: Vec<Warning>,
    notes: Vec<Warning>,
    prints: Prints,
}

impl Reader {
    /// Starts to read `files` with `environment` over them.
    ///
    /// # Errors
    /// Those of the `config` crate; our sources give it no reason for one.
    pub fn new(files: Files, environment: Environment) -> Result<Self, Error> {
        let misfit = |error: config::ConfigError| Error::Misfit { group: "all".into(), problem: error.to_string() };
        let (sections, warnings) = layered(files, environment).map_err(misfit)?;
        let (declared, mistakes, unusable) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        Ok(Reader { sections, declared, mistakes, unusable, warnings, notes: Vec::new(), prints: Prints::default() })
    }

    /// Tells that `section` holds the options of `group`, perhaps besides those of other groups.
    pub fn declare(&mut self, section: &str, group: &'static Group) {
        let groups = self.declared.entry(normal(section)).or_default();
        if !groups.iter().any(|declared| std::ptr::eq(*declared, group)) {
            groups.push(group);
        }
    }

    /// Whether `section` is written anywhere.
    pub fn has(&self, section: &str) -> bool {
        self.sections.contains_key(&normal(section))
    }

    /// Where `option` was given last; `None` if it wasn't.
    pub fn place(&self, section: &str, option: &str) -> Option<&Place> {
        self.written(section, option).last().map(|written| &written.place)
    }

    /// The value of one option.
    ///
    /// # Errors
    /// The text does not fit the option's kind, or refers to what is no option.
    pub fn value(&self, section: &str, option: &Opt) -> Result<Value, Box<Mistake>> {
        self.resolved(section, option, &mut Vec::new())
    }

    /// Reads the options of `group` in `section` into a type; see [`Values::typed`].
    ///
    /// # Errors
    /// `T` does not fit the group.
    pub fn read<T: DeserializeOwned>(&mut self, section: &str, group: &'static Group) -> Result<Option<T>, Error> {
        self.values(section, group).typed()
    }

    /// Reads the options of `group` in `section`. Mistakes are kept for [`Reader::finish`]; an option that can't be used has
    /// its default among the values, if it has one, so that the others are checked all the same.
    pub fn values(&mut self, section: &str, group: &'static Group) -> Values {
        self.declare(section, group);
        let mut values = Map::new();
        let mut is_whole = true;
        for option in group.options {
            let value = match self.value(section, option).and_then(|value| self.fitting(section, option, value)) {
                Ok(value) => {
                    self.prints.take(section, option, &value);
                    self.tell_of_no_effect(section, option, &value);
                    Some(value)
                }
                Err(mistake) => {
                    is_whole = false;
                    self.unusable.insert((normal(section), option.name));
                    if !self.mistakes.contains(&mistake) {
                        self.mistakes.push(*mistake);
                    }
                    self.preset(section, option, &mut Vec::new()).ok()
                }
            };
            if let Some(value) = value.filter(|_| matches!(option.used, Use::Used | Use::NotBuilt(_))) {
                values.insert(option.name.to_owned(), value);
            }
        }
        Values { group, values, is_whole }
    }

    /// Whether these options are what was written. What follows from the default of one that can't be used is no mistake.
    pub fn are_usable(&self, section: &str, options: &[&'static str]) -> bool {
        !options.iter().any(|option| self.unusable.contains(&(normal(section), *option)))
    }

    /// What was read so far, to be compared with another reading.
    pub fn prints(&self) -> Prints {
        self.prints.clone()
    }

    /// What has no effect for a reason that no later release will change.
    pub fn notes(&self) -> Vec<Warning> {
        self.notes.clone()
    }

    /// Records a mistake that this crate found by comparing options, unless the option can't be used anyway.
    pub fn blame(&mut self, section: &str, option: &'static str, expected: impl Into<String>) {
        if !self.are_usable(section, &[option]) {
            return;
        }
        let written = self.written(section, option).last();
        let options = self.declared.get(&normal(section)).into_iter().flatten().flat_map(|group| group.options);
        let secret = options.into_iter().any(|declared| declared.name == option && declared.kind == Kind::Secret);
        let found = match written {
            None => Found::Nothing,
            Some(_) if secret => Found::Secret,
            Some(written) => Found::Text(written.text.clone()),
        };
        self.mistakes.push(Mistake {
            place: written.map_or(Place::Unset, |written| written.place.clone()),
            group: section.to_owned(),
            option: option.to_owned(),
            found,
            expected: expected.into(),
        });
    }

    /// Records something that an operator should hear about.
    pub fn warn(&mut self, section: &str, option: &str, text: impl Into<String>) {
        let place = self.place(section, option).cloned().unwrap_or(Place::Unset);
        self.warnings.push(Warning { place, text: text.into() });
    }

    /// Ends reading with all mistakes and warnings there were: warns of options that nobody declared too, of a section that nobody reads
    /// once, except of those that `ignored` knows.
    pub fn finish(self, ignored: impl Fn(&str) -> bool) -> (Vec<Mistake>, Vec<Warning>) {
        let mut warnings = self.warnings;
        for (section, options) in &self.sections {
            let groups = self.declared.get(section);
            let Some(groups) = groups else {
                warnings.extend(unread(section, options).filter(|_| !ignored(section)));
                continue;
            };
            for (name, values) in options {
                let is_declared = groups.iter().flat_map(|group| group.options).any(|option| option.name == name);
                let Some(value) = values.last().filter(|_| !is_declared) else { continue };
                let text = format!("[{section}] {name} is no option and has no effect");
                warnings.push(Warning { place: value.place.clone(), text });
            }
        }
        (self.mistakes, warnings)
    }

    fn written(&self, section: &str, option: &str) -> &[Written] {
        self.sections.get(&normal(section)).and_then(|options| options.get(option)).map_or(&[], Vec::as_slice)
    }

    /// Tells, once, that an option which does nothing was given another value than its default.
    fn tell_of_no_effect(&mut self, section: &str, option: &Opt, value: &Value) {
        let why = match option.used {
            Use::Used | Use::Refused(_) => return,
            Use::NotBuilt(what) => format!("this is not built: {what}"),
            Use::Accepted(reason) => reason.to_owned(),
        };
        let as_by_default = self.preset(section, option, &mut Vec::new()).is_ok_and(|preset| preset.kind == value.kind);
        let Some(place) = self.place(section, option.name).filter(|_| !as_by_default).cloned() else { return };
        let warnings = if matches!(option.used, Use::NotBuilt(_)) { &mut self.warnings } else { &mut self.notes };
        let warning = Warning { place, text: format!("[{section}] {} has no effect: {why}", option.name) };
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// What settings want beyond what oslo.config gives: an option that is unset by default is unset by empty text, a
    /// number that has a default is not empty, and an option whose other values are refused has its default.
    fn fitting(&self, section: &str, option: &Opt, value: Value) -> Result<Value, Box<Mistake>> {
        let written = self.written(section, option.name).last();
        let mistake = |expected: String| self.mistake(section, option, written, expected);
        match (option.preset, &value.kind) {
            (Preset::None, ValueKind::String(_) | ValueKind::Array(_))
                if written.is_some_and(|it| it.text.is_empty()) =>
            {
                return Ok(Value::new(None, ValueKind::Nil));
            }
            (Preset::Text(_), ValueKind::Nil) => return Err(mistake(option.kind.to_string())),
            _ => {}
        }
        let Use::Refused(reason) = option.used else { return Ok(value) };
        let default = self.preset(section, option, &mut Vec::new())?;
        if default.kind == value.kind {
            return Ok(value);
        }
        let preset = if let Preset::Text(text) = option.preset { format!("{text:?}") } else { "no value".to_owned() };
        Err(mistake(format!("{preset}: {reason}")))
    }

    fn resolved(&self, section: &str, option: &Opt, trail: &mut Vec<(String, String)>) -> Result<Value, Box<Mistake>> {
        let here = (normal(section), option.name.to_owned());
        let written = self.written(section, option.name);
        if trail.contains(&here) {
            return Err(self.mistake(section, option, written.last(), "no reference that leads back to itself".into()));
        }
        trail.push(here);
        let value = match (option.kind, written) {
            (_, []) => self.preset(section, option, trail),
            (Kind::MultiDict, all) => {
                let each = all.iter().map(|written| self.converted(section, option, written, trail));
                each.collect::<Result<Vec<Value>, Box<Mistake>>>().map(|values| Value::new(None, values))
            }
            (_, [.., last]) => self.converted(section, option, last, trail),
        };
        trail.pop();
        value
    }

    fn preset(&self, section: &str, option: &Opt, trail: &mut Vec<(String, String)>) -> Result<Value, Box<Mistake>> {
        let text = match option.preset {
            Preset::None if option.kind == Kind::MultiDict => return Ok(Value::new(None, Vec::<Value>::new())),
            Preset::None => return Ok(Value::new(None, ValueKind::Nil)),
            Preset::Text(text) => text.to_owned(),
            Preset::Computed { compute, shown } => compute().ok_or_else(|| {
                self.mistake(section, option, None, format!("{} ({shown} can't be found out here)", option.kind))
            })?,
        };
        self.converted(section, option, &Written { text, place: Place::Unset }, trail)
    }

    fn converted(
        &self,
        section: &str,
        option: &Opt,
        written: &Written,
        trail: &mut Vec<(String, String)>,
    ) -> Result<Value, Box<Mistake>> {
        let text = self.substituted(section, option, written, trail)?;
        let kind = convert(option.kind, &text);
        kind.map(|kind| Value::new(Some(&written.place.to_string()), kind))
            .map_err(|expected| self.mistake(section, option, Some(written), expected))
    }

    fn substituted(
        &self,
        section: &str,
        option: &Opt,
        written: &Written,
        trail: &mut Vec<(String, String)>,
    ) -> Result<String, Box<Mistake>> {
        let escaped = written.text.replace("\\$", "$$");
        let mut text = String::new();
        for piece in pieces(&escaped) {
            let name = match piece {
                Piece::Text(piece) => {
                    text.push_str(piece);
                    continue;
                }
                Piece::Name(name) => name,
            };
            let mistake = |expected: &str| {
                let shown = if option.kind == Kind::Secret { "..." } else { name };
                self.mistake(
                    section,
                    option,
                    Some(written),
                    format!("{expected} after the dollar sign, not {shown:?} (write $$ for a dollar sign)"),
                )
            };
            let (owner, target) = self.referred(section, name).ok_or_else(|| mistake("the name of an option"))?;
            if target.kind == Kind::Secret && option.kind != Kind::Secret {
                return Err(mistake("an option that is no secret"));
            }
            let value = self.resolved(&owner, target, trail)?;
            text.push_str(&printed(&value.kind).ok_or_else(|| mistake("an option with a single value"))?);
        }
        Ok(text)
    }

    /// The option that `name` means in a value of `section`: of the named group, else of the own, else of `[DEFAULT]`,
    /// which can't be named.
    fn referred(&self, section: &str, name: &str) -> Option<(String, &'static Opt)> {
        let find = |section: &str, name: &str| {
            let groups = self.declared.get(&normal(section)).into_iter().flatten();
            let option = groups.flat_map(|group| group.options).find(|option| option.name == name)?;
            Some((section.to_owned(), option))
        };
        match name.split_once('.') {
            Some((DEFAULT, _)) => None,
            Some((group, name)) => find(group, name),
            None => find(section, name).or_else(|| find(DEFAULT, name)),
        }
    }

    fn mistake(&self, section: &str, option: &Opt, written: Option<&Written>, expected: String) -> Box<Mistake> {
        Box::new(Mistake {
            place: written.map_or(Place::Unset, |written| written.place.clone()),
            group: section.to_owned(),
            option: option.name.to_owned(),
            found: match written {
                None => Found::Nothing,
                Some(_) if option.kind == Kind::Secret => Found::Secret,
                Some(written) => Found::Text(written.text.clone()),
            },
            expected,
        })
    }
}

/// What is told of a section that nobody reads: where its first option is, and all that have no effect.
fn unread(section: &str, options: &BTreeMap<String, Vec<Written>>) -> Option<Warning> {
    let mut written: Vec<_> = options.iter().filter_map(|(name, values)| Some((name, values.last()?))).collect();
    written.sort_by_key(|(_, value)| match &value.place {
        Place::Line { line, .. } => *line,
        _ => usize::MAX,
    });
    let (_, first) = written.first()?;
    let names: Vec<_> = written.iter().map(|(name, _)| name.as_str()).collect();
    let (names, have) = (names.join(", "), if names.len() == 1 { "has" } else { "have" });
    let text = format!("[{section}] is no section in use, so {names} {have} no effect");
    Some(Warning { place: first.place.clone(), text })
}
