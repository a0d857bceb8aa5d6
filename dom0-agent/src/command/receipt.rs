//! `qib receipt`: what proves later which state was the newest.

use super::{Ended, print_json};
use crate::cli::Receipt;
use crate::error::Result;
use crate::machine::Installation;
use crate::text;
use serde_json::json;

pub(super) fn run(arguments: &Receipt) -> Result<Ended> {
    let installation = Installation::open()?;
    let receipt = installation.receipt();
    let time = installation.ledger.newest_time();
    if arguments.json {
        print_json(&json!({
            "receipt": receipt.to_string(),
            "record": receipt.sequence(),
            "time": time,
        }))?;
    } else {
        println!("{receipt}  of {}", text::time(time));
    }
    Ok(Ended::Well)
}
