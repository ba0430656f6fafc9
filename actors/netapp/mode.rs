//! Where the shares of a back end live: in one SVM that is configured, or each in the share server of its network.
//!
//! How to get it wrong: a template that gives two servers one name, or one that an SVM can't have. Source:
//! netapp-options.md.

use std::net::IpAddr;

use crate::server::names::ServerTemplates;
use crate::value::{Error, Pattern, wrong};

/// `driver_handles_share_servers`.
#[derive(Debug, Clone)]
pub enum Mode {
    /// False: the SVM of all shares, `netapp_vserver`.
    Svm(String),
    /// True.
    Servers(Box<Servers>),
}

/// What a back end is told of share servers.
#[derive(Debug, Clone)]
pub struct Servers {
    /// `netapp_vserver_name_template`
    pub vserver_name_template: String,
    /// `netapp_lif_name_template`
    pub lif_name_template: String,
    /// `netapp_port_name_search_pattern`
    pub ports: Pattern,
    /// `netapp_enabled_share_protocols`: `nfs3`, `nfs4.0`, `nfs4.1`.
    pub nfs: Vec<String>,
    /// `netapp_enable_logical_space_reporting`
    pub logical_space: bool,
    /// `netapp_delete_retention_hours`
    pub delete_retention_hours: u64,
    /// `netapp_dns_domains`
    pub dns_domains: Vec<String>,
    /// `netapp_dns_nameservers`
    pub dns_nameservers: Vec<String>,
    /// `netapp_dns_hosts`: names of each address, the first of them canonical.
    pub dns_hosts: Vec<(Vec<String>, IpAddr)>,
    /// `netapp_restrict_lif_creation_per_ha_pair`
    pub restrict_lifs: bool,
    /// `netapp_security_cert_expire_days`
    pub certificate_days: u16,
    /// `netapp_cifs_aes_encryption`
    pub smb_aes: bool,
    /// `netapp_cifs_smb_signing`
    pub smb_signing: bool,
    /// `netapp_identity_auth_token_path`; empty: the usual one.
    pub token_path: String,
}

/// What an SVM's DNS takes at most: domains and servers.
pub const MOST_DNS: (usize, usize) = (6, 3);

impl Servers {
    /// Refuses what could never work, and reads the templates of names.
    ///
    /// # Errors
    /// The option at fault.
    pub(crate) fn check(&self) -> Result<ServerTemplates, Error> {
        let versions = ["nfs3", "nfs4.0", "nfs4.1"];
        if let Some(strange) = self.nfs.iter().find(|version| !versions.contains(&version.as_str())) {
            return Err(wrong("netapp_enabled_share_protocols", strange, "nfs3, nfs4.0 or nfs4.1"));
        }
        if self.nfs.is_empty() {
            return Err(wrong("netapp_enabled_share_protocols", "", "at least one of nfs3, nfs4.0 and nfs4.1"));
        }
        let (domains, servers) = (&self.dns_domains, &self.dns_nameservers);
        if domains.len() > MOST_DNS.0 {
            return Err(wrong("netapp_dns_domains", domains.join(","), "at most 6 domains"));
        }
        if servers.len() > MOST_DNS.1 {
            return Err(wrong("netapp_dns_nameservers", servers.join(","), "at most 3 addresses"));
        }
        if domains.is_empty() != servers.is_empty() {
            return Err(wrong("netapp_dns_domains", domains.join(","), "netapp_dns_nameservers with it, or neither"));
        }
        if !self.dns_hosts.is_empty() && domains.is_empty() {
            return Err(wrong("netapp_dns_hosts", "set", "netapp_dns_domains and netapp_dns_nameservers with it"));
        }
        let (svm, lif) = (&self.vserver_name_template, &self.lif_name_template);
        ServerTemplates::read(svm, lif).map_err(|(option, expected)| {
            let value = if option == "netapp_lif_name_template" { lif } else { svm };
            wrong(option, value, expected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option_at_fault(change: impl FnOnce(&mut Servers)) -> Option<&'static str> {
        let mut servers = Servers::default();
        change(&mut servers);
        servers.check().err().map(|error| error.option)
    }

    #[test]
    fn what_could_never_work_is_refused_by_the_name_of_its_option() {
        assert_eq!(option_at_fault(|_| {}), None);
        assert_eq!(option_at_fault(|s| s.nfs.clear()), Some("netapp_enabled_share_protocols"));
        assert_eq!(option_at_fault(|s| s.nfs.push("nfs5".to_owned())), Some("netapp_enabled_share_protocols"));
        assert_eq!(option_at_fault(|s| s.dns_domains.push("a.test".to_owned())), Some("netapp_dns_domains"));
        let many = |number: usize| (0..number).map(|one| format!("d{one}")).collect::<Vec<_>>();
        assert_eq!(option_at_fault(|s| s.dns_domains = many(7)), Some("netapp_dns_domains"));
        assert_eq!(option_at_fault(|s| s.dns_nameservers = many(4)), Some("netapp_dns_nameservers"));
        let host = (vec!["a".to_owned()], [192, 0, 2, 1].into());
        assert_eq!(option_at_fault(|s| s.dns_hosts.push(host)), Some("netapp_dns_hosts"));
        for template in ["os", "os_%s_%s", "%s", "os %s", "a_rather_long_prefix_%s", "1_%s"] {
            let option = option_at_fault(|s| s.vserver_name_template = template.to_owned());
            assert_eq!(option, Some("netapp_vserver_name_template"), "{template}");
        }
        for template in ["os", "os %(net_allocation_id)s", "os_%(id)s", "os_%(net_allocation_id)s%(net_allocation_id)s"]
        {
            let option = option_at_fault(|s| s.lif_name_template = template.to_owned());
            assert_eq!(option, Some("netapp_lif_name_template"), "{template}");
        }
        assert_eq!(option_at_fault(|s| s.lif_name_template = "l_%(node)s_%(net_allocation_id)s".to_owned()), None);
    }
}
