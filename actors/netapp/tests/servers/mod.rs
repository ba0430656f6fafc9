//! Share servers on a simulated cluster.

mod calls;
mod directories;
mod life;
mod managed;
mod mishaps;
mod sight;
