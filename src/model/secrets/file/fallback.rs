//! What a template or an expansion falls back to: `{{ .x | default "y" }}`, `{{ x or 'y' }}`, `${X:-y}`. Knows how these are written; must not
//! know where they stand. What else stands in quotes there (the name of a Secret, a message) is no value.

use std::ops::Range;

use super::key;

/// Functions that return what they are given.
const GIVING: [&str; 16] = [
    "default",
    "d",
    "or",
    "coalesce",
    "ternary",
    "b64enc",
    "b64encode",
    "quote",
    "squote",
    "trim",
    "string",
    "toString",
    "cat",
    "else",
    "tpl",
    "htpasswd",
];

/// Returns the literals that a reference may stand for, without their quotes.
pub(super) fn literals(value: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    in_expansion(value, &mut all);
    for (open, close) in [("{{", "}}"), ("<%", "%>")] {
        let mut at = 0;
        while let Some(from) = value[at..].find(open).map(|it| at + it + open.len()) {
            let Some(end) = value[from..].find(close).map(|it| from + it) else {
                break;
            };
            in_template(value, from..end, &mut all);
            at = end + close.len();
        }
    }
    all.retain(|it| !key::is_harmless(&value[it.clone()]));
    all
}

/// `${X:-y}`, and `${X:y}` as Spring writes it.
fn in_expansion(value: &str, all: &mut Vec<Range<usize>>) {
    let Some(inner) = value.strip_prefix("${").and_then(|it| it.strip_suffix('}')) else {
        return;
    };
    let name = inner
        .bytes()
        .take_while(|it| it.is_ascii_alphanumeric() || b"_.".contains(it))
        .count();
    let rest = &inner[name..];
    let sign = [":-", ":=", "-", "=", ":"]
        .iter()
        .find(|it| rest.starts_with(**it))
        .map_or(0, |it| it.len());
    let literal = &rest[sign..];
    // `${env:X}`, `${ssm:/x}`: what follows says where the value is.
    let is_source = rest[..sign] == *":" && inner[..name].bytes().all(|it| it.is_ascii_lowercase());
    if sign > 0 && name > 0 && !is_source && !literal.starts_with(['?', '+']) {
        let bare = literal.trim_matches(['"', '\'']);
        let start = 2 + name + sign + literal.find(bare).unwrap_or(0);
        all.push(start..start + bare.len());
    }
}

fn in_template(value: &str, inner: Range<usize>, all: &mut Vec<Range<usize>>) {
    let bytes = value.as_bytes();
    let mut at = inner.start;
    while at < inner.end {
        if !b"\"'`".contains(&bytes[at]) {
            at += 1;
            continue;
        }
        // Within quotes of YAML or JSON those of the template are escaped.
        let is_escaped = at > inner.start && bytes[at - 1] == b'\\';
        let before = &value[inner.start..at - usize::from(is_escaped)];
        let rest = &value[at + 1..inner.end];
        let Some(length) = rest.find(char::from(bytes[at])) else { break };
        let literal = rest[..length].strip_suffix('\\').filter(|_| is_escaped).unwrap_or(&rest[..length]);
        if is_given(before) {
            all.push(at + 1..at + 1 + literal.len());
        }
        at += length + 2;
    }
}

/// Tells whether a literal is a value, by what stands before it in its template.
fn is_given(before: &str) -> bool {
    let before = &before[before.len() - before.chars().rev().take(MAX_BEFORE).map(char::len_utf8).sum::<usize>()..];
    let before = before.trim_end();
    let word = last_word(before);
    if before.is_empty() || before == "-" || GIVING.contains(&word) || before.ends_with('|') {
        return true;
    }
    // Of the innermost call: `default(x, 'y')`, `(coalesce .a "y")`, or of the step: `| default "x"`, `default "x" .y`.
    let call = innermost(before);
    let step = &before[call.map_or(0, |it| it + 1)..];
    let step = step.rsplit('|').next().unwrap_or(step).trim_start_matches(['-', ' ']);
    let first = step.split([' ', '(', ',']).next().unwrap_or_default();
    GIVING.contains(&call.map_or("", |it| last_word(&before[..it]))) || first != step && GIVING.contains(&first)
}

/// No call has more before its last argument.
const MAX_BEFORE: usize = 200;

/// Returns where the parenthesis stands that is still open.
fn innermost(before: &str) -> Option<usize> {
    let mut depth = 0_usize;
    before.bytes().rposition(|it| {
        match it {
            b')' => depth += 1,
            b'(' if depth == 0 => return true,
            b'(' => depth -= 1,
            _ => (),
        }
        false
    })
}

fn last_word(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '(']);
    let length = text
        .bytes()
        .rev()
        .take_while(|it| it.is_ascii_alphanumeric() || *it == b'_')
        .count();
    &text[text.len() - length..]
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[track_caller]
    fn check(value: &str, expected: &[&str]) {
        let found: Vec<&str> = literals(value).into_iter().map(|it| &value[it]).collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn a_fallback_is_a_value() {
        check("{{ default \"hunter\" .Values.x }}", &["hunter"]);
        check("{{ .Values.x | default \"hunter\" | quote }}", &["hunter"]);
        check("{{- .Values.x | default `hunter` -}}", &["hunter"]);
        check("{{ default \\\"hunter\\\" .Values.x }}", &["hunter"]);
        check("{{ x | default('hunter', true) }}", &["hunter"]);
        check("{{ x|d('hunter') }}", &["hunter"]);
        check("{{ x or 'hunter' }}", &["hunter"]);
        check("{{ x if x else 'hunter' }}", &["hunter"]);
        check("{{ coalesce .a .b \"hunter\" }}", &["hunter"]);
        check("{{ (default \"hunter\" .x) | b64enc }}", &["hunter"]);
        check("{{ \"hunter\" | b64enc }}", &["hunter"]);
        check("{{ ternary \"hunter\" \"horse\" .x }}", &["hunter", "horse"]);
        check("{{ .a }}:{{ default \"hunter\" .b }}", &["hunter"]);
        check("${{ secrets.X || 'hunter' }}", &["hunter"]);
        check("<%= ENV['X'] || 'hunter' %>", &["hunter"]);
        check("${DB_PASSWORD:-hunter}", &["hunter"]);
        check("${db.password:hunter}", &["hunter"]);
        check("${DB_PASSWORD:='hunter'}", &["hunter"]);
    }

    #[test]
    fn what_else_stands_in_quotes_is_none() {
        for value in [
            "{{ include \"app.fullname\" . }}",
            "{{ required \"Give a password\" .Values.x }}",
            "{{ (lookup \"v1\" \"Secret\" .Release.Namespace \"name\").data.password }}",
            "{{ lookup('env', 'DB_PASSWORD') }}",
            "{{ x | default(lookup('env', 'DB_WORD')) }}",
            "{{ hostvars['db']['word'] }}",
            "{{ index .Values \"my-word\" }}",
            "{{ default \"\" .Values.x }}",
            "{{ printf \"%s-x\" .Release.Name }}",
            "{{ \"{{ .password }}\" }}",
            "${DB_PASSWORD}",
            "${DB_PASSWORD:?it is missing}",
            "${DB_PASSWORD:+x}",
            "${env:DB_PASSWORD}",
            "${ssm:/app/word}",
            "${{ secrets.TOKEN }}",
            "{{ .x | default \"${Y}\" }}",
        ] {
            check(value, &[]);
        }
    }
}
