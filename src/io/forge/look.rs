//! Whether a forge answers, and whether the token may read a repository there: one request that changes nothing.

use std::path::Path;

use crate::{
    io::forge::{Client, Refusal, check, header, segment, token, unreachable},
    model::pull_request::ForgeKind,
};

/// What the forge said.
#[derive(Debug)]
pub struct Look {
    pub result: Result<(), Refusal>,
    /// Its clock, as HTTP writes it.
    pub date: Option<String>,
}

impl Client {
    /// Asks for a repository, `owner/name`. Without a token, only whether somebody answers.
    pub fn look(&self, repo: &str, token_file: Option<&Path>) -> Look {
        let failed = |why| Look {
            result: Err(why),
            date: None,
        };
        let path = match self.kind {
            ForgeKind::GitLab => format!("/projects/{}", segment(repo)),
            ForgeKind::Gitea | ForgeKind::Forgejo | ForgeKind::GitHub => {
                let parts: Vec<String> = repo.split('/').map(segment).collect();
                format!("/repos/{}", parts.join("/"))
            }
        };
        let mut request = self.agent.get(format!("{}{path}", self.base)).header("accept", "application/json");
        if let Some(file) = token_file {
            let (name, value) = match token(file) {
                Ok(token) => match self.kind {
                    ForgeKind::Gitea | ForgeKind::Forgejo => ("authorization", format!("token {token}")),
                    ForgeKind::GitHub => ("authorization", format!("Bearer {token}")),
                    ForgeKind::GitLab => ("private-token", token),
                },
                Err(why) => return failed(why),
            };
            request = request.header(name, value);
        }
        let response = match request.header("user-agent", "membridge").call() {
            Ok(response) => response,
            Err(error) => return failed(unreachable(error)),
        };
        let result = check(&response);
        Look {
            date: header(&response, "date").map(str::to_owned),
            // Whoever shows no token is told nothing of what is private.
            result: match (token_file, result) {
                (None, Err(Refusal::Missing | Refusal::Denied(_))) => Ok(()),
                (_, result) => result,
            },
        }
    }
}
