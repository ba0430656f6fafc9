use manilad_clock::Uuid;
use manilad_domain::SecurityServiceId;
use manilad_domain::secret::Secret;
use manilad_domain::stamp::Stamp;
use manilad_driver::Remedy;

use super::*;

const SVM: &str = "os_5e770001-0000-0000-0000-00000000abcd";

fn service(directory: Directory) -> SecurityService {
    SecurityService {
        id: SecurityServiceId(Uuid::from_u128(1)),
        project_id: "p".to_owned(),
        directory,
        name: None,
        description: None,
        dns_ip: Some("192.0.2.53".to_owned()),
        server: None,
        domain: Some("example.com".to_owned()),
        user: Some("joe".to_owned()),
        password: Some(Secret::new("s3cret")),
        ou: None,
        default_ad_site: None,
        created_at: Stamp::parse("2026-01-01").unwrap(),
        updated_at: None,
    }
}

fn read_one(service: SecurityService) -> Result<Directories, Trouble> {
    read(&Servers::default(), &[service], SVM)
}

fn lacks(change: impl FnOnce(&mut SecurityService), directory: Directory) -> String {
    let mut service = service(directory);
    change(&mut service);
    let trouble = read_one(service).unwrap_err();
    assert_eq!((trouble.remedy, trouble.detail), (Remedy::Never, Detail::NoShareServer));
    trouble.reason
}

#[test]
fn what_security_services_say_of_dns_comes_first_and_nothing_twice() {
    let servers = Servers {
        dns_domains: vec!["corp.test".to_owned(), "example.com".to_owned()],
        dns_nameservers: vec!["192.0.2.54".to_owned(), "192.0.2.53".to_owned()],
        ..Servers::default()
    };
    let dns = read(&servers, &[service(Directory::ActiveDirectory)], SVM).unwrap().dns.unwrap();
    assert_eq!(dns.domains, ["example.com", "corp.test"]);
    assert_eq!(dns.servers, ["192.0.2.53", "192.0.2.54"]);
    let mut many = service(Directory::ActiveDirectory);
    many.dns_ip = Some("192.0.2.1, 192.0.2.2,192.0.2.3".to_owned());
    assert!(read(&Servers::default(), &[many.clone()], SVM).is_ok());
    assert!(read(&servers, &[many], SVM).unwrap_err().reason.contains("5 name servers"));
    assert_eq!(read(&Servers::default(), &[], SVM).unwrap().dns, None);
}

#[test]
fn ldap_is_by_domain_or_by_server_and_never_both() {
    let by_domain = read_one(SecurityService { ou: Some("dc=x".to_owned()), ..service(Directory::Ldap) });
    let ldap = by_domain.unwrap().ldap.unwrap();
    assert_eq!((ldap.place, ldap.bind_dn.as_str()), (Place::Domain("example.com".to_owned()), "joe@example.com"));
    assert_eq!(ldap.base_dn.as_deref(), Some("dc=x"));
    let by_server = SecurityService { domain: None, server: Some("192.0.2.10".to_owned()), ..service(Directory::Ldap) };
    let directories = read_one(by_server).unwrap();
    assert_eq!(directories.dns, None, "ONTAP takes no name servers without a domain");
    let ldap = directories.ldap.unwrap();
    assert_eq!((ldap.place, ldap.bind_dn.as_str()), (Place::Servers(vec!["192.0.2.10".to_owned()]), "joe"));
    assert!(lacks(|one| one.server = Some("a".to_owned()), Directory::Ldap).contains("not both"));
    assert!(lacks(|one| one.domain = None, Directory::Ldap).contains("either"));
    assert!(lacks(|one| one.password = None, Directory::Ldap).contains("password"));
}

#[test]
fn an_active_directory_is_joined_under_a_short_name_and_looked_for_as_it_is_told() {
    let plain = read_one(service(Directory::ActiveDirectory)).unwrap().active.unwrap();
    assert_eq!((plain.server.name.as_str(), plain.discovery), ("OS-5E770-00ABCD", Discovery::All));
    assert!(plain.server.name.len() <= 15);
    let site = SecurityService { default_ad_site: Some("here".to_owned()), ..service(Directory::ActiveDirectory) };
    assert_eq!(read_one(site).unwrap().active.unwrap().discovery, Discovery::Site);
    let server =
        SecurityService { server: Some("192.0.2.10,192.0.2.11".to_owned()), ..service(Directory::ActiveDirectory) };
    let active = read_one(server).unwrap().active.unwrap();
    assert_eq!((active.discovery, active.controllers.len()), (Discovery::None, 2));
    for change in [
        (|one: &mut SecurityService| one.dns_ip = None) as fn(&mut SecurityService),
        |one| one.domain = None,
        |one| one.user = None,
    ] {
        assert!(lacks(change, Directory::ActiveDirectory).contains("lacks"));
    }
}

#[test]
fn kerberos_has_its_realm_in_capitals_and_a_principal_of_the_server() {
    let named = SecurityService { server: Some("192.0.2.10".to_owned()), ..service(Directory::Kerberos) };
    let kerberos = read_one(named).unwrap().kerberos.unwrap();
    assert_eq!(kerberos.realm, "EXAMPLE.COM");
    assert_eq!(kerberos.spn, "nfs/os-5e770001-0000-0000-0000-00000000abcd.example.com@EXAMPLE.COM");
    assert!(lacks(|_| {}, Directory::Kerberos).contains("server"));
}

#[test]
fn no_password_is_ever_shown() {
    for directory in Directory::ALL {
        let mut service = service(directory);
        service.server = (directory == Directory::Kerberos).then(|| "192.0.2.10".to_owned());
        assert!(!format!("{:?}", read_one(service).unwrap()).contains("s3cret"));
    }
}
