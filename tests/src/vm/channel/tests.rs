use std::os::fd::OwnedFd;

use super::*;

/// Both sides of a line; the guest ends every stream where this says.
fn pair<F>(answer: F) -> (Arc<Channel>, Arc<Channel>)
where
    F: Fn(String) -> io::Result<UnixStream> + Send + 'static,
{
    let (one, two) = UnixStream::pair().unwrap();
    let line = |end: UnixStream| File::from(OwnedFd::from(end));
    let (one, two) = (line(one), line(two));
    let host = Channel::new(one.try_clone().unwrap(), Side::Host);
    let guest = Channel::new(two.try_clone().unwrap(), Side::Guest);
    let (run_host, run_guest) = (Arc::clone(&host), Arc::clone(&guest));
    thread::spawn(move || run_host.run(one, |_| Err(io::Error::other("no calls"))));
    thread::spawn(move || run_guest.run(two, answer));
    (host, guest)
}

fn open(channel: &Arc<Channel>, command: &str) -> UnixStream {
    let (ours, its) = UnixStream::pair().unwrap();
    channel.open(command.to_owned(), its).unwrap();
    ours
}

fn read_all(mut socket: &UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Says its command, and then what it hears until it has heard so many bytes.
fn echo(bytes: usize) -> impl Fn(String) -> io::Result<UnixStream> {
    move |command| {
        let (ours, mut its) = UnixStream::pair()?;
        thread::spawn(move || {
            its.write_all(command.as_bytes()).unwrap();
            let mut heard = vec![0; bytes];
            its.read_exact(&mut heard).unwrap();
            its.write_all(&heard).unwrap();
        });
        Ok(ours)
    }
}

#[test]
fn what_is_said_is_heard_before_the_end() {
    let (host, _guest) = pair(echo(3 << 20));
    let mut call = open(&host, "command");
    let sent: Vec<u8> = (0..3u32 << 20).map(|n| n.to_le_bytes()[1]).collect();
    let all = [b"command", &sent[..]].concat();
    let reader = call.try_clone().unwrap();
    let heard = thread::spawn(move || read_all(&reader));
    call.write_all(&sent).unwrap();
    assert!(heard.join().unwrap() == all);
}

#[test]
fn a_stream_that_nobody_reads_holds_up_no_other() {
    let (ends, _services) = mpsc::channel();
    let echo = echo(5);
    let (host, _guest) = pair(move |command| {
        if command != "deaf" {
            return echo(command);
        }
        let (ours, its) = UnixStream::pair()?;
        ends.send(its).unwrap();
        Ok(ours)
    });
    let mut full = open(&host, "deaf");
    let patience = std::time::Duration::from_millis(300);
    full.set_write_timeout(Some(patience)).unwrap();
    let mut taken = 0;
    while let Ok(bytes) = full.write(&[1; 4096]) {
        taken += bytes;
        assert!(taken < 64 << 20, "nothing bounds what is under way");
    }
    assert!(taken >= 1 << 20, "{taken}");
    let mut other = open(&host, "other");
    other.write_all(b"12345").unwrap();
    assert_eq!(read_all(&other), b"other12345");
}

#[test]
fn a_client_that_goes_ends_the_service() {
    let (ends, services) = mpsc::channel();
    let (host, _guest) = pair(move |_| {
        let (ours, its) = UnixStream::pair()?;
        ends.send(its).unwrap();
        Ok(ours)
    });
    let mut client = open(&host, "");
    let mut service = services.recv().unwrap();
    client.write_all(b"last words").unwrap();
    drop(client);
    assert_eq!(read_all(&service), b"last words");
    assert!(service.write_all(b"late").is_err());
    while !host.streams().is_empty() {
        thread::yield_now();
    }
}

#[test]
fn a_call_that_is_not_answered_ends() {
    let (_host, guest) = pair(echo(0));
    assert_eq!(read_all(&open(&guest, "")), b"");
}
