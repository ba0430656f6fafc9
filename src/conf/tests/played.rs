//! The table of a driver that only tests have: with an option of each kind that a driver can ask for.

use serde::Deserialize;

use super::*;
use crate::Kind::{Bool, Enum, Host, List, Path, Port, Secret, Str};

const TAPES: &str = "tapes";

pub static BACK_END: Group = Group {
    name: "<back end>",
    about: "The same section, on an array that tests play.",
    options: &[
        unset("played_address", Host, "Where it is."),
        unset("played_port", Port, "Its port."),
        unset("played_login", Str, "Who asks.").reload(),
        unset("played_password", Secret, "Password of played_login.").reload(),
        unset("played_key", Path, "A key instead of a password."),
        unset("played_home", Str, "Where all shares are; required without share servers."),
        opt("played_family", Enum(&["small", "large"]), "small", "Kind of array.").refused("there is no other"),
        opt("played_colour", Str, "grey", "Colour of its lamp.").accepted("nobody looks"),
        opt("played_tapes", List, "", "Tapes; each is a section of this name.").not_built(TAPES),
        opt("played_ready", Bool, "true", "Whether it is ready."),
    ],
};

pub static TAPE: Group = Group {
    name: "<tape>",
    about: "A tape.",
    options: &[
        unset("played_target", Str, "The back end that has the tape.").not_built(TAPES),
        opt("played_length", int(0), "90", "Its length.").not_built(TAPES),
    ],
};

pub static LIBRARY: Group = Group {
    name: "played_library",
    about: "Who has the tapes.",
    options: &[unset("played_keeper", Str, "Its name.").not_built(TAPES)],
};

pub static TABLE: DriverTable =
    DriverTable { name: "tests.Driver", options: &BACK_END, named: &[&TAPE], unused: &[&LIBRARY], check };

pub const EMBEDDED: &str = "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\n\
    enabled_share_backends = alpha,beta\n[manilad]\nsimulator = true\n\
    [alpha]\nshare_driver = tests.Driver\ndriver_handles_share_servers = false\nplayed_home = here\n\
    [beta]\nshare_driver = tests.Driver\ndriver_handles_share_servers = true\n";

#[derive(Debug, Deserialize)]
pub struct Played {
    pub played_address: Option<String>,
    pub played_port: Option<u16>,
    pub played_login: Option<String>,
    pub played_password: Option<secrecy::SecretString>,
    pub played_key: Option<std::path::PathBuf>,
    pub played_home: Option<String>,
    pub played_tapes: Vec<String>,
    pub played_ready: bool,
}

#[derive(Debug, Deserialize)]
pub struct Tape {
    pub played_target: Option<String>,
}

fn check(section: &mut Section<'_>, values: &Values) -> Result<bool, Error> {
    let Some(played) = values.typed::<Played>()? else { return Ok(false) };
    if played.played_home.is_none() && section.share_servers() == Some(false) {
        section.blame("played_home", "a place");
    }
    if played.played_home.is_some() && section.share_servers() == Some(true) {
        section.warn("played_home", " has no effect");
    }
    if !section.is_simulated() && played.played_address.is_none() {
        section.blame("played_address", "the address of the array");
    }
    let has_key = played.played_key.is_some() || !section.are_usable(&["played_key"]);
    if !section.is_simulated() && !has_key && played.played_login.is_none() {
        section.blame("played_login", "an account or a key");
    }
    if !has_key && played.played_login.is_some() && played.played_password.is_none() {
        section.blame("played_password", "the password of played_login");
    }
    for name in &played.played_tapes {
        let tape: Option<Tape> = section.named("played_tapes", name, &TAPE)?;
        match tape.map(|tape| tape.played_target) {
            Some(Some(target)) => section.names_back_end(name, "played_target", &target),
            Some(None) => section.blame_in(name, "played_target", "the name of a back end's section"),
            None => {}
        }
    }
    Ok(true)
}

#[test]
fn the_types_of_the_played_driver_have_the_fields_of_its_tables() {
    suite::fields_agree::<Played>(&BACK_END);
    suite::fields_agree::<Tape>(&TAPE);
}
