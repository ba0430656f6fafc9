//! Which key a new share is encrypted with, and which keys a project uses.
//!
//! Whether the key exists is the key store's to say, and was asked beforehand. How to get it wrong: to count a key once for
//! each share, or to stop counting it while another share uses it.

use manilad_domain::share::index::BY_ENCRYPTION_KEY;
use manilad_domain::{EncryptionKeyId, EncryptionKeyUse, Fault, Share, ShareType, Stamp};
use manilad_store::{Draft, Error, Range, Source};

/// The key of a share that is asked for: the one that is named, or that of the share whose snapshot it begins with, on
/// whose server it is made.
///
/// # Errors
/// Invalid for a type that takes none, or for another key than that of the snapshot's share.
pub(crate) fn of_new_share(
    asked: Option<EncryptionKeyId>,
    parent: Option<&Share>,
    share_type: Option<&ShareType>,
) -> Result<Option<EncryptionKeyId>, Fault> {
    let of_parent = parent.map(|parent| parent.encryption_key);
    match (asked, of_parent) {
        (Some(key), Some(of_parent)) if of_parent != Some(key) => Err(Fault::invalid(
            "A share that begins with a snapshot has the encryption key of the snapshot's share, or none as that has.",
        )),
        (Some(_), None) if !share_type.is_some_and(ShareType::takes_encryption_keys) => Err(Fault::invalid(
            "An encryption key needs a share type with encryption_support and driver_handles_share_servers.",
        )),
        (asked, of_parent) => Ok(asked.or(of_parent.flatten())),
    }
}

/// The use that comes with a new share: none where it has no key, or its project uses that already.
pub(crate) fn first_use(source: &impl Source, share: &Share, now: Stamp) -> Result<Option<EncryptionKeyUse>, Error> {
    let Some(key) = share.encryption_key else { return Ok(None) };
    let known: Option<EncryptionKeyUse> = source.read(&EncryptionKeyUse::key_of(&share.project_id, key))?;
    Ok(known.is_none().then(|| EncryptionKeyUse {
        project_id: share.project_id.clone(),
        encryption_key: key,
        user_id: share.user_id.clone(),
        share_type: share.type_id,
        created_at: now,
    }))
}

/// Ends the use of a key with the last share of its project that has it. The share is gone already.
pub(crate) fn end_with_share(draft: &mut Draft<'_>, share: &Share) -> Result<(), Error> {
    let Some(key) = share.encryption_key else { return Ok(()) };
    let range = Range::of(BY_ENCRYPTION_KEY, [key.to_string(), share.project_id.clone()]).limit(1);
    if !draft.scan::<Share>(range)?.is_empty() {
        return Ok(());
    }
    match draft.get::<EncryptionKeyUse>(&EncryptionKeyUse::key_of(&share.project_id, key))? {
        Some(last) => draft.remove(&last),
        None => Ok(()),
    }
}
