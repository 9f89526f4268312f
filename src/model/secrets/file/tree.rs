//! Secrets of YAML and JSON that tell themselves by where they stand: below a telling key, beside a telling name, in a Secret or in what makes
//! or patches one, after the flag of a command. Knows what places mean; must not know how the text is written.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    super::{Found, argo, keyed},
    alias, base64, command,
    facts::{self, Facts, Patch},
    fallback, key, known, names,
    outline::{self, Nodes, Scalar, Style},
    role::{self, Says},
    word,
};

/// How deep files within files are looked into: a manifest in a patch in a ConfigMap.
const MAX_DEPTH: usize = 3;

/// So many keys and values around `data` tell of what it is a part.
const MAX_NEAR: usize = 100;

/// What stands around a text within a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    depth: usize,
    /// It patches a Secret.
    is_of_secret: bool,
    /// It stands above prose, as properties do, and may speak as prose does.
    is_prose: bool,
}

impl Around {
    /// Of the properties of a note.
    pub(super) fn of_note() -> Around {
        Around {
            is_prose: true,
            ..Around::default()
        }
    }
}

/// What a tree tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) found: Vec<Found>,
    /// Values of telling keys that are none here, in order: a line alone could not know.
    pub(super) cleared: Vec<Range<usize>>,
}

/// Returns what a text tells by its outline.
pub(super) fn find(text: &str, nodes: &Nodes, around: Around) -> Told {
    let mut tree = Tree {
        text,
        scalars: &nodes.scalars,
        around,
        facts: facts::read(text, &nodes.scalars),
        repeated: HashMap::new(),
        cleared: HashSet::new(),
        of_argo: argo::documents(text),
    };
    let mut says = tree.says();
    if nodes.names.iter().any(|it| it.is_alias) {
        tree.repeated = alias::repeated(text, nodes, |it| says[it].repeats());
        says = tree.says();
    }
    tree.find(&says)
}

struct Tree<'t> {
    text: &'t str,
    scalars: &'t [Scalar],
    around: Around,
    facts: HashMap<usize, Facts>,
    /// What is said of scalars in the places where they are repeated.
    repeated: HashMap<usize, Says>,
    /// Keys that the one above them makes harmless.
    cleared: HashSet<usize>,
    /// Documents that Argo CD reads.
    of_argo: Vec<Range<usize>>,
}

impl<'t> Tree<'t> {
    /// Returns what each key says.
    fn says(&mut self) -> Vec<Says> {
        let mut says = vec![Says::Nothing; self.scalars.len()];
        let mut kinds: HashMap<&str, Option<&'static str>> = HashMap::new();
        let mut cleared = HashSet::new();
        for (at, it) in self.scalars.iter().enumerate().filter(|(_, it)| it.is_key) {
            let text = &self.text[it.range.clone()];
            let kind = *kinds.entry(text).or_insert_with(|| key::kind_of(&decoded(text, it.style)));
            says[at] = self.said(text, kind, it, self.above(at, &says));
            let outer = kind.and(self.key_above(it));
            let below = outer.and_then(|outer| role::below(self.name(outer), text, outer.above.is_none()));
            if matches!(below, Some(Says::Nothing | Says::Pointing(_))) {
                cleared.insert(at);
            }
        }
        self.cleared = cleared;
        says
    }

    /// Returns what is said of a scalar by the key above it.
    fn above(&self, at: usize, says: &[Says]) -> Says {
        let said = self.scalars[at].above.map_or(Says::Nothing, |it| says[it]);
        match self.repeated.get(&at) {
            Some(repeated) if *repeated == Says::All || matches!(said, Says::Nothing | Says::Pointing(_)) => *repeated,
            _ => said,
        }
    }

    fn find(&self, says: &[Says]) -> Told {
        let mut told = Told::default();
        let all = &mut told.found;
        let mut lists: HashMap<usize, command::Arguments<'t>> = HashMap::new();
        for (at, it) in self.scalars.iter().enumerate() {
            if it.is_key || it.style == Style::Comment {
                continue;
            }
            let text = &self.text[it.range.clone()];
            let above = self.above(at, says);
            let n_found = all.len();
            // Only the value of a key itself can be one of a weak key.
            self.value(it, text, above, all);
            if all.len() == n_found && self.is_cleared(it) {
                told.cleared.push(it.range.clone());
            }
            if it.group != 0 && all.len() == n_found {
                let arguments = lists.entry(it.group).or_default();
                if let Some(secret) = arguments.next(text) {
                    let start = it.range.start;
                    push(all, start + secret.start..start + secret.end, "password");
                }
            }
            if all.len() == n_found && self.around.depth < MAX_DEPTH {
                told.cleared.extend(self.within(it, text, all));
            }
        }
        told
    }

