//! One run of another program, with an end in any case: a limit of time, a bound on what it may say, and nobody left behind. Knows processes;
//! knows nothing of git.

use std::{
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// What is kept of each stream; the rest is read and dropped, so that the program does not wait for a reader.
const MAX_OUTPUT: usize = 64 << 10;

/// How often to look for the end of a stream that a helper, left behind by the program, may hold open: for 300 ms. Steps are counted, not time:
/// a machine that is paused takes one of them, and what the program said is read in the others.
const LAST_LOOKS: u32 = 15;

/// The longest step between two looks at the program.
const STEP: Duration = Duration::from_millis(20);

/// What a program said before it ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Why a program did not end by itself.
#[derive(Debug)]
pub(super) enum NotEnded {
    /// The time was over; it and all its children were killed.
    TimedOut,
    /// The service is about to stop; likewise.
    Stopped,
    Failed(io::Error),
}

/// Runs a program in a process group of its own and gives it `input` to read.
pub(super) fn run(command: &mut Command, input: Vec<u8>, limit: Duration, stop: &AtomicBool) -> Result<Ended, NotEnded> {
    let begun = Instant::now();
    command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Group(command.spawn()?);
    if let Some(mut stdin) = child.0.stdin.take() {
        // A program that does not read it says so by its exit status.
        thread::Builder::new().spawn(move || drop(stdin.write_all(&input)))?;
    }
    let stdout = child.0.stdout.take().map(Stream::read).transpose()?;
    let stderr = child.0.stderr.take().map(Stream::read).transpose()?;
    let mut step = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.0.try_wait()? {
            break status;
        }
        if stop.load(Ordering::Relaxed) {
            return Err(NotEnded::Stopped);
        }
        if begun.elapsed() >= limit {
            return Err(NotEnded::TimedOut);
        }
        thread::sleep(step);
        step = (step * 2).min(STEP);
    };
    let text = |it: Option<Stream>| it.map(Stream::finish).unwrap_or_default();
    Ok(Ended {
        success: status.success(),
        stdout: text(stdout),
        stderr: text(stderr),
    })
}

impl From<io::Error> for NotEnded {
    fn from(error: io::Error) -> NotEnded {
        NotEnded::Failed(error)
    }
}

/// A running program; dropping it ends it and its children.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // Gone already, then.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// One of its streams, read by a thread that ends with it.
struct Stream {
    kept: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Stream {
    fn read(mut from: impl Read + Send + 'static) -> io::Result<Stream> {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (at_end, end) = mpsc::channel();
        let shared = Arc::clone(&kept);
        thread::Builder::new().spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = match from.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => break,
                    Ok(read) => read,
                };
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let room = MAX_OUTPUT - kept.len();
                kept.extend_from_slice(&buffer[..read.min(room)]);
            }
            drop(at_end);
        })?;
        Ok(Stream { kept, end })
    }

    fn finish(self) -> String {
        // Nothing is ever sent: the end of the thread ends the wait.
        let is_open = |_: &u32| matches!(self.end.recv_timeout(STEP), Err(RecvTimeoutError::Timeout));
        let _looks = (0..LAST_LOOKS).take_while(is_open).count();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, input: &str, limit: Duration, stop: bool) -> Result<Ended, NotEnded> {
        run(Command::new("sh").args(["-c", script]), input.into(), limit, &AtomicBool::new(stop))
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn what_it_says_comes_back() {
        let ended = shell("cat; echo no >&2; exit 3", "yes", LONG, false).unwrap();
        assert_eq!(
            (ended.success, ended.stdout.as_str(), ended.stderr.as_str()),
            (false, "yes", "no\n")
        );
    }

    #[test]
    fn it_ends_when_the_time_is_over_with_its_children() {
        let begun = Instant::now();
        let ended = shell("sleep 60 & sleep 60", "", Duration::from_millis(50), false);
        assert!(matches!(ended, Err(NotEnded::TimedOut)), "{ended:?}");
        assert!(matches!(shell("sleep 60", "", LONG, true), Err(NotEnded::Stopped)));
        assert!(begun.elapsed() < LONG);
    }

    #[test]
    fn a_child_that_is_left_behind_does_not_hold_it_up() {
        let begun = Instant::now();
        assert_eq!(shell("sleep 30 & echo done", "", LONG, false).unwrap().stdout, "done\n");
        assert!(begun.elapsed() < LONG);
    }

    #[test]
    fn endless_talk_is_cut() {
        let ended = shell("head -c 1000000 /dev/zero", "", LONG, false).unwrap();
        assert_eq!(ended.stdout.len(), MAX_OUTPUT);
    }
}
