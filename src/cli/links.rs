//! `membridge links` and `membridge resolve`: what a file links to and who links to it, and what a name means.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure, encode_path},
        note, one_line, print,
        search::found,
    },
    http::{
        links::{LinkEntry, LinksResponse},
        resolve::ResolveResponse,
    },
};

/// Shown below the options.
pub const LINKS_EXAMPLES: &str =
    "`L3  -> Projects/Copper.md` is a link in line 3, `-> ? Name` one that leads nowhere, `<- Log.md#L7` a backlink.

Examples:
  membridge links Projects/Copper.md
  membridge links Assets/ledger.pdf";
pub const RESOLVE_EXAMPLES: &str = "The first line is where a link leads, marked `link`; then what else may have been meant.

Examples:
  membridge resolve 'Home Lab'
  membridge resolve '[[Ledger#May]]' --from Projects/Copper.md";

/// Whose links to tell.
#[derive(Debug, Clone, Args)]
pub struct LinksArgs {
    /// A path below the vault (`.md` may be left out) or a citation
    #[arg(value_name = "CITATION_OR_PATH")]
    pub path: String,
    /// The source of a path that names none
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Which name to look up.
#[derive(Debug, Clone, Args)]
pub struct ResolveArgs {
    /// A link's text, or what you remember of a name
    pub name: String,
    /// The note in which the link stands
    #[arg(long, value_name = "CITATION_OR_PATH")]
    pub from: Option<String>,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks for links and prints them: outgoing, then incoming.
pub fn links(client: &Client, args: &LinksArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/links/{}", encode_path(&args.path));
    let answer = client.get(&path, &given([("source", &args.source)]), "application/json")?;
    let response: LinksResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        print(text(&response))?;
    }
    Ok(found(response.outgoing.len() + response.incoming.len(), response.index))
}

/// Asks what a name means and prints where it leads.
pub fn resolve(client: &Client, args: &ResolveArgs) -> Result<ExitCode, Failure> {
    let name = Some(args.name.clone());
    let parameters = given([("name", &name), ("from", &args.from), ("source", &args.source)]);
    let answer = client.get("/v1/resolve", &parameters, "application/json")?;
    let response: ResolveResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        if response.ambiguous {
            note("the link is ambiguous: several files have an equal claim to it");
        }
        let link = response.path.iter().map(|it| format!("{}  link\n", one_line(it)));
        let others = response.candidates.iter().filter(|it| Some(&it.path) != response.path.as_ref());
        print(
            link.chain(others.map(|it| format!("{}  {}\n", one_line(&it.path), it.by)))
                .collect::<String>(),
        )?;
    }
    Ok(found(
        response.candidates.len() + usize::from(response.path.is_some()),
        response.index,
    ))
}

/// Returns the parameters that have a value.
pub fn given<const N: usize>(parameters: [(&'static str, &Option<String>); N]) -> Vec<(&'static str, String)> {
    parameters
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect()
}

fn text(response: &LinksResponse) -> String {
    let outgoing = response.outgoing.iter().map(outgoing);
    let incoming = response.incoming.iter().map(|it| {
        let kind = if it.kind == "link" {
            String::new()
        } else {
            format!(" ({})", it.kind)
        };
        format!("<- {}#L{}{kind}  {}\n", one_line(&it.path), it.line, one_line(&it.context))
    });
    outgoing.chain(incoming).collect()
}

fn outgoing(link: &LinkEntry) -> String {
    let place = match &link.resolved {
        Some(path) => {
            let line = link.resolved_line.map(|it| format!("#L{it}")).unwrap_or_default();
            format!("{}{line}", one_line(path))
        }
        None => format!("? {}", one_line(&link.target)),
    };
    let kind = if link.kind == "link" {
        String::new()
    } else {
        format!(" ({})", link.kind)
    };
    let ambiguous = if link.ambiguous {
        format!(" (ambiguous: {})", one_line(&link.target))
    } else {
        String::new()
    };
    format!("L{}  -> {place}{kind}{ambiguous}\n", link.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_is_one_line() {
        let response: LinksResponse = serde_json::from_value(serde_json::json!({
            "source": "vault", "path": "a.md",
            "outgoing": [
                {"target": "b#H", "resolved": "b.md", "ambiguous": false, "line": 3, "kind": "link"},
                {"target": "Tie", "resolved": "aa/Tie.md", "ambiguous": true, "line": 4, "kind": "embed"},
                {"target": "HelmRepository/flux-system/podinfo", "resolved": "infra/sources.yaml", "resolved_line": 5, "ambiguous": false, "line": 5, "kind": "link"},
                {"target": "no\nwhere", "resolved": null, "ambiguous": false, "line": 1, "kind": "property"}],
            "incoming": [{"path": "c.md", "line": 7, "kind": "link", "context": "see [[a]]\u{1b}"}],
            "unresolved": [], "index": {"generation": 1, "stale": false, "lag_ms": 0},
        }))
        .unwrap();
        assert_eq!(
            text(&response),
            "L3  -> b.md\nL4  -> aa/Tie.md (embed) (ambiguous: Tie)\nL5  -> infra/sources.yaml#L5\nL1  -> ? no where (property)\n<- c.md#L7  see [[a]]\n"
        );
    }
}
