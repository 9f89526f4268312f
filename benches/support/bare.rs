//! The bare programs: tantivy over title and body, stored, with CJK bigrams, parsed by pulldown-cmark, two threads; and its search with
//! snippets. No passages, no ranking of ours, no freshness: the floor that membridge is measured by.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use pulldown_cmark::{Event, Parser};
use tantivy::{
    Index, IndexReader, IndexWriter, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value},
    snippet::SnippetGenerator,
    tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer},
};

/// A bare index on disk.
pub(crate) struct Bare {
    index: Index,
    reader: IndexReader,
    title: Field,
    body: Field,
}

/// Returns every Markdown file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("list a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

impl Bare {
    /// Reads, parses and indexes all files.
    pub(crate) fn build(files: &[PathBuf], into: &Path) -> Bare {
        let mut schema = Schema::builder();
        let words = TextFieldIndexing::default()
            .set_tokenizer("bigrams")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = TextOptions::default().set_indexing_options(words);
        let title = schema.add_text_field("title", text.clone() | STORED);
        let body = schema.add_text_field("body", text | STORED);
        let index = Index::create_in_dir(into, schema.build()).expect("create the bare index");
        index.tokenizers().register("bigrams", TextAnalyzer::from(Bigrams::default()));
        let mut writer: IndexWriter = index.writer_with_num_threads(2, 96_000_000).expect("open the bare writer");
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let text = fs::read_to_string(file).expect("read a note");
                let mut plain = String::with_capacity(text.len());
                for event in Parser::new(&text) {
                    if let Event::Text(it) | Event::Code(it) = event {
                        plain.push_str(&it);
                        plain.push(' ');
                    }
                }
                let mut document = TantivyDocument::default();
                document.add_text(title, file.file_stem().unwrap_or_default().to_string_lossy());
                document.add_text(body, plain);
                writer.add_document(document).expect("add a note");
            }
        };
        thread::scope(|scope| {
            scope.spawn(work);
            work();
        });
        writer.commit().expect("commit the bare index");
        drop(writer);
        Bare::open(into)
    }

    /// Opens an index that was built.
    pub(crate) fn open(place: &Path) -> Bare {
        let index = Index::open_in_dir(place).expect("open the bare index");
        index.tokenizers().register("bigrams", TextAnalyzer::from(Bigrams::default()));
        let schema = index.schema();
        let field = |name| schema.get_field(name).expect("a field of the bare index");
        Bare {
            reader: index.reader().expect("open the bare reader"),
            title: field("title"),
            body: field("body"),
            index,
        }
    }

    /// Returns title and snippet of the eight best notes for an OR of the query's terms.
    pub(crate) fn search(&self, query: &str) -> Vec<(String, String)> {
        let mut terms: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut tokenizer = self.index.tokenizers().get("bigrams").expect("registered above");
        let mut stream = tokenizer.token_stream(query);
        while let Some(token) = stream.next() {
            let term = Term::from_field_text(self.body, &token.text);
            terms.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
        }
        let query = BooleanQuery::new(terms);
        let searcher = self.reader.searcher();
        let found = searcher.search(&query, &TopDocs::with_limit(8).order_by_score()).expect("search");
        let snippets = SnippetGenerator::create(&searcher, &query, self.body).expect("prepare snippets");
        let read = |address| {
            let document: TantivyDocument = searcher.doc(address).expect("read a hit");
            let title = document
                .get_first(self.title)
                .and_then(|it| it.as_str())
                .unwrap_or_default()
                .to_owned();
            (title, snippets.snippet_from_doc(&document).fragment().to_owned())
        };
        found.into_iter().map(|(_, address)| read(address)).collect()
    }
}

/// Lower-cased words, and pairs of neighbours where characters stand without spaces.
#[derive(Clone, Default)]
struct Bigrams {
    tokens: Vec<Token>,
}

struct BigramStream<'a> {
    tokens: &'a mut Vec<Token>,
    next: usize,
}

impl Tokenizer for Bigrams {
    type TokenStream<'a> = BigramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> BigramStream<'a> {
        self.tokens.clear();
        let is_cjk = |it: char| ('\u{3040}'..='\u{9fff}').contains(&it) || ('\u{ac00}'..='\u{d7af}').contains(&it);
        let mut chars = text.char_indices().peekable();
        while let Some((start, first)) = chars.next() {
            if !first.is_alphanumeric() {
                continue;
            }
            let mut end = start + first.len_utf8();
            let mut word: String = first.to_lowercase().collect();
            while let Some(&(at, next)) = chars.peek() {
                let joins = if is_cjk(first) {
                    is_cjk(next) && end == start + first.len_utf8()
                } else {
                    next.is_alphanumeric() && !is_cjk(next)
                };
                if !joins {
                    break;
                }
                word.extend(next.to_lowercase());
                end = at + next.len_utf8();
                if is_cjk(first) {
                    break;
                }
                chars.next();
            }
            let position = self.tokens.len();
            self.tokens.push(Token {
                offset_from: start,
                offset_to: end,
                position,
                text: word,
                position_length: 1,
            });
        }
        BigramStream {
            tokens: &mut self.tokens,
            next: 0,
        }
    }
}

impl TokenStream for BigramStream<'_> {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.next - 1]
    }
}
