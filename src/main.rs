//! parse → check → run → exit code.

fn main() {}
