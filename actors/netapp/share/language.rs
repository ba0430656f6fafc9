//! Languages of volumes: the codes that ONTAP's REST API has.
//!
//! Command lines write `en_US.UTF-8` for what REST calls `en_us.utf_8`; either is read. How to get it wrong: to hand on
//! what is no language and leave it to the array, which refuses it in words that nobody but an administrator sees.
//! Source: ONTAP REST API, `POST /storage/volumes`, `language`.

/// Each of these is one, and another with `.utf_8` behind it.
#[rustfmt::skip]
const CODES: &[&str] = &[
    "ar", "c", "cs", "da", "de", "en", "en_us", "es", "fi", "fr", "he", "hr", "hu", "it", "ja", "ja_jp.932",
    "ja_jp.pck", "ja_jp.pck_v2", "ja_v1", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr", "zh",
    "zh.gbk", "zh_tw", "zh_tw.big5",
];
const UTF_8: &str = ".utf_8";
/// All of Unicode, in up to four bytes.
const WHOLE: &str = "utf8mb4";

/// A language as REST has it; none for what is none.
pub fn read(text: &str) -> Option<String> {
    let code = text.to_ascii_lowercase().replace('-', "_");
    let is_one = code == WHOLE || CODES.contains(&code.strip_suffix(UTF_8).unwrap_or(&code));
    is_one.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_in_either_spelling_and_nothing_else_is_one() {
        for (text, code) in [
            ("c", "c"),
            ("c.utf_8", "c.utf_8"),
            ("en_US.UTF-8", "en_us.utf_8"),
            ("zh_tw.big5.utf_8", "zh_tw.big5.utf_8"),
            ("utf8mb4", "utf8mb4"),
        ] {
            assert_eq!(read(text).as_deref(), Some(code));
        }
        for wrong in ["zz", "utf_8", ".utf_8", "c.utf_8.utf_8", "utf8mb4.utf_8", "en us", ""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
