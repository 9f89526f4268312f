//! The server is killed at random moments while agents write, the owner saves and commits, and each next life is asked whether every promise
//! was kept. `MEMBRIDGE_CRASH_CYCLES` says how often (30), `MEMBRIDGE_CRASH_SEED` with which choices (a seed fixes what everybody does next,
//! not when the processor lets them).

use std::{
    env,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use agents::Agent;
use check::Checker;
use people::Owner;
use world::{Random, Server, World};

mod agents;
mod check;
mod index;
mod people;
mod world;

/// Kills of one vault; then another one begins, so that checking stays quick.
const A_VAULT: u32 = 30;

/// Agents that have their notes for themselves, and all of them.
const ALONE: usize = 4;
const AGENTS: usize = 7;

#[test]
fn promises_outlive_a_kill() {
    let number = |name: &str, default| env::var(name).map_or(default, |it| it.parse().unwrap());
    let (cycles, seed) = (number("MEMBRIDGE_CRASH_CYCLES", 30), number("MEMBRIDGE_CRASH_SEED", 1));
    let mut left = cycles as u32;
    for run in 0.. {
        if left == 0 {
            break;
        }
        let now = left.min(A_VAULT).min(if cycles <= 30 { 10 } else { A_VAULT });
        // Every third vault is no repository: the history is the service's own.
        live_and_die(seed + run, now, run % 3 == 2);
        left -= now;
    }
}

fn live_and_die(seed: u64, lives: u32, is_private: bool) {
    let mut random = Random(seed);
    let mut world = World::new(is_private);
    let mut owner = Owner::new(Random(random.next()));
    owner.begin(&world.vault());
    let mut agents: Vec<Agent> = (0..AGENTS).map(|it| Agent::new(it, it >= ALONE, Random(random.next()))).collect();
    let mut checker = Checker::default();
    let begun = Instant::now();
    let mut running = world.start();
    for life in 0..lives {
        wait_until_ready(&running.server);
        let stop = AtomicBool::new(false);
        let mut clerk = Random(random.next());
        let until = Duration::from_millis(if random.one_in(12) { 2500 } else { 50 + random.below(600) as u64 });
        // Some begin before the server is up again.
        let early = random.one_in(2);
        running = thread::scope(|scope| {
            let writers: Vec<_> = agents
                .iter_mut()
                .map(|it| {
                    let server = running.server.clone();
                    scope.spawn(move || it.work(&server, life))
                })
                .collect();
            scope.spawn(|| owner.work(&world.vault(), &stop));
            if !is_private {
                scope.spawn(|| people::commit_all(&world, &mut clerk, &stop));
            }
            thread::sleep(until);
            running.kill();
            writers.into_iter().for_each(|it| it.join().unwrap());
            if early {
                let next = world.start();
                wait_until_ready(&next.server);
                stop.store(true, Ordering::Relaxed);
                next
            } else {
                stop.store(true, Ordering::Relaxed);
                world.start()
            }
        });
        wait_until_ready(&running.server);
        checker.check(&world, &running.server, &owner, &agents);
        checker.wrong.extend(agents.iter_mut().flat_map(|it| std::mem::take(&mut it.wrong)));
        if !checker.wrong.is_empty() {
            running.kill();
            panic!(
                "seed {seed}, life {life}, in {}:\n{}",
                world.keep().display(),
                checker.wrong.join("\n")
            );
        }
    }
    index::equals_a_fresh_one(&world, running);
    let count = |of: fn(&Agent) -> usize| agents.iter().map(of).sum::<usize>();
    eprintln!(
        "crash: seed {seed}, {} history, {lives} kills in {:.1?}: {} acknowledged writes ({} of shared notes, {} asked again after a kill, {} \
         swept into the owner's commits), {} saves by the owner ({} set aside)",
        if is_private { "private" } else { "the vault's own" },
        begun.elapsed(),
        count(|it| it.acknowledged.len()),
        count(|it| it.acknowledged.iter().filter(|it| it.is_shared).count()),
        count(|it| it.asked_again),
        checker.swept,
        owner.saves.len(),
        checker.set_aside,
    );
}

fn wait_until_ready(server: &Server) {
    let (status, json) = server.wait_for("/readyz", |status, _| status == 200);
    assert_eq!(status, 200, "not ready: {json}");
}
