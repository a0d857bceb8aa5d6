//! What qubesd answers and tells: whole answers, their contents, lines of them, and events.
//!
//! The law: each is read or refused. Names of qubes are such, words are printable and have no
//! spaces, an exception moves no cursor, and an event is read up to its end and no further.

use qib::admin::AdminError;
use qib::admin::assignment::{Assignment, of_assigned, of_list};
use qib::admin::device::{Attachment, Words};
use qib::admin::settings::{property_line, volume_of};
use qib::admin::{event, reply};
use qib::revision::RevisionId;
use qib::settings::Word;
use qib_rpc::name::QubeName;
use std::io::Read;

/// Checks an answer.
pub fn check(input: &[u8]) {
    answer(input);
    content(input);
    events(input);
    if let Some(lines) = reply::lines(input) {
        lines.for_each(line);
    }
}

fn answer(input: &[u8]) {
    match reply::reply("method", input.to_vec()) {
        Ok(content) => {
            assert_eq!(input, [b"0\0", content.as_slice()].concat());
            self::content(&content);
        }
        Err(AdminError::Exception { kind, message, .. }) => {
            let printable = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            assert!(printable(&kind) && printable(&message));
            assert!(kind.len() <= 500 && message.len() <= 500);
        }
        Err(AdminError::NoAnswer(_)) => assert!(input.is_empty()),
        Err(_) => assert!(!input.starts_with(b"0\0") && !input.starts_with(b"2\0")),
    }
}

fn content(input: &[u8]) {
    for qube in reply::qubes(input).unwrap_or_default() {
        assert_eq!(QubeName::parse(qube.name.as_str()), Ok(qube.name));
        assert!(!qube.class.contains(' '));
    }
    let _property = reply::property(input);
    for word in reply::words(input).unwrap_or_default() {
        is_word(&word);
    }
    for key in ["size", "pool", ""] {
        let value = reply::line_value(input, key);
        assert!(value.is_none_or(|value| !value.contains('\n')));
    }
    if let Some(volume) = volume_of(input, "vm-pool", "lvm_thin") {
        is_word(&volume.pool);
        is_word(&volume.driver);
    }
    let lines = String::from_utf8_lossy(input);
    let attachment = Attachment { device: "loop1", frontend: "xvdi", read_only: true };
    for words in [Words::Qubes42, Words::Qubes43] {
        assert!(!words.tell(&lines, attachment) || lines.contains("loop1"));
    }
}

fn line(line: &str) {
    let class = Word::parse("pci").unwrap();
    let of_4_2 = of_list(&class, line).flatten();
    for assignment in of_4_2.iter().chain(&of_assigned(&class, line)) {
        assigned(assignment);
    }
    if let Some(Some((name, _))) = property_line(line) {
        is_word(&name);
    }
    let _uuid = reply::uuid(line);
    let _revision = RevisionId::parse(line);
}

fn assigned(assignment: &Assignment) {
    let Assignment { class, backend, port, id, options, .. } = assignment;
    [class, backend, port, id].into_iter().chain(options.keys()).for_each(is_word);
    assert_eq!(class.as_str(), "pci");
}

fn is_word(word: &Word) {
    let text = word.as_str();
    assert!((1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
}

fn events(input: &[u8]) {
    let mut rest = input;
    loop {
        let before = rest;
        let Ok(Some(event)) = event::read(&mut rest) else {
            break;
        };
        let read = &before[..before.len() - rest.len()];
        assert!(read.starts_with(b"1\0") && read.ends_with(b"\0\0"));
        assert!(event.name.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    // However long the rest is, no more than the longest event is read of it.
    let mut endless = input.chain(std::io::repeat(b'x')).take(1 << 20);
    let mut all = std::io::BufReader::with_capacity(1 << 10, &mut endless);
    let _event = event::read(&mut all);
    assert!(endless.limit() >= (1 << 20) - (256 << 10) - (1 << 10));
}

/// Answers of both releases.
pub fn seeds() -> Vec<Vec<u8>> {
    let seeds: [&[u8]; 14] = [
        b"0\0dom0 class=AdminVM state=Running\nwork class=AppVM state=Halted\n",
        b"0\0work class=AppVM state=Running uuid=01234567-89ab-cdef-0123-456789abcdef\n",
        b"2\0QubesVMNotFoundError\0\0No such domain: %r\0work\0",
        b"",
        b"0\0default=True type=int 600",
        b"memory default=False type=int 600\nlabel default=True type=label red\n",
        b"note default=False type=str a\\nb\\\\c\n",
        b"gui\nservice.cups\n",
        b"pool=vm-pool\nvid=qubes_dom0/vm-work-private\nsize=2147483648\nusage=1\n\
          rw=True\nephemeral=False\nsave_on_stop=True\nrevisions_to_keep=1\n",
        b"dom0+00_1f.2 no-strict-reset=True persistent=yes\nsys-usb+1-1 persistent=no\n",
        b"dom0+00_1f.2:0x8086 device_id='0x8086:*' port_id='00_1f.2' devclass='pci' \
          backend_domain='dom0' mode='required' _note='it\\'s'\n",
        b"dom0+loop1 read-only=yes frontend-dev=xvdi\n",
        b"dom0+loop1:* backend_domain='dom0' port_id='loop1' _read-only='yes' \
          _frontend-dev='xvdi'\n",
        b"1\0\0connection-established\0\x001\0work\0domain-shutdown\0id\x00work\0\0",
    ];
    seeds.map(<[u8]>::to_vec).to_vec()
}
