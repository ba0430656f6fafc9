//! Structured logs on standard error, as text or as JSON lines. Secrets never get here: they have no `Debug` that
//! shows them.
//!
//! As text, a value is bare unless that would be unclear; then it stands in quotes, escaped as in Rust. How to get it wrong:
//! to write a value as it came. Names and errors come from outside, and one with a line break in it would forge a line.

use std::borrow::Cow;
use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FormatFields, format::Writer, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use manilad_clock::Clock;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
}

struct Stamped(Clock);

impl FormatTime for Stamped {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0.now())
    }
}

/// Writes the fields of a line of text: the message, then `name=value`.
struct Plain;

impl<'w> FormatFields<'w> for Plain {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> std::fmt::Result {
        let mut line = Line { writer, begun: false, outcome: Ok(()) };
        fields.record(&mut line);
        line.outcome
    }
}

struct Line<'w> {
    writer: Writer<'w>,
    begun: bool,
    outcome: std::fmt::Result,
}

impl Line<'_> {
    fn put(&mut self, field: &Field, value: &str) {
        let put = self.written(field.name(), value);
        self.begun = true;
        self.outcome = self.outcome.and(put);
    }

    fn written(&mut self, name: &str, value: &str) -> std::fmt::Result {
        if self.begun {
            self.writer.write_char(' ')?;
        }
        if name == "message" {
            return self.writer.write_str(&message(value));
        }
        self.writer.write_str(name)?;
        self.writer.write_char('=')?;
        self.writer.write_str(&clear(value))
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, &format!("{value:?}"));
    }
}

/// Whether a text holds only letters that print, in ASCII. Nearly all do, and each request writes three, so no more is done for them.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A message is text for people and stays as it is, but for what does not print.
fn message(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return text.into();
    }
    let one = |c: char| if matches!(c, '"' | '\'' | '\\') { c.to_string() } else { c.escape_debug().to_string() };
    text.chars().map(one).collect()
}

/// A value that nobody takes for something else: in quotes if it is empty or holds a blank, a quote, `=`, or what does not
/// print.
fn clear(value: &str) -> Cow<'_, str> {
    let is_unclear = |c: char| c.is_whitespace() || matches!(c, '=' | '\'' | '"' | '\\');
    if value.is_empty() || value.contains(is_unclear) {
        return format!("{value:?}").into();
    }
    if is_plain(value) {
        return value.into();
    }
    let quoted = format!("{value:?}");
    if quoted.len() == value.len() + 2 { value.into() } else { quoted.into() }
}

/// What is logged unless `RUST_LOG` says otherwise. What actix-http calls an error is what strangers do to their own
/// connections; what the server that accepts them calls one is ours.
const fn default(debug: bool) -> &'static str {
    if debug { "info,manilad=debug,actix_http=off" } else { "info,actix_http=off" }
}

/// Begins to log. `RUST_LOG` narrows or widens what is logged; without it, `debug` decides. A second call is ignored.
pub fn begin(form: Form, debug: bool, clock: Clock) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default(debug)));
    let stamped = Stamped(clock);
    let registry = tracing_subscriber::registry().with(filter);
    let stderr = std::io::stderr;
    let _begun_before = match form {
        Form::Text => {
            registry.with(layer().fmt_fields(Plain).with_timer(stamped).with_ansi(false).with_writer(stderr)).try_init()
        }
        Form::Json => registry.with(layer().json().with_timer(stamped).with_writer(stderr)).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged as text while `work` goes on.
    fn logged(work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = layer().fmt_fields(Plain).without_time().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(EnvFilter::new(default(false))).with(layer);
        tracing::subscriber::with_default(subscriber, work);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn troubles_of_the_server_are_logged_and_what_strangers_do_to_their_connections_is_not() {
        let logged = logged(|| {
            tracing::error!(target: "actix_server::accept", "Error accepting connection: too many open files");
            tracing::error!(target: "actix_server::server", "Worker 0 has died; restarting");
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error: malformed");
            tracing::debug!(target: "actix_server::accept", "paused");
        });
        assert_eq!(logged.lines().count(), 2, "{logged}");
        assert!(logged.contains("Error accepting connection") && logged.contains("has died"), "{logged}");
    }

    #[test]
    fn a_value_is_bare_unless_that_would_be_unclear() {
        for (value, shown) in [
            ("vm@alpha#aggr1", "vm@alpha#aggr1"),
            ("4.7µs", "4.7µs"),
            ("", r#""""#),
            ("two words", r#""two words""#),
            ("a=b", r#""a=b""#),
            ("it's", r#""it's""#),
            (r#"a"b"#, r#""a\"b""#),
            (r"a\b", r#""a\\b""#),
            ("a\n2026 ERROR forged\r\u{1b}[2J", r#""a\n2026 ERROR forged\r\u{1b}[2J""#),
            ("a\u{a0}b\u{2028}c\u{202e}d", r#""a\u{a0}b\u{2028}c\u{202e}d""#),
        ] {
            let line = logged(|| tracing::info!(target: "t", text = value, shown = %value, n = 7, "said"));
            assert_eq!(line, format!(" INFO t: said text={shown} shown={shown} n=7\n"));
        }
        let line =
            logged(|| tracing::info!(target: "t", list = ?["a"], is = true, none = ?None::<u8>, "it's \\ \"so\""));
        assert_eq!(line, " INFO t: it's \\ \"so\" list=\"[\\\"a\\\"]\" is=true none=None\n");
    }

    /// The fields of a line after its message, as a reader takes them apart.
    fn read(mut rest: &str) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while let Some((name, after)) = rest.trim_start_matches(' ').split_once('=') {
            let end = match after.strip_prefix('"') {
                None => after.find(' ').unwrap_or(after.len()),
                Some(inner) => {
                    let mut escaped = false;
                    let closes = |c: char| {
                        let is_end = c == '"' && !escaped;
                        escaped = c == '\\' && !escaped;
                        is_end
                    };
                    2 + inner.find(closes).expect("a quote that closes")
                }
            };
            fields.push((name.to_owned(), after[..end].to_owned()));
            rest = &after[end..];
        }
        assert_eq!(rest, "", "nothing is left over");
        fields
    }

    fn shown(value: &str) -> String {
        let bare = |c: char| c.is_ascii_alphanumeric() || "@#-_.:/,{}".contains(c);
        if !value.is_empty() && value.chars().all(bare) { value.to_owned() } else { format!("{value:?}") }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_value_forges_a_line_or_a_field(a in "([ =\"'\\\\\n\r\u{85}\u{2028}\u{1b}a@]|\\PC){0,12}", b in "[ -~\n]{0,12}") {
            let text = logged(|| {
                let _entered = tracing::info_span!(target: "t", "request", path = %a).entered();
                tracing::info!(target: "t", a, b = %b, last = 1, "said {a}{b}");
            });
            let (line, end) = text.split_at(text.len() - 1);
            prop_assert_eq!(end, "\n");
            prop_assert!(!line.contains(|c: char| c.is_control() || c == '\u{2028}'), "{}", line);
            let fields = &line[line.rfind(&format!(" a={}", clear(&a))).unwrap()..];
            let names_and_values = read(fields);
            prop_assert_eq!(names_and_values, [
                ("a".to_owned(), clear(&a).into_owned()), ("b".to_owned(), clear(&b).into_owned()), ("last".to_owned(), "1".to_owned()),
            ]);
        }

        #[test]
        fn what_is_of_plain_ascii_is_shown_as_the_rule_says(value in "[a-z@#:/ =\"\t]{0,8}") {
            prop_assert_eq!(clear(&value).into_owned(), shown(&value));
        }
    }
}
