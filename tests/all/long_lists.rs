//! Lists of more rows than one piece: sent as they are read, whole or visibly broken off.

use std::io::{Read, Write};

use manilad_domain::Share;
use serde_json::Value;

use crate::support::{BackEnd, Stage, records, until};

/// More than two pieces.
const SHARES: usize = 2_500;
/// A page that is one piece.
const PAGE: usize = 1_000;

/// A daemon with shares that take up more than the kernel holds for a connection.
fn stage() -> Stage {
    let backends = [BackEnd { name: "alpha", zone: "nova", array: 0 }];
    Stage::prepared(&[&[]], "", &backends, |folder| {
        records::put(folder, |draft| {
            let (network, subnet) = (records::network(1), records::subnet(2, 1));
            let server = records::server(3, &network, std::slice::from_ref(&subnet));
            draft.put(&network)?;
            draft.put(&subnet)?;
            draft.put(&server)?;
            (1..=SHARES as u128).try_for_each(|number| {
                let (project_id, description) = ("f00d".to_owned(), Some("long ".repeat(1000)));
                draft.put(&Share { project_id, description, ..records::share(10_000 + number, &server) })
            })
        });
    })
}

#[test]
fn a_list_of_many_pieces_is_what_its_pages_are() {
    let stage = stage();
    let api = stage.api();
    for query in ["", "sort_key=name&sort_dir=asc", "name~=share", "with_count=true"] {
        let all = api.get(&format!("/shares/detail?{query}"));
        let mut paged: Vec<Value> = Vec::new();
        loop {
            let marker = paged.last().map_or("", |share| share["id"].as_str().unwrap());
            let page = api.get(&format!("/shares/detail?{query}&limit={PAGE}&marker={marker}"));
            let page = page["shares"].as_array().unwrap();
            paged.extend(page.iter().cloned());
            if page.len() < PAGE {
                break;
            }
        }
        assert_eq!(paged.len(), SHARES, "{query}");
        assert!(all["shares"].as_array().unwrap() == &paged, "{query}: other shares, or in another order");
        assert_eq!(all["count"], if query == "with_count=true" { SHARES.into() } else { Value::Null });
        assert_eq!(all.get("shares_links"), None, "{query}");
    }
    let page = api.get(&format!("/shares?limit={SHARES}"));
    let last = page["shares"][SHARES - 1]["id"].as_str().unwrap();
    let end = format!("limit={SHARES}&marker={last}~");
    assert!(page["shares_links"][0]["href"].as_str().unwrap().contains(&end), "{end}");
    let instances = api.get("/share_instances");
    assert_eq!(instances["share_instances"].as_array().unwrap().len(), SHARES);
    assert!(
        api.ask("GET", "/shares/detail?marker=nowhere", None).0 == 400,
        "what is wrong from the start is a refusal"
    );
    let metrics = stage.daemon.metrics();
    assert!(metrics.contains(r#"manilad_http_list_seconds_count{end="whole"} "#), "{metrics}");
}

#[test]
fn a_client_that_goes_away_in_the_middle_of_a_list_leaves_nothing_behind() {
    let stage = stage();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8_192).unwrap();
        socket.connect(stage.daemon.address.parse().unwrap()).await.unwrap()
    });
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.write_all(b"GET /v2/shares/detail HTTP/1.1\r\nHost: x\r\nX-Auth-Token: tester:f00d\r\n\r\n").unwrap();
    let mut head = [0; 1024];
    stream.read_exact(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ") && head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
    assert!(stage.daemon.metrics().contains("manilad_http_lists 1\n"));
    assert_eq!(stage.api().ask("GET", "/shares?name=none", None).0, 200, "others search meanwhile");
    drop(stream);
    until("the list is given up", || stage.daemon.metrics().contains("manilad_http_lists 0\n").then_some(()));
    let left = r#"manilad_http_list_seconds_count{end="left"} 1"#;
    assert!(stage.daemon.metrics().contains(left), "{}", stage.daemon.metrics());
}
