//! What every table of options must pass, those of drivers too, and how tests load a file of some text.

use std::collections::BTreeSet;

use serde::de::{DeserializeOwned, Deserializer, Visitor, value};

use crate::driver::DriverTable;
use crate::error::{Place, Warning};
use crate::load::{Loaded, Sources};
use crate::opt::{Group, Kind, Opt, Preset, Use};
use crate::reader::Reader;
use crate::settings::Settings;
use crate::source::{Environment, Files, Layer};
use crate::supported::Supported;
use crate::values::Values;

/// What the daemon may be told, with these drivers.
pub fn supported(drivers: &[&'static DriverTable], embedded: &'static str) -> Supported {
    Supported {
        scheduler_drivers: vec!["manila.scheduler.drivers.filter.FilterScheduler"],
        filters: vec![
            "OnlyHostFilter",
            "AvailabilityZoneFilter",
            "CapacityFilter",
            "CapabilitiesFilter",
            "DriverFilter",
            "ShareReplicationFilter",
            "CreateFromSnapshotFilter",
            "AffinityFilter",
            "AntiAffinityFilter",
            "ConsistentSnapshotFilter",
        ],
        weighers: vec!["CapacityWeigher", "GoodnessWeigher", "HostAffinityWeigher"],
        judge_function: |_| Ok(()),
        drivers: drivers.to_vec(),
        embedded,
    }
}

/// Loads a file of this text, named manila.conf in messages.
///
/// # Errors
/// What is wrong in it, a line each.
pub fn load_with(supported: &Supported, text: &str, environment: &[(&str, &str)]) -> Result<Loaded, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("manila.conf");
    std::fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let shown = |text: String| text.replace(&format!("{}/", dir.path().display()), "");
    let mut loaded = Settings::load(&Sources { layers: vec![Layer::File(path)], environment }, supported)
        .map_err(|error| shown(error.to_string()))?;
    for warning in loaded.warnings.iter_mut().chain(&mut loaded.notes) {
        if let Place::Line { file, .. } = &mut warning.place {
            *file = shown(file.clone());
        }
    }
    Ok(loaded)
}

/// The mistakes in a file of this text, a line each.
pub fn mistakes(supported: &Supported, text: &str) -> Vec<String> {
    let message = load_with(supported, text, &[]).err().unwrap_or_default();
    message.lines().filter(|line| !line.starts_with("warning: ")).map(str::to_owned).collect()
}

pub fn warnings(loaded: &Loaded) -> Vec<String> {
    loaded.warnings.iter().map(Warning::to_string).collect()
}

/// The values of a group of which nothing is written.
pub fn defaults(group: &'static Group) -> Values {
    Reader::new(Files::default(), Environment::default()).unwrap().values("", group)
}

