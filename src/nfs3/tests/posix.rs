//! What POSIX says of files, as cases of one line each, in the spirit of Connectathon and pjdfstest.
//!
//! A line is `USER COMMAND ARGUMENTS = ANSWER`: the user by its number, which is its group's too, with `+` and further
//! groups; paths from the volume's root, which everybody may write to; the answer as errno or what was asked for. A
//! path is looked up name by name by the same user. How to get it wrong: leaving a case out that differs. It stays,
//! with POSIX's answer, and [`DIFFERENT`] has ours and the reason.

use super::*;
use crate::client::{Change, Node, When};

/// The cases in which the server answers otherwise than POSIX has it: the line, our answer, and why it stays.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("0 link dir second = EPERM", "EISDIR", "RFC 1813 has no such status for LINK; clients refuse it before they ask"),
    ("0 unlink dir = EPERM", "EISDIR", "what Linux answers; RFC 1813 leaves it to the server"),
    ("0 chmod link 0600 = OK", "ENOTSUP", "links have no mode of their own, as on Linux; clients do not ask for it"),
    (
        "0 rmdir dir/.. = ENOTEMPTY",
        "EINVAL",
        "RFC 1813 says NFS3ERR_EXIST or NFS3ERR_INVAL; clients refuse it themselves",
    ),
    ("1001 unlink sticky/theirs = EACCES", "EPERM", "POSIX allows either"),
];

