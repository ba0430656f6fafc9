//! What every driver must pass, over both protocols.

use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::access::AccessType;
use manilad_domain::pool::Pool;
use manilad_domain::security_service::Directory;
use manilad_domain::share::Protocol;
use manilad_driver::suite::suite;
use manilad_driver::{Applied, DesiredRule, Export, ServerSubject, Subject, Survey, Trouble};
use manilad_ontap_sim::Config;

use super::bench::{Bench, run_with, settings, with_servers};
use super::samples::{SERVICE, desired, subject};
use super::server_samples::{TAG, assert_no_server_left, directory, on, server};

struct Tried {
    /// None while incarnations change.
    bench: Option<Bench>,
    protocol: Protocol,
    /// On which all instances live, where servers are made.
    server: Option<ServerSubject>,
}

impl Tried {
    fn bench(&self) -> &Bench {
        self.bench.as_ref().unwrap()
    }

    fn rule_of(&self, protocol: Protocol, number: u128) -> DesiredRule {
        match protocol {
            Protocol::Nfs => desired(number, &format!("10.0.0.{number}"), Rw),
            Protocol::Cifs => DesiredRule { kind: AccessType::User, ..desired(number, &format!("user{number}"), Rw) },
        }
    }
}

impl manilad_driver::suite::Bench for Tried {
    fn service(&self) -> String {
        SERVICE.to_owned()
    }

    fn report(&self) -> LocalBoxFuture<'_, Result<Vec<Pool>, Trouble>> {
        self.bench().report().boxed_local()
    }

    fn survey(&self) -> LocalBoxFuture<'_, Result<Rc<dyn Survey>, Trouble>> {
        self.bench().survey().boxed_local()
    }

    fn create(&self, subject: Subject) -> LocalBoxFuture<'_, Result<Vec<Export>, Trouble>> {
        async move { self.bench().create(&subject).await }.boxed_local()
    }

    fn delete(&self, subject: Subject) -> LocalBoxFuture<'_, Result<(), Trouble>> {
        async move { self.bench().delete(&subject).await }.boxed_local()
    }

    fn apply(&self, subject: Subject, rules: Vec<DesiredRule>) -> LocalBoxFuture<'_, Result<Applied, Trouble>> {
        async move { self.bench().apply(&subject, &rules).await }.boxed_local()
    }

    fn replace(&mut self) {
        self.bench = self.bench.take().map(Bench::next);
    }

    fn subject(&self, number: u128) -> Subject {
        let plain = self.server.as_ref().map_or_else(|| subject(number), |server| on(server, number));
        Subject { protocol: self.protocol, ..plain }
    }

    fn rule(&self, number: u128) -> DesiredRule {
        self.rule_of(self.protocol, number)
    }

    fn strange_rule(&self, number: u128) -> DesiredRule {
        let other = Protocol::ALL.into_iter().find(|other| *other != self.protocol).unwrap();
        self.rule_of(other, number)
    }

    fn left(&self) -> String {
        let bench = self.bench();
        let all = [bench.volumes(), bench.policies(), bench.smb_shares()].concat();
        all.iter().map(|one| one["name"].to_string()).collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn the_driver_keeps_what_every_driver_promises() {
    for protocol in Protocol::ALL {
        let mut config = Config::default();
        config.svms[0].cifs_server = Some("SVM1".to_owned());
        run_with(config, settings(), async |bench| {
            suite(&mut Tried { bench: Some(bench), protocol, server: None }).await
        });
    }
}

#[test]
fn so_it_does_where_it_makes_share_servers() {
    for protocol in Protocol::ALL {
        run_with(Config::default(), with_servers(), async |bench| {
            let mut standing = server(1, Some(TAG));
            standing.directories = vec![directory(Directory::ActiveDirectory)];
            standing.server.details = bench.set_up(&standing).await.unwrap();
            let mut tried = Tried { bench: Some(bench), protocol, server: Some(standing.clone()) };
            suite(&mut tried).await;
            let bench = tried.bench.unwrap();
            bench.tear_down(&standing).await.unwrap();
            assert_no_server_left(&bench);
        });
    }
}
