//! A call that a stop ends: it runs on a thread of its own, which is left to its timeout when nobody waits for it any more. Knows nothing of what
//! is called.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::io::forge::Refusal;

/// How often to look whether to stop.
const STEP: Duration = Duration::from_millis(50);

/// Returns what the call returns, or a refusal as soon as `stop` is set. A stop before makes no call.
pub(super) fn unless_stopped<T: Send + 'static>(
    stop: &AtomicBool,
    call: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let later = |why: &str| Refusal::Later(None, why.to_owned());
    if stop.load(Ordering::Relaxed) {
        return Err(later("the service ends"));
    }
    let (sender, receiver) = bounded(1);
    thread::Builder::new()
        .name("forge-call".to_owned())
        // Nobody may wait for it any more.
        .spawn(move || drop(sender.send(call())))
        .map_err(|error| later(&format!("there is no thread for the call: {error}")))?;
    loop {
        match receiver.recv_timeout(STEP) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => return Err(later("the service ends")),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(later("the call broke off")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_stop_waited_for_six_calls_of_nine_seconds() {
        let stop = Arc::new(AtomicBool::new(false));
        let (called, calls) = bounded(1);
        // Never answers.
        let (_held, answers) = bounded::<()>(0);
        let ends = Arc::clone(&stop);
        let stopper = thread::spawn(move || {
            calls.recv().unwrap();
            ends.store(true, Ordering::Relaxed);
        });
        let result = unless_stopped(&stop, move || {
            called.send(()).unwrap();
            let _ = answers.recv();
            Ok(())
        });
        stopper.join().unwrap();
        assert_eq!(result, Err(Refusal::Later(None, "the service ends".to_owned())));
        let result = unless_stopped(&stop, || -> Result<(), Refusal> { panic!("there is no call after a stop") });
        assert!(result.is_err());
    }

    #[test]
    fn what_a_call_returns_is_returned() {
        assert_eq!(unless_stopped(&AtomicBool::new(false), || Ok(7)), Ok(7));
    }
}
