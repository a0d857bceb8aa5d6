//! `qib receipt`: what proves later which state was the newest.

use super::{Ended, print_json};
use crate::cli::Receipt as Arguments;
use crate::error::Result;
use crate::machine::Installation;
use crate::receipt::Receipt;
use crate::text;
use serde_json::json;
use std::io::{IsTerminal, stdout};

/// Black on white, whatever the terminal's own colours are: cameras want it so.
const BLACK_ON_WHITE: &str = "\x1b[30;107m";
const OWN_COLOURS: &str = "\x1b[0m";

pub(super) fn run(arguments: &Arguments) -> Result<Ended> {
    let installation = Installation::open()?;
    let receipt = installation.receipt();
    let time = installation.ledger.newest_time();
    if arguments.json {
        print_json(&json!({
            "receipt": receipt.to_string(),
            "record": receipt.sequence(),
            "time": time,
        }))?;
        return Ok(Ended::Well);
    }
    println!("{receipt}  of {}", text::time(time));
    let is_terminal = stdout().is_terminal();
    if is_terminal || arguments.qr {
        print_code(&receipt, is_terminal);
    }
    Ok(Ended::Well)
}

fn print_code(receipt: &Receipt, has_colours: bool) {
    let (begin, end) = if has_colours {
        (BLACK_ON_WHITE, OWN_COLOURS)
    } else {
        ("", "")
    };
    let lines = receipt.qr().map(|code| code.lines()).unwrap_or_default();
    for line in lines {
        println!("{begin}{line}{end}");
    }
}
