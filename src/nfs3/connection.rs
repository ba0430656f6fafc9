//! One connection: reads calls, lets a bounded number overlap, writes the answers as they come.
//!
//! A slot is held from before a call is read until its answer is written, so a client that does not read answers is not
//! read from either. How to get it wrong: waiting anywhere without a deadline on what the client does.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::dispatch::Request;
use crate::record;
use crate::replay::{Admission, Print, Replay};
use crate::service::{Ends, Service};

type Answer = (Arc<[u8]>, OwnedSemaphorePermit);

/// Serves until the client leaves, is silent for too long or sends what is no call, or until `stop` says so.
pub(crate) async fn serve(stream: TcpStream, ends: Ends, service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    let _open = service.counters.open.hold();
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(client = %ends.client, %error, "the connection is gone");
        return;
    }
    let (reader, writer) = stream.into_split();
    let (answers, outgoing) = mpsc::channel(service.limits.in_flight);
    let mut writing = tokio::spawn(write(writer, outgoing, service.clone()));
    let mut work = JoinSet::new();
    tokio::select! {
        biased;
        _ = stop.wait_for(|stopped| *stopped) => {}
        () = answers.closed() => {}
        () = read(reader, ends, &service, &answers, &mut work) => {}
    }
    drop(answers);
    let rest = async {
        while work.join_next().await.is_some() {}
        (&mut writing).await
    };
    match service.clock.within(service.limits.patience, rest).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(client = %ends.client, %error, "the writer of a connection failed"),
        Err(late) => {
            tracing::debug!(client = %ends.client, %late, "gave up on the last answers of a connection");
            writing.abort();
        }
    }
}

async fn read(
    reader: OwnedReadHalf,
    ends: Ends,
    service: &Arc<Service>,
    answers: &mpsc::Sender<Answer>,
    work: &mut JoinSet<()>,
) {
    let mut reader = BufReader::new(reader);
    let slots = Arc::new(Semaphore::new(service.limits.in_flight));
    let replay = Arc::new(Mutex::new(Replay::default()));
    while let Ok(slot) = slots.clone().acquire_owned().await {
        while work.try_join_next().is_some() {}
        let Some(request) = next(&mut reader, ends, service).await else { return };
        let (service, answers, replay) = (service.clone(), answers.clone(), replay.clone());
        work.spawn(async move {
            if let Some(answer) = answer(&service, ends, request, &replay).await {
                // A failed send means that the connection is closing.
                let _ = answers.send((answer, slot)).await;
            }
        });
    }
}

async fn next(reader: &mut BufReader<OwnedReadHalf>, ends: Ends, service: &Service) -> Option<Request> {
    let (clock, limits) = (&service.clock, &service.limits);
    let Ok(some) = clock.within(limits.idle, record::arrives(reader)).await else {
        service.counters.expired.one();
        return None;
    };
    if !some.unwrap_or(false) {
        return None;
    }
    let record = match clock.within(limits.patience, record::read(reader, limits.record())).await {
        Err(_) => {
            service.counters.expired.one();
            return None;
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::InvalidData => None,
        Ok(Err(_)) => return None,
        Ok(Ok(record)) => Some(record),
    };
    let request = record.and_then(Request::parse);
    if request.is_none() {
        service.counters.garbled.one();
        tracing::debug!(client = %ends.client, lif = %ends.lif, "closed a connection: no call, or a too long one");
    }
    request
}

/// Answers a call; one that changes something and was sent before gets its first answer, or none while that is awaited.
async fn answer(service: &Arc<Service>, ends: Ends, request: Request, replay: &Mutex<Replay>) -> Option<Arc<[u8]>> {
    if !request.procedure().is_some_and(|procedure| procedure.changes) {
        return Some(service.answer(ends, request).await.into());
    }
    let print = Print::of(request.head.xid, &request.record);
    let admission = replay.lock().unwrap_or_else(PoisonError::into_inner).admit(print);
    match admission {
        Admission::New => {
            let answer: Arc<[u8]> = service.answer(ends, request).await.into();
            replay.lock().unwrap_or_else(PoisonError::into_inner).answered(print, answer.clone());
            Some(answer)
        }
        Admission::UnderWay => {
            service.counters.repeats.one();
            None
        }
        Admission::Answered(answer) => {
            service.counters.repeats.one();
            Some(answer)
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Answer>, service: Arc<Service>) {
    while let Some((answer, _slot)) = outgoing.recv().await {
        match service.clock.within(service.limits.patience, writer.write_all(&answer)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                service.counters.expired.one();
                return;
            }
        }
    }
}
