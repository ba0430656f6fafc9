//! The export policy of an instance, which is called by it.
//!
//! How to get it wrong: to mount a volume before it is under this one; whom another policy names gets in. Source: operations.md §7.1.

use manilad_domain::InstanceId;
use manilad_driver::Trouble;
use manilad_ontap::export_policy;

use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::trouble;

/// Its id; made, to let nobody in, if there is none.
pub async fn find_or_make(
    array: &Array,
    session: &Session,
    names: &Names,
    instance: InstanceId,
) -> Result<u64, Trouble> {
    let (client, svm, name) = (&session.client, &session.svm, &names.policy);
    if let Some(policy) = export_policy::find(client, svm, name).await.map_err(|error| trouble::of(&error))? {
        return Ok(policy.id);
    }
    let making = export_policy::create(client, svm, name, &[]);
    array.late_creations.during(instance, (), making).await.map_err(|error| trouble::of(&error))
}
