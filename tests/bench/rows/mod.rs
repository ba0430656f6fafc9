//! The rows of the table, by the numbers that the design gives them.

mod beside;
mod burst;
mod create;
mod crowd;
mod list;
mod memory;
mod place;
mod read;
mod size;
mod start;
mod tenants;

use crate::Bench;

pub const ROWS: &[(u8, &str)] = &[
    (1, "reads, against a bare server"),
    (2, "a list of 1 000 shares"),
    (3, "create to available"),
    (4, "250 shares at once"),
    (5, "placing among 10 000 pools"),
    (6, "memory"),
    (7, "start"),
    (8, "size of the binary"),
    (9, "50 tenants at once, 4 shares each"),
    (10, "3 000 shares at once, and owed to a stalled array"),
    (11, "beside a sick back end"),
];

/// Measures one row.
pub async fn measure(row: u8, bench: &mut Bench) -> anyhow::Result<()> {
    match row {
        1 => read::measure(bench).await,
        2 => list::measure(bench).await,
        3 => create::measure(bench).await,
        4 => burst::measure(bench).await,
        5 => place::measure(bench),
        6 => memory::measure(bench).await,
        7 => start::measure(bench).await,
        8 => size::measure(bench),
        9 => tenants::measure(bench).await,
        10 => crowd::measure(bench).await,
        11 => beside::measure(bench).await,
        _ => anyhow::bail!("there is no such row"),
    }
}
