//! What NetworkActor receives: addresses of share servers and credentials for their keys, asked for and given back.
//!
//! All can be repeated: what an earlier try was given is found again, and what is gone counts as given back.

use std::net::IpAddr;

use actix::Message;
use manilad_domain::address::{Offer, Wish};
use manilad_domain::encryption_key::KeyCredential;
use manilad_domain::outcome::Trouble;
use manilad_domain::{Allocation, EncryptionKeyId, ShareNetworkSubnetId, ShareServer, ShareServerId};
use manilad_kit::Cancellation;

/// Give a server addresses. Offers come in the order of the wishes.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<Offer>, Trouble>")]
pub struct Allocate(pub Vec<Wish>, pub Cancellation);

/// Say in which of the networks that are wished for the addresses are that a server has already, the first that knows an address
/// before others. Nothing is changed. Answers by subnet, none for the administrative network; each address is in one, or it is refused.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<(Option<ShareNetworkSubnetId>, Offer)>, Trouble>")]
pub struct Recognise {
    pub wishes: Vec<Wish>,
    pub addresses: Vec<IpAddr>,
    pub cancellation: Cancellation,
}

/// Make a credential by which the array of a server reads a key.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<KeyCredential, Trouble>")]
pub struct Entrust {
    pub server: ShareServerId,
    pub key: EncryptionKeyId,
    pub cancellation: Cancellation,
}

/// Take back whatever the server has, on record or not.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Trouble>")]
pub struct Release {
    pub server: ShareServer,
    pub allocations: Vec<Allocation>,
    /// Calls that an earlier incarnation of the back end made for it may still be carried out.
    pub in_flight: bool,
    pub cancellation: Cancellation,
}
