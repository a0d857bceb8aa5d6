//! The lab's one binary; the name it is called by decides which program it is.

fn main() -> std::process::ExitCode {
    qib_lab::run()
}
