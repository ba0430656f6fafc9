//! Options that do nothing: those of parts that are not built are warned of, those that mean nothing here are noted.

use super::*;

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

/// A file with one option more, in the section of that group.
fn file_with(group: &Group, option: &Opt, text: &str) -> String {
    let line = format!("{} = {text}\n", option.name);
    match group.name {
        "<back end>" => alpha(&format!("{line}[tape]\nnetapp_backup_backend_section_name = alpha\n")),
        "<backup type>" => {
            let needed = ["netapp_backup_backend_section_name = alpha\n", "netapp_backup_vserver = svm9\n"];
            let others = needed.iter().filter(|needed| !needed.starts_with(option.name)).copied();
            alpha(&format!("netapp_enabled_backup_types = tape\n[tape]\n{}{line}", others.collect::<String>()))
        }
        section => alpha(&format!("[{section}]\n{line}")),
    }
}

/// What is told of one option among the lines of a file.
fn told(of: &[Warning], option: &Opt) -> Vec<String> {
    let is_of = |line: &String| line.contains(&format!("] {} ", option.name));
    of.iter().map(Warning::to_string).filter(is_of).collect()
}

/// What a file leads to whose value of that option is not the default; none if the option has but one value.
fn otherwise(group: &Group, option: &Opt) -> Option<(Loaded, usize)> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let choices = match option.kind {
        Kind::Enum(choices) | Kind::ListOf(choices) => owned(choices),
        Kind::Int { min, max } => vec![min.to_string(), min.saturating_add(1).to_string(), max.to_string()],
        _ => owned(OTHERS),
    };
    choices.iter().find_map(|choice| {
        let text = file_with(group, option, choice);
        let line = 1 + text.lines().position(|line| line.starts_with(&format!("{} = ", option.name))).unwrap();
        let loaded = load(&text).ok()?;
        let is_told = [&loaded.warnings, &loaded.notes].iter().any(|of| !told(of, option).is_empty());
        is_told.then_some((loaded, line))
    })
}

#[test]
fn an_option_without_effect_is_told_once_with_its_place_and_why() {
    let (mut warned, mut noted) = (0, 0);
    for (group, option) in tables::all() {
        let why = match option.used {
            Use::Used | Use::Refused(_) => continue,
            Use::NotBuilt(what) => format!("this is not built: {what}"),
            Use::Accepted(reason) => reason.to_owned(),
        };
        if matches!(option.kind, Kind::Enum([_])) {
            continue; // no other value is taken
        }
        let (loaded, line) = otherwise(group, option).unwrap_or_else(|| panic!("nothing is told of {}", option.name));
        let section = match group.name {
            "<back end>" => "alpha",
            "<backup type>" => "tape",
            section => section,
        };
        let expected = [format!("manila.conf:{line}: [{section}] {} has no effect: {why}", option.name)];
        let (warnings, notes) = (told(&loaded.warnings, option), told(&loaded.notes, option));
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

#[test]
fn the_default_of_an_option_without_effect_is_nothing_to_tell() {
    for (group, option) in
        tables::all().filter(|(_, option)| matches!(option.used, Use::NotBuilt(_) | Use::Accepted(_)))
    {
        let Preset::Text(preset) = option.preset else { continue };
        let loaded = load(&file_with(group, option, preset)).unwrap();
        assert_eq!(told(&loaded.warnings, option), Vec::<String>::new());
        assert_eq!(told(&loaded.notes, option), Vec::<String>::new());
    }
}

#[test]
fn the_value_of_a_secret_without_effect_is_not_told() {
    let loaded =
        load(&alpha("[barbican]\npassword = hunter3\n[database]\nconnection = mysql://m:hunter4@db/m\n")).unwrap();
    let all = [loaded.warnings, loaded.notes].concat();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(!format!("{all:?}").contains("hunter"), "{all:?}");
}
