//! Handing files to a qube: what `qubes.Filecopy` gets, and takers that do not take it.

use crate::common::{Dom0, image};
use crate::parts::{self, BIG_BYTES, home, noise};
use crate::restoring::{hand_out, last};
use crate::told;
use crate::volume::image::can_mount;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::restore::{HandOutForm, HandOutJob, HandedOut};
use qib_rpc::name::QubeName;
use qib_rpc::plain_name::PlainName;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::thread;

/// An entry as it came: its mode, when it changed, its data.
type Came = (u32, u32, Vec<u8>);

/// Reads an entry; none at the end.
fn next(from: &mut impl Read, sum: &mut crc32fast::Hasher) -> Option<(String, Came)> {
    let mut read = |bytes: usize| {
        let mut read = vec![0; bytes];
        from.read_exact(&mut read).unwrap();
        sum.update(&read);
        read
    };
    let header = read(32);
    let field = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
    let bytes = u64::from_le_bytes(header[8..16].try_into().unwrap());
    if field(0) == 0 {
        assert_eq!(header, [0; 32]);
        return None;
    }
    let mut path = read(usize::try_from(field(0)).unwrap());
    assert_eq!(path.pop(), Some(0), "a path ends with a NUL");
    assert_eq!((field(16), field(20)), (field(24), field(28)));
    let data = read(usize::try_from(bytes).unwrap());
    Some((
        String::from_utf8(path).unwrap(),
        (field(4), field(24), data),
    ))
}

/// Takes everything, and answers as it should but for `error` and what is added to the sum.
fn take(taker: &UnixStream, error: u32, wrong: u64) -> Vec<(String, Came)> {
    let mut from = taker;
    let mut sum = crc32fast::Hasher::new();
    let all = std::iter::from_fn(|| next(&mut from, &mut sum)).collect();
    let mut answer = [error.to_le_bytes(), [0; 4]].concat();
    answer.extend((u64::from(sum.finalize()) + wrong).to_le_bytes());
    from.write_all(&answer).unwrap();
    all
}

fn job(dom0: &Dom0, paths: &[&str]) -> HandOutJob {
    HandOutJob {
        part: parts::job(last(dom0), dom0.index.clone(), paths),
        volume_bytes: 64 << 20,
        taker: QubeName::parse("work").unwrap(),
        form: HandOutForm::Files,
    }
}

fn handed<T: Send + 'static>(
    dom0: &Dom0,
    paths: &[&str],
    taking: impl FnOnce(UnixStream) -> T + Send + 'static,
) -> (Result<HandedOut, Fault>, T) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let taker = thread::spawn(move || taking(theirs));
    let said = hand_out(&job(dom0, paths), &dom0.storage, ours);
    (said, taker.join().unwrap())
}

#[test]
fn a_taker_gets_what_paths_name_with_the_folders_above() {
    let dom0 = home();
    let paths = ["home/user/Documents", "home/user/video", "home/user/empty"];
    let (said, came) = handed(&dom0, &paths, |taker| take(&taker, 0, 0));
    let said = said.unwrap();
    assert_eq!((said.counts.files, said.held_back), (7, 0));
    let folders = [
        "home",
        "home/user",
        "home/user/Documents",
        "home/user/video",
    ];
    for folder in folders {
        let modes: Vec<u32> = came
            .iter()
            .filter(|(path, _)| path == folder)
            .map(|(_, came)| came.0)
            .collect();
        assert_eq!(modes, [0o040_700, 0o040_755], "{folder} comes twice");
    }
    let files: BTreeMap<&str, &Vec<u8>> = came
        .iter()
        .filter(|(_, came)| came.0 == 0o100_644)
        .map(|(path, came)| (path.as_str(), &came.2))
        .collect();
    assert_eq!(files.len(), 7);
    assert_eq!(files["home/user/Documents/x.odt"], &noise(0, 5000));
    assert_eq!(files["home/user/Documents/zz.odt"], &noise(0, 5000));
    assert_eq!(files["home/user/Documents/deep/deeper/r"], &noise(4, 5000));
    assert_eq!(files["home/user/video/big"], &noise(9, BIG_BYTES));
    assert!(came.iter().any(|(path, _)| path == "home/user/empty"));
}

#[test]
fn little_files_that_lie_together_are_fetched_once() {
    let dom0 = home();
    let (said, came) = handed(&dom0, &["home/user/many"], |taker| take(&taker, 0, 0));
    let counts = said.unwrap().counts;
    assert_eq!(counts.files, 1000);
    assert_eq!(counts.bytes_read, 30_000_000);
    assert!(
        came.iter()
            .any(|(path, came)| path.ends_with("many/999") && came.2 == noise(1099, 30_000))
    );
    // Four batches, each of which may fetch a frame again.
    assert!(counts.bytes_stored < 40_000_000, "{}", counts.bytes_stored);
}

