//! Secrets of YAML and JSON that tell themselves by where they stand: below a telling key, beside a telling name, in a Secret or in what makes
//! or patches one, after the flag of a command. Knows what places mean; must not know how the text is written.

use std::{collections::HashMap, ops::Range};

use super::{
    super::{Found, keyed},
    command, key,
    outline::{self, Scalar, Style},
    role,
};

/// How deep files within files are looked into: a manifest in a patch in a ConfigMap.
const MAX_DEPTH: usize = 3;

/// What stands around a text within a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    depth: usize,
    /// It patches a Secret.
    is_of_secret: bool,
}

/// What a key says of what stands below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    /// A secret, unless it looks harmless.
    Telling(&'static str),
    /// A secret where it is a value of its own; of a map only what is called its value.
    Weakly(&'static str),
    /// Where the secret is, below a telling key: no secret, unless it looks like one.
    Pointing(&'static str),
    /// All but references.
    All,
    /// What Kustomize makes a Secret from, and its literals.
    Generator,
    Literals,
}

/// What the keys of a map tell together.
#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    is_secret: bool,
    /// The kind of secret that its `name` names.
    named: Option<&'static str>,
    /// It says where a secret comes from: its `secretKey` is the name of one.
    is_remote: bool,
    /// Its `target` is a Secret.
    targets_secret: bool,
    patch: Patch,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Patch {
    #[default]
    None,
    /// `/data/..`: of a Secret or of a ConfigMap.
    Data,
    StringData,
}

/// Returns the secrets of a text by its outline.
pub(super) fn find(text: &str, scalars: &[Scalar], around: Around) -> Vec<Found> {
    let tree = Tree {
        text,
        scalars,
        around,
        facts: facts(text, scalars),
    };
    tree.find()
}

struct Tree<'t> {
    text: &'t str,
    scalars: &'t [Scalar],
    around: Around,
    facts: HashMap<usize, Facts>,
}

/// Returns what the maps tell that tell anything.
fn facts(text: &str, scalars: &[Scalar]) -> HashMap<usize, Facts> {
    let mut facts: HashMap<usize, Facts> = HashMap::new();
    for it in scalars.iter().filter(|it| it.is_key && &text[it.range.clone()] == "remoteRef") {
        facts.entry(it.group).or_default().is_remote = true;
    }
    for it in scalars
        .iter()
        .filter(|it| !it.is_key && it.group == 0 && it.style != Style::Comment)
    {
        let Some(above) = it.above.map(|it| &scalars[it]) else { continue };
        let value = text[it.range.clone()].trim();
        match &text[above.range.clone()] {
            "kind" if matches!(value, "Secret" | "SealedSecret") => {
                facts.entry(above.group).or_default().is_secret = true;
                if let Some(outer) = above.above.map(|it| &scalars[it])
                    && &text[outer.range.clone()] == "target"
                {
                    facts.entry(outer.group).or_default().targets_secret = true;
                }
            }
            "path" if value == "/stringData" || value.starts_with("/stringData/") => {
                facts.entry(above.group).or_default().patch = Patch::StringData;
            }
            "path"
                if ["/data", "/binaryData"]
                    .iter()
                    .any(|it| value.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with('/'))) =>
            {
                facts.entry(above.group).or_default().patch = Patch::Data;
            }
            "name" | "Name" | "key" | "Key" | "path" | "id" | "variable" | "variable_name" | "parameter" | "ParameterKey" | "header" => {
                let last = value.rsplit(['/', '.']).next().unwrap_or(value);
                if let Some(kind) = key::kind_of(last) {
                    facts.entry(above.group).or_default().named = Some(kind);
                }
            }
            _ => (),
        }
    }
    facts
}

