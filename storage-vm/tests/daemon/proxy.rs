//! A faulty network: passes requests on to a real server, and does one of them wrong.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The line is cut before the server hears anything.
    Cut,
    /// The server says that it can not, and does nothing.
    Refused,
    /// It is done, and the answer gets lost.
    AnswerLost,
    /// It is done, and the answer is an error.
    DoneButError,
    /// The answer is fine, and nothing was done.
    NotDone,
    /// The answer ends half way.
    Short,
    /// Nothing comes for longer than anyone waits.
    Silence,
}

/// Which requests go wrong, from 1 on.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Never,
    /// This one.
    At(usize, Wrong),
    /// This one and all after it.
    From(usize, Wrong),
}

#[derive(Debug)]
struct State {
    when: When,
    requests: usize,
}

/// The proxy; it ends with the test.
pub struct Proxy {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// One in front of the server at this port.
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (when, requests) = (When::Never, 0);
        let state = Arc::new(Mutex::new(State { when, requests }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let _ended = pass(client, server, &shared);
                });
            }
        });
        Self { port, state }
    }

    /// Begins to count anew.
    pub fn set(&self, when: When) {
        let mut state = self.state.lock().unwrap();
        (state.when, state.requests) = (when, 0);
    }

    /// Requests since then.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

/// One request a connection, so that a request's number is known.
fn pass(mut client: TcpStream, server: u16, state: &Mutex<State>) -> std::io::Result<()> {
    let (head, body) = request(&mut client)?;
    let wrong = {
        let mut state = state.lock().unwrap();
        state.requests += 1;
        match state.when {
            When::At(number, wrong) if number == state.requests => Some(wrong),
            When::From(number, wrong) if number <= state.requests => Some(wrong),
            _ => None,
        }
    };
    let answer = |client: &mut TcpStream, words: &str| {
        let text = format!("HTTP/1.1 {words}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        client.write_all(text.as_bytes())
    };
    match wrong {
        None => client.write_all(&served(server, &head, &body)?),
        Some(Wrong::Cut) => Ok(()),
        Some(Wrong::Refused) => answer(&mut client, "503 Service Unavailable"),
        Some(Wrong::AnswerLost) => served(server, &head, &body).map(|_| ()),
        Some(Wrong::DoneButError) => {
            served(server, &head, &body)?;
            answer(&mut client, "500 Internal Server Error")
        }
        Some(Wrong::NotDone) => answer(&mut client, "201 Created"),
        Some(Wrong::Short) => {
            let whole = served(server, &head, &body)?;
            client.write_all(&whole[..whole.len() / 2])
        }
        Some(Wrong::Silence) => {
            thread::sleep(Duration::from_millis(2500));
            Ok(())
        }
    }
}

/// The head, with the word that this connection has no other request, and the body.
fn request(client: &mut TcpStream) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let text = String::from_utf8(head).unwrap();
    let mut lines = text.trim_end().split("\r\n");
    let mut ours = format!("{}\r\nConnection: close\r\n", lines.next().unwrap());
    let mut length = 0;
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "connection" => continue,
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
        ours.push_str(&format!("{line}\r\n"));
    }
    ours.push_str("\r\n");
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    Ok((ours.into_bytes(), body))
}

fn served(server: u16, head: &[u8], body: &[u8]) -> std::io::Result<Vec<u8>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server));
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(head)?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
