//! How long things may take that wait for one another, in running time. Whoever waits has more time than whom he waits for;
//! the order is checked when this is compiled.

use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How long a driver may be at one try of an operation.
pub const DRIVER_TRY: Duration = seconds(280);
/// How long the network services may be at the addresses of one share server.
pub const NETWORK_TRY: Duration = seconds(170);
/// How long a back end waits for the answer of a driver or of the network services.
pub const TRY: Duration = seconds(300);
/// How long a driver may be at learning what its array is like.
pub const LEARNING: Duration = seconds(100);
/// How long a back end waits for a report of its pools.
pub const REPORT: Duration = seconds(120);
/// How long a driver may be at one list of a survey, of which it reads several side by side.
pub const SURVEY_LIST: Duration = seconds(100);
/// How long a back end waits for a survey: the lists, each of which may have to be read after learning anew.
pub const SURVEY: Duration = seconds(330);
/// How long one round of a sweep may take.
pub const SWEEP: Duration = seconds(1800);
/// How long notes of calls that may be in flight are kept: none outlives a try, and no driver reckons with more after that.
pub const IN_FLIGHT: Duration = seconds(600);

const _: () = assert!(DRIVER_TRY.as_secs() < TRY.as_secs(), "a back end must wait for longer than a driver works");
const _: () = assert!(NETWORK_TRY.as_secs() < TRY.as_secs(), "a back end must wait for longer than the networks work");
const _: () = assert!(LEARNING.as_secs() < REPORT.as_secs(), "a report begins with learning");
const _: () = assert!(SURVEY_LIST.as_secs() + LEARNING.as_secs() < SURVEY.as_secs(), "a survey begins with learning");
const _: () = assert!(2 * SURVEY.as_secs() < SWEEP.as_secs(), "a sweep looks twice");
const _: () =
    assert!(2 * TRY.as_secs() <= IN_FLIGHT.as_secs(), "a call may land as long as its try and what it waited for");
