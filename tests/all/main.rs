//! The tests of the whole: house rules, and the daemon through its front door.

mod house;
mod routes;
