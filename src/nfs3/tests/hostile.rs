//! Bytes that nobody should send. Whatever comes, there is an answer, no panic, and nothing outside the volume changes.

use std::sync::Arc;

use nfs3_types::mount::dirpath;
use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::{Opaque, Pack};
use proptest::prelude::*;

use super::*;
use crate::dispatch::Request;
use crate::service::{Ends, Service};
use crate::{Outcome, rpc};

const SENTINEL: &str = "outside";

/// A service with one volume, and one call of each procedure that is done with it.
struct Range {
    service: Arc<Service>,
    array: Arc<Array>,
    calls: Vec<Vec<u8>>,
    directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Range {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("volume");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(directory.path().join(SENTINEL), SENTINEL).unwrap();
        std::fs::write(root.join("file"), [7; 5000]).unwrap();
        std::os::unix::fs::symlink(format!("../{SENTINEL}"), root.join("link")).unwrap();
        std::fs::create_dir(root.join("dir")).unwrap();
        let array = Arc::new(Array::default());
        let rules = HashMap::from([(OWNER, Grant::own(Access::ReadWrite))]);
        let volume = Volume {
            junction: "/one".into(),
            root: root.clone(),
            size: MIB,
            files: 1000,
            owner: ROOTS,
            rules,
            submounts: Vec::new(),
        };
        array.volumes.lock().unwrap().insert(1, volume);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let service = Arc::new(Service::new(array.clone(), Limits::default(), Clock::system()));
        Range { service, array, calls: calls(&root), directory, runtime }
    }

    /// The answer to a record, if it is a call at all.
    fn ask(&self, record: &[u8]) -> Option<Vec<u8>> {
        let request = Request::parse(record.to_vec())?;
        let ends = Ends { lif: LIF, client: OWNER };
        Some(self.runtime.block_on(self.service.answer(ends, request)))
    }

    fn check(&self, record: &[u8]) -> Result<(), TestCaseError> {
        if let Some(answer) = self.ask(record) {
            prop_assert_eq!(&answer[4..8], &record[..4], "the answer has the call's xid");
            prop_assert!(answer.len() <= self.service.limits.transfer + crate::limits::HEADER);
        }
        for row in self.service.counters.read().calls {
            prop_assert_ne!(row.outcome, Outcome::Failed, "{} panicked", row.procedure);
            let fault = Outcome::Status(nfsstat3::NFS3ERR_SERVERFAULT as u32);
            prop_assert_ne!(row.outcome, fault, "{} was walked and could not be decoded", row.procedure);
        }
        let sentinel = std::fs::read(self.directory.path().join(SENTINEL)).unwrap();
        prop_assert_eq!(sentinel, SENTINEL.as_bytes());
        prop_assert_eq!(std::fs::read_dir(self.directory.path()).unwrap().count(), 2);
        Ok(())
    }

    /// What was reported of the volume's usage is what a recount finds.
    fn check_usage(&self) -> Result<(), TestCaseError> {
        let recounted = crate::usage(&self.directory.path().join("volume")).unwrap();
        let reported = self.array.used.lock().unwrap().get(&1).copied();
        prop_assert!(reported.is_none_or(|reported| reported == recounted), "{reported:?}, found {recounted:?}");
        prop_assert!(recounted.bytes <= MIB);
        Ok(())
    }
}