const CASES: &[(&str, &str)] = &[
    (
        "a file",
        "1001 create f 0644 = OK
        1001 stat f type,mode,uid,gid,nlink,size = 1,0644,1001,1001,1,0
        1001 create f 0644 = EEXIST
        1001 create f/g 0644 = ENOTDIR
        1001 create none/g 0644 = ENOENT
        1001 write f hello = OK
        1001 stat f size = 5
        1002 read f = hello
        1002 write f x = EACCES
        1001 truncate f 2 = OK
        1002 read f = he
        1002 truncate f 0 = EACCES
        1001 truncate f 100000 = OK
        1001 stat f size = 100000
        1001 unlink f = OK
        1001 unlink f = ENOENT",
    ),
    (
        "a directory",
        "1001 mkdir d 0755 = OK
        1001 stat d type,mode,uid,gid,nlink = 2,0755,1001,1001,2
        1001 mkdir d 0755 = EEXIST
        1001 stat . nlink = 3
        1001 mkdir d/e 0700 = OK
        1001 stat d nlink = 3
        1001 rmdir d = ENOTEMPTY
        1002 rmdir d/e = EACCES
        1001 rmdir d/e = OK
        1001 stat d nlink = 2
        1001 create f 0644 = OK
        1001 rmdir f = ENOTDIR
        1001 rmdir none = ENOENT
        1001 rmdir d = OK
        1001 stat d type = ENOENT",
    ),
    (
        "search and write permission along a path",
        "1001 mkdir d 0755 = OK
        1001 create d/f 0644 = OK
        1001 chmod d 0600 = OK
        1001 stat d/f mode = EACCES
        1001 create d/g 0644 = EACCES
        1001 unlink d/f = EACCES
        1001 rename d/f d/g = EACCES
        1001 chmod d 0500 = OK
        1001 stat d/f mode = 0644
        1001 create d/f 0644 = EEXIST
        1001 mkdir d/f 0755 = EEXIST
        1001 create d/g 0644 = EACCES
        1001 mkdir d/g 0755 = EACCES
        1001 mkfifo d/g 0644 = EACCES
        1001 mksock d/g 0644 = EACCES
        1001 symlink x d/g = EACCES
        1001 link d/f d/g = EACCES
        1001 unlink d/f = EACCES
        1001 unlink d/none = ENOENT
        1001 rename d/f out = EACCES
        1001 create out 0644 = OK
        1001 rename out d/in = EACCES
        0 unlink d/f = OK",
    ),
    (
        "chmod",
        "1001 create f 0644 = OK
        1002 chmod f 0666 = EPERM
        1001 chmod f 0111 = OK
        1001 stat f mode = 0111
        1001 chmod f 07777 = OK
        1001 stat f mode = 07777
        0 chown f 1001 1002 = OK
        0 stat f mode = 01777
        1001 chmod f 02755 = OK
        1001 stat f mode = 0755
        1001+1002 chmod f 02755 = OK
        1001 stat f mode = 02755
        0 chmod f 0600 = OK
        1001 chmod none 0600 = ENOENT
        1001 symlink f l = OK
        1001 stat l type,mode = 5,0777",
    ),
    (
        "chown",
        "1001 create f 0644 = OK
        1001 chown f 1002 - = EPERM
        1001 chown f - 1002 = EPERM
        1001+1002 chown f - 1002 = OK
        1001 chown f 1001 1002 = OK
        1002 chown f 1002 - = EPERM
        1002 chown f - 1002 = EPERM
        1002 chown f 1001 1002 = EPERM
        0 chown f 1002 1003 = OK
        0 stat f uid,gid = 1002,1003
        0 chmod f 06755 = OK
        0 chown f 1001 1003 = OK
        0 stat f mode,uid = 0755,1001
        0 mkdir d 06755 = OK
        0 chown d 1001 1001 = OK
        0 stat d mode,uid,gid = 06755,1001,1001
        0 symlink f l = OK
        0 chown l 7 8 = OK
        0 stat l uid,gid = 7,8
        0 stat f uid,gid = 1001,1003",
    ),
    (
        "set-id bits after a write",
        "1001 create f 06777 = OK
        1002 write f x = OK
        1001 stat f mode = 0777
        1001 chmod f 06777 = OK
        1002 truncate f 0 = OK
        1001 stat f mode = 0777
        1001 chmod f 06777 = OK
        0 write f x = OK
        1001 stat f mode = 06777",
    ),
    (
        "links",
        "1001 create f 0644 = OK
        1001 link f g = OK
        1001 stat f nlink = 2
        1001 same f g = yes
        1001 link f g = EEXIST
        1001 link f none/g = ENOENT
        1001 link none h = ENOENT
        1001 chmod f 0600 = OK
        1001 stat g mode = 0600
        1001 unlink f = OK
        1001 stat g nlink = 1
        1001 mkfifo p 0644 = OK
        1001 link p q = OK
        1001 stat q type,nlink = 7,2
        1001 symlink g l = OK
        1001 link l m = OK
        1001 stat m type,nlink = 5,2
        1001 readlink m = g
        1001 readlink g = EINVAL
        0 mkdir dir 0755 = OK
        0 link dir second = EPERM
        0 unlink dir = EPERM
        0 chmod dir 0755 = OK
        0 symlink f link = OK
        0 chmod link 0600 = OK
        0 rmdir dir/.. = ENOTEMPTY",
    ),
    (
        "rename",
        "1001 create f 0644 = OK
        1001 create g 0644 = OK
        1001 rename f g = OK
        1001 stat f type = ENOENT
        1001 stat g nlink = 1
        1001 rename none x = ENOENT
        1001 mkdir d 0755 = OK
        1001 mkdir e 0755 = OK
        1001 rename g d = EISDIR
        1001 rename d g = ENOTDIR
        1001 rename d d/below = EINVAL
        1001 create e/f 0644 = OK
        1001 rename d e = ENOTEMPTY
        1001 rename e d = OK
        1001 stat d/f type = 1
        1001 link g h = OK
        1001 rename g h = OK
        1001 stat g nlink = 2
        1001 mkfifo p 0600 = OK
        1001 rename p h = OK
        1001 stat h type = 7
        1001 stat g nlink = 1",
    ),
    (
        "moving a directory writes to it",
        "1001 mkdir from 0777 = OK
        1001 mkdir to 0777 = OK
        0 mkdir from/d 0755 = OK
        1001 chmod from 0777 = OK
        1001 rename from/d to/d = EACCES
        1001 rename from/d from/e = OK
        0 chown from/e 1001 - = OK
        1001 rename from/e to/e = OK
        0 stat from nlink = 2
        0 stat to nlink = 3",
    ),
    (
        "sticky directories",
        "0 mkdir sticky 01777 = OK
        1002 create sticky/theirs 0666 = OK
        1001 unlink sticky/theirs = EACCES
        1001 rename sticky/theirs sticky/mine = EPERM
        1001 rename sticky/theirs mine = EPERM
        1001 create mine 0644 = OK
        1001 rename mine sticky/theirs = EPERM
        1001 rename mine sticky/mine = OK
        1001 unlink sticky/mine = OK
        1001 mkdir sticky/dir 0777 = OK
        1002 rmdir sticky/dir = EPERM
        1002 rename sticky/dir sticky/other = EPERM
        0 chown sticky 1001 - = OK
        1001 unlink sticky/theirs = OK
        1001 mkdir sticky/again 0777 = OK
        0 rmdir sticky/again = OK",
    ),
    (
        "times",
        "1001 create f 0644 = OK
        1001 utimes f 1000.5 2000.6 = OK
        1001 stat f atime,mtime = 1000.5,2000.6
        1002 utimes f 1 2 = EPERM
        1002 touch f = EACCES
        1001 chmod f 0646 = OK
        1002 touch f = OK
        1002 utimes f 1 2 = EPERM
        0 utimes f 3 4 = OK
        1001 stat f atime,mtime = 3.0,4.0
        1001 chmod f 0444 = OK
        1001 touch f = OK
        1001 mkdir d 0755 = OK
        1001 utimes d 1 2 = OK
        1001 stat d mtime = 2.0
        1002 touch d = EACCES
        1001 mkfifo p 0600 = OK
        1001 utimes p 1 4294967295 = OK
        1001 stat p mtime = 4294967295.0",
    ),
    (
        "what a change does to the times of a directory and a file",
        "1001 mkdir d 0755 = OK
        1001 utimes d 1 2 = OK
        1001 create d/f 0644 = OK
        1001 newer d mtime = yes
        1001 utimes d 1 2 = OK
        1001 unlink d/f = OK
        1001 newer d mtime = yes
        1001 create f 0644 = OK
        1001 utimes f 1 2 = OK
        1001 write f x = OK
        1001 newer f mtime = yes
        1001 utimes f 1 2 = OK
        1001 truncate f 0 = OK
        1001 newer f mtime = yes
        1001 utimes f 1 2 = OK
        1001 chmod f 0600 = OK
        1001 newer f mtime = no
        1001 newer f ctime = yes",
    ),
    (
        "nodes",
        "1001 mkfifo p 0644 = OK
        1001 mkfifo p 0644 = EEXIST
        1001 stat p type,mode,uid,gid,nlink,size = 7,0644,1001,1001,1,0
        1001 mksock s 0755 = OK
        1001 stat s type,mode = 6,0755
        1001 mkchar c 0600 = EPERM
        0 mkchar c 0600 = OK
        0 stat c type,mode = 4,0600
        1001 chmod p 0600 = OK
        1002 chmod p 0666 = EPERM
        1001 truncate p 5 = EINVAL
        1001 readdir p = ENOTDIR
        1001 mkdir p/x 0755 = ENOTDIR",
    ),
    (
        "names",
        "1001 create NAME255 0644 = OK
        1001 create NAME256 0644 = ENAMETOOLONG
        1001 mkdir NAME256 0755 = ENAMETOOLONG
        1001 mkfifo NAME256 0644 = ENAMETOOLONG
        1001 symlink x NAME256 = ENAMETOOLONG
        1001 link NAME255 NAME256 = ENAMETOOLONG
        1001 rename NAME255 NAME256 = ENAMETOOLONG
        1001 unlink NAME256 = ENAMETOOLONG
        1001 stat NAME256 mode = ENAMETOOLONG
        1001 unlink NAME255 = OK",
    ),
];

