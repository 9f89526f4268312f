//! A vault, its repository and the real binary over them: made, started, killed, asked. Knows processes and paths; knows nothing of what must
//! hold.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

/// Far longer than a start or an answer takes, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A small generator of its own, so that a seed means the same for ever (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// Where everything of one run lies.
pub(crate) struct World {
    folder: TempDir,
    /// Whether the history is in a repository of the service's own.
    pub(crate) is_private: bool,
}

/// A server that runs.
pub(crate) struct Running {
    child: Child,
    pub(crate) server: Server,
}

/// How to ask it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    url: String,
    agent: Agent,
}

impl World {
    pub(crate) fn new(is_private: bool) -> World {
        let folder = tempfile::tempdir().unwrap();
        let world = World { folder, is_private };
        fs::create_dir_all(world.vault().join("Shared")).unwrap();
        let config = format!(
            "sources: [{{name: vault, kind: vault, path: {}}}]\ndata_dir: {}\nlisten: 127.0.0.1:0\nwrite: {{edit_existing: ['**']}}\n\
             quiet: 50ms\nrescan_interval: 5s\ngit: {{owner: 'Ada <ada@example.org>'}}\nlog: {{format: json, filter: info}}\n",
            world.vault().display(),
            world.data().display()
        );
        fs::write(world.at("config.yaml"), config).unwrap();
        if !is_private {
            world.git_or_fail(&["init", "-q", "-b", "main"]);
            fs::write(world.vault().join(".gitignore"), "/.trash/\n").unwrap();
            world.git_or_fail(&["add", "-A"]);
            world.git_or_fail(&["commit", "-qm", "start"]);
        }
        world
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.at("vault")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.at("data")
    }

    /// Keeps the folder for whoever looks for what went wrong.
    pub(crate) fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// Runs git as the owner of the vault does; on the repository that the service uses.
    pub(crate) fn git(&self, arguments: &[&str]) -> Output {
        git_command(&self.vault(), self.is_private.then(|| self.data()).as_deref())
            .args(arguments)
            .output()
            .unwrap()
    }

    pub(crate) fn git_or_fail(&self, arguments: &[&str]) -> String {
        let output = self.git(arguments);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "git {arguments:?} in {}: {output:?}",
            self.folder.path().display()
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Says which objects there are, one line for each line that is asked.
    pub(crate) fn git_check(&self, asked: &[String]) -> Vec<String> {
        let mut child = git_command(&self.vault(), self.is_private.then(|| self.data()).as_deref())
            .args(["cat-file", "--batch-check=%(objectname)"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = asked.join("\n") + "\n";
        let feeder = thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Starts the binary, and returns once it listens.
    pub(crate) fn start(&self) -> Running {
        let log = self.at("log");
        let begin = fs::metadata(&log).map_or(0, |it| it.len() as usize);
        let file = OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_membridge"))
            .args(["serve".as_ref(), "--config".as_ref(), self.at("config.yaml").as_os_str()])
            .env_remove("MEMBRIDGE_TOKEN")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut running = Running {
            child,
            server: Server {
                url: String::new(),
                agent: ureq::config::Config::builder()
                    .http_status_as_error(false)
                    .timeout_global(Some(PATIENCE))
                    .build()
                    .into(),
            },
        };
        let begun = Instant::now();
        loop {
            let said = fs::read(&log).unwrap();
            let said = String::from_utf8_lossy(&said[begin..]);
            let line = said.lines().find(|it| it.contains("\"listening\"") && it.ends_with('}'));
            if let Some(line) = line {
                let line: Value = serde_json::from_str(line).unwrap();
                let address = line.pointer("/fields/address").or_else(|| line.get("address")).unwrap();
                running.server.url = format!("http://{}", address.as_str().unwrap());
                return running;
            }
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "the server does not start: {said}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Takes the index away, as if there had never been one.
    pub(crate) fn forget_index(&self) {
        fs::remove_dir_all(self.data().join("index")).unwrap();
    }
}

/// Makes the command; `data` is given where the history lies there.
fn git_command(vault: &Path, data: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    command.current_dir(vault);
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        command.env(name, "/dev/null");
    }
    let settings = ["user.name=Ada", "user.email=ada@example.org", "gc.auto=0", "core.quotePath=false"];
    for it in settings {
        command.args(["-c", it]);
    }
    if let Some(data) = data {
        command.arg(format!("--git-dir={}", data.join("state/history/vault.git").display()));
        command.arg(format!("--work-tree={}", vault.display()));
    }
    command
}

impl Running {
    /// As the kernel does when memory is short.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operator does.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing is left to do where it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// Returns status and JSON; an error when the server is gone.
    pub(crate) fn get(&self, target: &str) -> Result<(u16, Value), ureq::Error> {
        let mut answer = self.agent.get(format!("{}{target}", self.url)).call()?;
        Ok((answer.status().as_u16(), answer.body_mut().read_json().unwrap_or_default()))
    }

    /// Puts a note, or deletes it where there is no text.
    pub(crate) fn write(&self, path: &str, text: Option<&str>, headers: &[(&str, &str)]) -> Result<(u16, Value), ureq::Error> {
        let url = format!("{}/v1/notes/{path}", self.url);
        let mut answer = match text {
            Some(text) => {
                let mut request = self.agent.put(url).header("content-type", "text/markdown");
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                request.send(text)?
            }
            None => {
                let mut request = self.agent.delete(url);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                request.call()?
            }
        };
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_json()?))
    }

    /// Waits until an answer is as wanted, and returns the last one in any case.
    pub(crate) fn wait_for(&self, target: &str, wanted: impl Fn(u16, &Value) -> bool) -> (u16, Value) {
        let begun = Instant::now();
        loop {
            let (status, json) = self.get(target).unwrap();
            if wanted(status, &json) || begun.elapsed() > PATIENCE / 2 {
                return (status, json);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Writes a file as an editor does that keeps it open: emptied first, in two pieces.
pub(crate) fn save_in_place(file: &Path, text: &str, pause: Option<Duration>) {
    let mut open = File::create(file).unwrap();
    let (one, other) = text.as_bytes().split_at(text.len() / 2);
    open.write_all(one).unwrap();
    pause.into_iter().for_each(thread::sleep);
    open.write_all(other).unwrap();
}
