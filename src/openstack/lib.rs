//! Clients of the cloud around us: of Keystone, which says who a caller is, of the key store, and of any service of its catalogue.
//!
//! A [`Validator`] turns a caller's token into a [`Token`], or into a [`Refusal`] that keeps "not you" (401) and "can't
//! tell now" (503) apart: mixing them up logs users out of a cloud whose Keystone is merely restarting. To ask, it holds
//! a service token of its own ([`Session`]), with which any other [`Service`] is asked too. Everything goes through a
//! [`Transport`], so that tests play the cloud in process, and every wait through the clock. How to get it wrong:
//! logging a request with its headers, keying a cache with a token, retrying without an end, or caching the failure of
//! Keystone as the fault of the caller.

mod call;
mod catalog;
mod credential;
mod error;
mod http;
mod key_store;
mod keystone;
mod service;
mod session;
mod token;
mod token_cache;
mod transport;

#[cfg(test)]
mod tests;

pub use catalog::EndpointSelector;
pub use credential::{AUTH_TYPES, AuthOptions, Credential};
pub use error::{Error, Refusal};
pub use http::{Http, HttpOptions};
pub use key_store::{KeyAccess, KeyRefusal, KeyStore};
pub use keystone::{Options, Validator, Vitals};
pub use reqwest::{Method, StatusCode};
pub use service::{Ask, AuthUrl, Service, ServiceOptions};
pub use session::{ServiceToken, Session};
pub use token::{Token, Unfit};
pub use transport::{Lost, Reply, Request, Transport};