    /// Tells whether a value is none although its key tells: an item of `secrets` names one.
    fn is_cleared(&self, it: &Scalar) -> bool {
        let names_one = |key: usize| it.group != 0 && self.name(&self.scalars[key]) == "secrets";
        it.above.is_some_and(|key| self.cleared.contains(&key) || names_one(key))
    }

    /// Returns what a key says, by its name and by what is said above it.
    fn said(&self, name: &str, kind: Option<&'static str>, it: &Scalar, above: Says) -> Says {
        let facts = self.facts.get(&it.group).copied().unwrap_or_default();
        let is_value = role::is_value(name);
        let is_secret = |it: &Scalar| facts::is_secret(&self.facts, self.text, self.scalars, it);
        let is_data = matches!(name, "data" | "binaryData") && (is_secret(it) || self.is_fragment(it));
        if is_data || matches!(name, "stringData" | "encryptedData") || above == Says::All {
            return Says::All;
        }
        if is_value && facts.patch == Patch::StringData || is_value && facts.patch == Patch::Data && self.around.is_of_secret {
            return Says::All;
        }
        match (above, name) {
            (_, "secretGenerator") => return Says::Generator,
            (Says::Generator, "literals") => return Says::Literals,
            (Says::Generator | Says::Literals, _) => return above,
            // Tools write the whole Secret there, and people what they must not forget.
            (_, "annotations") if self.key_above(it).is_some_and(|it| self.name(it) == "metadata" && is_secret(it)) => {
                return Says::Annotations;
            }
            (Says::Annotations, name) if role::is_known_annotation(name) => return Says::Nothing,
            (Says::Annotations, _) => return Says::Telling("kubernetes-secret"),
            _ => (),
        }
        if let Some(kind) = facts.named.filter(|_| is_value) {
            return Says::Telling(kind);
        }
        if let Some(says) = self
            .key_above(it)
            .and_then(|outer| role::below(self.name(outer), name, outer.above.is_none()))
        {
            return says;
        }
        match (kind, above) {
            _ if facts.is_remote && name == "secretKey" => Says::Nothing,
            (Some(kind), _) if role::is_weak(name) => Says::Weakly(kind),
            // `privateKey: {secret: name}`: the inner name is a value or the name of a Secret; its look decides.
            (Some(kind), _) => Says::Telling(kind),
            (None, Says::Telling(kind) | Says::Pointing(kind)) if role::is_pointer(name) => Says::Pointing(kind),
            (None, Says::Telling(_) | Says::Pointing(_)) => above,
            (None, Says::Weakly(kind)) if is_value => Says::Telling(kind),
            _ if role::is_name_of_secret(name) => Says::Pointing("secret"),
            _ => Says::Nothing,
        }
    }

    /// Tells whether data is a part of a manifest that shows no kind, and all of it is written as Base64: only a Secret is written so.
    fn is_fragment(&self, data: &Scalar) -> bool {
        let says_more = |it: &Scalar| it.is_key && it.group == data.group && matches!(self.name(it), "kind" | "apiVersion" | "immutable");
        let at = self.scalars.partition_point(|it| it.range.start < data.range.start);
        let near = &self.scalars[at.saturating_sub(MAX_NEAR)..self.scalars.len().min(at + MAX_NEAR)];
        if data.above.is_some() || near.iter().any(says_more) {
            return false;
        }
        let below = self.scalars[at + 1..].iter().take_while(|it| it.above.is_some());
        let mut values = below
            .filter(|it| !it.is_key && it.style != Style::Comment)
            .take(MAX_NEAR)
            .peekable();
        values.peek().is_some() && values.all(|it| base64::is_certain(self.name(it)))
    }

    fn key_above(&self, it: &Scalar) -> Option<&Scalar> {
        it.above.map(|it| &self.scalars[it])
    }