#[test]
fn a_sparse_file_comes_with_zeros_and_data_has_a_bound() {
    let place = tempfile::tempdir().unwrap();
    let tree = place.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let sparse = File::create(tree.join("sparse")).unwrap();
    sparse.set_len(50 << 20).unwrap();
    sparse.write_all_at(b"middle", 20 << 20).unwrap();
    fs::write(tree.join("data"), noise(1, 3_000_000)).unwrap();
    let mut dom0 = Dom0::new(&image::make(&place.path().join("image"), &tree, 64));
    dom0.back_up();
    // Some 2 MiB of data at most.
    let bounded = |path: &str| {
        let job = HandOutJob {
            volume_bytes: 64 << 10,
            ..job(&dom0, &[path])
        };
        let (ours, theirs) = UnixStream::pair().unwrap();
        let taker = thread::spawn(move || take(&theirs, 0, 0));
        (hand_out(&job, &dom0.storage, ours), taker)
    };
    let (said, taker) = bounded("sparse");
    assert!(said.is_ok());
    let came = taker.join().unwrap();
    let mut expected = vec![0; 50 << 20];
    expected[20 << 20..][..6].copy_from_slice(b"middle");
    assert!(came[0].1.2 == expected);
    let (said, _) = bounded("data");
    assert_eq!(said.unwrap_err().code, Code::TargetTooSmall);
}

#[test]
fn a_tar_is_unpacked_by_stock_tar_as_what_was_backed_up() {
    if !can_mount("a_tar_is_unpacked_by_stock_tar_as_what_was_backed_up") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (tree, unpacked) = (place.path().join("tree"), place.path().join("unpacked"));
    fs::create_dir(&tree).unwrap();
    fs::create_dir(&unpacked).unwrap();
    told::fill(&tree);
    let image = image::make(&place.path().join("image"), &tree, 96);
    let mut dom0 = Dom0::new(&image);
    dom0.back_up();
    let name = PlainName::try_from("work_1.tar".to_owned()).unwrap();
    let job = HandOutJob {
        form: HandOutForm::Tar(name),
        volume_bytes: 96 << 20,
        ..job(&dom0, &["*"])
    };
    let (ours, theirs) = UnixStream::pair().unwrap();
    let taker = thread::spawn(move || take(&theirs, 0, 0));
    let said = hand_out(&job, &dom0.storage, ours).unwrap();
    let came = taker.join().unwrap();
    let [(path, (mode, _, tar))] = came.as_slice() else {
        panic!("{} entries", came.len());
    };
    assert_eq!((path.as_str(), *mode), ("work_1.tar", 0o100_600));
    assert_eq!(said.held_back, 0);
    fs::write(place.path().join(path), tar).unwrap();
    let unpack = "tar --extract --file work_1.tar --directory unpacked --numeric-owner \
        --preserve-permissions --xattrs --xattrs-include='*' --warning=no-timestamp";
    told::run(unpack, place.path());
    let (unpacked, was) = (told::told(&unpacked), told::told_of_image(&image));
    for (unpacked, was) in unpacked.lines().zip(was.lines()) {
        assert_eq!(unpacked, was);
    }
    assert_eq!(unpacked.len(), was.len());
}

#[test]
fn links_that_lead_outside_are_held_back_and_counted() {
    let dom0 = home();
    let (said, came) = handed(&dom0, &["home/user/link"], |taker| take(&taker, 0, 0));
    assert_eq!(said.unwrap().held_back, 0);
    let link = came
        .iter()
        .find(|(path, _)| path == "home/user/link")
        .unwrap();
    assert_eq!(
        (link.1.0, link.1.2.as_slice()),
        (0o120_777, b"Documents/x.odt".as_slice())
    );
}

#[test]
fn a_taker_that_does_not_take_all_is_told_as_that() {
    let dom0 = home();
    let paths = ["home/user/many"];
    let code = |said: Result<HandedOut, Fault>| said.unwrap_err().code;
    let (said, ()) = handed(&dom0, &paths, drop);
    assert_eq!(code(said), Code::TakerRefused, "nobody agreed");
    let (said, _) = handed(&dom0, &paths, |taker| take(&taker, 0, 1));
    assert_eq!(code(said), Code::TakerFailed, "it took something else");
    let (said, _) = handed(&dom0, &paths, |taker| take(&taker, 17, 0));
    assert_eq!(code(said), Code::TakerFailed, "it has such a file");
    let (said, ()) = handed(&dom0, &paths, |taker| {
        let mut some = [0; 100_000];
        (&taker).read_exact(&mut some).unwrap();
        let answer = [28_u32.to_le_bytes(), [0; 4], [0; 4], [0; 4]].concat();
        (&taker).write_all(&answer).unwrap();
    });
    assert_eq!(code(said), Code::TakerFull, "it is full in the middle");
    let (said, _) = handed(&dom0, &["home/user/nothing"], |taker| {
        let mut all = Vec::new();
        (&taker).read_to_end(&mut all).unwrap();
        all
    });
    assert_eq!(code(said), Code::NoSuchPath);
}
