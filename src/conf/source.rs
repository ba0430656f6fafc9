//! Where values come from: configuration files, and over them the environment, as sources of the `config` crate.
//!
//! All sections stand below one key, because `config` would take a dot or bracket in a section's name for a path. Every
//! option is a list of what was written for it, oldest first, each with its place: an option that may be repeated
//! takes them all, any other the last. How to get it wrong: to let an old name in an early file beat the new name in a
//! late one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Map, Source, Value, ValueKind};

use crate::error::{Error, Place, Warning};
use crate::ini::{DEFAULT, Document, Written, normal};
use crate::opt::Group;

/// A configuration file is some hundred kilobytes at most, even fully commented.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

const ROOT: &str = "sections";

pub(crate) type Sections = BTreeMap<String, BTreeMap<String, Vec<Written>>>;

/// One `--config-file` or `--config-dir`; of several, the later ones win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    File(PathBuf),
    /// Its files named `*.conf`, sorted.
    Dir(PathBuf),
}

impl Layer {
    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let dir = match self {
            Layer::File(path) => return Ok(vec![path.clone()]),
            Layer::Dir(dir) => dir,
        };
        let entries = std::fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|cause| Error::Unreadable { path: dir.clone(), cause })?;
        let is_configuration = |path: &PathBuf| {
            let visible = path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."));
            visible && path.extension().is_some_and(|extension| extension == "conf")
        };
        let mut files: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).filter(is_configuration).collect();
        files.sort();
        Ok(files)
    }
}

/// What the configuration files say.
#[derive(Clone, Default)]
pub struct Files {
    sections: Sections,
    warnings: Vec<Warning>,
}

impl Files {
    /// Reads all files of `layers`; `groups` tell which names are old ones.
    ///
    /// # Errors
    /// Each file that can't be read, is not text, or has lines that mean nothing.
    pub fn read(layers: &[Layer], groups: &[&Group]) -> Result<Self, Error> {
        let (mut files, mut errors) = (Files::default(), Vec::new());
        for layer in layers {
            let paths = layer.files().unwrap_or_else(|error| {
                errors.push(error);
                Vec::new()
            });
            for path in paths {
                let added = text(&path).and_then(|text| files.add(&path.display().to_string(), &text, groups));
                errors.extend(added.err());
            }
        }
        Error::any(errors).map(|()| files)
    }

    /// Reads `text` over what is there already; `file` is its name in messages.
    ///
    /// # Errors
    /// A line that means nothing.
    pub fn add(&mut self, file: &str, text: &str, groups: &[&Group]) -> Result<(), Error> {
        let mut document = Document::parse(file, text)?;
        for group in groups {
            for option in group.options {
                for (section, name) in option.old {
                    let Some(values) = document.sections.get_mut(*section).and_then(|options| options.remove(*name))
                    else {
                        continue;
                    };
                    self.warnings.extend(values.last().map(|value| Warning {
                        place: value.place.clone(),
                        text: format!("[{section}] {name} is the old name of [{}] {}", group.name, option.name),
                    }));
                    let new = document.sections.entry(group.name.to_owned()).or_default();
                    new.entry(option.name.to_owned()).or_insert(values);
                }
            }
        }
        for (section, options) in document.sections {
            let read = self.sections.entry(section).or_default();
            for (name, values) in options {
                read.entry(name).or_default().extend(values);
            }
        }
        Ok(())
    }
}

fn text(path: &Path) -> Result<String, Error> {
    let unreadable = |cause| Error::Unreadable { path: path.to_owned(), cause };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(Error::Huge { path: path.to_owned(), bytes, most: MAX_FILE_BYTES });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// What variables named `OS_<GROUP>__<OPTION>` say.
#[derive(Clone, Default)]
pub struct Environment(Sections);

impl Environment {
    /// Takes the variables of that form from `variables`; their names are in capitals, so `groups` tell the case of an
    /// option's name.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>, groups: &[&Group]) -> Self {
        let mut sections = Sections::new();
        for (variable, text) in variables {
            let Some((group, option)) = variable.strip_prefix("OS_").and_then(|rest| rest.split_once("__")) else {
                continue;
            };
            if variable.chars().any(char::is_lowercase) {
                continue;
            }
            let section = if group == DEFAULT { DEFAULT.to_owned() } else { normal(group) };
            let mut options = groups.iter().flat_map(|group| group.options);
            let option_of_table = options.find(|declared| declared.name.eq_ignore_ascii_case(option));
            let name = option_of_table.map_or_else(|| option.to_lowercase(), |declared| declared.name.to_owned());
            let written = Written { text, place: Place::Environment(variable.clone()) };
            sections.entry(section).or_default().insert(name, vec![written]);
        }
        Environment(sections)
    }
}

impl Source for Files {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(rooted(&self.sections))
    }
}

impl Source for Environment {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(rooted(&self.0))
    }
}

// `Source` demands `Debug`; values stay out of it, since any of them may be a secret.
impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Files({} sections)", self.sections.len())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} sections)", self.0.len())
    }
}

fn rooted(sections: &Sections) -> Map<String, Value> {
    let written = |value: &Written| Value::new(Some(&value.place.to_string()), value.text.as_str());
    let option = |values: &Vec<Written>| Value::new(None, values.iter().map(written).collect::<Vec<_>>());
    let section = |options: &BTreeMap<String, Vec<Written>>| {
        let options: Map<String, Value> = options.iter().map(|(name, values)| (name.clone(), option(values))).collect();
        Value::new(None, options)
    };
    let sections: Map<String, Value> =
        sections.iter().map(|(name, options)| (name.clone(), section(options))).collect();
    Map::from_iter([(ROOT.to_owned(), Value::new(None, sections))])
}

