//! Temporary.
mod candidates;
mod crash;
mod house;
mod isolation;
mod main_job;
mod routes;
mod support;
