//! Options that do nothing: those of parts that are not built are warned of, those that mean nothing here are noted.

use super::*;

/// The section of that group, and a file with one option more in it.
fn file_with(group: &Group, option: &Opt, text: &str) -> (String, String) {
    let line = format!("{} = {text}\n", option.name);
    match group.name {
        "<back end>" => ("alpha".into(), alpha(&format!("{line}[tape]\nplayed_target = alpha\n"))),
        "<tape>" => {
            let target = if option.name == "played_target" { "" } else { "played_target = alpha\n" };
            ("tape".into(), alpha(&format!("played_tapes = tape\n[tape]\n{target}{line}")))
        }
        section => (section.into(), alpha(&format!("[{section}]\n{line}"))),
    }
}

#[test]
fn an_option_without_effect_is_told_once_with_its_place_and_why_and_its_default_is_not() {
    let supported = supported();
    suite::no_effect_is_told(&supported, &tables::groups(&supported.drivers), &file_with);
}

#[test]
fn the_value_of_a_secret_without_effect_is_not_told() {
    let loaded = load(&alpha(
        "[DEFAULT]\ntransport_url = rabbit://m:hunter3@q\n[database]\nconnection = mysql://m:hunter4@db/m\n",
    ))
    .unwrap();
    let all = [loaded.warnings, loaded.notes].concat();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(!format!("{all:?}").contains("hunter"), "{all:?}");
}
