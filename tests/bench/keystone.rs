//! A Keystone of two answers: a service token for whoever asks, and one tenant's token that is always good.
//!
//! It counts validations, so that a row on the token cache can show that the cache was used.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;

use crate::fill::{PROJECT, USER};

/// A running Keystone; it lives as long as the bench.
pub struct Keystone {
    pub url: String,
    /// The tenant's token, as long as a Fernet token is.
    pub token: String,
    validations: Arc<AtomicU64>,
}

const FAR: &str = "2099-01-01T00:00:00.000000Z";

impl Keystone {
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let validations = Arc::new(AtomicU64::new(0));
        let counter = validations.clone();
        std::thread::spawn(move || {
            let app = move || {
                let counter = counter.clone();
                let tokens = web::resource("/v3/auth/tokens").route(web::post().to(authenticate)).route(web::get().to(
                    move || {
                        counter.fetch_add(1, Ordering::Relaxed);
                        async { validate() }
                    },
                ));
                App::new().service(tokens)
            };
            actix_web::rt::System::new()
                .block_on(async { HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run().await })
        });
        Ok(Keystone { url, token: format!("gAAAAAB{}", "0aZ_".repeat(44)), validations })
    }

    /// How often it was asked about a token.
    pub fn validations(&self) -> u64 {
        self.validations.load(Ordering::Relaxed)
    }
}

async fn authenticate() -> HttpResponse {
    HttpResponse::Created().insert_header(("X-Subject-Token", "service")).json(json!({"token": {"expires_at": FAR}}))
}

fn validate() -> HttpResponse {
    let domain = json!({ "id": "default", "name": "Default" });
    HttpResponse::Ok().json(json!({ "token": {
        "expires_at": FAR, "issued_at": "2024-01-01T00:00:00.000000Z", "methods": ["password"],
        "user": { "id": USER, "name": "tenant", "domain": domain },
        "project": { "id": PROJECT, "name": "project", "domain": domain },
        "roles": [{ "id": "1", "name": "member" }, { "id": "2", "name": "reader" }],
    }}))
}
