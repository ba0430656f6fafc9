//! What two readings differ in.

use super::*;
use crate::{Changed, Prints};

fn prints(more: &str) -> Prints {
    load(&alpha(more)).unwrap().prints
}

#[test]
fn two_readings_differ_in_the_options_with_other_values_whichever_was_first() {
    let (before, after) =
        (prints(""), prints("[quota]\nshares = 7\n[alpha]\nplayed_password = hunter3\nplayed_address = 192.0.2.11\n"));
    let changed = |section: &str, option, reload| Changed { section: section.to_owned(), option, reload };
    let expected = [
        changed("alpha", "played_address", false),
        changed("alpha", "played_password", true),
        changed("quota", "shares", true),
    ];
    assert_eq!(after.since(&before), expected);
    assert_eq!(before.since(&after), expected);
    assert_eq!(after.since(&after), []);
}

#[test]
fn the_options_of_a_section_that_is_read_no_more_have_changed() {
    let beta = ALPHA.replace("[alpha]", "[beta]");
    let (with, without) = (prints(&format!("[DEFAULT]\nenabled_share_backends = alpha,beta\n{beta}")), prints(""));
    for changed in [with.since(&without), without.since(&with)] {
        assert!(changed.iter().any(|one| (&*one.section, one.option) == ("beta", "played_address")), "{changed:?}");
    }
}

#[test]
fn an_option_without_effect_is_no_change() {
    assert_eq!(prints("[alpha]\nplayed_colour = red\n").since(&prints("")), []);
}

#[test]
fn what_is_kept_of_a_reading_is_not_shown() {
    let shown = format!("{:?}", prints(""));
    assert!(shown.starts_with("Prints of ") && shown.ends_with(" options"), "{shown}");
}

#[test]
fn a_secret_that_does_not_do_is_told_as_one() {
    let found = mistakes(&alpha("[alpha]\nplayed_password =\n"));
    assert!(found[0].contains("[alpha] played_password: found a secret, expected the password of"), "{found:?}");
}
