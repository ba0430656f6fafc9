//! Whose outcomes count: each incarnation of a back end takes the next epoch, and only that of the newest one counts.
//!
//! How to get it wrong: to change something for a back end without asking; a process that hung may wake up long after
//! another has taken its place.

use manilad_domain::service::Incarnation;
use manilad_domain::share_server::index::BY_SERVICE;
use manilad_domain::{ServerAbilities, ShareServer};
use manilad_store::{Draft, Error, Range};

/// Takes the next epoch of a back end, by the name of its service; from then on no earlier incarnation's outcome counts.
/// Its share servers bear what its driver says by now.
pub fn take(draft: &mut Draft<'_>, service: &str, abilities: ServerAbilities) -> Result<u64, Error> {
    let epoch = last(draft, service)? + 1;
    draft.put(&Incarnation { service: service.to_owned(), epoch })?;
    for server in draft.scan::<ShareServer>(Range::of(BY_SERVICE, [service.to_owned()]))? {
        if server.abilities != abilities {
            draft.put(&ShareServer { abilities, ..server })?;
        }
    }
    Ok(epoch)
}

/// Whether the incarnation of this epoch is still the one that counts.
pub fn holds(draft: &Draft<'_>, service: &str, epoch: u64) -> Result<bool, Error> {
    Ok(last(draft, service)? == epoch)
}

fn last(draft: &Draft<'_>, service: &str) -> Result<u64, Error> {
    Ok(draft.get::<Incarnation>(service)?.map_or(0, |incarnation| incarnation.epoch))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::share::samples::{decide, server, store};

    #[test]
    fn the_servers_of_a_back_end_that_begins_bear_what_its_driver_says_by_now() {
        let store = store();
        let bears = |number: u128| {
            let server: Option<ShareServer> = store.get(&Uuid::from_u128(number).to_string()).unwrap();
            server.unwrap().abilities
        };
        decide(&store, |draft| Ok([server(1, "h@a"), server(2, "h@b")].iter().try_for_each(|one| draft.put(one))?))
            .unwrap();
        for (abilities, epoch) in
            [(ServerAbilities::ALL, 1), (ServerAbilities::ALL, 2), (ServerAbilities::default(), 3)]
        {
            assert_eq!(decide(&store, move |draft| Ok(take(draft, "h@a", abilities)?)).unwrap(), epoch);
            assert_eq!((bears(1), bears(2)), (abilities, ServerAbilities::default()));
        }
    }
}