    fn name(&self, it: &Scalar) -> &'t str {
        &self.text[it.range.clone()]
    }

    fn value(&self, it: &Scalar, text: &str, above: Says, all: &mut Vec<Found>) {
        let above = match above {
            // Of a service of Compose, and of a called workflow: which secrets it may read.
            Says::Telling(kind) if it.group != 0 && self.key_above(it).is_some_and(|it| self.name(it) == "secrets") => Says::Pointing(kind),
            above => above,
        };
        match above {
            Says::Telling(kind) | Says::Weakly(kind) if self.is_secret(it, text.trim(), kind) => lines(self.text, it, kind, all),
            Says::Telling(kind) | Says::Weakly(kind) => fallbacks(text, it.range.start, kind, all),
            Says::All if key::is_reference(text.trim()) => fallbacks(text, it.range.start, "kubernetes-secret", all),
            Says::Pointing(kind) if role::is_secret_after_all(text.trim()) => lines(self.text, it, kind, all),
            Says::All if self.is_of_argo(it, text) => (),
            Says::All => lines(self.text, it, "kubernetes-secret", all),
            Says::Literals => {
                let start = text.find('=').map_or(0, |it| it + 1);
                if !key::is_reference(text[start..].trim()) {
                    push(all, it.range.start + start..it.range.end, "kubernetes-secret");
                }
            }
            Says::Nothing => {
                let patches = it.above.is_some_and(|at| {
                    let above = &self.scalars[at];
                    let patch = self.facts.get(&above.group).map(|it| it.patch);
                    patch == Some(Patch::Data) && role::is_value(&self.text[above.range.clone()])
                });
                // What a patch writes into `data` is Base64 if it is for a Secret.
                if patches && base64::is_likely(text) {
                    lines(self.text, it, "kubernetes-secret", all);
                }
            }
            _ => (),
        }
    }

    fn is_of_argo(&self, it: &Scalar, value: &str) -> bool {
        let key = self.key_above(it).map_or("", |it| self.name(it));
        let is_within = |document: &Range<usize>| document.contains(&it.range.start);
        argo::is_plain(key, value) && self.of_argo.iter().any(is_within)
    }

    /// Tells whether the value of a telling key is a secret.
    fn is_secret(&self, it: &Scalar, value: &str, kind: &str) -> bool {
        let name = self.key_above(it).map_or("", |it| self.name(it));
        if key::is_harmless(value) || it.group == 0 && key::is_count(name, value) {
            return false;
        }
        match kind {
            "salt" => keyed::is_secret(value, "token"),
            _ if self.around.is_prose && role::is_weak(name) => keyed::is_secret(value, kind),
            _ if self.around.is_prose => word::is_secret(value, kind),
            _ => true,
        }
    }

    /// Looks into a file that stands in a value.
    fn within(&self, it: &Scalar, text: &str, all: &mut Vec<Found>) -> Vec<Range<usize>> {
        let above = it.above.map(|it| &self.scalars[it]);
        let name = above.map_or("", |it| &self.text[it.range.clone()]);
        if it.style == Style::Block && names::is_store(name) {
            lines(self.text, it, "secret", all);
            return Vec::new();
        }
        if it.style == Style::Block {
            let known = known::find(name, text).into_iter();
            all.extend(known.map(|found| Found {
                range: it.range.start + found.range.start..it.range.start + found.range.end,
                kind: found.kind,
            }));
        }
        let is_json = text.starts_with(['{', '[']);
        let is_file = it.style == Style::Block && text.contains(':') || it.style == Style::Single && is_json;
        if !is_file || text.starts_with("{{") {
            return Vec::new();
        }
        if role::is_of_another_language(name) {
            return Vec::new();
        }
        let targets = above.and_then(|it| self.facts.get(&it.group)).is_some_and(|it| it.targets_secret);
        let around = Around {
            depth: self.around.depth + 1,
            is_of_secret: targets || self.around.is_of_secret,
            is_prose: self.around.is_prose,
        };
        let inner = outline::read(self.text, it.range.clone(), false);
        let told = find(self.text, &inner, around);
        all.extend(told.found);
        told.cleared
    }
}

/// Adds a value; of a block each line for itself, so that it stays one.
fn lines(text: &str, it: &Scalar, kind: &'static str, all: &mut Vec<Found>) {
    if it.style != Style::Block {
        return push(all, it.range.clone(), kind);
    }
    let mut at = it.range.start;
    for line in text[it.range.clone()].split_inclusive('\n') {
        let content = line.trim();
        let start = at + line.len() - line.trim_start().len();
        if !key::is_reference(content) {
            push(all, start..start + content.len(), kind);
        } else {
            fallbacks(content, start, kind, all);
        }
        at += line.len();
    }
}

/// Adds what a reference stands for where nothing else does.
fn fallbacks(text: &str, start: usize, kind: &'static str, all: &mut Vec<Found>) {
    for it in fallback::literals(text) {
        push(all, start + it.start..start + it.end, kind);
    }
}

fn push(all: &mut Vec<Found>, range: Range<usize>, kind: &'static str) {
    if !range.is_empty() {
        all.push(Found { range, kind });
    }
}

/// Returns a key as it is meant: `"pass\u0077ord"`.
fn decoded(text: &str, style: Style) -> std::borrow::Cow<'_, str> {
    if style != Style::Double || !text.contains('\\') {
        return text.into();
    }
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let n_digits = match after.chars().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        let code = after.get(1..=n_digits).filter(|it| !it.is_empty());
        match code.and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32) {
            Some(it) => {
                plain.push(it);
                rest = &after[n_digits + 1..];
            }
            None => rest = after,
        }
    }
    (plain + rest).into()
}