/// Lays the environment over the files.
pub(crate) fn layered(files: Files, environment: Environment) -> Result<(Sections, Vec<Warning>), ConfigError> {
    let warnings = files.warnings.clone();
    let config = Config::builder().add_source(files).add_source(environment).build()?;
    let mut sections = Sections::new();
    for (section, options) in table(table(config.cache.kind).remove(ROOT).unwrap_or_default().kind) {
        let read = sections.entry(section).or_default();
        for (name, values) in table(options.kind) {
            let written =
                |value: Value| Some(Written { place: Place::parse(value.origin()), text: string(value.kind)? });
            let ValueKind::Array(values) = values.kind else { continue };
            read.insert(name, values.into_iter().filter_map(written).collect());
        }
    }
    Ok((sections, warnings))
}

fn table(kind: ValueKind) -> BTreeMap<String, Value> {
    if let ValueKind::Table(table) = kind { table.into_iter().collect() } else { BTreeMap::new() }
}

fn string(kind: ValueKind) -> Option<String> {
    if let ValueKind::String(text) = kind { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opt::{Kind, unset};

    const GROUP: Group = Group {
        name: "quota",
        about: "",
        options: &[
            unset("shares", Kind::Str, "").was(&[("DEFAULT", "quota_shares")]),
            unset("base_URL", Kind::Str, ""),
        ],
    };

    fn layer(files: &[&str], environment: &[(&str, &str)]) -> (Sections, Vec<Warning>) {
        let mut read = Files::default();
        for (n, text) in files.iter().enumerate() {
            read.add(&format!("{n}.conf"), text, &[&GROUP]).unwrap();
        }
        let variables = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        layered(read, Environment::new(variables, &[&GROUP])).unwrap()
    }

    fn values(sections: &Sections, section: &str, name: &str) -> Vec<String> {
        sections[section][name].iter().map(|value| format!("{} at {}", value.text, value.place)).collect()
    }

    #[test]
    fn later_files_come_after_earlier_ones_and_the_environment_replaces_them() {
        let files = ["[a]\nk = 1\n[b]\nk = 2\n", "[A]\nk = 3\n"];
        let (sections, _) = layer(&files, &[("OS_B__K", "4"), ("OS_B", "x"), ("PATH__K", "x"), ("OS_B__k", "x")]);
        assert_eq!(values(&sections, "a", "k"), ["1 at 0.conf:2", "3 at 1.conf:2"]);
        assert_eq!(values(&sections, "b", "k"), ["4 at environment variable OS_B__K"]);
        assert_eq!(sections.len(), 2);
    }

    #[test]
    fn a_section_may_be_named_anything() {
        let (sections, _) = layer(&["[a.b[0]]\nk.x = 1\n[sections]\nk = 2\n"], &[]);
        assert_eq!(values(&sections, "a.b[0]", "k.x"), ["1 at 0.conf:2"]);
        assert_eq!(values(&sections, "sections", "k"), ["2 at 0.conf:4"]);
    }

    #[test]
    fn the_newest_file_wins_whichever_name_it_uses() {
        let (sections, warnings) = layer(&["[quota]\nshares = 1\n", "[DEFAULT]\nquota_shares = 2\n"], &[]);
        assert_eq!(values(&sections, "quota", "shares").last().unwrap(), "2 at 1.conf:2");
        assert_eq!(
            warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
            ["1.conf:2: [DEFAULT] quota_shares is the old name of [quota] shares"]
        );
        let (sections, _) = layer(&["[quota]\nshares = 1\n[DEFAULT]\nquota_shares = 2\n"], &[]);
        assert_eq!(values(&sections, "quota", "shares"), ["1 at 0.conf:2"]);
    }

    #[test]
    fn the_table_tells_the_case_of_a_name_in_the_environment() {
        let (sections, _) = layer(&[], &[("OS_QUOTA__BASE_URL", "x")]);
        assert_eq!(values(&sections, "quota", "base_URL"), ["x at environment variable OS_QUOTA__BASE_URL"]);
    }

    #[test]
    fn a_directory_gives_its_conf_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for (name, value) in [("b.conf", "2"), ("a.conf", "1"), (".c.conf", "3"), ("d.txt", "4")] {
            std::fs::write(dir.path().join(name), format!("[a]\nk = {value}\n")).unwrap();
        }
        let files = Files::read(&[Layer::Dir(dir.path().to_owned())], &[]).unwrap();
        let texts: Vec<&str> = files.sections["a"]["k"].iter().map(|value| value.text.as_str()).collect();
        assert_eq!(texts, ["1", "2"]);
    }

    #[test]
    fn what_is_missing_enormous_or_not_text_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manila.conf");
        let read = |path: &Path| Files::read(&[Layer::File(path.to_owned())], &[]).map(drop);
        assert!(matches!(read(&path), Err(Error::Unreadable { .. })));
        std::fs::write(&path, b"[a]\nk = \xff\n").unwrap();
        assert!(matches!(read(&path), Err(Error::Unreadable { .. })));
        std::fs::File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert!(matches!(read(&path), Err(Error::Huge { .. })));
        assert!(matches!(Files::read(&[Layer::Dir(path)], &[]), Err(Error::Unreadable { .. })));
    }

    #[test]
    fn values_stay_out_of_debug() {
        let mut files = Files::default();
        files.add("f", "[a]\npassword = hunter2\n", &[]).unwrap();
        assert!(!format!("{files:?}").contains("hunter2"));
    }
}
