//! Share servers in Active Directory, LDAP and Kerberos, as the simulated world has them.

use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::access::AccessType;
use manilad_domain::message::Detail;
use manilad_domain::secret::Secret;
use manilad_domain::security_service::Directory;
use manilad_domain::share::Protocol;
use manilad_driver::{Applied, DesiredRule, Remedy, ServerSubject, Subject};
use manilad_ontap_sim::{Config, DirectoryConfig};
use serde_json::{Value, json};

use crate::tests::bench::{Bench, run_with, with_servers};
use crate::tests::samples::desired;
use crate::tests::server_samples::{TAG, assert_no_server_left, directory, on, server};
use crate::{Mode, Servers, Settings};

fn run<T>(test: impl AsyncFnOnce(Bench) -> T) -> T {
    run_with(Config::default(), with_servers(), test)
}

fn in_directories(kinds: &[Directory]) -> ServerSubject {
    let mut subject = server(1, Some(TAG));
    subject.directories = kinds.iter().map(|kind| directory(*kind)).collect();
    subject
}

async fn stand(bench: &Bench, subject: &mut ServerSubject) -> Value {
    subject.server.details = bench.set_up(subject).await.unwrap();
    bench.objects("svm").into_iter().find(|svm| svm["name"] != "svm1").unwrap()
}

