//! The driver against a simulated cluster, and what these tests share.

pub mod samples;
