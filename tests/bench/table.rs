//! The table that is printed: what was measured, beside what is to be reached.

use std::time::Duration;

/// One line: what was measured, what came out, what it is to be, and whether it is.
pub struct Line {
    pub row: u8,
    pub what: String,
    pub measured: String,
    pub target: String,
    /// `None` where the design sets no target.
    pub reached: Option<bool>,
}

/// Lines in the order in which they were measured.
#[derive(Default)]
pub struct Table(Vec<Line>);

impl Table {
    /// Adds a line, and tells whoever waits.
    pub fn add(&mut self, row: u8, what: impl Into<String>, measured: impl Into<String>, target: Target) {
        let line =
            Line { row, what: what.into(), measured: measured.into(), target: target.text, reached: target.reached };
        eprintln!("  {}: {}", line.what, line.measured);
        self.0.push(line);
    }

    pub fn print(&self) {
        let mark = |line: &Line| match line.reached {
            Some(true) => "reached",
            Some(false) => "MISSED",
            None => "",
        };
        let widest = |text: fn(&Line) -> &str| self.0.iter().map(|line| text(line).chars().count()).max().unwrap_or(0);
        let (what, measured) = (widest(|line| &line.what), widest(|line| &line.measured));
        let target = widest(|line| &line.target);
        for line in &self.0 {
            let row = line.row;
            let text = format!(
                "{row}  {:what$}  {:measured$}  {:target$}  {}",
                line.what,
                line.measured,
                line.target,
                mark(line)
            );
            println!("{}", text.trim_end());
        }
    }
}

/// What a figure is held against.
pub struct Target {
    text: String,
    reached: Option<bool>,
}

/// A figure that is told for the sake of another.
pub fn aside() -> Target {
    Target { text: String::new(), reached: None }
}

pub fn at_most<T: PartialOrd + Copy>(measured: T, limit: T, show: impl Fn(T) -> String) -> Target {
    Target { text: format!("≤ {}", show(limit)), reached: Some(measured <= limit) }
}

pub fn at_least<T: PartialOrd + Copy>(measured: T, limit: T, show: impl Fn(T) -> String) -> Target {
    Target { text: format!("≥ {}", show(limit)), reached: Some(measured >= limit) }
}

/// A time, in the unit that suits it.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 0.1 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
