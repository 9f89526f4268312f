//! What an alias repeats: a node that is written under a harmless key, and stands again where a secret does. Knows anchors and aliases; must not
//! know what tells.

use std::collections::HashMap;

use super::outline::{Name, Nodes, Scalar, Style};

/// An alias deeper in a node that is itself repeated is not followed.
const MAX_ABOVE: usize = 20;

/// Nor are more comments passed over between an anchor and its node.
const MAX_COMMENTS: usize = 100;

/// Returns the uppermost scalars of the nodes that stand again in a telling place, and what that place says. `said` tells what is said below a key,
/// if it tells anything.
pub(super) fn repeated<S: Copy>(text: &str, nodes: &Nodes, said: impl Fn(usize) -> Option<S>) -> HashMap<usize, S> {
    let scalars = &nodes.scalars;
    let mut repeated: HashMap<usize, S> = HashMap::new();
    let mut ends: HashMap<usize, usize> = HashMap::new();
    // From the last to the first, for an alias may stand in what another one repeats.
    for (alias, anchor) in meant(text, &nodes.names).into_iter().rev() {
        let keys = std::iter::successors(alias.above, |it| scalars[*it].above).take(MAX_ABOVE);
        let says = keys
            .into_iter()
            .find_map(|it| repeated.get(&it).copied())
            .or_else(|| alias.above.and_then(&said));
        let first = (anchor.at..scalars.len())
            .take(MAX_COMMENTS)
            .find(|it| scalars[*it].style != Style::Comment);
        if let (Some(says), Some(first)) = (says, first)
            && scalars[first].above == anchor.above
            && !ends.contains_key(&first)
        {
            let mut at = first;
            while at < scalars.len() && is_in(&scalars[at], &scalars[first], first, anchor) {
                if scalars[at].above == anchor.above {
                    repeated.entry(at).or_insert(says);
                }
                // What was looked through once is passed over: nodes in nodes take linear time.
                at = ends.get(&at).copied().unwrap_or(at + 1);
            }
            ends.insert(first, at);
        }
    }
    repeated
}

/// Returns each alias with its anchor: the last of its name before it.
fn meant<'n>(text: &str, names: &'n [Name]) -> Vec<(&'n Name, &'n Name)> {
    let mut anchors: HashMap<&str, &Name> = HashMap::new();
    let mut meant = Vec::new();
    for it in names {
        let name = &text[it.range.clone()];
        if !it.is_alias {
            anchors.insert(name, it);
        } else if let Some(anchor) = anchors.get(name) {
            meant.push((it, *anchor));
        }
    }
    meant
}

/// Tells whether a scalar is of the node that begins with the `first` one.
fn is_in(it: &Scalar, first: &Scalar, at: usize, anchor: &Name) -> bool {
    let is_list = !first.is_key && first.group != anchor.group;
    it.range == first.range || it.above.is_some_and(|it| it >= at) || (first.is_key || is_list) && it.group == first.group
}
