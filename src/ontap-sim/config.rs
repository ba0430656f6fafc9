//! What kind of cluster is simulated. The default is two nodes, two aggregates and one SVM with a data LIF on each
//! node.
//!
//! What the state directory keeps wins over the configuration, except for what an operator would change on the spot:
//! release, licences, accounts, directories, sizes of aggregates, addresses of LIFs, latencies and limits.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::Release;
use crate::lanes::Profile;

/// A cluster to simulate.
#[derive(Debug, Clone)]
pub struct Config {
    pub name: String,
    pub release: Release,
    /// Node names. Each also gets a root aggregate, which REST hides.
    pub nodes: Vec<String>,
    pub aggregates: Vec<AggregateConfig>,
    pub svms: Vec<SvmConfig>,
    /// Licence names in lower case.
    pub licences: Vec<String>,
    pub accounts: Vec<AccountConfig>,
    /// Roles besides the built-in `admin`, `readonly` and `vsadmin`.
    pub roles: Vec<RoleConfig>,
    /// What answers outside of the cluster. All other servers are silent.
    pub directories: Vec<DirectoryConfig>,
    /// Whether a key manager is set up, so that volumes can be encrypted.
    pub key_manager: bool,
    /// Whether each node has a SnapLock compliance clock.
    pub compliance_clocks: bool,
    /// How busy the performance counters show each node to be, in percent.
    pub busy_percent: u8,
    pub latency: Profile,
    /// Where objects and file contents are kept. `None`: objects in memory, contents in a temporary directory.
    pub state_dir: Option<PathBuf>,
    /// Whether `/sim/…` is served.
    pub hooks: bool,
    pub limits: ArrayLimits,
}

/// A data aggregate.
#[derive(Debug, Clone)]
pub struct AggregateConfig {
    pub name: String,
    pub node: String,
    /// Bytes.
    pub size: u64,
    /// `ssd`, `sas`, …: what `effective_type` of its disks says.
    pub disk_type: String,
}

/// A data SVM with its `default` export policy and NFS service.
#[derive(Debug, Clone)]
pub struct SvmConfig {
    pub name: String,
    /// Delegated aggregates. None: the SVM may use all, but is shown no space.
    pub aggregates: Vec<String>,
    pub lifs: Vec<LifConfig>,
    /// NetBIOS name of its SMB server, if it has one.
    pub cifs_server: Option<String>,
    /// How long a deleted volume stays in the recovery queue.
    pub retention_hours: u32,
}

/// A data LIF.
#[derive(Debug, Clone)]
pub struct LifConfig {
    pub name: String,
    pub node: String,
    pub address: IpAddr,
}

/// A login. Its scope is the SVM, if there is one, else the cluster.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    pub name: String,
    pub password: SecretString,
    pub svm: Option<String>,
    pub role: String,
}

/// A REST role: what is not listed is forbidden; the longest path that fits decides.
#[derive(Debug, Clone)]
pub struct RoleConfig {
    pub name: String,
    pub svm: Option<String>,
    pub privileges: Vec<(String, Access)>,
}

/// What a role may do below a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    None,
    ReadOnly,
    ReadCreate,
    ReadModify,
    ReadCreateModify,
    All,
}

/// A domain with its name servers, and the machines that are its Active Directory, its LDAP and its Kerberos at once.
#[derive(Debug, Clone)]
pub struct DirectoryConfig {
    pub domain: String,
    pub dns: Vec<IpAddr>,
    /// Domain controllers, LDAP servers, KDCs. None: they are silent.
    pub controllers: Vec<IpAddr>,
    /// The account that may join machines, bind and enable Kerberos.
    pub user: String,
    pub password: SecretString,
    /// Machine accounts of others.
    pub machines: Vec<String>,
    /// Organizational units besides `CN=Computers`.
    pub units: Vec<String>,
}

