//! What the daemon is held against: actix-web that answers ready bodies of given sizes and knows nothing.
//!
//! It runs in a process of its own, as the daemon does: this very program, called with [`ARGUMENT`] and the sizes.

use std::net::TcpListener;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

use crate::daemon::Process;
use crate::load::Door;

/// Makes this program a bare server.
pub const ARGUMENT: &str = "--serve-bare";

/// Serves `GET /SIZE` until it is killed, with as many threads as the daemon has by default.
///
/// # Errors
/// No socket is to be had.
pub fn serve(sizes: Vec<usize>) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("BARE http://{}/", listener.local_addr()?);
        let bodies: Vec<(String, Bytes)> =
            sizes.into_iter().map(|size| (format!("/{size}"), Bytes::from(vec![b'x'; size]))).collect();
        let app = move || {
            bodies.iter().fold(App::new(), |app, (path, body)| {
                let body = body.clone();
                let answer = move || {
                    let response = HttpResponse::Ok().content_type("application/json").body(body.clone());
                    async move { response }
                };
                app.route(path, web::get().to(answer))
            })
        };
        HttpServer::new(app).workers(1).listen(listener)?.run().await?;
        Ok(())
    })
}

/// A bare server in a process of its own.
pub struct Bare {
    pub process: Process,
    /// Requests carry the same headers as those to the daemon that it is held against.
    pub door: Door,
}

impl Bare {
    pub fn start(sizes: &[usize], like: &Door) -> anyhow::Result<Self> {
        let sizes = sizes.iter().map(ToString::to_string);
        let arguments: Vec<String> = [ARGUMENT.to_owned()].into_iter().chain(sizes).collect();
        let mut process = Process::start(&std::env::current_exe()?, &arguments, None)?;
        let address = process.address("BARE")?;
        Ok(Bare { process, door: Door { address, ..like.clone() } })
    }
}
