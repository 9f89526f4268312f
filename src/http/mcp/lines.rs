//! Lines of messages on their way to the protocol: in the place of one that is too long stands a short one with its id, which is answered with why.
//! The protocol's library drops such a line, and whoever sent it waits for ever. Knows JSON-RPC's envelope; knows no method.

use std::io::{self, BufRead, Read, Write};

use serde::Deserialize;
use serde_json::{Value, json};

/// What the protocol's library takes.
pub(super) const LINE_MOST: usize = 16 << 20;

/// How far into a longer line its id is looked for: some write it last.
const LOOKED_MOST: usize = 64 << 20;
/// An id that is longer is none.
const ID_MOST: usize = 200;

/// The method that stands for a message that was too long.
pub(super) const TOO_LONG: &str = "membridge/message-too-long";

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    id: Option<Value>,
}

/// Copies lines until there are no more.
pub(super) fn shorten(input: impl BufRead, output: impl Write) -> io::Result<()> {
    shorten_over(LINE_MOST, input, output)
}

fn shorten_over(most: usize, mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        input.by_ref().take(most as u64).read_until(b'\n', &mut line)?;
        let is_whole = line.len() < most || line.ends_with(b"\n");
        if is_whole {
            output.write_all(&line)?;
            // The last line of a client that ends without one: what reads on takes lines only.
            if !line.is_empty() && !line.ends_with(b"\n") {
                output.write_all(b"\n")?;
            }
        } else {
            let rest = Line(&mut input);
            let id = id_of(line.as_slice().chain(rest).take((most + LOOKED_MOST) as u64));
            input.skip_until(b'\n')?;
            let stand_in = match id {
                Some(id) => json!({"jsonrpc": "2.0", "id": id, "method": TOO_LONG}),
                // A request without an id that anybody could read is answered as one that is invalid.
                None => json!([]),
            };
            writeln!(output, "{stand_in}")?;
        }
        output.flush()?;
        if line.is_empty() {
            return Ok(());
        }
    }
}

/// Reads no further than the id needs, and keeps nothing else.
fn id_of(message: impl Read) -> Option<Value> {
    let envelope: Envelope = serde_json::from_reader(io::BufReader::new(message)).ok()?;
    envelope.id.filter(|it| match it {
        Value::Number(_) => true,
        Value::String(it) => it.len() <= ID_MOST,
        _ => false,
    })
}

/// What is left of a line, without its line feed.
struct Line<'a, R>(&'a mut R);

impl<R: BufRead> Read for Line<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.0.fill_buf()?;
        let end = memchr::memchr(b'\n', there).unwrap_or(there.len());
        let count = end.min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.0.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing was answered, and the client waited for ever.
    #[test]
    fn a_line_that_is_too_long_keeps_its_id() {
        let check = |input: &str, expected: &str| {
            let mut output = Vec::new();
            // A small buffer, so that a line comes in pieces.
            shorten_over(60, io::BufReader::with_capacity(7, input.as_bytes()), &mut output).unwrap();
            assert_eq!(String::from_utf8(output).unwrap(), expected, "{input}");
        };
        let ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
        check("", "");
        check(ping, ping);
        check("no line feed", "no line feed\n");
        let text = "x".repeat(100);
        let told = |id: &str| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"membridge/message-too-long\"}}\n");
        let last = format!("{{\"method\":\"a\",\"params\":{{\"id\":7,\"text\":\"{text}\\n\"}},\"id\":5}}\n");
        check(&format!("{last}{ping}"), &format!("{}{ping}", told("5")));
        check(
            &format!("{{\"id\":\"a-1\",\"params\":\"{text}\"}}\n{ping}"),
            &format!("{}{ping}", told("\"a-1\"")),
        );
        check(&format!("{{\"params\":\"{text}\"}}\n{ping}"), &format!("[]\n{ping}"));
        check(&format!("{{\"id\":null,\"params\":\"{text}\"}}\n{ping}"), &format!("[]\n{ping}"));
        check(&format!("{{\"id\":3,\"params\":\"{text}\n{ping}"), &format!("[]\n{ping}"));
    }
}
