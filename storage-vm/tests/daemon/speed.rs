//! How fast objects arrive and leave. Run with `--release -- --ignored speed --nocapture`.

use super::bench::{Daemon, Line, folder, noise};
use qib_rpc::line::LineError;
use qib_rpc::message::object::{Finish, Finished, GetObject, Object, PutObject, Stored};
use qib_rpc::object::{Kind, ObjectName};
use std::time::Instant;

const COUNT: usize = 128;
const SIZE: usize = 16 << 20;

#[test]
#[ignore = "a measurement, not a check"]
fn speed() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut backup = daemon.backup(1);
    let mut bytes = noise(1, SIZE);
    let objects: Vec<_> = (0..COUNT)
        .map(|number| {
            bytes[0] = number as u8;
            (ObjectName::of(Kind::Pack, &bytes), number as u8)
        })
        .collect();
    let begun = Instant::now();
    put_all(daemon.put(1), &objects, bytes);
    tell("put", begun);
    backup.close_permit();
    let _restore = daemon.restore(2);
    let begun = Instant::now();
    get_all(daemon.get(2), &objects);
    tell("get", begun);
}

fn put_all(line: Line, objects: &[(ObjectName, u8)], mut bytes: Vec<u8>) {
    let Line { mut tx, mut rx } = line;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for (name, first) in objects {
                bytes[0] = *first;
                let asked = PutObject {
                    name: *name,
                    bytes: SIZE as u64,
                };
                tx.send(&asked).unwrap();
                tx.send_data(&bytes).unwrap();
            }
            tx.send(&Finish {}).unwrap();
        });
        for (name, _) in objects {
            assert_eq!(rx.receive::<Stored>().unwrap().unwrap().name, *name);
        }
        rx.receive::<Finished>().unwrap().unwrap();
    });
}

fn get_all(mut line: Line, objects: &[(ObjectName, u8)]) {
    for (name, _) in objects {
        line.tx.send(&GetObject { name: *name }).unwrap();
    }
    for _ in objects {
        let object: Object = line.expect();
        line.rx
            .receive_data(object.bytes, |_| Ok::<(), LineError>(()))
            .unwrap()
            .unwrap();
    }
}

fn tell(what: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let megabytes = (COUNT * SIZE) as f64 / 1e6;
    eprintln!("{what}: {:.0} MB/s", megabytes / seconds);
}
