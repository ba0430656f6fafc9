//! An SVM as it is shown.

use serde_json::{Value, json};

use crate::lookup::{aggregate, ipspace};
use crate::rows::svm::Svm;
use crate::state::State;

pub fn record(state: &State, svm: &Svm) -> Value {
    // An SVM without delegation is shown all aggregates, but not what is free in them.
    let aggregates: Vec<Value> = state
        .aggregates
        .iter()
        .filter(|aggregate| svm.aggregates.is_empty() || svm.aggregates.contains(&aggregate.uuid))
        .map(|aggregate| {
            let free = (!svm.aggregates.is_empty()).then(|| aggregate::available(state, aggregate));
            json!({"name": aggregate.name, "uuid": aggregate.uuid, "available_size": free})
        })
        .collect();
    let cifs = svm.cifs.as_ref();
    json!({
        "uuid": svm.uuid,
        "name": svm.name,
        "state": svm.state,
        "subtype": svm.subtype,
        "language": svm.language,
        "comment": (!svm.comment.is_empty()).then_some(&svm.comment),
        "ipspace": ipspace::reference(state, svm.ipspace),
        "aggregates": aggregates,
        "snapshot_policy": {"name": "default"},
        "max_volumes": svm.max_volumes.map_or_else(|| "unlimited".to_owned(), |most| most.to_string()),
        "retention_period": svm.retention_hours,
        "is_space_reporting_logical": svm.reports_logical,
        "is_space_enforcement_logical": svm.enforces_logical,
        "nsswitch": svm.nsswitch,
        "nfs": {"allowed": svm.nfs_allowed, "enabled": svm.nfs.as_ref().is_some_and(|nfs| nfs.enabled)},
        "cifs": {
            "allowed": svm.cifs_allowed,
            "enabled": cifs.is_some_and(|cifs| cifs.enabled),
            "name": cifs.map(|cifs| cifs.name.as_str()),
            "ad_domain": cifs.and_then(|cifs| cifs.domain.as_ref()).map(|domain| json!({
                "fqdn": domain.fqdn,
                "organizational_unit": domain.organizational_unit,
            })),
        },
        "dns": svm.dns,
        "ldap": svm.ldap.as_ref().map(|ldap| json!({
            "enabled": true,
            "ad_domain": ldap.ad_domain,
            "servers": ldap.servers,
            "base_dn": ldap.base_dn,
            "bind_dn": ldap.bind_dn,
        })),
        "certificate": svm.certificate.map(|uuid| json!({"uuid": uuid})),
    })
}
