//! The tests of the whole: house rules, and the daemon through its front door.

mod candidates;
mod crash;
mod house;
mod main_job;
mod routes;
mod support;
