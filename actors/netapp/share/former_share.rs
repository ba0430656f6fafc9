//! The SMB share by which a volume was reached before it was an instance: found by its name, and removed once the volume is not where it
//! leads any more.
//!
//! How to get it wrong: to remove a share of that name that leads to another volume, which may have come there since an earlier try.
//! Source: operations.md §9.

use manilad_domain::message::Detail;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::cifs;
use manilad_ontap::volume;

use super::found;
use super::found::see_svm;
use crate::array::Array;
use crate::session::Session;
use crate::trouble;

pub struct FormerShare {
    /// As the array writes it.
    pub name: String,
    /// Where it leads, without a slash at its end.
    pub path: String,
}

impl FormerShare {
    /// The share that `\\address\name` names; none where there is none any more: an earlier try may have removed it.
    pub async fn find(session: &Session, name: &str) -> Result<Option<Self>, Trouble> {
        let (client, svm) = (&session.client, &session.svm);
        let mut found = cifs::find(client, svm, name).await.map_err(|error| trouble::of(&error))?;
        if found.is_none() {
            // Case does not count, and a query compares with it.
            let all = cifs::all(client, Some(svm)).await.map_err(|error| trouble::of(&error))?;
            found = all.into_iter().find(|share| share.name.to_lowercase() == name.to_lowercase());
        }
        let Some(found) = found else { return Ok(None) };
        let path = found.path.trim_end_matches('/').to_owned();
        if path.is_empty() {
            let reason = format!("the SMB share {name} can't be managed: it leads to the root of SVM {}", session.svm);
            return Err(trouble::never(reason));
        }
        Ok(Some(FormerShare { name: found.name, path }))
    }

    /// That no volume is where it leads, or that there is no share of this name.
    pub async fn leads_nowhere(former: Option<&Self>, session: &Session, name: &str) -> Trouble {
        if let Err(unseen) = see_svm(session).await {
            return unseen;
        }
        let svm = &session.svm;
        let reason = match former {
            Some(former) => format!(
                "no volume is mounted at {}, to which the SMB share {name} of SVM {svm} leads: expected a share of a whole volume",
                former.path
            ),
            None => format!("no SMB share of SVM {svm} is called {name}"),
        };
        Trouble { detail: Detail::VolumeAbsent, ..trouble::never(reason) }
    }

    /// Removes it, unless a volume is where it leads. `path`: where the instance's is, or was before it was taken over.
    pub async fn remove(
        &self,
        array: &Array,
        session: &Session,
        subject: &Subject,
        path: Option<&str>,
    ) -> Result<(), Trouble> {
        if path != Some(self.path.as_str()) {
            let other = volume::at_path(&session.client, &session.svm, &self.path).await;
            if let Some(other) = other.map_err(|error| trouble::of(&error))? {
                let (service, share, volume) = (&array.service, &self.name, &other.name);
                tracing::info!(
                    service,
                    share,
                    volume,
                    "an SMB share stays that led to a share and leads elsewhere by now"
                );
                return Ok(());
            }
        }
        let removing = cifs::delete(&session.client, found::uuid_of_svm(session)?, &self.name);
        array.late_removals.during(subject.instance, (), removing).await.map_err(|error| trouble::of(&error))
    }
}

/// The name of the share in `\\address\name`.
pub fn name_in(path: &str) -> Option<&str> {
    let (address, name) = path.strip_prefix(r"\\")?.split_once('\\')?;
    (!address.is_empty() && !name.is_empty() && !name.contains(['\\', '/'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_named_behind_an_address_and_nothing_within_it() {
        assert_eq!(name_in(r"\\10.0.0.1\payroll$"), Some("payroll$"));
        for bad in
            [r"\\10.0.0.1", r"\\10.0.0.1\", r"\\\payroll", r"\\10.0.0.1\payroll\sub", "10.0.0.1:/payroll", "payroll"]
        {
            assert_eq!(name_in(bad), None, "{bad}");
        }
    }
}
