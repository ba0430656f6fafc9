//! `conf/manila.conf`: every option, commented, as documentation that can be uncommented.
//!
//! It is made from the tables and a test keeps the file equal to what is made, so it can't tell what is not so.

use crate::driver::DriverTable;
use crate::opt::{Group, Kind, Opt, Preset, Use};
use crate::settings::Settings;
use crate::tables::{self, FOREIGN};

/// Comments are wrapped at this column.
const WIDTH: usize = 100;

const HEAD: &str = "Every option of the Shared File Systems daemon, with its type, its default and its meaning. \
    Uncomment what you change. An option marked (reload) takes a new value on SIGHUP. An option may also be set by the \
    environment variable OS_<SECTION>__<OPTION>, and a value may contain $option (of its section, else of \
    [DEFAULT]) or ${section.option}; $$ is a dollar \
    sign.";

impl Settings {
    /// The text of `conf/manila.conf`.
    pub fn sample(drivers: &[&'static DriverTable]) -> String {
        let mut text = String::new();
        comment(&mut text, HEAD);
        let mut section = "";
        for group in tables::fixed(drivers) {
            if group.name != section {
                text.push_str(&format!("\n\n[{}]\n", group.name));
                section = group.name;
            }
            options(&mut text, group);
        }
        text.push_str("\n\n");
        comment(&mut text, "Sections of other software that such files hold are left alone:");
        for (name, reason) in FOREIGN {
            comment(&mut text, &format!("[{name}]: {reason}."));
        }
        let mut section = "";
        for group in tables::named(drivers) {
            if group.name != section {
                text.push_str(&format!("\n\n# [{}]\n", group.name));
                section = group.name;
            }
            options(&mut text, group);
        }
        text
    }
}

fn options(text: &mut String, group: &Group) {
    text.push('\n');
    comment(text, group.about);
    for option in group.options {
        text.push('\n');
        comment(text, &described(option));
        let value = match option.preset {
            Preset::Text(value) => value,
            Preset::None | Preset::Computed { .. } => "",
        };
        text.push_str(format!("#{} = {value}", option.name).trim_end());
        text.push('\n');
    }
}

fn described(option: &Opt) -> String {
    let kind = match option.kind {
        Kind::Secret => "a secret".to_owned(),
        kind => kind.to_string(),
    };
    let preset = match option.preset {
        Preset::Text(_) => String::new(),
        Preset::None => " Unset by default.".to_owned(),
        Preset::Computed { shown, .. } => format!(" By default {shown}."),
    };
    let used = match option.used {
        Use::Used => String::new(),
        Use::Accepted(reason) => format!(" Accepted without effect: {reason}."),
        Use::Refused(reason) => format!(" Any other value is refused: {reason}."),
        Use::NotBuilt(what) => format!(" Not built: {what}. Any other value is warned of and has no effect."),
    };
    let old: Vec<String> = option.old.iter().map(|(section, name)| format!("[{section}] {name}")).collect();
    let old = if old.is_empty() { String::new() } else { format!(" Formerly {}.", old.join(", ")) };
    let reload = if option.reload { " (reload)" } else { "" };
    format!("{} Type: {kind}.{preset}{used}{old}{reload}", option.meaning)
}

fn comment(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
