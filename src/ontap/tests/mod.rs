//! The client against a scripted array, on stepped time; and its transport against a real socket.

mod calls;
mod gateways;
mod jobs;
mod limits;
mod nouns;
mod script;
mod servers;
mod start;
mod tls;
mod wire;
