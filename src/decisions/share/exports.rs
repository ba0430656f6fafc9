//! Where a share can be mounted: what the back end says, and what is noted about it.
//!
//! How to get it wrong: to make a location anew whose path is known, and lose what was noted about it.

use std::collections::BTreeMap;

use manilad_domain::intent::Verb;
use manilad_domain::metadata::{Entries, MetadataChange};
use manilad_domain::outcome::Export;
use manilad_domain::share::ExportLocation;
use manilad_domain::{ExportLocationId, Fault, InstanceId, Intent, Microversion, Share, ShareId, Stamp};
use manilad_store::{Draft, Error};

use super::{ShareAction, current};
use crate::Decided;
use crate::settle::{Next, Settling, change};

/// Former locations that an instance keeps; more than an array has addresses for one share.
const FORMER_EXPORTS: usize = 16;

/// Changes the metadata of a location, and answers what it is then.
///
/// # Errors
/// Missing when the share or the location has gone; as [`MetadataChange::apply`] and [`ShareAction::ChangeMetadata`].
pub fn change_export_metadata(
    draft: &mut Draft<'_>,
    share: ShareId,
    id: ExportLocationId,
    change: MetadataChange,
    reserved: &[String],
    version: Microversion,
    now: Stamp,
) -> Decided<Entries> {
    let mut share = current(draft, share, ShareAction::ChangeMetadata)?;
    ShareAction::ChangeMetadata.check(share.status(), version)?;
    let export = share.export_mut(id).ok_or_else(|| Fault::no_such("export location", id))?;
    let mut entries = export.entries();
    change.apply(&mut entries, reserved)?;
    export.set_entries(entries)?;
    export.updated_at = Some(now);
    let entries = export.entries();
    draft.put(&share)?;
    Ok((entries, Vec::new()))
}

impl Settling {
    /// Where the instance can be mounted by now.
    pub fn exported(mut self, draft: &mut Draft<'_>, snapshot: &Intent, exports: Vec<Export>) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, snapshot, Verb::Export)? else { return Ok(Next::Stale) };
        self.serve(&mut share, intent.instance, exports);
        draft.remove(&intent)?;
        draft.put(&share)?;
        Ok(Next::NOBODY)
    }

    /// Gives an instance the locations that it has by now.
    pub(crate) fn serve(&mut self, share: &mut Share, id: InstanceId, exports: Vec<Export>) {
        let existing = share
            .instance(id)
            .map(|instance| instance.former_exports.iter().chain(&instance.exports).cloned().collect::<Vec<_>>());
        let (locations, former) = self.locations(existing.unwrap_or_default(), exports);
        change(share, id, |instance| {
            instance.exports = locations;
            instance.former_exports = former;
        });
    }

    /// The locations of exports, and those among `known` that are none now. One whose path is known keeps what it has
    /// besides, for an address that is away for a moment comes back.
    pub(crate) fn locations(
        &mut self,
        mut existing: Vec<ExportLocation>,
        exports: Vec<Export>,
    ) -> (Vec<ExportLocation>, Vec<ExportLocation>) {
        let mut locations = Vec::new();
        for export in exports {
            let location = match existing.iter().position(|existing| existing.path == export.path) {
                Some(at) => {
                    let existing = existing.remove(at);
                    let changes =
                        (existing.is_admin_only, existing.preferred) != (export.is_admin_only, export.preferred);
                    let updated_at = if changes { Some(self.now) } else { existing.updated_at };
                    let (is_admin_only, preferred) = (export.is_admin_only, export.preferred);
                    ExportLocation { is_admin_only, preferred, updated_at, ..existing }
                }
                None => ExportLocation {
                    id: ExportLocationId(self.draw()),
                    path: export.path,
                    is_admin_only: export.is_admin_only,
                    preferred: export.preferred,
                    preference: None,
                    metadata: BTreeMap::new(),
                    created_at: self.now,
                    updated_at: None,
                },
            };
            locations.push(location);
        }
        existing.drain(..existing.len().saturating_sub(FORMER_EXPORTS));
        (locations, existing)
    }
}
