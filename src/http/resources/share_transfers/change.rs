//! Offering a share, taking one that is offered, and withdrawing an offer.

use manilad_clock::{Clock, Timestamp};
use manilad_decisions::share_transfer::{self, Acceptance, unknown_share};
use manilad_domain::fault::Kind;
use manilad_domain::share_transfer::KeyDigest;
use manilad_domain::{Fault, Secret, ShareTransfer, ShareTransferId, Stamp};
use manilad_store::{Draft, Shared};

use super::body::{AcceptTransfer, NewTransfer};
use super::list::{find, owner};
use super::view::MadeTransfer;
use crate::call::Call;
use crate::identity::Owner;

pub async fn create(call: Call, wish: NewTransfer) -> Result<MadeTransfer, Fault> {
    let id = wish.share_id;
    let share = call.share(&id.to_string()).map_err(|fault| match fault.kind {
        Kind::Missing => unknown_share(id),
        _ => fault,
    })?;
    call.require("share_transfer:create", Owner::Of { project: &share.project_id, user: &share.user_id })?;
    let (key, now) = (draw_key(&call.app.clock), call.now());
    let over = now.0.checked_add(call.app.settings.transfer_retention);
    let transfer = ShareTransfer {
        id: call.app.clock.id().into(),
        share_id: share.id,
        name: wish.name.map(|name| name.0),
        source_project_id: share.project_id.clone(),
        destination_project_id: None,
        key: KeyDigest::of(&key, call.app.clock.id()),
        created_at: now,
        expires_at: over.map_or(Stamp(Timestamp::MAX), Stamp),
    };
    let version = call.version;
    let decision = move |draft: &mut Draft<'_>| share_transfer::create(draft, transfer, version);
    let transfer = call.decide("create share transfer", decision).await?;
    Ok(MadeTransfer { transfer: Shared::from(transfer), key })
}

/// 16 hexadecimal digits, drawn evenly. An id has fixed bits in each half, and none in the same places.
fn draw_key(clock: &Clock) -> Secret {
    let (high, low) = clock.id().as_u64_pair();
    Secret::new(format!("{:016x}", high ^ low))
}

/// What there is to accept is known to whoever has its id and its key, so an unknown id is a mistake and no secret.
pub async fn accept(call: Call, wish: AcceptTransfer) -> Result<(), Fault> {
    let id: ShareTransferId =
        call.id("id", "share transfer").map_err(|fault| Fault { kind: Kind::Invalid, ..fault })?;
    if call.project().is_empty() {
        return Err(Fault::invalid("A share is accepted into the project of the token, and this token is of none."));
    }
    let asked = Acceptance {
        key: wish.auth_key,
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        clears_rules: wish.clear_access_rules.is_some_and(|flag| flag.0),
    };
    let (limits, version, cause) = (call.app.settings.limits, call.version, call.cause());
    call.decide("accept share transfer", move |draft| {
        share_transfer::accept(draft, id, &asked, &limits, version, &cause)
    })
    .await
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let transfer = find(&call)?;
    call.require("share_transfer:delete", owner(&transfer))?;
    let (id, now) = (transfer.id, call.now());
    call.decide_freeing("delete share transfer", move |draft| share_transfer::delete(draft, id, now)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_16_hexadecimal_digits_none_of_which_is_the_same_in_all() {
        let (clock, _hand) = Clock::stepped(Timestamp::constant(1_800_000_000, 0));
        let keys: Vec<_> = (0..200).map(|_| draw_key(&clock)).collect();
        for key in &keys {
            let is_digit = |letter: char| letter.is_ascii_hexdigit() && !letter.is_ascii_uppercase();
            assert!(key.expose().len() == 16 && key.expose().chars().all(is_digit));
        }
        for place in 0..16 {
            let mut digits: Vec<_> = keys.iter().map(|key| key.expose().as_bytes()[place]).collect();
            digits.sort_unstable();
            digits.dedup();
            assert_eq!(digits.len(), 16, "digit {place}");
        }
    }
}
