//! What is written reads back; what lies is refused.

use super::*;
use crate::format_error::FormatError;
use proptest::prelude::*;

fn written(heads: &[Head]) -> Vec<u8> {
    let mut out = Vec::new();
    for head in heads {
        member(&mut out, head);
        out.extend((0..head.content_bytes).map(|_| b'x'));
        padding(&mut out, head.content_bytes);
    }
    end(&mut out);
    out
}

fn read(bytes: &[u8]) -> Result<Vec<Head>, FormatError> {
    let mut heads = Vec::new();
    each(bytes, |head, content| {
        text(&head, content, 10_000)?;
        heads.push(head);
        Ok(())
    })?;
    Ok(heads)
}

fn a_head() -> impl Strategy<Value = Head> {
    let bytes = |most| proptest::collection::vec(1_u8.., 1..most);
    let xattrs = proptest::collection::btree_map(
        bytes(20),
        proptest::collection::vec(any::<u8>(), 0..30),
        0..4,
    );
    let numbers = (0_u32..0o10000, any::<u32>(), any::<u32>(), 0_u64..2000);
    let time = (-(1_i64 << 35)..1 << 35, 0_u32..1_000_000_000);
    let kind = proptest::sample::select(MemberKind::STORED.to_vec());
    (bytes(257), bytes(300), xattrs, numbers, time, kind).prop_map(
        |(name, link, xattrs, (mode, uid, gid, content_bytes), (seconds, nanoseconds), kind)| {
            Head {
                name,
                kind,
                mode,
                uid,
                gid,
                seconds,
                nanoseconds,
                link,
                device: match kind {
                    MemberKind::CharDevice | MemberKind::BlockDevice => (4095, 1_048_575),
                    _ => (0, 0),
                },
                xattrs: xattrs.into_iter().collect(),
                content_bytes,
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back(heads in proptest::collection::vec(a_head(), 0..5)) {
        prop_assert_eq!(read(&written(&heads)), Ok(heads));
    }

    #[test]
    fn no_bytes_make_it_fail_otherwise(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _any = read(&bytes);
    }
}

#[test]
fn lies_are_refused() {
    let good = written(&[Head {
        nanoseconds: 5,
        ..Head::plain(b"e/a", 3)
    }]);
    assert!(read(&good).is_ok());
    let changed = |from: &str, to: &str| {
        let mut bytes = good.clone();
        let at = bytes
            .windows(from.len())
            .position(|w| w == from.as_bytes())
            .unwrap();
        bytes.splice(at..at + from.len(), to.bytes());
        read(&bytes)
    };
    for (from, to) in [
        ("21 mtime", "20 mtime"),
        ("21 mtime", "99 mtime"),
        ("21 mtime", "2a mtime"),
        ("21 mtime", "22 atime"),
        ("mtime=0.0", "mtime=0.x"),
        ("mtime=0.0", "mtime=-.0"),
    ] {
        assert!(changed(from, to).is_err(), "{from} -> {to}");
    }
    for cut in [100, 513, 1300, 1600] {
        assert!(read(&good[..cut]).is_err(), "{cut}");
    }
    let mut tail = good.clone();
    tail.push(1);
    assert!(read(&tail).is_err());
    assert!(read(&vec![0; 80_000]).is_err());
}
