//! The key helper's services, asked as dom0 asks them.

use super::{init, open, qube, recover};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::QubeId;
use qib_rpc::key::{ChunkKey, Dom0Secret, Entropy, Kit, Passphrase, SealedIdentity};
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::Message;
use qib_rpc::message::key::{
    KeyInitDone, KeyInitJob, KeyOpenDone, KeyOpenJob, KeyQubeDone, KeyQubeJob, KeyRecoverDone,
    KeyRecoverJob,
};
use std::io::Write;
use std::process::{Command, Stdio};

const QUBE: QubeId = QubeId::new([3; 16]);

type Service = fn(&[u8], &mut Vec<u8>) -> Result<(), LineError>;

fn ask<Q: Message, A: Message>(service: Service, request: &Q) -> Result<A, Fault> {
    let mut sender = Sender::new(Vec::new());
    sender.send(request).unwrap();
    let mut answer = Vec::new();
    service(&sender.into_inner(), &mut answer).unwrap();
    let mut receiver = Receiver::with_limit(answer.as_slice(), 4096);
    let answer = receiver.receive().unwrap();
    assert!(receiver.next_frame().unwrap().is_none());
    answer
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn make_kit(text: &str) -> KeyInitDone {
    let job = KeyInitJob {
        passphrase: passphrase(text),
        secret: Dom0Secret::new([5; 32]),
        entropy: Entropy::new([6; 32]),
    };
    ask(|input, output| init(input, output), &job).unwrap()
}

fn make_qube(kit: &KeyInitDone) -> KeyQubeDone {
    let job = KeyQubeJob {
        master: kit.recipient.clone(),
        qube: QUBE,
        chunk_key: ChunkKey::new([7; 32]),
        entropy: Entropy::new([8; 32]),
    };
    ask(|input, output| qube(input, output), &job).unwrap()
}

fn try_open(
    text: &str,
    kit: &Kit,
    sealed: &SealedIdentity,
    qube: QubeId,
) -> Result<KeyOpenDone, Code> {
    let job = KeyOpenJob {
        passphrase: passphrase(text),
        kit: kit.clone(),
        sealed: sealed.clone(),
        qube,
    };
    ask(|input, output| open(input, output), &job).map_err(|fault| fault.code)
}

#[test]
fn kit_and_passphrase_open_what_was_sealed() {
    let kit = make_kit("correct horse é");
    let made = make_qube(&kit);
    let opened = try_open("correct horse é", &kit.kit, &made.sealed, QUBE).unwrap();
    assert_eq!(opened.recipient, made.recipient);
    let identity: age::x25519::Identity = opened.identity.expose().parse().unwrap();
    assert_eq!(identity.to_public().to_string(), *made.recipient.expose());
}

#[test]
fn a_kit_gives_a_new_dom0_its_secret_and_no_identity() {
    let kit = make_kit("right");
    let recovered = |text| {
        let job = KeyRecoverJob {
            passphrase: passphrase(text),
            kit: kit.kit.clone(),
        };
        ask::<_, KeyRecoverDone>(|input, output| recover(input, output), &job)
    };
    let done = recovered("right").unwrap();
    assert_eq!(done.secret.expose(), &[5; 32]);
    assert_eq!(done.recipient, kit.recipient);
    let wrong = recovered("wrong").map(|_| ()).unwrap_err();
    assert_eq!(wrong.code, Code::WrongPassphrase);
}

#[test]
fn each_wrong_thing_has_its_own_fault() {
    let (kit, other) = (make_kit("right"), make_kit("right"));
    let made = make_qube(&kit);
    let sealed = &made.sealed;
    let other_qube = QubeId::new([4; 16]);
    let code = |text, kit, qube| try_open(text, kit, sealed, qube).map(|_| ());
    assert_eq!(code("wrong", &kit.kit, QUBE), Err(Code::WrongPassphrase));
    assert_eq!(code("right", &other.kit, QUBE), Err(Code::WrongKit));
    assert_eq!(code("right", &kit.kit, other_qube), Err(Code::NotOurs));
}

fn changed(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

#[test]
fn damage_is_never_taken_for_a_key() {
    let kit = make_kit("p");
    let made = make_qube(&kit);
    let opened = super::kit::open(&kit.kit, &passphrase("p")).unwrap();
    for at in (0..kit.kit.expose().len()).step_by(67) {
        let bad = Kit::new(changed(kit.kit.expose(), at)).unwrap();
        let code = try_open("p", &bad, &made.sealed, QUBE).unwrap_err();
        // A flip in the sealed file key looks like another passphrase.
        assert!(
            matches!(code, Code::Damaged | Code::WrongPassphrase),
            "{at}"
        );
    }
    let sealed = made.sealed.expose();
    let cut = sealed[..sealed.len() - 1].to_vec();
    for bad in (0..sealed.len()).map(|at| changed(sealed, at)).chain([cut]) {
        let bad = SealedIdentity::new(bad).unwrap();
        let opened = super::sealed_identity::open(&bad, &opened.master, QUBE);
        let code = opened.map(|_| ()).unwrap_err().code;
        assert!(matches!(code, Code::Damaged | Code::WrongKit), "{code:?}");
    }
}

#[test]
fn hostile_kits_are_refused_at_once() {
    let made = make_qube(&make_kit("p"));
    let started = std::time::Instant::now();
    let mut costly = age::scrypt::Recipient::new("p".to_owned().into());
    costly.set_work_factor(18);
    let costly = super::age_file::seal("text", &costly).unwrap();
    let foreign = super::age_file::seal("text", &age::x25519::Identity::generate().to_public());
    let refused = |bytes: Vec<u8>| {
        let kit = Kit::new(bytes).unwrap();
        try_open("p", &kit, &made.sealed, QUBE).unwrap_err()
    };
    let patience = started.elapsed();
    assert_eq!(refused(costly), Code::Damaged);
    assert_eq!(refused(b"age-encryption.org/v1\n".to_vec()), Code::Damaged);
    assert_eq!(refused(b"hello".to_vec()), Code::Damaged);
    assert_eq!(refused(foreign.unwrap()), Code::WrongPassphrase);
    assert!(started.elapsed() - patience < patience.max(std::time::Duration::from_millis(200)));
}

#[test]
fn a_text_that_is_no_key_of_ours_is_damage() {
    let kit = make_kit("p");
    let master: age::x25519::Recipient = kit.recipient.expose().parse().unwrap();
    let identity = age::x25519::Identity::generate();
    let value = |text: &str| zeroize::Zeroizing::new(text.to_owned());
    let (id, key) = (QUBE.to_string(), "00".repeat(32));
    for (title, first, second) in [
        ("qib qube key 2", id.as_str(), key.as_str()),
        ("qib recovery kit 1", &id, &key),
        ("qib qube key 1", "../../etc", &key),
        ("qib qube key 1", &id, "00"),
    ] {
        let values = [("qube", value(first)), ("chunk key", value(second))];
        let text = super::key_text::write(title, &values, &identity);
        let sealed = super::age_file::seal(&text, &master).unwrap();
        let sealed = SealedIdentity::new(sealed).unwrap();
        assert_eq!(
            try_open("p", &kit.kit, &sealed, QUBE).unwrap_err(),
            Code::Damaged
        );
    }
}

#[test]
fn words_that_are_no_request_are_refused() {
    for words in [
        &b"Welcome to Debian\n\n"[..],
        b"qib\x01\x32\0\0\0\x04\0\0\0aaaa",
    ] {
        let mut answer = Vec::new();
        assert!(init(words, &mut answer).is_err());
        let fault = Receiver::new(answer.as_slice()).receive::<KeyInitDone>();
        assert_eq!(
            fault.unwrap().map_err(|fault| fault.code),
            Err(Code::Protocol)
        );
    }
    let mut answer = Vec::new();
    assert!(init(&b""[..], &mut answer).is_err());
    assert!(answer.is_empty());
}

/// The stock `age` asks for the passphrase at a terminal, which `script` makes.
#[test]
fn the_stock_tool_opens_kit_and_sealed_identity() {
    if Command::new("age").arg("--version").output().is_err() {
        eprintln!("skipped: needs the stock age");
        return;
    }
    let kit = make_kit("open sesame");
    let made = make_qube(&kit);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kit.age"), kit.kit.expose()).unwrap();
    std::fs::write(folder.path().join("key.age"), made.sealed.expose()).unwrap();
    let line = "age -d -o kit.txt kit.age && age -d -i kit.txt -o key.txt key.age";
    let mut at_a_terminal = Command::new("script")
        .args(["-qec", line, "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut keyboard = at_a_terminal.stdin.take().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    keyboard.write_all(b"open sesame\n").unwrap();
    assert!(at_a_terminal.wait().unwrap().success());
    let text = std::fs::read_to_string(folder.path().join("kit.txt")).unwrap();
    assert!(text.contains(&format!("# dom0 secret: {}\n", "05".repeat(32))));
    let text = std::fs::read_to_string(folder.path().join("key.txt")).unwrap();
    assert!(text.contains(&format!("# chunk key: {}\n", "07".repeat(32))));
    let opened = try_open("open sesame", &kit.kit, &made.sealed, QUBE).unwrap();
    assert!(text.ends_with(&format!("{}\n", opened.identity.expose())));
}
