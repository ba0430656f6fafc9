//! The back end on a stage: a real store in memory, stepped time, and a driver that plays by a script.

mod course;
mod played;
mod settling;
mod stage;
mod supervision;
