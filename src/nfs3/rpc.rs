//! The envelope of a call and of its reply (RFC 5531). AUTH_NONE and AUTH_SYS are accepted. AUTH_SYS proves nothing: that
//! a client is believed is decided by the export rules for its address.

use crate::Flavour;
use crate::xdr::{Cursor, Garbled};

const CALL: u32 = 0;
const REPLY: u32 = 1;
const RPC_VERSION: u32 = 2;
const AUTH_NONE: u32 = 0;
const AUTH_SYS: u32 = 1;
const RPCSEC_GSS: u32 = 6;
/// Longest credential or verifier, in bytes (RFC 5531 section 8.2).
const AUTH_BODY: usize = 400;
pub(crate) const NOBODY: u32 = 65_534;

/// `accept_stat` of RFC 5531.
pub(crate) const SUCCESS: u32 = 0;
pub(crate) const PROG_UNAVAIL: u32 = 1;
pub(crate) const PROG_MISMATCH: u32 = 2;
pub(crate) const PROC_UNAVAIL: u32 = 3;
pub(crate) const GARBAGE_ARGS: u32 = 4;
pub(crate) const SYSTEM_ERR: u32 = 5;

/// `reject_stat` and `auth_stat` of RFC 5531.
const RPC_MISMATCH: u32 = 0;
const AUTH_ERROR: u32 = 1;
pub(crate) const AUTH_BADCRED: u32 = 1;
pub(crate) const AUTH_REJECTEDCRED: u32 = 2;

/// Who a client says makes the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub flavour: Flavour,
    pub uid: u32,
    pub gid: u32,
    /// Further groups, at most 16.
    pub groups: Vec<u32>,
}

/// The head of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub xid: u32,
    pub rpc_version: u32,
    pub program: u32,
    pub version: u32,
    pub procedure: u32,
    /// Who calls, or the `auth_stat` by which the credentials are refused.
    pub caller: Result<Caller, u32>,
    /// Whether the credentials are of RPCSEC_GSS, whose NULL call asks for a security context.
    pub gss: bool,
}

impl Head {
    /// Reads the head of a call and returns it with the arguments behind it.
    ///
    /// # Errors
    /// `Garbled` if this is no call, or ends within its head: there is nobody to answer.
    pub fn parse(record: &[u8]) -> Result<(Head, &[u8]), Garbled> {
        let mut at = Cursor::new(record);
        let (xid, kind) = (at.word()?, at.word()?);
        if kind != CALL {
            return Err(Garbled);
        }
        let (rpc_version, program, version, procedure) = (at.word()?, at.word()?, at.word()?, at.word()?);
        let flavor = at.word()?;
        let credentials = at.opaque(AUTH_BODY)?;
        let _verifier = (at.word()?, at.opaque(AUTH_BODY)?);
        let caller = match flavor {
            AUTH_NONE => Ok(Caller { flavour: Flavour::None, uid: NOBODY, gid: NOBODY, groups: Vec::new() }),
            AUTH_SYS => unix(credentials).map_err(|Garbled| AUTH_BADCRED),
            _ => Err(AUTH_REJECTEDCRED),
        };
        let head = Head { xid, rpc_version, program, version, procedure, caller, gss: flavor == RPCSEC_GSS };
        Ok((head, at.rest()))
    }

    /// `true` if the client speaks the one version of RPC there is.
    pub fn speaks_rpc(&self) -> bool {
        self.rpc_version == RPC_VERSION
    }
}

/// `authsys_parms` (RFC 5531 appendix A): stamp, machine name, uid, gid, up to 16 further groups.
fn unix(credentials: &[u8]) -> Result<Caller, Garbled> {
    let mut at = Cursor::new(credentials);
    at.word()?;
    at.opaque(255)?;
    let (uid, gid) = (at.word()?, at.word()?);
    let count = at.word()?;
    if count > 16 {
        return Err(Garbled);
    }
    let groups = (0..count).map(|_| at.word()).collect::<Result<_, _>>()?;
    Ok(Caller { flavour: Flavour::Sys, uid, gid, groups })
}

/// Begins a reply that was accepted with `status`; the results follow it.
pub(crate) fn accepted(out: &mut Vec<u8>, xid: u32, status: u32) {
    words(out, &[xid, REPLY, 0, AUTH_NONE, 0, status]);
}

/// A reply to a program or version that is not served: the only version is `only`.
pub(crate) fn mismatched(out: &mut Vec<u8>, xid: u32, only: u32) {
    accepted(out, xid, PROG_MISMATCH);
    words(out, &[only, only]);
}

/// A reply to a foreign version of RPC.
pub(crate) fn foreign(out: &mut Vec<u8>, xid: u32) {
    words(out, &[xid, REPLY, 1, RPC_MISMATCH, RPC_VERSION, RPC_VERSION]);
}

/// A reply to refused credentials.
pub(crate) fn unauthenticated(out: &mut Vec<u8>, xid: u32, auth_status: u32) {
    words(out, &[xid, REPLY, 1, AUTH_ERROR, auth_status]);
}

pub(crate) fn words(out: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| out.extend(word.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(flavor: u32, credentials: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        words(&mut out, &[7, CALL, 2, 100_003, 3, 1, flavor, credentials.len() as u32]);
        out.extend(credentials);
        words(&mut out, &[AUTH_NONE, 0, 42]);
        out
    }

    #[test]
    fn auth_sys_names_the_caller_and_the_arguments_follow() {
        let mut credentials = Vec::new();
        words(&mut credentials, &[0, 1, u32::from_be_bytes(*b"h\0\0\0"), 1000, 100, 1, 4]);
        let record = call(AUTH_SYS, &credentials);
        let (head, arguments) = Head::parse(&record).unwrap();
        assert_eq!(head.caller, Ok(Caller { flavour: Flavour::Sys, uid: 1000, gid: 100, groups: vec![4] }));
        assert_eq!((head.xid, head.program, head.procedure), (7, 100_003, 1));
        assert_eq!(arguments, 42u32.to_be_bytes());
    }

    #[test]
    fn too_many_groups_are_bad_credentials() {
        let mut credentials = Vec::new();
        words(&mut credentials, &[0, 0, 1000, 100, u32::MAX]);
        assert_eq!(Head::parse(&call(AUTH_SYS, &credentials)).unwrap().0.caller, Err(AUTH_BADCRED));
    }

    #[test]
    fn an_unknown_flavour_is_refused_and_not_garbled() {
        assert_eq!(Head::parse(&call(390_003, &[])).unwrap().0.caller, Err(AUTH_REJECTEDCRED));
    }

    #[test]
    fn a_credential_longer_than_the_protocol_allows_is_garbled() {
        assert!(Head::parse(&call(AUTH_SYS, &[0; 404])).is_err());
    }
}
