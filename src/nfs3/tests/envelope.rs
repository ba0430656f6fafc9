//! What is refused before any procedure: programs, versions, credentials; and how, word by word.

use std::sync::Arc;

use super::*;
use crate::dispatch::Request;
use crate::service::{Ends, Service};
use crate::{Outcome, rpc};

const NFS: u32 = 100_003;
const MOUNT: u32 = 100_005;
const XID: u32 = 77;

struct Desk {
    service: Arc<Service>,
}

impl Desk {
    fn new() -> Self {
        let array = Arc::new(Array::default());
        Desk { service: Arc::new(Service::new(array, Limits::default(), Clock::system())) }
    }

    /// The answer to a call, without mark and xid, as words.
    async fn ask(&self, head: [u32; 4], flavor: u32, arguments: &[u32]) -> Vec<u32> {
        let mut record = Vec::new();
        let [rpc_version, program, version, procedure] = head;
        rpc::words(&mut record, &[XID, 0, rpc_version, program, version, procedure, flavor, 0, 0, 0]);
        rpc::words(&mut record, arguments);
        let request = Request::parse(record).unwrap();
        let answer = self.service.answer(Ends { lif: LIF, client: OWNER }, request).await;
        let words: Vec<_> = answer.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        assert_eq!(words[0], 1 << 31 | (answer.len() as u32 - 4));
        assert_eq!(words[1], XID);
        words[2..].to_vec()
    }
}

#[tokio::test]
async fn a_foreign_program_version_or_procedure_is_refused_as_the_rfc_says() {
    let desk = Desk::new();
    for (head, answer) in [
        ([3, NFS, 3, 0], &[1, 1, 0, 2, 2][..]),   // denied: RPC_MISMATCH, from 2 to 2
        ([2, 100_227, 3, 0], &[1, 0, 0, 0, 1]),   // accepted: PROG_UNAVAIL
        ([2, NFS, 4, 0], &[1, 0, 0, 0, 2, 3, 3]), // accepted: PROG_MISMATCH, from 3 to 3
        ([2, MOUNT, 1, 0], &[1, 0, 0, 0, 2, 3, 3]),
        ([2, NFS, 3, 22], &[1, 0, 0, 0, 3]), // accepted: PROC_UNAVAIL
        ([2, MOUNT, 3, 6], &[1, 0, 0, 0, 3]),
        ([2, NFS, 3, 0], &[1, 0, 0, 0, 0]), // accepted: SUCCESS
        ([2, MOUNT, 3, 0], &[1, 0, 0, 0, 0]),
    ] {
        assert_eq!(desk.ask(head, 0, &[]).await, answer, "{head:?}");
    }
    let unknown: u64 = desk
        .service
        .counters
        .read()
        .calls
        .iter()
        .filter(|row| row.outcome == Outcome::Unknown)
        .map(|row| row.count)
        .sum();
    assert_eq!(unknown, 6);
}

#[tokio::test]
async fn null_is_answered_to_anybody_but_who_asks_for_a_security_context() {
    let desk = Desk::new();
    assert_eq!(desk.ask([2, NFS, 3, 0], 390_003, &[]).await, [1, 0, 0, 0, 0]);
    assert_eq!(desk.ask([2, NFS, 3, 0], 6, &[]).await, [1, 1, 1, 2], "denied: AUTH_ERROR, AUTH_REJECTEDCRED");
    assert_eq!(desk.ask([2, NFS, 3, 1], 390_003, &[]).await, [1, 1, 1, 2]);
    assert_eq!(desk.ask([2, NFS, 3, 1], 1, &[]).await, [1, 1, 1, 1], "AUTH_SYS without its parts is AUTH_BADCRED");
}

#[tokio::test]
async fn arguments_that_are_too_short_too_long_or_claim_too_much_are_garbage() {
    let desk = Desk::new();
    for arguments in [&[][..], &[0, 0], &[u32::MAX], &[65], &[4]] {
        assert_eq!(desk.ask([2, NFS, 3, 1], 0, arguments).await, [1, 0, 0, 0, 4], "{arguments:?}");
    }
    assert_eq!(desk.ask([2, NFS, 3, 1], 0, &[0]).await, [1, 0, 0, 0, 0, 10_001], "a handle we never made");
    assert_eq!(desk.ask([2, NFS, 3, 14], 0, &[0, 1, 0, 0, 1, 0]).await.len(), 6 + 4, "RENAME fails with two wcc_data");
}