#[tokio::test]
async fn the_server_does_as_posix_has_it_but_where_a_reason_is_listed() {
    let mut met = HashSet::new();
    for (about, lines) in CASES {
        let lab = Lab::new().await;
        let (client, root) = lab.owner().await;
        let mut shell = Shell { client, root };
        shell.client.chmod(&shell.root, 0o777).await.unwrap();
        for line in lines.lines().map(str::trim) {
            let (command, expected) = line.split_once(" = ").unwrap();
            let answer = match shell.run(command).await {
                Ok(answer) => answer,
                Err(status) => errno(status),
            };
            let listed = DIFFERENT.iter().find(|(other, ..)| *other == line);
            let expected = listed.map_or(expected, |(_, ours, _)| *ours);
            assert_eq!(answer, expected, "{about}: {line}");
            met.extend(listed.map(|(line, ..)| *line));
        }
    }
    let unmet: Vec<_> = DIFFERENT.iter().filter(|(line, ..)| !met.contains(line)).collect();
    assert!(unmet.is_empty(), "no case any more: {unmet:?}");
    assert!(DIFFERENT.iter().all(|(line, ours, _)| !line.ends_with(&format!("= {ours}"))), "no difference any more");
}

/// `NFS3ERR_NOENT` as `ENOENT`.
fn errno(status: Status) -> String {
    let name = format!("{status:?}");
    let name = name.strip_prefix("NFS3ERR_").unwrap_or(&name);
    match name {
        "ACCES" | "NOENT" | "EXIST" | "NOTDIR" | "ISDIR" | "INVAL" | "PERM" | "NOTEMPTY" | "NAMETOOLONG" => {
            format!("E{name}")
        }
        "NOTSUPP" => "ENOTSUP".to_owned(),
        name => name.to_owned(),
    }
}

