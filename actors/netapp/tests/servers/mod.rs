//! Share servers on a simulated cluster.

mod calls;
mod life;
mod mishaps;
