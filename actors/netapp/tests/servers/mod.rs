//! Share servers on a simulated cluster.

mod life;
