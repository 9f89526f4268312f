//! What a move makes of the notes: the file under its new name, and the links that led to it. Reads and decides; changes nothing.

use std::collections::BTreeSet;

use crate::{
    engine::{
        Engine,
        request::{WriteError, WriteRequest},
        write::{
            planned::{Change, Planned, Present},
            rules::unreadable,
        },
    },
    io::vault::ReadError,
    model::{
        hash::ContentHash,
        links::{Move, rewrite},
        origin,
        path::NotePath,
    },
};

/// Notes whose links are rewritten with one move; the rest is reported.
const LINKING: usize = 500;

impl Engine {
    pub(super) fn moved(
        &self,
        at: usize,
        request: &WriteRequest,
        from: &NotePath,
        present: Present,
        to: &NotePath,
        update_links: bool,
    ) -> Result<Planned, WriteError> {
        let to = with_extension(to)?;
        if to == *from {
            return Err(WriteError::AlreadyExists(to, present.hash));
        }
        self.check_may_write(at, &to)?;
        if !self.config.write.allows(&to) {
            return Err(WriteError::Forbidden(format!("no note may come to `{to}`")));
        }
        if request.if_match.is_none() && !origin::is_below(from, &self.config.agent_folder) {
            return Err(WriteError::NeedsMatch(present.hash));
        }
        self.check_new_name(at, &to, Some(from))?;
        let source = &self.roots[at].source;
        match source.vault.read(&to, self.config.limits.note_read_bytes) {
            Ok(file) => {
                let hash = ContentHash::of(&file.bytes);
                return Err(WriteError::AlreadyExists(to, hash));
            }
            Err(ReadError::NotFound) => {}
            Err(why) => return Err(unreadable(&to, why, self.config.limits.note_read_bytes)),
        }
        let mut planned = Planned::new(
            at,
            "move",
            Change {
                path: to.clone(),
                from: Some(from.clone()),
                after: Some(present.text.clone()),
                before: Some(present),
            },
        );
        if update_links {
            self.rewrite_links(&mut planned, request, from, &to)?;
        }
        Ok(planned)
    }

    fn rewrite_links(&self, planned: &mut Planned, request: &WriteRequest, from: &NotePath, to: &NotePath) -> Result<(), WriteError> {
        let at = planned.at;
        let source = &self.roots[at].source;
        let (before, linking) = {
            let graph = source.graph();
            if !graph.is_whole() {
                return Err(WriteError::NotReady);
            }
            let links = graph.links(None);
            // Those that lead here, and those that lead to a note whose name is now another's, too.
            let captured = links.resolve(to.stem(), false, None);
            let told: Vec<NotePath> = captured.path.into_iter().chain(captured.candidates).chain([from.clone()]).collect();
            let linking: BTreeSet<NotePath> = told.iter().flat_map(|it| links.incoming(it)).map(|it| it.source.clone()).collect();
            (graph.names().clone(), linking)
        };
        let mut after = before.clone();
        after.remove(from);
        after.insert(to);
        let style = source.settings().new_links;
        let moved = Move { from, to };
        let own = planned.first.after.as_deref().unwrap_or_default();
        if let Some(text) = rewrite(own, from, moved, &before, &after, style).text {
            planned.first.after = Some(text);
        }
        // What the caller may not see is neither changed for it nor named to it; the warning is the same whether there is such a note.
        let sees = |path: &NotePath| request.prefix.as_deref().is_none_or(|it| path.as_str().starts_with(it));
        if let Some(prefix) = &request.prefix {
            planned
                .warnings
                .push(format!("links in notes outside of `{prefix}` were not rewritten"));
        }
        let mut linking: Vec<NotePath> = linking.into_iter().filter(|it| it != from && sees(it)).collect();
        for path in linking.split_off(linking.len().min(LINKING)) {
            planned.left.push((path.to_string(), "too many notes link here".to_owned()));
        }
        for path in linking {
            let present = match self.text_to_change(at, request, &path) {
                Ok(present) => present,
                Err(why) => {
                    planned.left.push((path.to_string(), why));
                    continue;
                }
            };
            let rewritten = rewrite(&present.text, &path, moved, &before, &after, style);
            for line in rewritten.left {
                planned
                    .left
                    .push((path.to_string(), format!("the link in line {line} cannot be rewritten")));
            }
            if let Some(text) = rewritten.text {
                planned.rest.push(Change {
                    path,
                    from: None,
                    before: Some(present),
                    after: Some(text),
                });
            }
        }
        Ok(())
    }
}

fn with_extension(path: &NotePath) -> Result<NotePath, WriteError> {
    if path.is_note() {
        return Ok(path.clone());
    }
    if !path.extension().is_empty() {
        return Err(WriteError::NotMarkdown);
    }
    NotePath::parse(&format!("{path}.md")).map_err(|why| WriteError::InvalidName(why.to_string()))
}
