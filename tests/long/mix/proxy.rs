//! A proxy between daemon and array that lies: answers of its own in place of the array's, connections that end before or
//! after the array acted, calls and answers that are held back, halves of answers.
//!
//! How to get it wrong: to let it say in the array's own words what is not true. Nothing could then be right.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What befalls one call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// The array gets it, and the daemon its answer.
    Passes,
    /// A page of somebody else, and the array never hears of it.
    Page(u16),
    /// The connection ends before the array hears of it.
    DropsBefore,
    /// The array acts, and the connection ends.
    DropsAfter,
    /// The array gets it late.
    Late(Duration),
    /// The array acts, and its answer comes late.
    AnswersLate(Duration),
    /// The array acts, and half of its answer comes.
    Half,
}

const PAGES: [u16; 7] = [302, 404, 408, 429, 500, 502, 503];

#[derive(Debug)]
pub struct Proxy {
    pub address: String,
    /// Of a hundred calls, how many fare badly.
    faults: Arc<AtomicU64>,
    struck: Arc<AtomicU64>,
}

impl Proxy {
    pub fn start(array: &str, seed: u64, faults: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let proxy = Proxy { address, faults: Arc::new(AtomicU64::new(faults.into())), struck: Arc::default() };
        let (array, faults, struck) = (array.to_owned(), proxy.faults.clone(), proxy.struck.clone());
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (array, faults, struck) = (array.clone(), faults.clone(), struck.clone());
                let dice = StdRng::seed_from_u64(seed ^ (number as u64) << 20);
                // A connection that breaks is what this is for.
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, &array, dice, &faults, &struck)));
            }
        });
        proxy
    }

    /// How many calls have fared badly.
    pub fn struck(&self) -> u64 {
        self.struck.load(Ordering::Relaxed)
    }

    /// From now on every call passes.
    pub fn behave(&self) {
        self.faults.store(0, Ordering::Relaxed);
    }
}

fn fate(dice: &mut StdRng, faults: &AtomicU64) -> Fate {
    if dice.random_range(0..100) >= faults.load(Ordering::Relaxed) {
        return Fate::Passes;
    }
    let time = Duration::from_millis(dice.random_range(500..4_000));
    match dice.random_range(0..12) {
        0..=4 => Fate::Page(PAGES[dice.random_range(0..PAGES.len())]),
        5 | 6 => Fate::DropsBefore,
        7 | 8 => Fate::DropsAfter,
        9 => Fate::Late(time),
        10 => Fate::AnswersLate(time),
        _ => Fate::Half,
    }
}

#[allow(clippy::disallowed_methods, reason = "holds back what real processes say to each other")]
fn serve(
    mut near: TcpStream,
    array: &str,
    mut dice: StdRng,
    faults: &AtomicU64,
    struck: &AtomicU64,
) -> std::io::Result<()> {
    let mut from_near = BufReader::new(near.try_clone()?);
    let mut far = TcpStream::connect(array)?;
    let mut from_far = BufReader::new(far.try_clone()?);
    while let Some(call) = message(&mut from_near)? {
        let fate = fate(&mut dice, faults);
        if !matches!(fate, Fate::Passes) {
            struck.fetch_add(1, Ordering::Relaxed);
        }
        match fate {
            Fate::Page(status) => {
                let page = "<html>not the array</html>";
                let head =
                    format!("HTTP/1.1 {status} Lie\r\ncontent-type: text/html\r\ncontent-length: {}", page.len());
                near.write_all(format!("{head}\r\n\r\n{page}").as_bytes())?;
                continue;
            }
            Fate::DropsBefore => return Ok(()),
            Fate::Late(time) => std::thread::sleep(time),
            Fate::Passes | Fate::DropsAfter | Fate::AnswersLate(_) | Fate::Half => {}
        }
        far.write_all(&call)?;
        let Some(answer) = message(&mut from_far)? else { return Ok(()) };
        match fate {
            Fate::DropsAfter => return Ok(()),
            Fate::Half => return near.write_all(&answer[..answer.len() / 2]),
            Fate::AnswersLate(time) => std::thread::sleep(time),
            Fate::Passes | Fate::Page(_) | Fate::DropsBefore | Fate::Late(_) => {}
        }
        near.write_all(&answer)?;
    }
    Ok(())
}

/// One request or answer with its body, as it came; none at the end.
fn message(from: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let (mut whole, mut length) = (Vec::new(), 0);
    loop {
        let begin = whole.len();
        if from.read_until(b'\n', &mut whole)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&whole[begin..]).to_ascii_lowercase();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let begin = whole.len();
    whole.resize(begin + length, 0);
    from.read_exact(&mut whole[begin..])?;
    Ok(Some(whole))
}
