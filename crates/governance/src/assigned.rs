//! The assigned users of records.

use std::ops::Range;
use std::sync::Arc;

use crate::packed::{Ends, Numbers, NumbersIter, PackedReferences};
use crate::table::{Ix, JobRoleIx, Patches, RecordIx, UserIx};

/// An assigned user of a record, with the job role of the assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) user: UserIx,
    /// As the document has it: it may name nothing.
    pub(crate) job_role: Option<JobRoleIx>,
}

/// The assigned users of each record of one type. Clones share them; what is set in one is not seen in the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct AssignedUsers {
    base: Arc<PackedAssigned>,
    /// Each as those of one record.
    patched: Patches<Arc<PackedAssigned>>,
}

/// The assigned users of records, end to end.
#[derive(Debug, Default)]
pub(crate) struct PackedAssigned {
    users: Numbers,
    job_roles: PackedReferences<JobRoleIx>,
    /// How many there are of all records.
    len: u32,
    /// Where those of each record end. After the last record that has any, there is nothing.
    ends: Ends,
    /// How many records there are.
    records: usize,
}

impl PackedAssigned {
    /// Adds an assigned user of the next record.
    pub(crate) fn push(&mut self, assigned: Assigned) {
        let at = self.len as usize;
        self.users.set(at, assigned.user.number());
        self.job_roles.set(at, assigned.job_role);
        self.len = self.len.saturating_add(1);
    }

    /// Ends the next record, with what was added since the one before.
    pub(crate) fn end_record(&mut self) {
        if self.len > self.ends.last() {
            self.ends.fill(self.records);
            self.ends.push(self.len);
        }
        self.records += 1;
    }

    /// Those of so many records: the first have as many as these lengths say, with as many job roles or none; the others
    /// have none.
    pub(crate) fn end_to_end(
        records: usize,
        lengths: &Numbers,
        users: Numbers,
        job_roles: PackedReferences<JobRoleIx>,
    ) -> Option<Self> {
        Some(Self {
            len: u32::try_from(users.len()).ok()?,
            users,
            job_roles,
            ends: Ends::of_lengths(lengths)?,
            records,
        })
    }

    /// How many records there are, of which some may have nobody assigned.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// Hands on each record with its assigned users: quicker than asking for one after the other.
    #[inline]
    pub(crate) fn each<'p>(&'p self, mut each: impl FnMut(RecordIx, NumbersIter<'p>)) {
        let mut record = 0;
        self.ends.each_range(|places| {
            each(RecordIx::new(record), self.users.range(places));
            record += 1;
        });
        let others = (record..self.records as u32).map(RecordIx::new);
        others.for_each(|record| each(record, self.users.range(0..0)));
    }

    #[inline]
    fn users_at(&self, places: Range<usize>) -> impl Iterator<Item = UserIx> + Clone + use<'_> {
        self.users.range(places).map(UserIx::new)
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.users.shrink_to_fit();
        self.job_roles.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl From<PackedAssigned> for AssignedUsers {
    fn from(packed: PackedAssigned) -> Self {
        Self {
            base: Arc::new(packed),
            patched: Patches::default(),
        }
    }
}

impl AssignedUsers {
    /// The assigned users of a record, each once.
    #[inline]
    pub(crate) fn users(&self, record: RecordIx) -> impl Iterator<Item = UserIx> + Clone + use<'_> {
        let (packed, places) = self.places(record);
        packed.users_at(places)
    }

    /// A number that stands where those of the record begin: theirs or others', without asking whether there are any.
    #[inline]
    pub(crate) fn fetch(&self, record: RecordIx) -> u32 {
        let (packed, places) = self.places(record);
        packed.users.get(places.start).unwrap_or_default()
    }

    /// Those of all records, if none was set since.
    pub(crate) fn as_packed(&self) -> Option<&PackedAssigned> {
        self.patched.is_empty().then_some(&*self.base)
    }

    /// The same, with the job roles of the assignments.
    pub(crate) fn of(&self, record: RecordIx) -> impl Iterator<Item = Assigned> + Clone + use<'_> {
        let (packed, places) = self.places(record);
        let job_roles = places.clone().map(|at| packed.job_roles.get(at));
        packed
            .users_at(places)
            .zip(job_roles)
            .map(|(user, job_role)| Assigned { user, job_role })
    }

    #[inline]
    fn places(&self, record: RecordIx) -> (&PackedAssigned, Range<usize>) {
        if !self.patched.is_empty()
            && let Some(own) = self.patched.get(record.number())
        {
            return (own, own.ends.range(0));
        }
        (&self.base, self.base.ends.range(record.at()))
    }

    pub(crate) fn set(&mut self, record: RecordIx, assigned: &[Assigned]) {
        let mut own = PackedAssigned::default();
        assigned.iter().for_each(|&one| own.push(one));
        own.end_record();
        self.patched.insert(record.number(), Arc::new(own));
    }

    /// Packs them anew, once those that were set are more than a small part of all.
    pub(crate) fn settle(&mut self) {
        if let Some(records) = self.patched.worth_packing(self.base.records) {
            let mut packed = PackedAssigned::default();
            for record in (0..records).map(RecordIx::new) {
                self.of(record).for_each(|assigned| packed.push(assigned));
                packed.end_record();
            }
            packed.shrink_to_fit();
            *self = packed.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(user: u32, job_role: Option<u32>) -> Assigned {
        Assigned {
            user: UserIx::new(user),
            job_role: job_role.map(JobRoleIx::new),
        }
    }

    #[test]
    fn what_is_set_in_a_clone_stays_there() {
        let given = [
            vec![],
            vec![assigned(3, None), assigned(300, Some(1))],
            vec![],
            vec![assigned(4, None)],
            vec![],
        ];
        let mut packed = PackedAssigned::default();
        for of_record in &given {
            of_record.iter().for_each(|&one| packed.push(one));
            packed.end_record();
        }
        // Nobody is assigned to the last record.
        assert_eq!((packed.records, packed.ends.len()), (5, 4));
        let original = AssignedUsers::from(packed);
        let of =
            |users: &AssignedUsers, record| users.of(RecordIx::new(record)).collect::<Vec<_>>();
        let mut changed = original.clone();
        changed.set(RecordIx::new(1), &[]);
        for record in 4..2_000 {
            changed.set(RecordIx::new(record), &[assigned(record, Some(record))]);
        }
        for (record, given) in (0..).zip(&given) {
            assert_eq!(of(&original, record), *given);
        }
        for settled in [false, true] {
            assert_eq!(changed.patched.is_empty(), settled);
            assert_eq!(of(&changed, 1), []);
            assert_eq!(of(&changed, 3), [assigned(4, None)]);
            for record in 4..2_000 {
                assert_eq!(of(&changed, record), [assigned(record, Some(record))]);
            }
            changed.settle();
        }
    }
}
