//! The HTTP server: HTTP/1.1 with keep-alive, with or without TLS, in front of [`Cluster::answer`].
//!
//! How to get it wrong: answering a dropped call with an error; its connection must be cut without a byte.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use bytes::Bytes;

use crate::Error;
use crate::call::{Call, Dropped, Reply};
use crate::client_certificate::{self, Named};
use crate::cluster::Cluster;
use crate::rest::code::{BAD_JSON, Refusal, TOO_LARGE};

/// Threads that serve connections.
const WORKERS: usize = 2;

impl Cluster {
    /// Serves the cluster on a listening socket. The server runs when it is awaited or spawned.
    ///
    /// # Errors
    /// The socket can't be used.
    pub fn serve(&self, listener: TcpListener, tls: Option<rustls::ServerConfig>) -> Result<Server, Error> {
        let cluster = self.clone();
        let server =
            HttpServer::new(move || App::new().app_data(Data::new(cluster.clone())).default_service(web::to(take)))
                .on_connect(client_certificate::note)
                .workers(WORKERS)
                // Who is slow to ask is not turned away: an array tells nobody 408, and a machine that is short of processors
                // is slow.
                .client_request_timeout(Duration::ZERO)
                .disable_signals()
                .shutdown_timeout(1);
        let bound = match tls {
            Some(tls) => server.listen_rustls_0_23(listener, tls)?,
            None => server.listen(listener)?,
        };
        Ok(bound.run())
    }
}

async fn take(request: HttpRequest, payload: Payload, cluster: Data<Cluster>) -> HttpResponse<Answer> {
    let most = cluster.config().limits.body;
    let body = match payload.to_bytes_limited(most).await {
        Ok(Ok(body)) => body,
        Ok(Err(problem)) => return sent(Reply::refusal(&Refusal::new(BAD_JSON, problem.to_string()))),
        Err(_) => return sent(Reply::refusal(&Refusal::new(TOO_LARGE, "The request is too large."))),
    };
    let text = |value: &actix_web::http::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let certified = request.conn_data::<Named>().map(|named| named.0.clone());
    let call = Call { method: request.method().as_str().to_owned(), target, headers, body, certified };
    match cluster.answer(call).await {
        Ok(reply) => sent(reply),
        Err(Dropped) => HttpResponse::with_body(StatusCode::OK, Answer::Cut),
    }
}

fn sent(reply: Reply) -> HttpResponse<Answer> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in reply.headers {
        response.append_header(header);
    }
    response.message_body(Answer::Whole(reply.body)).unwrap_or_else(|_| HttpResponse::with_body(status, Answer::Cut))
}

/// The body of a response, or the end of its connection.
enum Answer {
    Whole(Bytes),
    Cut,
}

impl MessageBody for Answer {
    type Error = Dropped;

    fn size(&self) -> BodySize {
        match self {
            Answer::Whole(body) => BodySize::Sized(body.len() as u64),
            Answer::Cut => BodySize::Sized(1),
        }
    }

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Dropped>>> {
        std::task::Poll::Ready(match self.get_mut() {
            // The server gives up a connection whose body fails, before it has sent the head.
            Answer::Cut => Some(Err(Dropped)),
            Answer::Whole(body) if body.is_empty() => None,
            Answer::Whole(body) => Some(Ok(std::mem::take(body))),
        })
    }
}
