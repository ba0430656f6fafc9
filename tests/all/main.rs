//! The tests of the whole: house rules, and the daemon through its front door.

mod api;
mod candidates;
mod crash;
mod docs;
mod house;
mod isolation;
mod main_job;
mod reference;
mod reload;
mod routes;
mod support;
