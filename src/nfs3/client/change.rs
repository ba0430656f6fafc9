//! What a client asks to be set, and what it has made that is no file, directory or link.

use nfs3_types::nfs3::*;

/// Attributes to set; what is `None` stays, or is the server's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    /// In bytes.
    pub size: Option<u64>,
    pub accessed: Option<When>,
    pub modified: Option<When>,
}

/// A time to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The server's.
    Now,
    /// Seconds and nanoseconds since 1970.
    At(u32, u32),
}

/// What MKNOD makes. Devices have a major and a minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    Fifo,
    Socket,
    Character(u32, u32),
    Block(u32, u32),
}

impl Change {
    pub fn mode(mode: u32) -> Self {
        Change { mode: Some(mode), ..Change::default() }
    }

    pub(super) fn wire(&self) -> sattr3 {
        let time = |seconds, nseconds| nfstime3 { seconds, nseconds };
        sattr3 {
            mode: self.mode.map_or(Nfs3Option::None, Nfs3Option::Some),
            uid: self.uid.map_or(Nfs3Option::None, Nfs3Option::Some),
            gid: self.gid.map_or(Nfs3Option::None, Nfs3Option::Some),
            size: self.size.map_or(Nfs3Option::None, Nfs3Option::Some),
            atime: match self.accessed {
                None => set_atime::DONT_CHANGE,
                Some(When::Now) => set_atime::SET_TO_SERVER_TIME,
                Some(When::At(seconds, nanoseconds)) => set_atime::SET_TO_CLIENT_TIME(time(seconds, nanoseconds)),
            },
            mtime: match self.modified {
                None => set_mtime::DONT_CHANGE,
                Some(When::Now) => set_mtime::SET_TO_SERVER_TIME,
                Some(When::At(seconds, nanoseconds)) => set_mtime::SET_TO_CLIENT_TIME(time(seconds, nanoseconds)),
            },
        }
    }
}

impl Node {
    pub(super) fn wire(self, attributes: sattr3) -> mknoddata3 {
        let device = |dev_attributes, specdata1, specdata2| devicedata3 {
            dev_attributes,
            spec: specdata3 { specdata1, specdata2 },
        };
        match self {
            Node::Fifo => mknoddata3::NF3FIFO(attributes),
            Node::Socket => mknoddata3::NF3SOCK(attributes),
            Node::Character(major, minor) => mknoddata3::NF3CHR(device(attributes, major, minor)),
            Node::Block(major, minor) => mknoddata3::NF3BLK(device(attributes, major, minor)),
        }
    }
}
