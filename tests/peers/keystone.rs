//! A real Keystone before the daemon: foreign clients log in and find the service in the catalogue, and roles and
//! projects are what tokens say.
//!
//! One test: Keystone takes long to start, and a process that tests share would outlive them.

use serde_json::{Value, json};

use crate::peer::{Server, drive, free_port};
use crate::support::{BackEnd, Stage, http, until};

/// A running Keystone, with the users and projects of `tests/clients/keystone/serve.py`.
pub struct Keystone {
    _server: Server,
    pub port: u16,
}

impl Keystone {
    /// Starts it; the service is at `endpoint`, the network service at `network`.
    pub fn start(port: u16, endpoint: &str, network: Option<&str>) -> Self {
        Keystone::with(port, endpoint, &network.map_or(Vec::new(), |network| vec!["--network", network]))
    }

    /// As [`Keystone::start`], with further arguments.
    pub fn with(port: u16, endpoint: &str, more: &[&str]) -> Self {
        let port_text = port.to_string();
        let arguments = [&["--port", &port_text, "--endpoint", endpoint], more].concat();
        let mut server = Server::begin("keystone", &arguments);
        server.until_ready();
        Keystone { _server: server, port }
    }

    /// The id of a project.
    pub fn project(&self, name: &str) -> String {
        let token = self.token("admin", "admin");
        let answer = http().get(format!("{}/projects?name={name}", self.url())).header("X-Auth-Token", token).send();
        let found: Value = serde_json::from_str(&answer.unwrap().text().unwrap()).unwrap();
        found["projects"][0]["id"].as_str().unwrap().to_owned()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v3", self.port)
    }

    /// What the clients of a user are told, the way users tell them.
    pub fn login(&self, user: &str, project: &str) -> Vec<(&'static str, String)> {
        vec![
            ("OS_AUTH_URL", self.url()),
            ("OS_USERNAME", user.to_owned()),
            ("OS_PASSWORD", format!("{user}-pass")),
            ("OS_PROJECT_NAME", project.to_owned()),
            ("OS_USER_DOMAIN_ID", "default".to_owned()),
            ("OS_PROJECT_DOMAIN_ID", "default".to_owned()),
            ("OS_REGION_NAME", "RegionOne".to_owned()),
        ]
    }

    pub fn driven(&self, user: &str, project: &str, peer: &str, script: &str, more: &[&str]) {
        let login = self.login(user, project);
        let login: Vec<(&str, &str)> = login.iter().map(|(name, value)| (*name, value.as_str())).collect();
        drive(peer, script, more, &login);
    }

    pub fn token(&self, user: &str, project: &str) -> String {
        let domain = json!({ "id": "default" });
        let user = json!({ "name": user, "domain": domain, "password": format!("{user}-pass") });
        let body = json!({ "auth": {
            "identity": { "methods": ["password"], "password": { "user": user } },
            "scope": { "project": { "name": project, "domain": domain } },
        } });
        let answer = http().post(format!("{}/auth/tokens", self.url())).json(&body).send().unwrap();
        assert_eq!(answer.status(), 201, "{answer:?}");
        answer.headers()["X-Subject-Token"].to_str().unwrap().to_owned()
    }

    fn revoke(&self, token: &str) {
        let request = http().delete(format!("{}/auth/tokens", self.url()));
        let answer = request.header("X-Auth-Token", token).header("X-Subject-Token", token).send().unwrap();
        assert_eq!(answer.status(), 204);
    }
}

/// The configuration of a daemon that asks the Keystone at `port`.
pub fn options(port: u16) -> String {
    format!(
        "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\nauth_url = http://127.0.0.1:{port}/v3\n\
         auth_type = password\nusername = manila\npassword = manila-pass\nproject_name = service\n\
         user_domain_id = default\nproject_domain_id = default\n"
    )
}

/// Somebody with a token, at the service.
pub struct Caller<'a> {
    pub stage: &'a Stage,
    pub token: Option<String>,
}

impl Caller<'_> {
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("http://{}/v2{path}", self.stage.daemon.address);
        let mut request = http().request(method.parse().unwrap(), url).header("X-OpenStack-Manila-API-Version", "2.80");
        if let Some(token) = &self.token {
            request = request.header("X-Auth-Token", token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().unwrap()).unwrap_or_default())
    }

    fn status(&self, method: &str, path: &str, body: Option<Value>) -> u16 {
        self.ask(method, path, body).0
    }
}

fn share_of_default_type() -> Option<Value> {
    Some(json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": "default" } }))
}

fn tokens_say_who_may_what(stage: &Stage, keystone: &Keystone) {
    let caller = |user, project| Caller { stage, token: Some(keystone.token(user, project)) };
    let (ann, ray, ben) = (caller("ann", "alpha"), caller("ray", "alpha"), caller("ben", "beta"));
    let (created, share) = ann.ask("POST", "/shares", share_of_default_type());
    assert_eq!(created, 200, "{share}");
    let share = format!("/shares/{}", share["share"]["id"].as_str().unwrap());
    assert_eq!(ray.status("GET", &share, None), 200, "a reader of the project looks");
    assert_eq!(ray.status("POST", "/shares", share_of_default_type()), 403, "and makes nothing");
    assert_eq!(ben.status("GET", &share, None), 404, "for another project there is no such share");
    assert_eq!(ann.status("GET", "/services", None), 403, "services are the administrator's");
    until("the share can be deleted", || (ann.status("DELETE", &share, None) == 202).then_some(()));
    until("the share is gone", || (ann.status("GET", &share, None) == 404).then_some(()));

    let shares = |token: Option<&str>| Caller { stage, token: token.map(str::to_owned) }.status("GET", "/shares", None);
    assert_eq!(shares(None), 401);
    assert_eq!(shares(Some("made-up")), 401);
    let revoked = keystone.token("ann", "alpha");
    keystone.revoke(&revoked);
    assert_eq!(shares(Some(&revoked)), 401);
}

#[test]
fn tenants_and_operators_work_behind_a_real_keystone() {
    let port = free_port();
    let stage = Stage::with(&[], &options(port), &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let keystone = Keystone::start(port, &format!("http://{}/v2", stage.daemon.address), None);
    let admin = Caller { stage: &stage, token: Some(keystone.token("admin", "admin")) };
    let default = json!({ "name": "default", "extra_specs": { "driver_handles_share_servers": "False" } });
    assert_eq!(admin.status("POST", "/types", Some(json!({ "share_type": default }))), 200);

    std::thread::scope(|scope| {
        scope.spawn(|| keystone.driven("admin", "admin", "osc", "flow.py", &[]));
        scope.spawn(|| {
            keystone.driven("ann", "alpha", "osc", "flow.py", &["--tenant"]);
            keystone.driven("ann", "alpha", "osc", "networks.py", &["--tenant"]);
        });
        scope.spawn(|| {
            keystone.driven("admin", "admin", "sdk", "flow.py", &["--microversion", "2.82"]);
            keystone.driven("ben", "beta", "sdk", "flow.py", &["--tenant"]);
            keystone.driven("mona", "alpha", "sdk", "flow.py", &["--tenant", "--microversion", "2.82"]);
            tokens_say_who_may_what(&stage, &keystone);
        });
    });
    // A service that is switched off is so for everybody.
    keystone.driven("admin", "admin", "osc", "services.py", &[]);
    stage.close(0);
}