fn calls(root: &Path) -> Vec<Vec<u8>> {
    let fd = std::fs::File::open(root).unwrap();
    let handle = |name: &str| crate::disk::Stat::of(&fd, name.as_bytes()).unwrap().handle(1).wire();
    let (dir, file, link) = (handle("."), handle("file"), handle("link"));
    let at = |name: &'static str| diropargs3 { dir: dir.clone(), name: filename3(Opaque::borrowed(name.as_bytes())) };
    let time = nfstime3 { seconds: 1, nseconds: 2 };
    let all = sattr3 {
        mode: set_mode3::Some(0o644),
        uid: set_uid3::Some(1),
        gid: set_gid3::Some(2),
        size: set_size3::Some(100),
        atime: set_atime::SET_TO_CLIENT_TIME(time),
        mtime: set_mtime::SET_TO_SERVER_TIME,
    };
    let data = Opaque::borrowed(b"some data");
    let link_to = || symlinkdata3 {
        symlink_attributes: sattr3::default(),
        symlink_data: nfspath3(Opaque::borrowed(b"../outside")),
    };
    let (cookieverf, stable) = (cookieverf3::default(), stable_how::FILE_SYNC);
    let set = SETATTR3args { object: file.clone(), new_attributes: all.clone(), guard: sattrguard3::Some(time) };
    let none = sattr3::default();
    vec![
        nfs(1, &dir),
        nfs(2, &set),
        nfs(3, &LOOKUP3args { what: at("file") }),
        nfs(4, &ACCESS3args { object: dir.clone(), access: 63 }),
        nfs(5, &link),
        nfs(6, &READ3args { file: file.clone(), offset: 1, count: 4096 }),
        nfs(7, &WRITE3args { file: file.clone(), offset: 10, count: 9, stable, data }),
        nfs(8, &CREATE3args { where_: at("made"), how: createhow3::GUARDED(all.clone()) }),
        nfs(8, &CREATE3args { where_: at("sole"), how: createhow3::EXCLUSIVE(createverf3(*b"verifier")) }),
        nfs(9, &MKDIR3args { where_: at("below"), attributes: none.clone() }),
        nfs(10, &SYMLINK3args { where_: at("linked"), symlink: link_to() }),
        nfs(11, &MKNOD3args { where_: at("pipe"), what: mknoddata3::NF3FIFO(none) }),
        nfs(12, &REMOVE3args { object: at("made") }),
        nfs(13, &RMDIR3args { object: at("below") }),
        nfs(14, &RENAME3args { from: at("sole"), to: at("moved") }),
        nfs(15, &LINK3args { file: file.clone(), link: at("again") }),
        nfs(16, &READDIR3args { dir: dir.clone(), cookie: 0, cookieverf, count: 4096 }),
        nfs(17, &READDIRPLUS3args { dir: dir.clone(), cookie: 0, cookieverf, dircount: 512, maxcount: 4096 }),
        nfs(18, &dir),
        nfs(19, &dir),
        nfs(20, &dir),
        nfs(21, &COMMIT3args { file: file.clone(), offset: 0, count: 0 }),
        call(100_005, 1, &dirpath(Opaque::borrowed(b"/one/dir"))),
        call(100_005, 3, &dirpath(Opaque::borrowed(b"/one/dir"))),
    ]
}

fn nfs(procedure: u32, arguments: &impl Pack) -> Vec<u8> {
    call(100_003, procedure, arguments)
}

fn call(program: u32, procedure: u32, arguments: &impl Pack) -> Vec<u8> {
    let mut call = Vec::new();
    rpc::words(&mut call, &[5, 0, 2, program, 3, procedure, 1, 20, 0, 0, 0, 0, 0, 0, 0]);
    arguments.pack(&mut call).unwrap();
    call
}

/// Bytes of the head that [`call`] writes.
const HEAD: usize = 60;

#[test]
fn every_call_of_the_range_is_done_or_refused_for_a_reason_of_its_own() {
    let range = Range::new();
    for record in &range.calls {
        let answer = range.ask(record).unwrap();
        let (program, procedure) = (record[15], record[23]);
        let expected = match (program, procedure) {
            (0xa3, 2) => nfsstat3::NFS3ERR_NOT_SYNC, // the guard is of 1970
            _ => nfsstat3::NFS3_OK,
        };
        let status = answer.get(28..32).map_or(0, |word| u32::from_be_bytes(word.try_into().unwrap()));
        assert_eq!((answer[24..28].to_vec(), status), (vec![0; 4], expected as u32), "{program:x} {procedure}");
    }
}

#[test]
fn every_word_of_every_call_may_claim_the_most() {
    let range = Range::new();
    for record in &range.calls {
        for at in (0..record.len()).step_by(4) {
            for claim in [u32::MAX, 1 << 31, 1 << 30, 65, 3] {
                let mut record = record.clone();
                record[at..at + 4].copy_from_slice(&claim.to_be_bytes());
                range.check(&record).unwrap();
            }
        }
    }
}

#[test]
fn a_call_cut_short_anywhere_is_garbage_or_none() {
    let range = Range::new();
    for record in range.calls.iter().filter(|record| record[23] != 11 || record[15] != 0xa3) {
        for length in 0..record.len() {
            match range.ask(&record[..length]) {
                None => assert!(length < HEAD),
                Some(answer) => assert_eq!(answer[24..28], 4u32.to_be_bytes(), "GARBAGE_ARGS"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_records_never_panic(records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..50)) {
        let range = Range::new();
        for record in records {
            range.check(&record)?;
        }
    }

    #[test]
    fn random_arguments_never_panic(
        calls in proptest::collection::vec((0u32..24, proptest::collection::vec(0u32..70, 0..40)), 1..50),
    ) {
        let range = Range::new();
        for (procedure, words) in calls {
            let mut record = nfs(procedure, &nfs3_types::xdr_codec::Void);
            rpc::words(&mut record, &words);
            range.check(&record)?;
        }
    }

    #[test]
    fn mutated_calls_never_panic_leave_the_volume_or_upset_its_count(
        mutations in proptest::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..300,
        ),
    ) {
        let range = Range::new();
        for (which, at, byte, kind) in mutations {
            let mut record = which.get(&range.calls).clone();
            let at = at.index(record.len());
            match kind {
                0 => record[at] ^= 1 << (byte % 8),
                1 => record[at] = byte,
                2 => record.truncate(at),
                _ => record.insert(at, byte),
            }
            range.check(&record)?;
        }
        range.check_usage()?;
    }
}
