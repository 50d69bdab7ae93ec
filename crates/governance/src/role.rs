//! The role forest by pre-order numbers: "is below" is two comparisons (§1.2).

use std::ops::Range;

use crate::table::{Ix, RoleIx, Rows};

/// The place of a role in the forest's pre-order, or of a user by the user's role.
pub(crate) type Position = u32;

/// The position of a user without a role. No range of the forest contains it.
pub(crate) const NOWHERE: Position = u32::MAX;

/// The role hierarchy as a forest, whatever the document said.
///
/// A missing parent makes a root. The roles on a cycle are cut out of the forest: each stands alone,
/// and the roles hanging below a cycle become roots with what is below them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    /// The role above, as far as it exists and neither end lies on a cycle.
    parent: Vec<Option<RoleIx>>,
    on_cycle: Vec<bool>,
    position: Vec<Position>,
    /// One past the last position of the subtree.
    end: Vec<Position>,
    /// The position of the role above, by position; [`NOWHERE`] without one.
    above: Vec<Position>,
}

impl Forest {
    /// Numbers the forest given by each role's parent; a parent that does not exist is `None`.
    ///
    /// # Complexity
    /// Linear in the number of roles, without recursion.
    pub(crate) fn new(parents: &[Option<RoleIx>]) -> Self {
        let on_cycle = cycles(parents);
        let lies_on_cycle = |role: RoleIx| on_cycle.get(role.at()).copied().unwrap_or_default();
        let roles = || {
            (0_u32..)
                .zip(parents)
                .map(|(number, &parent)| (RoleIx::new(number), parent))
        };
        let parent: Vec<_> = roles()
            .map(|(role, parent)| {
                parent.filter(|&parent| !lies_on_cycle(role) && !lies_on_cycle(parent))
            })
            .collect();

        let edges = (0_u32..)
            .zip(&parent)
            .filter_map(|(number, &above)| above.map(|above| (above, RoleIx::new(number))));
        let children = Rows::group(parents.len(), edges, RoleIx::new(0));

        let mut position = vec![0; parents.len()];
        let mut end = vec![0; parents.len()];
        let mut above = Vec::with_capacity(parents.len());
        let mut next: Position = 0;
        let mut stack: Vec<Visit> = (0_u32..)
            .zip(&parent)
            .filter(|(_, above)| above.is_none())
            .map(|(number, _)| Visit::Enter(RoleIx::new(number)))
            .collect();
        stack.reverse();
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Enter(role) => {
                    if let Some(slot) = position.get_mut(role.at()) {
                        *slot = next;
                    }
                    next += 1;
                    let parent = parent.get(role.at()).copied().flatten();
                    let parent = parent.and_then(|parent| position.get(parent.at()));
                    above.push(parent.copied().unwrap_or(NOWHERE));
                    stack.push(Visit::Leave(role));
                    stack.extend(
                        children
                            .get(role)
                            .iter()
                            .rev()
                            .map(|&child| Visit::Enter(child)),
                    );
                }
                Visit::Leave(role) => {
                    if let Some(slot) = end.get_mut(role.at()) {
                        *slot = next;
                    }
                }
            }
        }
        Self {
            parent,
            on_cycle,
            position,
            end,
            above,
        }
    }

    /// The roles of the forest as the pre-order has them: each before those below it.
    ///
    /// # Complexity
    /// Linear in the size of the forest.
    pub(crate) fn in_order(&self, roles: impl Iterator<Item = RoleIx>) -> Vec<RoleIx> {
        let mut places = vec![None; self.len()];
        for role in roles {
            if let Some(place) = places.get_mut(self.position(role) as usize) {
                *place = Some(role);
            }
        }
        places.into_iter().flatten().collect()
    }

    /// How many positions there are.
    pub(crate) fn len(&self) -> usize {
        self.position.len()
    }

    /// The role's place in the pre-order.
    pub(crate) fn position(&self, role: RoleIx) -> Position {
        self.position.get(role.at()).copied().unwrap_or(NOWHERE)
    }

    /// The positions of the role and of all roles below it.
    pub(crate) fn subtree(&self, role: RoleIx) -> Range<Position> {
        let start = self.position(role);
        start..self.end.get(role.at()).copied().unwrap_or(start)
    }

    /// The positions strictly below the role. Empty for a role on a cycle, which stands alone.
    pub(crate) fn below(&self, role: RoleIx) -> Range<Position> {
        let Range { start, end } = self.subtree(role);
        (start + 1).min(end)..end
    }

    /// The role above, as far as the forest has it.
    pub(crate) fn parent(&self, role: RoleIx) -> Option<RoleIx> {
        self.parent.get(role.at()).copied().flatten()
    }

    /// The position of the role above the one at a position, as far as the forest has it.
    pub(crate) fn above(&self, position: Position) -> Option<Position> {
        let above = self.above.get(position as usize).copied();
        above.filter(|&above| above != NOWHERE)
    }

    /// One past the last position of the subtree, by position.
    pub(crate) fn ends(&self) -> Vec<Position> {
        let mut ends = vec![0; self.len()];
        for (&position, &end) in self.position.iter().zip(&self.end) {
            if let Some(slot) = ends.get_mut(position as usize) {
                *slot = end;
            }
        }
        ends
    }

    pub(crate) fn is_on_cycle(&self, role: RoleIx) -> bool {
        self.on_cycle.get(role.at()).copied().unwrap_or_default()
    }

    /// The roles from `top` down to `bottom`, both included; `None` unless `bottom` is `top` or below it.
    pub(crate) fn path(&self, top: RoleIx, bottom: RoleIx) -> Option<Vec<RoleIx>> {
        if !self.subtree(top).contains(&self.position(bottom)) {
            return None;
        }
        let mut path = vec![bottom];
        let mut role = bottom;
        while role != top {
            role = self.parent(role)?;
            path.push(role);
        }
        path.reverse();
        Some(path)
    }
}

