//! tar streams, with the checksums of their headers made right, and as they are.
//!
//! The law: a stream ends, with members or an error, the same ones whether it comes as a stream or
//! lies in memory. Modes, nanoseconds and attributes are as their documentation says. What was
//! read is written and read back as the same, where names hold no NUL and devices can be.

use crate::repair;
use qib_helper::archive::{self, Head, MemberKind};

type Member = (Head, Vec<u8>);

const CONTENT_MAX: usize = 1 << 20;

/// Checks a stream.
pub fn check(input: &[u8]) {
    one(input);
    one(&repair::tar(input));
}

fn one(tar: &[u8]) {
    let streamed = streamed(tar);
    let mut in_memory = Vec::new();
    let done = archive::each_in(tar, |head, content| {
        in_memory.push((head, content.to_vec()));
        Ok(())
    });
    assert_eq!(streamed, done.is_ok().then_some(in_memory));
    for (head, content) in streamed.iter().flatten() {
        promises(head, content);
    }
    // What else a header may say the manifest refuses.
    let plain = |(head, _): &Member| {
        let (major, minor) = head.device;
        let no_zero = !head.name.contains(&0) && !head.link.contains(&0);
        no_zero && major <= 0xfff && minor <= 0xf_ffff
    };
    if let Some(members) = streamed.filter(|members| members.iter().all(plain)) {
        assert_eq!(self::streamed(&written(&members)), Some(members));
    }
}

fn streamed(tar: &[u8]) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    let read = archive::each(tar, |head, content| {
        let content = archive::text(&head, content, CONTENT_MAX)?;
        members.push((head, content));
        Ok(())
    });
    read.ok().map(|()| members)
}

fn promises(head: &Head, content: &[u8]) {
    assert!(head.mode <= 0o7777 && head.nanoseconds < 1_000_000_000);
    assert_eq!(head.content_bytes, u64::try_from(content.len()).unwrap());
    let names: Vec<&[u8]> = head.xattrs.iter().map(|(name, _)| name.as_slice()).collect();
    assert!(names.is_sorted_by(|one, next| one < next));
    assert!(names.iter().all(|name| !name.is_empty() && !name.contains(&0)));
    assert_ne!(head.kind, MemberKind::HardLink);
}

/// The members as a stream.
pub fn written(members: &[Member]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (head, content) in members {
        archive::member(&mut tar, head);
        tar.extend_from_slice(content);
        archive::padding(&mut tar, head.content_bytes);
    }
    archive::end(&mut tar);
    tar
}

/// A file with everything, a link with a long name, a device, and nothing at all.
pub fn seeds() -> Vec<Vec<u8>> {
    let file = Head {
        mode: 0o4755,
        uid: 3_000_000,
        gid: 1000,
        seconds: -5,
        nanoseconds: 7,
        xattrs: vec![
            (b"user.a%=".to_vec(), b"\0\n=".to_vec()),
            (b"user.b".to_vec(), Vec::new()),
        ],
        ..Head::plain(b"file", 5)
    };
    let link = Head {
        kind: MemberKind::Symlink,
        link: [b"x".as_slice(); 120].concat(),
        seconds: 1 << 40,
        ..Head::plain(&[b'n'; 150], 0)
    };
    let device = Head {
        kind: MemberKind::BlockDevice,
        device: (8, 0xf_ffff),
        ..Head::plain(b"sda", 0)
    };
    let members = [(file, b"12345".to_vec()), (link, Vec::new()), (device, Vec::new())];
    vec![written(&members), written(&members[1..]), written(&[])]
}
