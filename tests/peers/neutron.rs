//! A real Neutron behind a real Keystone, both on loopback: the networks that a test makes in it, and the ports that it
//! has. Addresses of subnets are loopback's too, so that what is simulated can listen on them.

use serde_json::{Value, json};

use crate::keystone::Keystone;
use crate::peer::{Server, free_port};
use crate::support::http;

/// Both services, with the users and projects of `tests/clients/keystone/serve.py`.
pub struct Cloud {
    pub keystone: Keystone,
    _neutron: Server,
    network: String,
    /// The administrator's.
    token: String,
}

/// A network with one subnet.
pub struct Net {
    pub net_id: String,
    pub subnet_id: String,
}

/// `[neutron]` of a daemon that logs in at the Keystone at `port`.
pub fn options(port: u16) -> String {
    format!(
        "[neutron]\nauth_type = password\nauth_url = http://127.0.0.1:{port}/v3\nusername = plumber\n\
         password = plumber-pass\nuser_domain_id = default\nproject_name = service\nproject_domain_id = default\n\
         region_name = RegionOne\n"
    )
}

impl Cloud {
    /// Starts both: Keystone at `port`, with the service at `endpoint` in its catalogue.
    pub fn start(port: u16, endpoint: &str) -> Self {
        let (neutron_port, auth_url) = (free_port().to_string(), format!("http://127.0.0.1:{port}/v3"));
        let network = format!("http://127.0.0.1:{neutron_port}");
        let mut neutron = Server::begin("neutron", &["--port", &neutron_port, "--auth-url", &auth_url]);
        let keystone = Keystone::start(port, endpoint, Some(&network));
        neutron.until_ready();
        let token = keystone.token("plumber", "service");
        Cloud { keystone, _neutron: neutron, network, token }
    }

    /// Asks Neutron as its administrator.
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = http().request(method.parse().unwrap(), format!("{}/v2.0{path}", self.network));
        request = request.header("X-Auth-Token", &self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().unwrap()).unwrap_or_default())
    }

    fn create(&self, many: &str, one: &str, fields: Value) -> Value {
        let (status, made) = self.ask("POST", &format!("/{many}"), Some(json!({ one: fields })));
        assert_eq!(status, 201, "{made}");
        made[one].clone()
    }

    /// A network of a project, with the attributes that administrators give, and a subnet in it.
    pub fn network(&self, project: &str, mut attributes: Value, cidr: &str) -> Net {
        attributes["project_id"] = project.into();
        let id = |made: Value| made["id"].as_str().unwrap().to_owned();
        let net_id = id(self.create("networks", "network", attributes));
        let subnet = json!({
            "network_id": net_id, "project_id": project, "ip_version": 4, "cidr": cidr, "enable_dhcp": false,
        });
        let subnet_id = id(self.create("subnets", "subnet", subnet));
        Net { net_id, subnet_id }
    }

    /// The ports of share servers.
    pub fn ports(&self) -> Vec<Value> {
        let (status, found) = self.ask("GET", "/ports?device_owner=manila:share", None);
        assert_eq!(status, 200, "{found}");
        found["ports"].as_array().unwrap().clone()
    }
}

/// Attributes of a network, or of a segment of one.
pub fn piece(kind: &str, physical: Option<&str>, number: Option<u32>) -> Value {
    let mut piece = json!({ "provider:network_type": kind });
    if let Some(physical) = physical {
        piece["provider:physical_network"] = physical.into();
    }
    if let Some(number) = number {
        piece["provider:segmentation_id"] = number.into();
    }
    piece
}
