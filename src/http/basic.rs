//! `auth_strategy = http_basic`: names and bcrypt hashes in a file, for an array without an identity service.
//!
//! A line is `name:hash`, as htpasswd writes it, and may go on `:project` and `:role,role`. Without these the project is
//! the name, and the user an administrator. Checking a password is made slow by intent, so it leaves the worker's thread,
//! a few at a time, and what was right is remembered for a while under a salted hash. How to get it wrong: to answer
//! faster for a name that is not there, which tells who is.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use manilad_clock::Clock;
use manilad_policy::Credentials;
use tokio::sync::Semaphore;

/// Passwords that are checked at once; more have to wait.
const AT_ONCE: usize = 2;
/// How long a right password is remembered.
const REMEMBERED: Duration = Duration::from_secs(300);
/// Remembered passwords; beyond this all are forgotten.
const MOST_REMEMBERED: usize = 1024;

#[derive(Clone)]
struct User {
    hash: String,
    project: String,
    roles: Vec<String>,
}

/// The users of the file.
pub struct Users {
    by_name: HashMap<String, User>,
    /// What a name that is not there is checked against, so that it takes as long.
    nobody: String,
    clock: Clock,
    places: Semaphore,
    salts: (RandomState, RandomState),
    right: Mutex<HashMap<(u64, u64), Duration>>,
}

/// A line of the file that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub line: usize,
    pub expected: &'static str,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl std::error::Error for Mistake {}

impl Users {
    /// Reads the users' file.
    ///
    /// # Errors
    /// The file can't be read, or a line of it not be understood.
    pub fn read(path: &Path, clock: Clock) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Users::parse(&std::fs::read_to_string(path)?, clock)?)
    }

    fn parse(text: &str, clock: Clock) -> Result<Self, Mistake> {
        let mut by_name = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mistake = |expected| Mistake { line: number + 1, expected };
            let mut parts = line.split(':');
            let name =
                parts.next().filter(|name| !name.is_empty()).ok_or(mistake("name:hash[:project[:role,role]]"))?;
            let is_bcrypt =
                |hash: &&str| ["$2a$", "$2b$", "$2y$"].iter().any(|mark| hash.starts_with(mark)) && hash.len() == 60;
            let hash =
                parts.next().filter(is_bcrypt).ok_or(mistake("a bcrypt hash of 60 characters after the name"))?;
            let project = parts.next().filter(|project| !project.is_empty()).unwrap_or(name);
            let roles = match parts.next() {
                None => ["admin", "member", "reader"].map(str::to_owned).into(),
                Some(list) => {
                    list.split(',').map(str::trim).filter(|role| !role.is_empty()).map(str::to_owned).collect()
                }
            };
            if parts.next().is_some() {
                return Err(mistake("at most four parts between colons"));
            }
            let user = User { hash: hash.to_owned(), project: project.to_owned(), roles };
            if by_name.insert(name.to_owned(), user).is_some() {
                return Err(mistake("each name once"));
            }
        }
        let nobody = by_name.values().next().map(|user| user.hash.clone()).unwrap_or_default();
        let (places, salts) = (Semaphore::new(AT_ONCE), (RandomState::new(), RandomState::new()));
        Ok(Users { by_name, nobody, clock, places, salts, right: Mutex::default() })
    }

    /// Who the value of an `Authorization` header belongs to; `None` when the name or the password is wrong.
    pub async fn recognise(&self, authorization: &str) -> Option<Credentials> {
        let encoded = authorization.strip_prefix("Basic ").or_else(|| authorization.strip_prefix("basic "))?;
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        let user = self.by_name.get(name);
        let key = (self.salts.0.hash_one(&decoded), self.salts.1.hash_one(&decoded));
        if !(user.is_some() && self.remembers(key)) {
            let hash = user.map_or_else(|| self.nobody.clone(), |user| user.hash.clone());
            let password = password.to_owned();
            let _place = self.places.acquire().await.ok()?;
            let checking = tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false));
            if !(checking.await.unwrap_or(false) && user.is_some()) {
                return None;
            }
            self.remember(key);
        }
        let user = user?;
        Some(Credentials {
            user_id: Some(name.to_owned()),
            project_id: Some(user.project.clone()),
            roles: user.roles.clone(),
            is_admin_project: true,
            ..Credentials::default()
        })
    }

    fn remembers(&self, key: (u64, u64)) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.get(&key).is_some_and(|until| *until > self.clock.running())
    }

    fn remember(&self, key: (u64, u64)) {
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= MOST_REMEMBERED {
            right.clear();
        }
        right.insert(key, self.clock.running() + REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bcrypt at its least cost, so that tests are quick.
    fn hash(password: &str) -> String {
        bcrypt::hash(password, 4).unwrap()
    }

    fn header(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    fn users(text: &str) -> Result<Users, Mistake> {
        Users::parse(text, Clock::system())
    }

    #[tokio::test]
    async fn a_right_password_gives_the_project_and_roles_of_the_line() {
        let file = format!("# people\nann:{}\nbob:{}:alpha:member,reader\n", hash("secret"), hash("hidden"));
        let users = users(&file).unwrap();
        for _ in 0..2 {
            let ann = users.recognise(&header("ann:secret")).await.unwrap();
            assert_eq!((ann.project_id.as_deref(), ann.roles.contains(&"admin".to_owned())), (Some("ann"), true));
            let bob = users.recognise(&header("bob:hidden")).await.unwrap();
            assert_eq!((bob.project_id.as_deref(), bob.roles), (Some("alpha"), vec!["member".into(), "reader".into()]));
        }
    }

    #[tokio::test]
    async fn wrong_passwords_names_and_headers_are_nobody() {
        let users = users(&format!("ann:{}\n", hash("secret"))).unwrap();
        for wrong in ["ann:secreT", "ann:", "eve:secret", "ann", ":secret"] {
            assert!(users.recognise(&header(wrong)).await.is_none(), "{wrong}");
        }
        for wrong in ["Bearer x", "Basic !!!", ""] {
            assert!(users.recognise(wrong).await.is_none(), "{wrong}");
        }
    }

    #[test]
    fn mistakes_are_told_by_line_and_never_with_the_hash() {
        let good = hash("x");
        for (text, line) in [
            (format!("ann:{good}\nbob:plain\n"), 2),
            (format!(":{good}\n"), 1),
            (format!("ann:{good}\nann:{good}\n"), 2),
            (format!("ann:{good}:p:r:more\n"), 1),
        ] {
            let mistake = users(&text).err().unwrap();
            assert_eq!(mistake.line, line);
            assert!(!mistake.to_string().contains(&good));
        }
    }
}
