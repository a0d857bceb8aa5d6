//! The benchmark's program.

fn main() -> std::process::ExitCode {
    qib_bench::run()
}
