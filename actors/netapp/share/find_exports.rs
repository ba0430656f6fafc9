//! Where an instance that is there can be mounted by now; nothing is changed.
//!
//! How to get it wrong: to take what was known before its share server, or a LIF, was altered.

use manilad_driver::{Export, Subject, Trouble};

use super::{exports, found};
use crate::array::Array;
use crate::naming::Names;
use crate::{seat, trouble};

/// The paths of the instance, after a look at its volume.
pub async fn find_exports(array: &Array, subject: &Subject) -> Result<Vec<Export>, Trouble> {
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let names = Names::of(&array.templates, subject);
    match found::find(array, &session, &names, subject.instance).await? {
        Some(found) if !found.is_ours => Err(found::stranger(&names)),
        Some(found) => {
            let interfaces =
                array.lifs.now(&session.client, &session.svm).await.map_err(|error| trouble::of(&error))?;
            exports::serving(&session, &interfaces, subject, &names.mount, &found.aggregates)
        }
        None => Err(trouble::again(format!("volume {} is not there", names.volume))),
    }
}