struct Shell {
    client: Client,
    root: Handle,
}

impl Shell {
    async fn run(&mut self, command: &str) -> Result<String, Status> {
        let command = command.replace("NAME255", &"n".repeat(255)).replace("NAME256", &"n".repeat(256));
        let words: Vec<&str> = command.split_whitespace().collect();
        let (user, verb, words) = (words[0], words[1], &words[2..]);
        let mut numbers = user.split(['+', ',']).map(|number| number.parse().unwrap());
        let uid = numbers.next().unwrap();
        self.client.become_member(uid, uid, &numbers.collect::<Vec<u32>>());
        let octal = |word: &str| u32::from_str_radix(word, 8).unwrap();
        let done = match (verb, words) {
            ("create", [path, mode]) => {
                let (dir, name) = self.place(path).await?;
                self.client.create_new(&dir, name, &Change::mode(octal(mode))).await.map(drop)
            }
            ("mkdir", [path, mode]) => {
                let (dir, name) = self.place(path).await?;
                self.client.mkdir_as(&dir, name, &Change::mode(octal(mode))).await.map(drop)
            }
            ("mkfifo" | "mksock" | "mkchar", [path, mode]) => {
                let (dir, name) = self.place(path).await?;
                let node = match verb {
                    "mkfifo" => Node::Fifo,
                    "mksock" => Node::Socket,
                    _ => Node::Character(1, 3),
                };
                self.client.mknod(&dir, name, node, &Change::mode(octal(mode))).await.map(drop)
            }
            ("symlink", [target, path]) => {
                let (dir, name) = self.place(path).await?;
                self.client.symlink(&dir, name, target).await.map(drop)
            }
            ("link", [file, path]) => {
                let file = self.at(file).await?;
                let (dir, name) = self.place(path).await?;
                self.client.link(&file, &dir, name).await
            }
            ("unlink", [path]) => {
                let (dir, name) = self.place(path).await?;
                self.client.remove(&dir, name).await
            }
            ("rmdir", [path]) => {
                let (dir, name) = self.place(path).await?;
                self.client.rmdir(&dir, name).await
            }
            ("rename", [from, to]) => {
                let (from, to) = (self.place(from).await?, self.place(to).await?);
                self.client.rename((&from.0, from.1), (&to.0, to.1)).await
            }
            (verb, [path, words @ ..]) => return self.act(verb, path, words).await,
            _ => panic!("{command}"),
        };
        done.map(|()| "OK".to_owned()).map_err(status)
    }

