//! Hanging up so that the peer still hears our last word.

use std::io::Read;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A peer that heard a fault hangs up by itself; this is for one that does not.
const LONGEST_FAREWELL: Duration = Duration::from_secs(3);

/// Says nothing more, and takes what the peer still sends: to close with unread
/// bytes would tell it of a reset instead of our last word.
pub fn hang_up(stream: &UnixStream) {
    let deadline = Instant::now() + LONGEST_FAREWELL;
    // Errors mean that the peer is gone, which is what we wait for.
    let _gone = stream.shutdown(Shutdown::Write);
    let mut unheard = vec![0; 64 << 10];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match (&mut &*stream).read(&mut unheard) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
