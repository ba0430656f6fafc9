//! The load: HTTP/1.1 over connections that stay open, as little code between two requests as possible.
//!
//! One thread drives all connections, so that on two cores the server under test has the other to itself. How to get it
//! wrong: a client that costs more than the server, which makes every server look equally fast. The processor time that
//! a server spends on a request tells, beside its throughput.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::vitals;

/// Whom requests go to, and whose they are.
#[derive(Debug, Clone)]
pub struct Door {
    pub address: String,
    /// Name and value of the header that says who asks.
    pub identity: (&'static str, String),
}

impl Door {
    /// A request as it goes over the wire.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (name, value) = &self.identity;
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{name}: {value}\r\nX-OpenStack-Manila-API-Version: 2.80\r\n\
             Accept: application/json\r\nUser-Agent: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .into_bytes()
    }

    pub fn get(&self, path: &str) -> Vec<u8> {
        self.request("GET", path, None)
    }

    pub async fn connect(&self) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(&self.address).await.with_context(|| format!("connect to {}", self.address))?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, buffer: Vec::with_capacity(64 << 10) })
    }
}

/// An answer; the body lies in its client's buffer until the next request.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// # Errors
    /// The answer, if it is none of success.
    pub fn succeeded(self) -> anyhow::Result<Self> {
        ensure!((200..300).contains(&self.status), "{}: {}", self.status, String::from_utf8_lossy(self.body));
        Ok(self)
    }

    pub fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(self.body)?)
    }
}

/// One connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Sends a request and reads the answer to its end.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (start, end) = loop {
            self.read().await?;
            if let Some(head) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break (head + 4, head + 4 + content_length(&self.buffer[..head])?);
            }
        };
        self.buffer.reserve(end.saturating_sub(self.buffer.len()));
        while self.buffer.len() < end {
            self.read().await?;
        }
        let status = self.buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok()).context("not an HTTP answer")?;
        Ok(Answer { status, body: &self.buffer[start..end] })
    }

    /// Sends a request and passes over its answer, of whatever length, without keeping it. It ends the connection. Answers
    /// how many bytes came.
    pub async fn pass_over(mut self, request: &[u8]) -> anyhow::Result<usize> {
        let line = request.windows(2).position(|bytes| bytes == b"\r\n").context("not a request")?;
        self.stream.write_all(&[&request[..line], b"\r\nConnection: close", &request[line..]].concat()).await?;
        let (mut passed, mut rest) = (0, Vec::new());
        while self.stream.read_buf(&mut self.buffer).await? > 0 {
            passed += self.buffer.len();
            rest.extend_from_slice(&self.buffer);
            rest.drain(..rest.len().saturating_sub(16));
            self.buffer.clear();
        }
        ensure!(rest.ends_with(b"}") || rest.ends_with(b"}\r\n0\r\n\r\n"), "the answer broke off");
        Ok(passed)
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
        Ok(())
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    let lines = head.split(|byte| *byte == b'\n');
    for line in lines {
        const NAME: &[u8] = b"content-length:";
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            return Ok(std::str::from_utf8(&line[NAME.len()..])?.trim().parse()?);
        }
    }
    bail!("an answer without a Content-Length: {}", String::from_utf8_lossy(head))
}

/// What a server bore for a while.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    pub per_second: f64,
    pub p50: Duration,
    /// Processor time of the server per request.
    pub cpu: Duration,
}

/// Sends one request again and again over so many connections, for `length`. `server` is the id of the server's process.
pub async fn load(
    door: &Door,
    request: &[u8],
    connections: usize,
    length: Duration,
    server: u32,
) -> anyhow::Result<Slice> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut client = door.connect().await?;
        client.ask(request).await?.succeeded()?;
        clients.push(client);
    }
    let cpu = vitals::cpu(server)?;
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let request = request.to_owned();
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(1 << 17);
            let mut last = Instant::now();
            while last - began < length {
                let answer = client.ask(&request).await?;
                ensure!(answer.status == 200, "status {}", answer.status);
                let now = Instant::now();
                times.push(now - last);
                last = now;
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let elapsed = began.elapsed();
    let requests = u32::try_from(times.len())?.max(1);
    let cpu = (vitals::cpu(server)? - cpu) / requests;
    Ok(Slice { per_second: f64::from(requests) / elapsed.as_secs_f64(), p50: percentile(&mut times, 50.0), cpu })
}

/// The value below which so many percent of the values lie.
pub fn percentile(values: &mut [Duration], percent: f64) -> Duration {
    values.sort_unstable();
    let rank = (values.len() as f64 * percent / 100.0).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
