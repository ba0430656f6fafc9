//! What one client can make the server hold, and for how long.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::{Outcome, record, rpc};

/// A marked GETATTR with a handle we never made, or any other call.
fn call(xid: u32, procedure: u32, arguments: &[u32]) -> Vec<u8> {
    let mut call = record::open();
    rpc::words(&mut call, &[xid, 0, 2, 100_003, 3, procedure, 1, 20, 0, 0, 0, 0, 0, 0, 0]);
    rpc::words(&mut call, arguments);
    record::close(call)
}

async fn answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut stream = tokio::io::BufReader::new(stream);
    let answer = record::read(&mut stream, 1 << 20).await.unwrap();
    assert!(stream.buffer().is_empty(), "one answer at a time");
    answer
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    !matches!(stream.read(&mut [0; 1]).await, Ok(1..))
}

#[tokio::test]
async fn connections_beyond_the_bound_are_refused_and_counted() {
    let lab = Lab::with(Limits { connections: 2, ..Limits::default() }, Clock::system()).await;
    let (mut first, _) = lab.owner().await;
    let mut second = lab.client(READER).await;
    second.exports().await.unwrap();
    let mut third = TcpStream::connect(lab.lif).await.unwrap();
    assert!(is_closed(&mut third).await);
    let metrics = lab.server.metrics();
    assert_eq!((metrics.connections, metrics.connections_accepted, metrics.connections_refused), (2, 2, 1));
    drop(second);
    first.exports().await.unwrap();
    while lab.server.metrics().connections > 1 {
        tokio::task::yield_now().await;
    }
    lab.client(READER).await.exports().await.unwrap();
}

#[tokio::test]
async fn a_record_beyond_the_bound_closes_the_connection_before_its_bytes_arrive() {
    let lab = Lab::new().await;
    let mut stream = TcpStream::connect(lab.lif).await.unwrap();
    stream.write_all(&[0xff, 0xff, 0xff, 0xff]).await.unwrap();
    assert!(is_closed(&mut stream).await);
    assert_eq!(lab.server.metrics().connections_garbled, 1);
}

#[tokio::test]
async fn what_is_no_call_closes_the_connection() {
    let lab = Lab::new().await;
    for bytes in [&[1, 2, 3][..], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut stream = TcpStream::connect(lab.lif).await.unwrap();
        let mut record = record::open();
        record.extend(bytes);
        stream.write_all(&record::close(record)).await.unwrap();
        assert!(is_closed(&mut stream).await, "{bytes:?}");
    }
    assert_eq!(lab.server.metrics().connections_garbled, 2);
}

#[tokio::test]
async fn a_silent_connection_and_one_that_trickles_are_closed_in_time() {
    let (clock, hand) = Clock::stepped("2026-01-01T00:00:00Z".parse().unwrap());
    let limits = Limits::default();
    let lab = Lab::with(limits.clone(), clock).await;
    let mut silent = TcpStream::connect(lab.lif).await.unwrap();
    let mut trickling = TcpStream::connect(lab.lif).await.unwrap();
    let mut sent = call(1, 0, &[]);
    sent.push(128); // the first byte of a record that does not come
    trickling.write_all(&sent).await.unwrap();
    answer(&mut trickling).await;
    hand.until_sleeping(2).await;
    hand.step(limits.patience);
    assert!(is_closed(&mut trickling).await);
    assert_eq!(lab.server.metrics().connections_expired, 1);
    hand.step(limits.idle - limits.patience);
    assert!(is_closed(&mut silent).await);
    assert_eq!(lab.server.metrics().connections_expired, 2);
}

#[tokio::test]
async fn a_repeated_call_that_changes_something_gets_the_first_answer() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    client.create(&root, "file").await.unwrap();
    let handle: Vec<u32> = root.bytes().chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
    let mut arguments = vec![28];
    arguments.extend(handle);
    arguments.extend([4, u32::from_be_bytes(*b"file")]);
    let remove = call(9, 12, &arguments);
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((OWNER, 0).into()).unwrap();
    let mut stream = socket.connect(lab.lif).await.unwrap();
    stream.write_all(&remove).await.unwrap();
    let first = answer(&mut stream).await;
    assert_eq!(first[24..28], [0; 4], "removed");
    stream.write_all(&remove).await.unwrap();
    assert_eq!(answer(&mut stream).await, first);
    stream.write_all(&call(10, 12, &arguments)).await.unwrap();
    assert_eq!(answer(&mut stream).await[24..28], 2u32.to_be_bytes(), "another xid: no such file");
    assert_eq!(lab.server.metrics().repeats, 1);
}

#[tokio::test]
async fn many_calls_sent_at_once_are_all_answered_with_few_slots() {
    let limits = Limits { in_flight: 4, file_io: 1, ..Limits::default() };
    let lab = Lab::with(limits, Clock::system()).await;
    let mut stream = TcpStream::connect(lab.lif).await.unwrap();
    let many: Vec<u8> = (0..200).flat_map(|xid| call(xid, 1, &[0])).collect();
    stream.write_all(&many).await.unwrap();
    let mut answers = vec![0; 200 * (4 + 28)];
    stream.read_exact(&mut answers).await.unwrap();
    let mut xids: Vec<_> = answers.chunks(32).map(|answer| answer[7]).collect();
    xids.sort_unstable();
    assert_eq!(xids, (0..200).collect::<Vec<u8>>());
    let row = crate::Calls { procedure: "GETATTR", outcome: Outcome::Status(10_001), count: 200 };
    assert_eq!(lab.server.metrics().calls, [row]);
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_dropped_and_holds_up_nobody() {
    let (clock, hand) = Clock::stepped("2026-01-01T00:00:00Z".parse().unwrap());
    let patient = Limits { idle: Duration::from_secs(86_400), ..Limits::default() };
    let lab = Lab::with(patient, clock).await;
    let (mut client, root) = lab.owner().await;
    let file = client.create(&root, "file").await.unwrap();
    client.write(&file, 0, &[1; 64 << 10]).await.unwrap();
    let mut arguments = vec![28];
    arguments.extend(file.bytes().chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())));
    arguments.extend([0, 0, 64 << 10]);
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((OWNER, 0).into()).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut greedy = socket.connect(lab.lif).await.unwrap();
    let reads: Vec<u8> = (0..500).flat_map(|xid| call(xid, 6, &arguments)).collect();
    greedy.write_all(&reads).await.unwrap();
    assert_eq!(client.read(&file, 0, 10).await.unwrap(), [1; 10]);
    while lab.server.metrics().connections > 1 {
        hand.step(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
    assert_eq!(lab.server.metrics().connections_expired, 1);
    client.read(&file, 0, 10).await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_has_answered_what_was_asked_and_frees_its_addresses() {
    let lab = Lab::new().await;
    let (mut client, root) = lab.owner().await;
    let other = TcpListener::bind(("127.0.0.9", 0)).await.unwrap();
    let second = lab.server.open(other).unwrap();
    assert_eq!(lab.server.lifs().len(), 2);
    assert!(lab.server.close(second).await);
    assert!(!lab.server.close(second).await);
    TcpListener::bind(second).await.unwrap();
    client.getattr(&root).await.unwrap();
    lab.server.stop().await;
    assert!(matches!(client.getattr(&root).await, Err(crate::Error::Connection(_))));
    assert_eq!(lab.server.metrics().connections, 0);
    TcpListener::bind(lab.lif).await.unwrap();
}
