//! What a share server is called on the array, and how it is known for ours.
//!
//! Names derive from ids, so a second try finds what the first one made. An SVM is ours if its comment carries the id of
//! the server; one that an administrator named was there before us, and gets both when it is taken over. How to get it
//! wrong: names of IPspaces by server instead of by network; the servers of one VLAN must share one. Source: operations.md
//! §0.1.

use manilad_clock::Uuid;
use manilad_domain::{Allocation, ShareServer, ShareServerId};
use manilad_ontap::svm::Svm;

/// Where the driver tells the name of the SVM among the details of a server.
pub const VSERVER_NAME: &str = "vserver_name";
/// What the mark begins with; the id of the server follows.
const MARK: &str = "share_server_id:";
/// Characters of an id in a name.
const ID: usize = 36;
/// Characters that an SVM's name may have.
const LONGEST_SVM: usize = 47;
const ALLOCATION: &str = "%(net_allocation_id)s";
const NODE: &str = "%(node)s";
/// What the name of an IPspace that we made begins with.
const IPSPACE: &str = "ipspace_";
const DOMAIN: &str = "domain_";

/// Templates of names, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTemplates {
    /// What stands before and after the id of a server.
    svm: (String, String),
    lif: String,
}

impl ServerTemplates {
    /// # Errors
    /// The template at fault, by the name of its option, and what was expected.
    pub fn read(svm: &str, lif: &str) -> Result<Self, (&'static str, &'static str)> {
        let svm = split(svm).map_err(|expected| ("netapp_vserver_name_template", expected))?;
        let plain = lif.replacen(ALLOCATION, "", 1).replacen(NODE, "", 1);
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !lif.contains(ALLOCATION) || !plain.chars().all(named) {
            let expected =
                "%(net_allocation_id)s once, %(node)s at most once, and else only letters, digits, _, - and .";
            return Err(("netapp_lif_name_template", expected));
        }
        Ok(ServerTemplates { svm, lif: lif.to_owned() })
    }

    /// The name of a server's SVM.
    pub fn svm(&self, server: &ShareServer) -> String {
        match server.details.get(VSERVER_NAME) {
            Some(name) => name.clone(),
            None => self.with_id(&server.id.to_string()),
        }
    }

    /// What an administrator may mean by an identifier: the name of an SVM, or the id in one by the template.
    pub fn meant_by(&self, identifier: &str) -> Vec<String> {
        let of_id = Uuid::try_parse(identifier).ok().map(|_| self.with_id(identifier));
        of_id.into_iter().chain([identifier.to_owned()]).collect()
    }

    fn with_id(&self, id: &str) -> String {
        format!("{}{id}{}", self.svm.0, self.svm.1)
    }

    /// The name of the LIF for an address.
    pub fn lif(&self, allocation: &Allocation, node: &str) -> String {
        self.lif.replace(ALLOCATION, &allocation.id.to_string()).replace(NODE, node)
    }
}

fn split(svm: &str) -> Result<(String, String), &'static str> {
    let (before, after) = svm.split_once("%s").ok_or("%s in it, for the id of the server")?;
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let begins = before.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !before.chars().chain(after.chars()).all(named) {
        return Err("a letter or _ before %s, which is there once, and else only letters, digits, _ and -");
    }
    if before.len() + ID + after.len() > LONGEST_SVM {
        return Err("at most 47 characters with the id");
    }
    Ok((before.to_owned(), after.to_owned()))
}

/// What the comment of a server's SVM says.
pub fn mark(server: ShareServerId) -> String {
    format!("{MARK}{server}")
}

/// Whether an SVM carries the mark of any server.
pub fn is_marked(svm: &Svm) -> bool {
    owner_of(svm).is_some()
}

/// The id of the server whose mark an SVM carries.
pub fn owner_of(svm: &Svm) -> Option<&str> {
    words(svm).find_map(|word| word.strip_prefix(MARK))
}

/// Whether an SVM is the server's.
pub fn is_of(svm: &Svm, server: &ShareServer) -> bool {
    let mark = mark(server.id);
    words(svm).any(|word| word == mark)
}

/// The comment of an SVM with the mark of a server before what others say there. Marked SVMs are looked for by what a comment begins
/// with.
pub fn marked(svm: &Svm, server: ShareServerId) -> String {
    match unmarked(svm) {
        words if words.is_empty() => mark(server),
        words => format!("{} {words}", mark(server)),
    }
}

/// What others say in the comment of an SVM.
pub fn unmarked(svm: &Svm) -> String {
    let comment = svm.comment.as_deref().unwrap_or_default();
    if !is_marked(svm) {
        return comment.to_owned();
    }
    words(svm).filter(|word| !word.starts_with(MARK)).collect::<Vec<_>>().join(" ")
}

fn words(svm: &Svm) -> impl Iterator<Item = &str> {
    svm.comment.iter().flat_map(|comment| comment.split_whitespace())
}

/// What the IPspace and the broadcast domain of a network are called after: the network in Neutron, or its VLAN.
pub fn of_network(neutron: Option<&str>, tag: u32) -> (String, String) {
    let what = neutron.map_or_else(|| format!("vlan_{tag}"), |id| id.replace('-', "_"));
    (format!("{IPSPACE}{what}"), format!("{DOMAIN}{what}"))
}

/// Whether an IPspace is one of those that share servers have, so that it goes with the last of them.
pub fn is_of_servers(ipspace: &str) -> bool {
    ipspace.starts_with(IPSPACE)
}