impl<'t> Tree<'t> {
    fn find(&self) -> Vec<Found> {
        let mut all = Vec::new();
        let mut says = vec![Says::Nothing; self.scalars.len()];
        let mut kinds: HashMap<&str, Option<&'static str>> = HashMap::new();
        let mut lists: HashMap<usize, command::Arguments<'t>> = HashMap::new();
        for (at, it) in self.scalars.iter().enumerate() {
            let text = &self.text[it.range.clone()];
            let above = it.above.map_or(Says::Nothing, |it| says[it]);
            if it.is_key {
                let kind = *kinds.entry(text).or_insert_with(|| key::kind_of(&decoded(text, it.style)));
                says[at] = self.said(text, kind, it, above);
                continue;
            }
            if it.style == Style::Comment {
                continue;
            }
            let n_found = all.len();
            // Only the value of a key itself can be one of a weak key.
            self.value(it, text, above, &mut all);
            if it.group != 0 && all.len() == n_found {
                let arguments = lists.entry(it.group).or_default();
                if let Some(secret) = arguments.next(text) {
                    let start = it.range.start;
                    push(&mut all, start + secret.start..start + secret.end, "password");
                }
            }
            if all.len() == n_found && self.around.depth < MAX_DEPTH {
                self.within(it, text, &mut all);
            }
        }
        all
    }

    /// Returns what a key says, by its name and by what is said above it.
    fn said(&self, name: &str, kind: Option<&'static str>, it: &Scalar, above: Says) -> Says {
        let facts = self.facts.get(&it.group).copied().unwrap_or_default();
        let is_value = role::is_value(name);
        let is_data = facts.is_secret && matches!(name, "data" | "binaryData");
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
            _ => (),
        }
        if let Some(kind) = facts.named.filter(|_| is_value) {
            return Says::Telling(kind);
        }
        match (kind, above) {
            _ if facts.is_remote && name == "secretKey" => Says::Nothing,
            (Some(kind), _) if role::is_weak(name) => Says::Weakly(kind),
            // `privateKey: {secret: name}`: the inner name is a value or the name of a Secret; its look decides.
            (Some(kind), _) => Says::Telling(kind),
            (None, Says::Telling(kind) | Says::Pointing(kind)) if role::is_pointer(name) => Says::Pointing(kind),
            (None, Says::Telling(_) | Says::Pointing(_)) => above,
            (None, Says::Weakly(kind)) if is_value => Says::Telling(kind),
            _ => Says::Nothing,
        }
    }

    fn value(&self, it: &Scalar, text: &str, above: Says, all: &mut Vec<Found>) {
        let is_harmless = |text: &str| key::is_harmless(text.trim());
        match above {
            Says::Telling(kind) | Says::Weakly(kind)
                if !is_harmless(text) && (kind != "salt" || keyed::is_secret(text.trim(), "token")) =>
            {
                lines(self.text, it, kind, all);
            }
            Says::Pointing(kind) if role::is_secret_after_all(text.trim()) => lines(self.text, it, kind, all),
            Says::All if !key::is_reference(text.trim()) => lines(self.text, it, "kubernetes-secret", all),
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
                if patches && is_base64(text) {
                    lines(self.text, it, "kubernetes-secret", all);
                }
            }
            _ => (),
        }
    }

    /// Looks into a file that stands in a value.
    fn within(&self, it: &Scalar, text: &str, all: &mut Vec<Found>) {
        let is_json = text.starts_with(['{', '[']);
        let is_file = it.style == Style::Block && text.contains(':') || it.style == Style::Single && is_json;
        if !is_file || text.starts_with("{{") {
            return;
        }
        let above = it.above.map(|it| &self.scalars[it]);
        let name = above.map_or("", |it| &self.text[it.range.clone()]);
        if role::is_of_another_language(name) {
            return;
        }
        let targets = above.and_then(|it| self.facts.get(&it.group)).is_some_and(|it| it.targets_secret);
        let around = Around {
            depth: self.around.depth + 1,
            is_of_secret: targets || self.around.is_of_secret,
        };
        let inner = outline::read(self.text, it.range.clone(), false);
        all.extend(find(self.text, &inner, around));
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
        if !content.is_empty() && !key::is_reference(content) {
            let start = at + line.len() - line.trim_start().len();
            push(all, start..start + content.len(), kind);
        }
        at += line.len();
    }
}

fn push(all: &mut Vec<Found>, range: Range<usize>, kind: &'static str) {
    if !range.is_empty() {
        all.push(Found { range, kind });
    }
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() >= 8
        && text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/".contains(&it))
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
