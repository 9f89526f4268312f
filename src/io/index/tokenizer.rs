//! Hands the terms of `analysis` to tantivy. Knows tantivy's token stream; knows nothing of scripts or spelling.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::io::index::analysis::{Term, terms};

/// The name under which the schema asks for this tokenizer.
pub(super) const NAME: &str = "membridge";

/// Tokenizes a whole text at once into a buffer that is used again for the next text.
#[derive(Debug, Clone, Default)]
pub(super) struct NoteTokenizer {
    buffer: Vec<u8>,
    spans: Vec<Span>,
    token: Token,
}

#[derive(Debug, Clone)]
struct Span {
    text_end: usize,
    start: u32,
    end: u32,
    position: u32,
}

#[derive(Debug)]
pub(super) struct NoteTokenStream<'a> {
    tokenizer: &'a mut NoteTokenizer,
    next: usize,
    text_start: usize,
}

impl Tokenizer for NoteTokenizer {
    type TokenStream<'a> = NoteTokenStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> NoteTokenStream<'a> {
        self.buffer.clear();
        self.spans.clear();
        terms(
            text,
            |Term {
                 text,
                 start,
                 end,
                 position,
                 ..
             }| {
                self.buffer.extend_from_slice(text.as_bytes());
                // A passage is far below 4 GiB; the cast cannot cut.
                self.spans.push(Span {
                    text_end: self.buffer.len(),
                    start: start as u32,
                    end: end as u32,
                    position,
                });
            },
        );
        NoteTokenStream {
            tokenizer: self,
            next: 0,
            text_start: 0,
        }
    }
}

impl TokenStream for NoteTokenStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(span) = self.tokenizer.spans.get(self.next) else {
            return false;
        };
        let text = std::str::from_utf8(&self.tokenizer.buffer[self.text_start..span.text_end]).expect("terms are UTF-8");
        let token = &mut self.tokenizer.token;
        token.text.clear();
        token.text.push_str(text);
        token.offset_from = span.start as usize;
        token.offset_to = span.end as usize;
        token.position = span.position as usize;
        token.position_length = 1;
        self.text_start = span.text_end;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.tokenizer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokenizer.token
    }
}
