//! A stream of frames, as dom0 hears a helper: any bytes.
//!
//! The law: hearing ends. A frame that is heard has one form, no longer than its kind may be, and
//! its message is taken for what the protocol says and for nothing else. No more than the limit
//! is heard. Data is handed on up to the announced length and no further.

use crate::messages;
use qib_rpc::fault::Fault;
use qib_rpc::frame::{DATA, HEADER_BYTES, Header};
use qib_rpc::limit::{MAX_DATA_BYTES, MAX_HELPER_ANSWER_BYTES, MAX_MESSAGE_BYTES};
use qib_rpc::line::{Frame, LineError, Receiver, Sender};
use qib_rpc::message::backup::Progress;
use qib_rpc::message::{Message, TABLE};

/// Checks a stream.
pub fn check(input: &[u8]) {
    let limit = u64::try_from(MAX_HELPER_ANSWER_BYTES).unwrap();
    let mut receiver = Receiver::with_limit(input, limit);
    loop {
        let before: &[u8] = receiver.get_ref();
        match receiver.next_frame() {
            Ok(Some(frame)) => {
                let length = before.len() - receiver.get_ref().len();
                one(&frame, &before[..length]);
                assert!(receiver.heard().answer_bytes <= limit);
            }
            Ok(None) => return assert!(before.is_empty()),
            Err(LineError::TooMuch) => return assert!(receiver.heard().answer_bytes > limit),
            Err(_) => break,
        }
    }
    data(input);
}

fn one(frame: &Frame, bytes: &[u8]) {
    let (untrusted_header, body) = bytes.split_first_chunk::<HEADER_BYTES>().unwrap();
    let header = Header::decode(*untrusted_header).unwrap();
    assert_eq!(header.encode(), *untrusted_header);
    assert_eq!(header.body_bytes(), body.len());
    let (kind, is_data) = (header.kind(), header.kind() == DATA);
    assert!(body.len() <= if is_data { MAX_DATA_BYTES } else { MAX_MESSAGE_BYTES });
    let is_message = messages::body(kind, body);
    match frame.decode::<Progress>() {
        Ok(Ok(_)) => assert!(frame.is::<Progress>() && is_message),
        Ok(Err(_)) => assert!(kind == Fault::KIND && is_message),
        Err(_) => assert!(!is_message || (kind != Progress::KIND && kind != Fault::KIND)),
    }
}

fn data(input: &[u8]) {
    let announced = 1 + u64::from(input.last().copied().unwrap_or(0)) * 1500;
    let mut handed = 0;
    let sink = |piece: &[u8]| {
        assert!((1..=MAX_DATA_BYTES).contains(&piece.len()));
        handed += u64::try_from(piece.len()).unwrap();
        Ok::<(), LineError>(())
    };
    let heard = Receiver::new(input).receive_data(announced, sink);
    assert!(handed <= announced);
    assert_eq!(matches!(heard, Ok(Ok(()))), handed == announced);
}

/// A frame of each message, and a conversation with data.
pub fn seeds() -> Vec<Vec<u8>> {
    let frame = |kind, body: &[u8]| {
        let header = Header::new(kind, body.len()).unwrap();
        [header.encode().as_slice(), body].concat()
    };
    let all = messages::all();
    let mut seeds: Vec<Vec<u8>> = TABLE
        .iter()
        .filter_map(|(kind, _)| all.iter().find(|(known, _)| known == kind))
        .map(|(kind, body)| frame(*kind, body))
        .collect();
    seeds.push(seeds.concat());
    let mut sender = Sender::new(Vec::new());
    sender.send_data(&[5; 1501]).unwrap();
    sender.send_data(&[5; 300_000]).unwrap();
    seeds.push(sender.into_inner());
    seeds
}
