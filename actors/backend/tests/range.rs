//! A network of a few addresses, for tests of share servers.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::address::{Offer, Source, Standing, Wish};
use manilad_domain::subnet::Segment;
use manilad_domain::{Allocation, ShareServer};
use manilad_network::{Error, Plugin};

/// A network with so many addresses, which notes whose are given back. It knows those of `127.0.0.0/8`.
#[derive(Clone)]
pub struct Range {
    pub addresses: u8,
    pub released: Arc<Mutex<Vec<String>>>,
}

fn offer(source: Source) -> Offer {
    let segment = Segment { cidr: Some("127.0.9.0/24".into()), ..Segment::default() };
    Offer { segment, scope: "standalone:test".into(), prefix: 24, source }
}

impl Plugin for Range {
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>> {
        let address = |last: u8| IpAddr::from([127, 0, 9, last]);
        let source = Source::Free { ranges: vec![(address(1), address(self.addresses))], count: wish.count };
        async move { Ok(offer(source)) }.boxed_local()
    }

    fn recognise(&self, _: Wish, addresses: Vec<IpAddr>) -> LocalBoxFuture<'_, Result<Option<Offer>, Error>> {
        let own = addresses.into_iter().filter(IpAddr::is_loopback).take(self.addresses.into());
        let own: Vec<_> = own.map(|address| Standing { address, id: None }).collect();
        async move { Ok((!own.is_empty()).then(|| offer(Source::Standing(own)))) }.boxed_local()
    }

    fn release(
        &self,
        server: ShareServer,
        allocations: Vec<Allocation>,
        _: bool,
    ) -> LocalBoxFuture<'_, Result<(), Error>> {
        let mut released = self.released.lock().unwrap();
        released.extend(allocations.iter().map(|one| one.address.to_string()));
        assert!(server.is_off_array, "the array lets go first");
        async { Ok(()) }.boxed_local()
    }
}
