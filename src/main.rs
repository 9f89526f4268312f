//! The binary: everything is in the library, so that tests reach it.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Gives memory back to the system after a first index, where glibc's allocator keeps it, and is quicker at it (measured). Without huge pages: they
/// kept twice as much of it (141 instead of 61 MB after searches by 32 clients in 10,000 notes, and no search was slower without).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    membridge::cli::run()
}
