//! The page of operations: what a back end does, how long it tries, and what follows.

use std::time::Duration;

use manilad_domain::verb::{Operation, operations};

use super::{code, is_kept, page, table};

fn pause(pause: Duration) -> String {
    match pause.as_secs() {
        0 => format!("{} s", pause.as_secs_f64()),
        seconds if seconds >= 60 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[test]
fn the_page_of_operations_is_the_table() {
    let rows = operations().map(|operation| {
        let Operation { name, purpose, actor, tried_for, pauses, is_removal, in_the_end } = operation;
        let tried_for = match is_removal {
            true => format!("never given up; {} s until it is told as failed", tried_for.as_secs()),
            false => format!("{} s, at least two tries; a refusal ends it at once", tried_for.as_secs()),
        };
        let pauses = format!("{} to {}", pause(pauses.first), pause(pauses.longest));
        vec![code(name), purpose.to_owned(), actor.name().to_owned(), tried_for, pauses, in_the_end.to_owned()]
    });
    let head = ["Operation", "What it does", "Actor of the driver", "Tried for", "Pauses between tries", "In the end"];
    let about = "What a back end does on an array, as metrics and logs name it. Times are running time, over restarts: a machine \
                 that was off uses up none.";
    is_kept("docs/reference/operations.md", &page("Operations", about, &table(&head, rows)));
}
