//! Which operations each finding touches.
//!
//! A place of the documents is reached from operations through other places, along cycles too. The
//! places that reach each other are one group with one set of operations, and sets that are equal
//! are kept once. So the work grows with the places and their uses, not with the ways through them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use petgraph::{Graph, algo::kosaraju_scc, graph::NodeIndex};

use super::compare::{Engine, NodeId, Operation, Raw};

/// The operations of a finding, shared among the findings that touch the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// As a reader knows them: `GET /path (operationId)`.
    pub(super) labels: Arc<Vec<String>>,
    /// Their operationIds, old and new.
    pub(super) ids: Arc<Vec<String>>,
}

/// Indices of operations, ascending.
type Set = Arc<[usize]>;

/// The operations that lead to each place with a finding.
pub(super) struct Touched {
    sets: HashMap<NodeId, Set>,
    names: HashMap<Set, Names>,
}

impl Touched {
    pub(super) fn new(engine: &Engine<'_>) -> Self {
        // Only what leads to a finding counts: children point to their parents.
        let mut graph = Graph::<NodeId, ()>::new();
        let mut indices: HashMap<NodeId, NodeIndex> = HashMap::new();
        let mut open: Vec<NodeId> = Vec::new();
        for node in engine.raws.iter().flat_map(|raw| raw.nodes.iter().copied()) {
            indices.entry(node).or_insert_with(|| {
                open.push(node);
                graph.add_node(node)
            });
        }
        while let Some(node) = open.pop() {
            let child = indices[&node];
            for &parent in &engine.nodes[node].parents {
                let parent = *indices.entry(parent).or_insert_with(|| {
                    open.push(parent);
                    graph.add_node(parent)
                });
                graph.add_edge(child, parent, ());
            }
        }
        // Parents come before their children in this order, and a cycle is one group.
        let mut sets: HashMap<NodeId, Set> = HashMap::with_capacity(indices.len());
        for group in kosaraju_scc(&graph) {
            let mut own = BTreeSet::new();
            let mut above: Vec<Set> = Vec::new();
            for &index in &group {
                let node = &engine.nodes[graph[index]];
                own.extend(node.operation);
                for parent in &node.parents {
                    if let Some(set) = sets.get(parent)
                        && !above.iter().any(|known| Arc::ptr_eq(known, set))
                    {
                        above.push(Arc::clone(set));
                    }
                }
            }
            let set = union(own, &above);
            for index in group {
                sets.insert(graph[index], Arc::clone(&set));
            }
        }
        Self {
            sets,
            names: HashMap::new(),
        }
    }

    /// The operations that one finding touches.
    pub(super) fn by(&mut self, raw: &Raw<'_>, operations: &[Operation]) -> Names {
        let above: Vec<Set> = raw
            .nodes
            .iter()
            .filter_map(|node| self.sets.get(node).cloned())
            .collect();
        let set = union(BTreeSet::new(), &above);
        self.names
            .entry(set)
            .or_insert_with_key(|set| names(set.iter().map(|index| &operations[*index])))
            .clone()
    }
}

/// One of the sets itself where it holds all the others.
fn union(own: BTreeSet<usize>, above: &[Set]) -> Set {
    if let (true, [one]) = (own.is_empty(), above) {
        return Arc::clone(one);
    }
    let mut all = own;
    all.extend(above.iter().flat_map(|set| set.iter().copied()));
    match above.iter().find(|set| set.len() == all.len()) {
        Some(whole) => Arc::clone(whole),
        None => all.into_iter().collect(),
    }
}

fn names<'e>(operations: impl Iterator<Item = &'e Operation> + Clone) -> Names {
    let label = |operation: &Operation| match operation.new_id.as_ref().or(operation.old_id.as_ref()) {
        Some(id) => format!("{} ({id})", operation.label),
        None => operation.label.clone(),
    };
    Names {
        labels: Arc::new(operations.clone().map(label).collect()),
        ids: Arc::new(
            operations
                .flat_map(|operation| [&operation.old_id, &operation.new_id])
                .flatten()
                .cloned()
                .collect(),
        ),
    }
}
