//! Has a new share server find names and join its directories.
//!
//! DNS comes first, as the others are found by it. What only the configuration of the back end asks for is no reason to
//! do without the server. How to get it wrong: joining before the server has an address. Source: operations.md §14.

use futures::join;
use manilad_clock::Uuid;
use manilad_driver::Trouble;
use manilad_ontap::smb_server::{self, Discovery};
use manilad_ontap::{dns, interface, kerberos, ldap, svm};

use super::directories::{ActiveDirectory, LDAP_FIRST};
use super::set_up::{Building, all, failed};

impl Building<'_> {
    /// Joins what the server is to join. One that `stood` before may have been configured otherwise then.
    pub async fn join(&self, svm: Uuid, stood: bool) -> Result<(), Trouble> {
        let (named, ()) = join!(self.find_names(svm), self.know_hosts(svm));
        named?;
        let ldap = self.ask_ldap(svm, stood);
        let (ldap, active, kerberos) = join!(ldap, self.join_domain(svm, stood), self.speak_kerberos(svm));
        ldap.and(active).and(kerberos)
    }

    fn has_directories(&self) -> bool {
        let all = self.directories;
        all.ldap.is_some() || all.active.is_some() || all.kerberos.is_some()
    }

    async fn find_names(&self, svm: Uuid) -> Result<(), Trouble> {
        let Some(dns) = &self.directories.dns else { return Ok(()) };
        match self.write(dns::set(self.client(), svm, dns)).await {
            Err(trouble) if !self.has_directories() => {
                let (service, svm, why) = (&self.array.service, self.name, &trouble.reason);
                tracing::warn!(service, svm, why, "DNS of the share server could not be set");
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn know_hosts(&self, svm: Uuid) {
        for (names, address) in &self.directories.hosts {
            if let Err(trouble) = self.write(dns::set_host(self.client(), svm, *address, names)).await {
                let (service, svm, why) = (&self.array.service, self.name, &trouble.reason);
                tracing::warn!(service, svm, why, "a host of netapp_dns_hosts could not be set");
            }
        }
    }

    async fn ask_ldap(&self, svm: Uuid, stood: bool) -> Result<(), Trouble> {
        let Some(ldap) = &self.directories.ldap else { return Ok(()) };
        self.write(ldap::set(self.client(), svm, ldap)).await?;
        match stood {
            true => self.write(svm::set_name_sources(self.client(), svm, LDAP_FIRST)).await,
            false => Ok(()),
        }
    }

    /// Tells the SVM of the preferred domain controllers, and has it forget others.
    async fn prefer(&self, svm: Uuid, active: &ActiveDirectory, stood: bool) -> Result<(), Trouble> {
        let (client, domain) = (self.client(), &active.server.domain);
        let controllers = active.controllers.iter();
        all(controllers.map(|one| self.write(smb_server::prefer_controller(client, svm, domain, one)))).await?;
        if !stood {
            return Ok(());
        }
        let existing = smb_server::controllers(client, svm).await.map_err(|error| failed(&error))?;
        let others = existing.iter().filter(|one| !active.controllers.contains(&one.address));
        all(others.map(|one| self.write(smb_server::forget_controller(client, svm, one)))).await
    }

    async fn join_domain(&self, svm: Uuid, stood: bool) -> Result<(), Trouble> {
        let (Some(active), client) = (&self.directories.active, self.client()) else { return Ok(()) };
        self.prefer(svm, active, stood).await?;
        self.write(smb_server::create(client, svm, &active.server)).await?;
        if let Some(site) = &active.site {
            self.write(smb_server::set_site(client, svm, site, &active.server.joiner)).await?;
        }
        if (stood || active.discovery != Discovery::All)
            && let Err(trouble) = self.write(smb_server::set_discovery(client, svm, active.discovery)).await
        {
            let (service, svm, why) = (&self.array.service, self.name, &trouble.reason);
            tracing::warn!(service, svm, why, "domain controllers of the share server could not be set");
        }
        Ok(())
    }

    async fn speak_kerberos(&self, svm: Uuid) -> Result<(), Trouble> {
        let (Some(realm_settings), client) = (&self.directories.kerberos, self.client()) else { return Ok(()) };
        let realm = self.write(kerberos::set_realm(client, svm, &realm_settings.realm, &realm_settings.kdc));
        let (realm, lifs) = join!(realm, interface::data(client, self.name));
        realm?;
        let lifs = lifs.map_err(|error| failed(&error))?;
        all(lifs
            .iter()
            .map(|lif| self.write(kerberos::enable(client, lif.uuid, &realm_settings.spn, &realm_settings.joiner))))
        .await
    }
}
