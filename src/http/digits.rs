//! Whole numbers that clients write as text: one pattern, by which they are read and which the schema shows.
//!
//! As with the reference, which reads such numbers by Python's `int`, there may be blanks around them, a plus before them, and
//! leading zeros. How to get it wrong: to read by another rule than the pattern.

use regex::Regex;

/// Numbers from 1 up to a largest one, in digits.
#[derive(Debug)]
pub struct Digits(Regex);

impl Digits {
    /// # Panics
    /// Never: each part of the pattern is well formed.
    #[allow(clippy::expect_used, reason = "the pattern is made here")]
    pub fn up_to(most: u64) -> Self {
        // Named one by one, for engines of patterns differ in what `\s` is.
        let blanks = "[ \\t\\n\\r]*";
        let numbers = alternatives(most).join("|");
        Digits(Regex::new(&format!("^{blanks}\\+?0*({numbers}){blanks}$")).expect("a pattern"))
    }

    pub fn pattern(&self) -> &str {
        self.0.as_str()
    }

    pub fn read(&self, text: &str) -> Option<u64> {
        self.0.captures(text)?.get(1)?.as_str().parse().ok()
    }
}

/// Patterns that together match the numbers from 1 to `most` without leading zeros.
fn alternatives(most: u64) -> Vec<String> {
    let digits = most.to_string();
    let rest = |count: usize| if count == 0 { String::new() } else { format!("[0-9]{{{count}}}") };
    let mut all = Vec::new();
    if digits.len() > 1 {
        all.push(format!("[1-9][0-9]{{0,{}}}", digits.len() - 2));
    }
    for (at, digit) in digits.char_indices() {
        let least = if at == 0 { '1' } else { '0' };
        let Some(below) = ('0'..digit).next_back().filter(|below| *below >= least) else { continue };
        all.push(format!("{}[{least}-{below}]{}", &digits[..at], rest(digits.len() - at - 1)));
    }
    all.push(digits);
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

    /// What is read, said without a pattern.
    fn expected(text: &str, most: u64) -> Option<u64> {
        let number: u64 = text.trim_matches(BLANKS).parse().ok()?;
        (1..=most).contains(&number).then_some(number)
    }

    #[test]
    fn the_largest_number_is_read_and_the_next_is_not_however_it_is_written() {
        for most in [1, 7, 9, 10, 11, 99, 100, 190, 909, 2_147_483_647] {
            let digits = Digits::up_to(most);
            for number in (0..=most.min(1200)).chain([most, most + 1, most * 10]) {
                for text in [format!("{number}"), format!(" +00{number}\n")] {
                    assert_eq!(digits.read(&text), expected(&text, most), "{text:?} up to {most}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_text_is_read_if_it_is_a_number_with_blanks_around(text in "[ \\t\\n\\r\u{a0}+-]{0,3}[0-9_.a]{0,12}[ \\t\u{85}]{0,2}") {
            let most = 2_147_483_647;
            prop_assert_eq!(Digits::up_to(most).read(&text), expected(&text, most));
        }

        #[test]
        fn any_number_is_read_as_it_is(number: u64, most in 1..u64::MAX / 10) {
            prop_assert_eq!(Digits::up_to(most).read(&number.to_string()), expected(&number.to_string(), most));
        }
    }
}
