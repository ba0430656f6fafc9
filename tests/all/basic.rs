//! `auth_strategy = http_basic`: a stand-alone array with users of its own.

use serde_json::Value;

use crate::support::{BackEnd, Stage, http};

#[test]
fn users_of_the_file_come_in_with_their_roles_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users");
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let users = format!("root:{}\nann:{}:alpha:member,reader\n", hash("root's"), hash("ann's"));
    std::fs::write(&file, users).unwrap();
    let more = format!(
        "[DEFAULT]\nauth_strategy = http_basic\n[oslo_middleware]\nhttp_basic_auth_user_file = {}",
        file.display()
    );
    let stage = Stage::with(&[], &more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let ask = |path: &str, name: &str, password: &str| {
        let url = format!("http://{}/v2{path}", stage.daemon.address);
        let answer = http()
            .get(url)
            .basic_auth(name, Some(password))
            .header("X-OpenStack-Manila-API-Version", "2.80")
            .send()
            .unwrap();
        let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), challenge, answer.json::<Value>().unwrap_or(Value::Null))
    };
    assert_eq!(ask("/services", "root", "root's").0, 200);
    assert_eq!(ask("/services", "ann", "ann's").0, 403, "not for members");
    assert_eq!(ask("/shares", "ann", "ann's").0, 200);
    for (name, password) in [("ann", "root's"), ("eve", "ann's"), ("ann", "")] {
        let (status, challenge, body) = ask("/shares", name, password);
        assert_eq!((status, challenge.as_deref()), (401, Some("Basic realm=\"manila\"")), "{body}");
        assert_eq!(body["error"]["code"], 401);
    }
    assert!(stage.daemon.log().iter().all(|line| !line.contains("ann's")), "no password gets into the log");
    stage.close(0);
}
