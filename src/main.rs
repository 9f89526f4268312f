//! The binary: everything is in the library, so that tests reach it.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Gives memory back to the system after a first index, where glibc's allocator keeps it, and is quicker at it (measured).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    membridge::cli::run()
}
