//! Behaviour of the identity client: against a Keystone played in process on stepped time, and of the real transport
//! against sockets on loopback.

mod credential;
mod http;
mod key_store;
mod keystone;
mod parsing;
mod played;
mod service;
mod session;