/// `example.com`, at addresses that are set aside for documentation (RFC 5737).
impl Default for DirectoryConfig {
    fn default() -> Self {
        DirectoryConfig {
            domain: "example.com".to_owned(),
            dns: vec![IpAddr::from([192, 0, 2, 53])],
            controllers: vec![IpAddr::from([192, 0, 2, 10]), IpAddr::from([192, 0, 2, 11])],
            user: "Administrator".to_owned(),
            password: SecretString::from("password"),
            machines: Vec::new(),
            units: vec!["OU=manila".to_owned()],
        }
    }
}

/// Published limits of the real thing, and bounds of ours.
#[derive(Debug, Clone)]
pub struct ArrayLimits {
    pub volumes_per_node: usize,
    pub snapshots_per_volume: usize,
    /// Data LIFs that may be at home on one node.
    pub lifs_per_node: usize,
    pub ipspaces: usize,
    /// Jobs that create or delete an SVM and run at the same time; more are told 13434894.
    pub svm_jobs: usize,
    /// Calls that may wait for a place in the queue of one SVM; more are told 429.
    pub queue: usize,
    /// How long an ended job can be asked for.
    pub job_memory: Duration,
    /// Calls that the log remembers.
    pub call_log: usize,
    /// Longest request body in bytes.
    pub body: usize,
}

impl Default for ArrayLimits {
    fn default() -> Self {
        ArrayLimits {
            volumes_per_node: 2500,
            snapshots_per_volume: 1023,
            lifs_per_node: 512,
            ipspaces: 512,
            svm_jobs: 5,
            queue: 2000,
            job_memory: Duration::from_secs(300),
            call_log: 10_000,
            body: 4 << 20,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        let nodes = ["cl1-01", "cl1-02"];
        let aggregate = |(number, node): (usize, &&str)| AggregateConfig {
            name: format!("aggr{}", number + 1),
            node: (*node).to_owned(),
            size: 10 << 40,
            disk_type: "ssd".to_owned(),
        };
        Config {
            name: "cl1".to_owned(),
            release: Release::V9_14_1,
            nodes: nodes.map(str::to_owned).to_vec(),
            aggregates: nodes.iter().enumerate().map(aggregate).collect(),
            svms: vec![SvmConfig::named("svm1", ["127.0.1.1", "127.0.1.2"])],
            licences: LICENCES.iter().map(|name| (*name).to_owned()).collect(),
            accounts: vec![
                AccountConfig::new("admin", "password", None, "admin"),
                AccountConfig::new("vsadmin", "password", Some("svm1"), "vsadmin"),
            ],
            roles: Vec::new(),
            directories: vec![DirectoryConfig::default()],
            key_manager: true,
            compliance_clocks: true,
            busy_percent: 10,
            latency: Profile::None,
            state_dir: None,
            hooks: false,
            limits: ArrayLimits::default(),
        }
    }
}

const LICENCES: &[&str] = &[
    "base",
    "nfs",
    "cifs",
    "snaprestore",
    "snapmirror",
    "snapmirror_sync",
    "flexclone",
    "snaplock",
    "volume_encryption",
];

impl SvmConfig {
    /// An SVM on the two nodes of the default cluster, with one data LIF on each. Addresses that are none are left out.
    pub fn named(name: &str, addresses: [&str; 2]) -> Self {
        let lif = |(number, address): (usize, &str)| {
            let address = address.parse().ok()?;
            Some(LifConfig { name: format!("{name}_lif{}", number + 1), node: format!("cl1-0{}", number + 1), address })
        };
        SvmConfig {
            name: name.to_owned(),
            aggregates: vec!["aggr1".to_owned(), "aggr2".to_owned()],
            lifs: addresses.into_iter().enumerate().filter_map(lif).collect(),
            cifs_server: None,
            retention_hours: 12,
        }
    }
}

impl AccountConfig {
    pub fn new(name: &str, password: &str, svm: Option<&str>, role: &str) -> Self {
        AccountConfig {
            name: name.to_owned(),
            password: SecretString::from(password),
            svm: svm.map(str::to_owned),
            role: role.to_owned(),
        }
    }
}
