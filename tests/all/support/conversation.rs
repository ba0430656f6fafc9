//! HTTP as far as services that tests play speak it: one request after the other, with JSON.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};

use serde_json::Value;

/// A request of somebody.
pub struct Received {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    /// By name, in lower case.
    headers: BTreeMap<String, String>,
    pub body: Value,
}

impl Received {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// Answers requests until the other side has enough, each with a status, further headers and a body.
pub fn converse(
    connection: impl Read + Write,
    answer: impl Fn(&Received) -> (u16, &'static [(&'static str, &'static str)], Value),
) -> Option<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let received = receive(&mut reader)?;
        let (status, more, body) = answer(&received);
        let body = if status == 204 { String::new() } else { body.to_string() };
        let mut head = format!("HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\n");
        more.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        reader.get_mut().write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

fn receive(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Received { method, path, query, headers, body })
}
