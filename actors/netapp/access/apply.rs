//! Bringing the array to the whole set of rules of an instance, by the protocol that it is mounted with.
//!
//! How to get it wrong: taking a volume that is not there for one that lets nobody in, while a call may still make it.

use std::time::Duration;

use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Applied, Remedy, Subject, Trouble, WantedRule};

use super::{nfs, smb};
use crate::array::Array;
use crate::naming::Names;
use crate::trouble;

/// Has the array enforce exactly these rules, and tells those that it does not take.
pub async fn apply(array: &Array, subject: &Subject, wanted: &[WantedRule]) -> Result<Applied, Trouble> {
    match subject.protocol {
        Protocol::Nfs => nfs::apply(array, subject, wanted).await,
        Protocol::Cifs => smb::apply(array, subject, wanted).await,
    }
}

/// That the array says that the volume is not there, so that nobody gets in. `late` is how long older calls without an
/// answer may still let somebody in, were it made again.
pub fn absent(array: &Array, subject: &Subject, names: &Names, late: Option<Duration>) -> Trouble {
    let told = format!("there is no volume {}", names.volume);
    match late.max(array.doubts.left(subject.instance, subject.in_flight)) {
        Some(left) => trouble::wait(left, &format!("{told}, but an older call without an answer may still make it")),
        None => Trouble { remedy: Remedy::Absent, detail: Detail::VolumeAbsent, told },
    }
}
