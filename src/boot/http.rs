//! What the API is told by the settings: limits, links, what may be asked for, which pages may ask.

use std::sync::Arc;

use manilad_conf::Settings;
use manilad_domain::quota::{Key, Limits};
use manilad_domain::share::Protocol;
use manilad_domain::status::Deletion;
use manilad_http::cors::{Cors, CorsOptions};

/// The settings of the API.
///
/// # Errors
/// An option that can't be used, by name.
pub fn settings(settings: &Settings) -> anyhow::Result<manilad_http::Settings> {
    let (service, shares, quota) = (&settings.service, &settings.shares, &settings.quota);
    let limit = |value: Option<u64>| value.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let pattern = service.project_id_regex.clone();
    Ok(manilad_http::Settings {
        base_url: service.osapi_share_base_url.clone(),
        max_body: usize::try_from(settings.oslo_middleware.max_request_body_size)?,
        proxy_headers: settings.oslo_middleware.enable_proxy_headers_parsing,
        is_project_id: Arc::new(move |segment| pattern.matches_whole(segment).unwrap_or(false)),
        max_limit: usize::try_from(service.osapi_max_limit)?,
        default_share_type: shares.default_share_type.clone(),
        enabled_protocols: shares.enabled_share_protocols.iter().filter_map(|name| Protocol::named(name)).collect(),
        admin_only_metadata: shares.admin_only_metadata.clone().into(),
        admin_only_el_metadata: shares.admin_only_el_metadata.clone().into(),
        default_mount_point_prefix: shares.default_mount_point_prefix.clone(),
        places_clones: shares.use_scheduler_creating_share_from_snapshot,
        limits: Limits::by(|key| {
            limit(match key {
                Key::Shares => quota.shares,
                Key::Gigabytes => quota.gigabytes,
                Key::Snapshots => quota.snapshots,
                Key::SnapshotGigabytes => quota.snapshot_gigabytes,
                Key::ShareNetworks => quota.share_networks,
                Key::ShareGroups => quota.share_groups,
                Key::ShareGroupSnapshots => quota.share_group_snapshots,
                Key::ShareReplicas => quota.share_replicas,
                Key::ReplicaGigabytes => quota.replica_gigabytes,
                Key::PerShareGigabytes => quota.per_share_gigabytes,
                Key::Backups => quota.backups,
                Key::BackupGigabytes => quota.backup_gigabytes,
                Key::EncryptionKeys => quota.encryption_keys,
            })
        }),
        message_ttl: settings.shares.message_ttl,
        bin_retention: settings.shares.soft_deleted_share_retention_time,
        deletion: deletion(settings),
        transfer_retention: settings.shares.transfer_retention_time,
        service_down_time: service.service_down_time.as_secs(),
        cors: cors(&settings.cors)?,
        drain_file: "/etc/manila/healthcheck_disable".into(),
    })
}

/// In what way shares and snapshots are deleted.
pub fn deletion(settings: &Settings) -> Deletion {
    if settings.shares.is_deferred_deletion_enabled { Deletion::Deferred } else { Deletion::Usual }
}

fn cors(section: &manilad_conf::settings::Cors) -> anyhow::Result<Option<Cors>> {
    let options = CorsOptions {
        allowed_origin: &section.allowed_origin,
        allow_credentials: section.allow_credentials,
        expose_headers: &section.expose_headers,
        allow_methods: &section.allow_methods,
        allow_headers: &section.allow_headers,
        max_age: section.max_age.as_secs(),
    };
    Cors::new(&options).map_err(|wrong| anyhow::anyhow!("[cors] {wrong}"))
}