    /// What is done with an object rather than with its name.
    async fn act(&mut self, verb: &str, path: &str, words: &[&str]) -> Result<String, Status> {
        let object = self.at(path).await?;
        let number = |word: &str| word.parse::<u32>().ok();
        let time = |word: &str| {
            let (seconds, nanoseconds) = word.split_once('.').unwrap_or((word, "0"));
            Some(When::At(seconds.parse().unwrap(), nanoseconds.parse().unwrap()))
        };
        let done = match (verb, words) {
            ("chmod", [mode]) => self.client.chmod(&object, u32::from_str_radix(mode, 8).unwrap()).await,
            ("chown", [uid, gid]) => self.client.chown(&object, number(uid), number(gid)).await,
            ("truncate", [size]) => self.client.truncate(&object, size.parse().unwrap()).await,
            ("write", [text]) => self.client.write(&object, 0, text.as_bytes()).await.map(drop),
            ("utimes", [accessed, modified]) => {
                let times = Change { accessed: time(accessed), modified: time(modified), ..Change::default() };
                self.client.set(&object, &times).await
            }
            ("touch", []) => {
                let now = Some(When::Now);
                self.client.set(&object, &Change { accessed: now, modified: now, ..Change::default() }).await
            }
            ("readdir", []) => self.client.readdir(&object).await.map(drop),
            ("read", []) => {
                let read = self.client.read(&object, 0, 100).await.map_err(status)?;
                return Ok(String::from_utf8(read).unwrap());
            }
            ("readlink", []) => {
                let read = self.client.readlink(&object).await.map_err(status)?;
                return Ok(String::from_utf8(read).unwrap());
            }
            ("same", [other]) => return Ok(yes(self.at(other).await? == object)),
            ("newer", [field]) => {
                let shown = self.client.getattr(&object).await.map_err(status)?;
                return Ok(yes(if *field == "mtime" { shown.modified.0 > 2 } else { shown.changed.0 > 2 }));
            }
            ("stat", [fields]) => return self.stat(&object, fields).await,
            _ => panic!("{verb} {path} {words:?}"),
        };
        done.map(|()| "OK".to_owned()).map_err(status)
    }

    async fn stat(&mut self, object: &Handle, fields: &str) -> Result<String, Status> {
        let shown = self.client.getattr(object).await.map_err(status)?;
        let time = |(seconds, nanoseconds): (u32, u32)| format!("{seconds}.{nanoseconds}");
        let field = |name| match name {
            "type" => shown.kind.to_string(),
            "mode" => format!("0{:o}", shown.mode),
            "uid" => shown.uid.to_string(),
            "gid" => shown.gid.to_string(),
            "nlink" => shown.links.to_string(),
            "size" => shown.size.to_string(),
            "atime" => time(shown.accessed),
            "mtime" => time(shown.modified),
            name => panic!("no field {name}"),
        };
        Ok(fields.split(',').map(field).collect::<Vec<_>>().join(","))
    }

    /// The directory of a path, and the last name in it.
    async fn place<'p>(&mut self, path: &'p str) -> Result<(Handle, &'p str), Status> {
        let (above, name) = path.rsplit_once('/').unwrap_or((".", path));
        Ok((self.at(above).await?, name))
    }

    async fn at(&mut self, path: &str) -> Result<Handle, Status> {
        let mut at = self.root.clone();
        for name in path.split('/') {
            at = self.client.lookup(&at, name).await.map_err(status)?;
        }
        Ok(at)
    }
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn status(error: crate::Error) -> Status {
    error.status().unwrap_or_else(|| panic!("no status: {error}"))
}