enum Visit {
    Enter(RoleIx),
    Leave(RoleIx),
}

/// For each role whether it lies on a cycle of parents, a self-parent included.
fn cycles(parents: &[Option<RoleIx>]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    let mut mark = vec![Mark::New; parents.len()];
    let mut on_cycle = vec![false; parents.len()];
    let mut path = Vec::new();
    for number in 0..parents.len() {
        let mut next = Some(number);
        while let Some(role) = next.filter(|&role| mark.get(role) == Some(&Mark::New)) {
            if let Some(mark) = mark.get_mut(role) {
                *mark = Mark::OnPath;
            }
            path.push(role);
            next = parents.get(role).copied().flatten().map(Ix::at);
        }
        // The walk ended at a root, at a role that an earlier walk saw, or at one of its own: a cycle.
        if let Some(entry) = next.filter(|&role| mark.get(role) == Some(&Mark::OnPath)) {
            for &role in path.iter().rev() {
                if let Some(on_cycle) = on_cycle.get_mut(role) {
                    *on_cycle = true;
                }
                if role == entry {
                    break;
                }
            }
        }
        for role in path.drain(..) {
            if let Some(mark) = mark.get_mut(role) {
                *mark = Mark::Done;
            }
        }
    }
    on_cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forest(parents: &[Option<u32>]) -> Forest {
        Forest::new(
            &parents
                .iter()
                .map(|parent| parent.map(RoleIx::new))
                .collect::<Vec<_>>(),
        )
    }

    fn below(forest: &Forest, role: u32) -> Vec<u32> {
        let range = forest.below(RoleIx::new(role));
        (0..u32::try_from(forest.parent.len()).unwrap_or_default())
            .filter(|&other| range.contains(&forest.position(RoleIx::new(other))))
            .collect()
    }

    #[test]
    fn below_is_the_whole_subtree_without_the_role_itself() {
        let forest = forest(&[None, Some(0), Some(0), Some(1), Some(1), None]);
        assert_eq!(below(&forest, 0), [1, 2, 3, 4]);
        assert_eq!(below(&forest, 1), [3, 4]);
        assert!(below(&forest, 2).is_empty());
        assert!(below(&forest, 5).is_empty());
        assert_eq!(
            forest.path(RoleIx::new(0), RoleIx::new(4)),
            Some([0, 1, 4].map(RoleIx::new).to_vec())
        );
        assert_eq!(forest.path(RoleIx::new(2), RoleIx::new(4)), None);
    }

    #[test]
    fn roles_on_a_cycle_have_nothing_below_and_those_hanging_on_it_keep_theirs() {
        // 0 → 1 → 2 → 0 is the cycle; 3 hangs on 1; 4 on 3; 5 is its own parent; 6 hangs on 5.
        let forest = forest(&[
            Some(1),
            Some(2),
            Some(0),
            Some(1),
            Some(3),
            Some(5),
            Some(5),
        ]);
        for role in [0, 1, 2, 5] {
            assert!(forest.is_on_cycle(RoleIx::new(role)));
            assert!(below(&forest, role).is_empty());
        }
        assert_eq!(below(&forest, 3), [4]);
        assert!(!forest.is_on_cycle(RoleIx::new(6)));
    }

    #[test]
    fn a_chain_of_a_million_roles_is_numbered() {
        let parents: Vec<_> = (0..1_000_000_u32).map(|role| role.checked_sub(1)).collect();
        let forest = forest(&parents);
        assert_eq!(forest.below(RoleIx::new(0)), 1..1_000_000);
        assert_eq!(forest.below(RoleIx::new(999_999)), 1_000_000..1_000_000);
    }
}
