//! Words that say yes or no, as clients write them.

pub const TRUE: &[&str] = &["true", "t", "1", "on", "yes", "y"];
pub const FALSE: &[&str] = &["false", "f", "0", "off", "no", "n"];

/// Reads a boolean word in any case.
pub fn flag_word(word: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|one| one.eq_ignore_ascii_case(word.trim()));
    match (is_one_of(TRUE), is_one_of(FALSE)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}
