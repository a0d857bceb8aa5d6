//! A service that hears one request and gives one answer.

use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::{LineError, Receiver, Sender};
use qib_rpc::message::Message;
use std::io::{Read, Write};

/// Hears a request and sends what `make` makes of it, or its refusal.
///
/// # Errors
/// When the line breaks.
pub fn answer<Request: Message, Answer: Message>(
    input: impl Read,
    output: impl Write,
    make: impl FnOnce(Request) -> Result<Answer, Fault>,
) -> Result<(), LineError> {
    let mut sender = Sender::new(output);
    let request = match Receiver::new(input).receive() {
        Ok(Ok(request)) => request,
        Ok(Err(_)) => return Err(LineError::Lost),
        Err(error @ (LineError::Frame(_) | LineError::Unexpected)) => {
            sender.send(&Fault::new(Code::Protocol))?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    match make(request) {
        Ok(answer) => sender.send(&answer),
        Err(fault) => sender.send(&fault),
    }
}
