//! A daemon behind a Keystone with two projects, and everybody who may knock.

use manilad_store::Draft;
use serde_json::{Value, json};

use super::wire::Client;
use crate::support::{BackEnd, Bearer, Keystone, Speaks, Stage, records, until};

/// The project whose things tests work on.
pub const OWN: &str = records::PROJECT;
/// Another project.
pub const FOREIGN: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// How many share servers are put there for those who walk the catalogue: they use up some.
const SERVERS: u128 = 6;
/// An id of nothing.
pub const NOTHING: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

const fn bearer(token: &'static str, scope: Speaks, roles: &'static [&'static str]) -> Bearer {
    Bearer { token, user: "cccccccccccccccccccccccccccccccc", scope, roles }
}

/// Everybody. The token of each is their name.
pub const BEARERS: &[Bearer] = &[
    bearer("admin", Speaks::Project(OWN), &["admin", "member", "reader"]),
    bearer("member", Speaks::Project(OWN), &["member", "reader"]),
    bearer("reader", Speaks::Project(OWN), &["reader"]),
    bearer("stranger", Speaks::Project(OWN), &["foo"]),
    bearer("service", Speaks::Project(OWN), &["service"]),
    bearer("foreign-admin", Speaks::Project(FOREIGN), &["admin", "member", "reader"]),
    bearer("foreign-member", Speaks::Project(FOREIGN), &["member", "reader"]),
    bearer("foreign-reader", Speaks::Project(FOREIGN), &["reader"]),
    bearer("system-admin", Speaks::System, &["admin", "member", "reader"]),
    bearer("system-reader", Speaks::System, &["reader"]),
    bearer("domain-admin", Speaks::Domain("default"), &["admin", "member", "reader"]),
    Bearer {
        token: "colleague",
        user: "dddddddddddddddddddddddddddddddd",
        scope: Speaks::Project(OWN),
        roles: &["member", "reader"],
    },
    bearer("leaver", Speaks::Project(OWN), &["member", "reader"]),
];

/// A daemon, its array and its Keystone.
pub struct Cloud {
    pub stage: Stage,
    pub address: String,
    pub keystone: Keystone,
}

impl Cloud {
    pub fn open() -> Self {
        Cloud::with("")
    }

    /// With further lines of configuration, sections included.
    pub fn with(more: &str) -> Self {
        Cloud::stocked(more, |_| Ok(()))
    }

    /// As [`Cloud::with`], with share servers for those who walk the catalogue.
    pub fn furnished(more: &str) -> Self {
        Cloud::stocked(more, |draft| {
            let (network, subnet) = (records::network(1), records::subnet(1, 1));
            draft.put(&network)?;
            draft.put(&subnet)?;
            (1..=SERVERS)
                .try_for_each(|number| draft.put(&records::server(number, &network, std::slice::from_ref(&subnet))))
        })
    }

    /// As [`Cloud::with`], with records that are in the store before the daemon opens it.
    pub fn stocked(
        more: &str,
        stock: impl FnOnce(&mut Draft<'_>) -> Result<(), manilad_store::Error> + Send + 'static,
    ) -> Self {
        let keystone = Keystone::start(BEARERS);
        let url = &keystone.url;
        // So that a request which has shares ensured is in the way of none that comes after it.
        let more = format!(
            "[DEFAULT]\nauth_strategy = keystone\nupdate_shares_status_on_ensure = false\n[keystone_authtoken]\nauth_url = {url}\nauth_type = password\n\
             username = manila\npassword = secret\nproject_name = service\nuser_domain_name = Default\n\
             project_domain_name = Default\nwww_authenticate_uri = http://keystone.example:5000\n{more}"
        );
        let alpha = [BackEnd { name: "alpha", zone: "nova", array: 0 }];
        let stage = Stage::prepared(&[&[]], &more, &alpha, |folder| records::put(folder, stock));
        let address = stage.daemon.address.clone();
        Cloud { stage, address, keystone }
    }

    /// Somebody of [`BEARERS`], at the newest version.
    pub fn caller(&self, name: &str) -> Client {
        Client::nobody(&self.address).with_token(name).at("2.99")
    }

    pub fn admin(&self) -> Client {
        self.caller("admin")
    }

    pub fn member(&self) -> Client {
        self.caller("member")
    }

    /// Makes a share type without share servers; answers its id.
    pub fn make_type(&self, name: &str, more: Value) -> String {
        make_type(&self.admin(), name, more)
    }

    /// Asks for a share as `caller`, over the defaults of [`wish`]; answers its id.
    pub fn make_share(&self, caller: &Client, of: &str, more: Value) -> String {
        caller.post("/shares", wish(of, more)).is(200).text_at("/share/id")
    }

    /// Makes a share, and waits until it can be mounted.
    pub fn make_mountable(&self, caller: &Client, of: &str, more: Value) -> String {
        let share = self.make_share(caller, of, more);
        until_status(&self.admin(), &share, "available");
        share
    }

    /// Stops the daemon; `shares` are left on the array.
    pub fn close(self, shares: usize) {
        self.stage.close(shares);
    }
}

/// The body that asks for a share of 1 GiB.
pub fn wish(of: &str, more: Value) -> Value {
    let mut share = json!({ "share_proto": "NFS", "size": 1, "share_type": of });
    share.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "share": share })
}

pub fn make_type(admin: &Client, name: &str, more: Value) -> String {
    let mut specs = json!({ "driver_handles_share_servers": "False" });
    specs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = json!({ "share_type": { "name": name, "extra_specs": specs } });
    admin.post("/types", body).is(200).text_at("/share_type/id")
}

pub fn until_status(client: &Client, share: &str, wanted: &str) {
    until(&format!("share {share} is {wanted}"), || {
        let answer = client.get(&format!("/shares/{share}"));
        (answer.json()["share"]["status"] == wanted).then_some(())
    });
}

pub fn until_gone(client: &Client, share: &str) {
    until(&format!("share {share} is gone"), || (client.get(&format!("/shares/{share}")).status == 404).then_some(()));
}