#[test]
fn a_server_joins_all_its_directories_and_leaves_them() {
    run(async |bench| {
        let mut subject = in_directories(&Directory::ALL);
        let svm = stand(&bench, &mut subject).await;
        assert_eq!(svm["dns"], json!({"domains": ["example.com"], "servers": ["192.0.2.53"]}));
        assert_eq!(svm["cifs"]["name"], "OS-00000-770001");
        assert_eq!(svm["cifs"]["domain"]["fqdn"], "EXAMPLE.COM");
        assert_eq!(svm["cifs"]["encryptions"], json!(["des", "rc4"]));
        assert_eq!((&svm["ldap"]["ad_domain"], &svm["ldap"]["schema"]), (&json!("example.com"), &json!("MS-AD-BIS")));
        assert_eq!(svm["nsswitch"]["passwd"], json!(["ldap", "files"]));
        assert_eq!(svm["realms"][0]["name"], "EXAMPLE.COM");
        let lifs = bench.objects("interface").into_iter().filter(|lif| lif["svm"] == svm["uuid"]);
        assert!(lifs.clone().count() == 2 && lifs.clone().all(|lif| lif["kerberos"].is_string()));
        bench.set_up(&subject).await.unwrap();
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn what_the_back_end_is_configured_with_is_told_to_each_server() {
    let servers = Servers {
        dns_domains: vec!["example.com".to_owned()],
        dns_nameservers: vec!["192.0.2.53".to_owned()],
        dns_hosts: vec![(vec!["nas".to_owned(), "files".to_owned()], [192, 0, 2, 7].into())],
        nfs: vec!["nfs4.1".to_owned()],
        smb_aes: true,
        smb_signing: true,
        logical_space: true,
        ..Servers::default()
    };
    let settings = Settings { mode: Mode::Servers(Box::new(servers)), ..with_servers() };
    run_with(Config::default(), settings, async |bench| {
        let mut subject = in_directories(&[Directory::ActiveDirectory]);
        let svm = stand(&bench, &mut subject).await;
        assert_eq!(svm["cifs"]["encryptions"], json!(["aes-128", "aes-256"]));
        assert_eq!(svm["cifs"]["smb_signing"], true);
        assert!(svm.to_string().contains("192.0.2.7"), "{svm}");
        let flags = &svm["nfs"]["flags"];
        assert_eq!((&flags["protocol.v3_enabled"], &flags["protocol.v41_enabled"]), (&json!(false), &json!(true)));
        bench.set_up(&subject).await.unwrap();
        let share = on(&subject, 1);
        assert_eq!(bench.create(&share).await.unwrap_err().detail, Detail::FilterCapabilities, "it would be thick");
        let mut thin = share;
        thin.extra_specs.insert("thin_provisioning".to_owned(), "<is> True".to_owned());
        bench.create(&thin).await.unwrap();
    });
}

#[test]
fn name_servers_that_do_not_answer_matter_only_to_directories() {
    let servers = Servers {
        dns_domains: vec!["example.com".to_owned()],
        dns_nameservers: vec!["192.0.2.99".to_owned()],
        ..Servers::default()
    };
    let settings = Settings { mode: Mode::Servers(Box::new(servers)), ..with_servers() };
    run_with(Config::default(), settings, async |bench| {
        bench.set_up(&server(1, None)).await.unwrap();
        let mut subject = server(2, None);
        subject.directories = vec![directory(Directory::ActiveDirectory)];
        let trouble = bench.set_up(&subject).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::NoShareServer));
    });
}

#[test]
fn credentials_that_a_directory_refuses_are_told_as_such_and_nothing_stays() {
    for kind in Directory::ALL {
        run(async |bench| {
            let mut subject = in_directories(&[kind]);
            subject.directories[0].password = Some(Secret::new("wr0ng"));
            let trouble = bench.set_up(&subject).await.unwrap_err();
            assert_eq!(
                (trouble.remedy, trouble.detail),
                (Remedy::Never, Detail::SecurityServiceFailedAuth),
                "{kind:?}"
            );
            assert!(!trouble.reason.contains("wr0ng"));
            bench.pass(std::time::Duration::from_secs(80)).await;
            bench.tear_down(&subject).await.unwrap();
            assert_no_server_left(&bench);
        });
    }
}

#[test]
fn a_server_whose_directory_is_gone_or_unknown_goes_all_the_same() {
    for is_known in [true, false] {
        run(async |bench| {
            let mut subject = in_directories(&[Directory::ActiveDirectory]);
            stand(&bench, &mut subject).await;
            let silent = DirectoryConfig { controllers: Vec::new(), ..DirectoryConfig::default() };
            bench.wire.cluster.set_directory(silent);
            if !is_known {
                subject.directories.clear();
            }
            bench.tear_down(&subject).await.unwrap();
            assert_no_server_left(&bench);
        });
    }
}

#[test]
fn preferred_controllers_and_sites_are_told_to_the_array() {
    run(async |bench| {
        let mut subject = in_directories(&[Directory::ActiveDirectory]);
        subject.directories[0].server = Some("192.0.2.10,192.0.2.11".to_owned());
        subject.directories[0].ou = Some("OU=manila".to_owned());
        let svm = stand(&bench, &mut subject).await;
        assert_eq!((&svm["discovery_mode"], svm["preferred_dcs"].as_array().unwrap().len()), (&json!("none"), 2));
        assert_eq!(svm["cifs"]["domain"]["organizational_unit"], "OU=manila");
        bench.tear_down(&subject).await.unwrap();
        let mut subject = in_directories(&[Directory::ActiveDirectory]);
        subject.directories[0].default_ad_site = Some("here".to_owned());
        let svm = stand(&bench, &mut subject).await;
        assert_eq!((&svm["discovery_mode"], &svm["cifs"]["domain"]["default_site"]), (&json!("site"), &json!("here")));
    });
}

#[test]
fn smb_shares_need_a_server_in_an_active_directory() {
    run(async |bench| {
        let mut subject = in_directories(&[Directory::ActiveDirectory]);
        stand(&bench, &mut subject).await;
        let share = Subject { protocol: Protocol::Cifs, ..on(&subject, 1) };
        bench.create(&share).await.unwrap();
        let user = DesiredRule { kind: AccessType::User, ..desired(1, "alice", Rw) };
        assert_eq!(bench.apply(&share, &[user]).await, Ok(Applied::AllBut(Vec::new())));
        bench.delete(&share).await.unwrap();
        bench.assert_nothing_left();
        let mut without = server(2, Some(TAG));
        without.server.details = bench.set_up(&without).await.unwrap();
        let share = Subject { protocol: Protocol::Cifs, ..on(&without, 2) };
        let trouble = bench.create(&share).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::MissingSecurityService));
        bench.delete(&share).await.unwrap();
        bench.assert_nothing_left();
    });
}

#[test]
fn a_server_that_serves_is_told_of_directories_that_were_changed_or_added() {
    run(async |bench| {
        let mut subject = in_directories(&[Directory::ActiveDirectory, Directory::Kerberos]);
        subject.directories[0].server = Some("192.0.2.10".to_owned());
        stand(&bench, &mut subject).await;
        subject.directories[0].server = Some("192.0.2.11".to_owned());
        subject.directories[1].server = Some("192.0.2.11".to_owned());
        subject.directories.push(directory(Directory::Ldap));
        let svm = stand(&bench, &mut subject).await;
        assert_eq!(svm["preferred_dcs"], json!([{"fqdn": "example.com", "server_ip": "192.0.2.11"}]));
        assert_eq!(svm["realms"][0]["kdc"], "192.0.2.11");
        assert_eq!(svm["nsswitch"]["group"], json!(["ldap", "files"]));
        subject.directories[0].server = None;
        let svm = stand(&bench, &mut subject).await;
        assert_eq!((&svm["preferred_dcs"], &svm["discovery_mode"]), (&json!([]), &json!("all")));
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}
