//! A daemon with a driver of another vendor beside its own: all that is asked of it goes by the same seam.
//!
//! The daemon runs in a thread of this process, since the binary has no such driver.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use actix_web::{App, HttpServer};
use manilad::boot;
use manilad::boot::assembly::Assembly;
use manilad::boot::drivers::{DRIVERS, DriverRow};
use manilad::boot::outside::Outside;
use manilad_clock::Clock;
use manilad_conf::{Layer, Settings, Sources};
use manilad_http::serve::configure;
use manilad_kit::{Watch, raise};
use manilad_played::{PlayedMaker, SWITCH};
use manilad_store::consistency;
use serde_json::json;

use crate::support::{Api, until};

const PLAYED: DriverRow = DriverRow { options: &manilad_played::TABLE, maker: |_, _, _| Box::new(PlayedMaker) };

const BACK_ENDS: &str = "[plain]\nshare_driver = tests.PlayedDriver\ndriver_handles_share_servers = false\n\
    played_pool = one\n\
    [served]\nshare_driver = tests.PlayedDriver\ndriver_handles_share_servers = true\nplayed_pool = two\n\
    network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
    standalone_network_plugin_gateway = 192.0.2.1\nstandalone_network_plugin_mask = 24\n";

/// Serves a configuration until it is told to stop; then nothing may be out of order.
async fn serve(text: String, address: mpsc::Sender<SocketAddr>, stop: tokio::sync::oneshot::Receiver<()>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manila.conf");
    std::fs::write(&path, format!("{text}[manilad]\nstore_path = {}\n", folder.path().join("store").display()))
        .unwrap();
    let drivers = [DRIVERS, &[PLAYED]].concat();
    let sources = Sources { layers: vec![Layer::File(path)], environment: Vec::new() };
    let loaded = Settings::load(&sources, &boot::supported(&drivers)).unwrap();
    assert_eq!(loaded.warnings.len(), 0, "{:?}", loaded.warnings);
    let daemon = boot::build(&loaded.settings, Outside::real(Clock::system()), &drivers).await.unwrap();
    let Assembly { root, app, registry, .. } = daemon.assembly;
    let app = configure(app);
    let tree = raise(&registry.vitals("root"), Watch::default(), move |_| root);
    address.send(daemon.listener.local_addr().unwrap()).unwrap();
    let server = HttpServer::new(move || App::new().configure(app.clone())).workers(1).disable_signals();
    let server = server.listen(daemon.listener).unwrap().run();
    let handle = server.handle();
    let serving = actix_rt::spawn(server);
    stop.await.unwrap();
    handle.stop(true).await;
    serving.await.unwrap().unwrap();
    tree.stop(Duration::from_secs(30)).await;
    assert_eq!(consistency(&daemon.store), Vec::<String>::new());
    daemon.store.close();
}

/// Plays against a daemon that has both drivers, and back ends of the second one.
fn with_daemon(play: impl FnOnce(&Api)) {
    let head = "[DEFAULT]\nhost = node1\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\n\
                osapi_share_listen_port = 0\nenabled_share_backends = plain,served\nperiodic_interval = 2\n\
                delete_share_server_with_last_share = true\n";
    let (told, address) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let text = format!("{head}{BACK_ENDS}");
    let daemon = std::thread::spawn(move || actix_rt::System::new().block_on(serve(text, told, stopped)));
    let api = Api::new(&address.recv().unwrap().to_string());
    play(&api);
    stop.send(()).unwrap();
    daemon.join().unwrap();
}

#[test]
fn a_share_lives_on_a_driver_that_a_crate_and_a_row_have_brought() {
    with_daemon(|api| {
        let share = api.make_share(&api.make_type("plain", json!({})));
        api.until_status(&share, "available");
        assert_eq!(api.get(&format!("/shares/{share}"))["share"]["host"], "node1@plain#one");
        let exports = api.exports(&share);
        assert!(matches!(&exports[..], [one] if one.starts_with("127.0.0.1:/share_")), "{exports:?}");
        let rule = api.allow(&share, "10.0.0.1", "rw");
        api.until_rule(&rule, "active");
        api.deny(&share, &rule);
        api.until_rule_gone(&rule);
        api.delete(&format!("/shares/{share}"));
        api.until_gone(&share);
    });
}

#[test]
fn metadata_means_what_the_drivers_that_are_there_say() {
    with_daemon(|api| {
        let share = api.make_share(&api.make_type("plain", json!({})));
        api.until_status(&share, "available");
        let rule = api.allow(&share, "10.0.0.1", "rw");
        api.until_rule(&rule, "active");
        let set = |key: &str| {
            api.ask("POST", &format!("/shares/{share}/metadata"), Some(json!({ "metadata": { key: "perhaps" } })))
        };
        assert_eq!(set(SWITCH).0, 400, "it is neither true nor false");
        assert_eq!(set("all_squash").0, 200, "no driver here has it");
    });
}

#[test]
fn what_the_driver_of_share_servers_can_not_do_is_told_and_not_asked_of_it() {
    with_daemon(|api| {
        let kind = api.make_type("served", json!({ "driver_handles_share_servers": "True" }));
        let made = api.post("/share-networks", json!({ "share_network": { "name": "blue" } }));
        let network = made["share_network"]["id"].as_str().unwrap().to_owned();
        let flags = |thing: &serde_json::Value| {
            ["security_service_update_support", "network_allocation_update_support"].map(|flag| thing[flag].clone())
        };
        assert_eq!(flags(&made["share_network"]), [json!(true), json!(true)], "nothing is in the way yet");
        let wish = json!({ "share_proto": "NFS", "size": 1, "share_type": kind, "share_network_id": network });
        let share = api.post("/shares", json!({ "share": wish }))["share"]["id"].as_str().unwrap().to_owned();
        api.until_status(&share, "available");

        let server = api.get("/share-servers")["share_servers"][0].clone();
        assert_eq!((&server["host"], flags(&server)), (&json!("node1@served"), [json!(false), json!(false)]));
        let path = format!("/share-networks/{network}");
        assert_eq!(flags(&api.get(&path)["share_network"]), [json!(false), json!(false)]);
        let listed = api.get("/share-networks/detail")["share_networks"][0].clone();
        assert_eq!(flags(&listed), [json!(false), json!(false)]);

        let act = |path: &str, action: serde_json::Value| api.ask("POST", path, Some(action));
        let directory = json!({ "security_service": { "type": "ldap", "server": "192.0.2.9", "domain": "a.example" } });
        let directory = api.post("/security-services", directory)["security_service"]["id"].clone();
        let action = format!("{path}/action");
        let (_, told) = act(&action, json!({ "add_security_service_check": { "security_service_id": directory } }));
        assert_eq!(told["compatible"], json!(false), "{told}");
        let (status, told) = act(&action, json!({ "add_security_service": { "security_service_id": directory } }));
        assert_eq!(status, 400, "{told}");
        let (_, told) = act(&action, json!({ "share_network_subnet_create_check": {} }));
        assert_eq!(told["compatible"], json!(false), "{told}");
        let (status, told) = act(&format!("{path}/subnets"), json!({ "share-network-subnet": {} }));
        assert_eq!(status, 400, "{told}");

        api.delete(&format!("/shares/{share}"));
        api.until_gone(&share);
        let is_gone = || api.get("/share-servers")["share_servers"].as_array().unwrap().is_empty().then_some(());
        until("its server is gone", is_gone);
    });
}