/// Asks a type for the names of its fields, and gives it nothing.
struct Asking<'f>(&'f mut BTreeSet<&'static str>);

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(serde::de::Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        self.0.extend(fields);
        Err(serde::de::Error::custom("asked"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A type has a field for each used option of its table, and none beside the table.
pub fn fields_agree<T: DeserializeOwned>(group: &Group) {
    let mut fields = BTreeSet::new();
    assert_eq!(T::deserialize(Asking(&mut fields)).err().unwrap().to_string(), "asked");
    for option in group.options {
        let has_field = fields.remove(option.name);
        match option.used {
            Use::Used => assert!(has_field, "[{}] {} is used and has no field", group.name, option.name),
            Use::NotBuilt(_) => {}
            _ => assert!(!has_field, "[{}] {} has a field and is not used", group.name, option.name),
        }
    }
    assert!(fields.is_empty(), "[{}]: fields without an option: {fields:?}", group.name);
}

/// Every default is a value of its option, none stands twice in a section, and each has a sentence for its meaning.
pub fn tables_are_sound(groups: &[&'static Group]) {
    let mut reader = Reader::new(Files::default(), Environment::default()).unwrap();
    groups.iter().for_each(|group| reader.declare(group.name, group));
    let mut found = BTreeSet::new();
    for (group, option) in groups.iter().flat_map(|group| group.options.iter().map(move |option| (group, option))) {
        let value = reader.value(group.name, option);
        assert!(value.is_ok(), "{}", value.unwrap_err());
        assert!(found.insert((group.name, option.name)), "[{}] {} stands twice", group.name, option.name);
        assert!(option.meaning.ends_with('.') || option.meaning.ends_with(')'), "{}: {}", option.name, option.meaning);
    }
}

/// Texts of which one is another value than the default, whatever the kind of the option.
const OTHERS: &[&str] = &[
    "true",
    "false",
    "7",
    "tape",
    "alpha",
    "key:value",
    "key:[a]",
    "%(share_id)s_%(protocol)s",
    "%(share_id)s_other",
    "%(share_server_id)s_other",
    "CapacityFilter",
];

/// Makes files that have one option more: its section there, and the file with that text.
pub type FileWith<'f> = &'f dyn Fn(&Group, &Opt, &str) -> (String, String);

/// What is told of one option among the lines of a file.
fn told_of(of: &[Warning], option: &Opt) -> Vec<String> {
    let is_of = |line: &String| line.contains(&format!("] {} ", option.name));
    of.iter().map(Warning::to_string).filter(is_of).collect()
}

/// What a file leads to whose value of that option is not the default, where the option stands and in which line; none
/// if the option has but one value.
fn otherwise(
    supported: &Supported,
    group: &Group,
    option: &Opt,
    file: FileWith<'_>,
) -> Option<(Loaded, String, usize)> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let choices = match option.kind {
        Kind::Enum(choices) | Kind::ListOf(choices) => owned(choices),
        Kind::Int { min, max } => vec![min.to_string(), min.saturating_add(1).to_string(), max.to_string()],
        _ => owned(OTHERS),
    };
    choices.iter().find_map(|choice| {
        let (section, text) = file(group, option, choice);
        let line = 1 + text.lines().position(|line| line.starts_with(&format!("{} = ", option.name))).unwrap();
        let loaded = load_with(supported, &text, &[]).ok()?;
        let is_told = [&loaded.warnings, &loaded.notes].iter().any(|of| !told_of(of, option).is_empty());
        is_told.then_some((loaded, section, line))
    })
}

/// An option without effect is told once, with its place and why; and not where it has its default.
pub fn no_effect_is_told(supported: &Supported, groups: &[&'static Group], file: FileWith<'_>) {
    let (mut warned, mut noted) = (0, 0);
    for (group, option) in groups.iter().flat_map(|group| group.options.iter().map(move |option| (group, option))) {
        let why = match option.used {
            Use::Used | Use::Refused(_) => continue,
            Use::NotBuilt(what) => format!("this is not built: {what}"),
            Use::Accepted(reason) => reason.to_owned(),
        };
        if let Preset::Text(preset) = option.preset {
            let loaded = load_with(supported, &file(group, option, preset).1, &[]).unwrap();
            assert_eq!(told_of(&loaded.warnings, option), Vec::<String>::new());
            assert_eq!(told_of(&loaded.notes, option), Vec::<String>::new());
        }
        if matches!(option.kind, Kind::Enum([_])) {
            continue; // no other value is taken
        }
        let found = otherwise(supported, group, option, file);
        let (loaded, section, line) = found.unwrap_or_else(|| panic!("nothing is told of {}", option.name));
        let expected = [format!("manila.conf:{line}: [{section}] {} has no effect: {why}", option.name)];
        let (warnings, notes) = (told_of(&loaded.warnings, option), told_of(&loaded.notes, option));
        if matches!(option.used, Use::NotBuilt(_)) {
            assert_eq!((warnings.as_slice(), notes.len()), (&expected[..], 0));
            warned += 1;
        } else {
            assert_eq!((warnings.len(), notes.as_slice()), (0, &expected[..]));
            noted += 1;
        }
    }
    assert!(warned > 0 && noted > 0);
}
