//! Tables: interned ids, typed so that one kind is never compared with another, and columns over them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use foldhash::fast::FixedState;

use crate::packed::{Ends, Numbers, PackedReferences};
use crate::set::members;
use crate::slots::Slots;

/// An index into the table of one kind of thing.
pub(crate) trait Ix: Copy + Eq + 'static {
    fn new(number: u32) -> Self;
    fn number(self) -> u32;
    fn at(self) -> usize {
        self.number() as usize
    }
}

macro_rules! index_types {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(NonZeroU32);

        impl Ix for $name {
            // One more than the number is kept, so that an index that may be absent takes no more room.
            fn new(number: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(number))
            }
            fn number(self) -> u32 {
                self.0.get() - 1
            }
        }
    )+ };
}

index_types! {
    /// A user, or an id that stands where a user's id belongs and names nobody.
    UserIx,
    RoleIx,
    ProfileIx,
    JobRoleIx,
    CompanyIx,
    /// A record within its type.
    RecordIx,
    DealIx,
    ViewIx,
    /// The name of a field of records of one type.
    FieldIx,
    /// A text that fields have.
    TextIx,
}

/// The ids of one kind, each stored once and numbered in the order of arrival. Clones share them, until one adds more.
///
/// An id that is only mentioned (a holder who names nobody) has a number as well: the things that
/// exist are told apart by the table that belongs to the ids. Ids are compared byte for byte (§10.4).
#[derive(Debug, Clone)]
pub(crate) struct Ids<I> {
    known: Arc<Known>,
    kind: PhantomData<I>,
}

/// Ids of any kind: one copy of what is done with them, for all kinds.
#[derive(Debug, Clone, Default)]
struct Known {
    text: String,
    /// Where each id ends in `text`.
    ends: Ends,
    slots: Slots,
}

/// There is no number left for one more id, or no room for its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl<I> Default for Ids<I> {
    fn default() -> Self {
        Self::from(Known::default())
    }
}

impl<I> From<Known> for Ids<I> {
    fn from(known: Known) -> Self {
        Self {
            known: Arc::new(known),
            kind: PhantomData,
        }
    }
}

impl<I: Ix> Ids<I> {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self::from(Known {
            text: String::new(),
            ends: Ends::with_capacity(count),
            slots: Slots::with_capacity(count),
        })
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        Arc::make_mut(&mut self.known).shrink_to_fit();
    }

    /// Ids that are in a text end to end, in the order of their numbers; `None` where two are the same, or one ends
    /// where none can.
    pub(crate) fn end_to_end(text: &str, ends: Ends) -> Option<Self> {
        Known::end_to_end(text, ends).map(Self::from)
    }

    /// How many ids there are, the merely mentioned ones included.
    pub(crate) fn len(&self) -> usize {
        self.known.ends.len()
    }

    /// How many bytes the longest has.
    pub(crate) fn longest(&self) -> usize {
        let ends = &self.known.ends;
        let lengths = (0..ends.len()).map(|at| ends.range(at).len());
        lengths.max().unwrap_or_default()
    }

    pub(crate) fn get(&self, id: &str) -> Option<I> {
        self.known.find(id).map(I::new)
    }

    /// The number of `id`, which is a new one if it is seen for the first time.
    pub(crate) fn intern(&mut self, id: &str) -> Result<I, Full> {
        intern(&mut self.known, id).map(I::new)
    }

    pub(crate) fn text(&self, ix: I) -> &str {
        self.known.text_at(ix.number())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = I> + Clone + use<I> {
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).map(I::new)
    }
}

/// [`Ids::intern`], for ids that are copied first where a clone shares them.
fn intern(known: &mut Arc<Known>, id: &str) -> Result<u32, Full> {
    if Arc::get_mut(known).is_none()
        && let Some(number) = known.find(id)
    {
        return Ok(number);
    }
    Arc::make_mut(known).intern(id)
}

impl Known {
    fn find(&self, id: &str) -> Option<u32> {
        self.slots.find(hash(id), |number| self.is_at(number, id))
    }

    fn intern(&mut self, id: &str) -> Result<u32, Full> {
        let Self { text, ends, slots } = self;
        let number = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        let end = u32::try_from(text.len() + id.len());
        let is = |number| is_at(text, ends, number, id);
        let (true, Ok(end)) = (number < u32::MAX - 1, end) else {
            return slots.find(hash(id), is).ok_or(Full);
        };
        let hash_of = |number| hash(text_at(text, ends, number));
        if let Some(known) = slots.find_or_push(hash(id), is, hash_of) {
            return Ok(known);
        }
        text.push_str(id);
        ends.push(end);
        Ok(number)
    }

    fn end_to_end(text: &str, ends: Ends) -> Option<Self> {
        let mut slots = Slots::with_capacity(ends.len());
        let hash_of = |number| hash(text_at(text, &ends, number));
        let mut is_sound = true;
        ends.each_range(|range| {
            is_sound &= text.get(range).is_some_and(|id| {
                let is = |number| is_at(text, &ends, number, id);
                slots.find_or_push(hash(id), is, hash_of).is_none()
            });
        });
        is_sound.then(|| Self {
            text: text.to_owned(),
            ends,
            slots,
        })
    }

    fn shrink_to_fit(&mut self) {
        let Self { text, ends, slots } = self;
        text.shrink_to_fit();
        ends.shrink_to_fit();
        slots.shrink_to_fit(|number| hash(text_at(text, ends, number)));
    }

    fn is_at(&self, number: u32, id: &str) -> bool {
        is_at(&self.text, &self.ends, number, id)
    }

    fn text_at(&self, number: u32) -> &str {
        text_at(&self.text, &self.ends, number)
    }
}

fn hash(id: &str) -> u64 {
    // The seed is fixed, because randomness would be an input; a hostile organisation can slow its own load only.
    let mut hasher = FixedState::with_seed(0x51de_11e7).build_hasher();
    hasher.write(id.as_bytes());
    hasher.finish()
}

/// Whether the id of this number is `id`.
fn is_at(text: &str, ends: &Ends, number: u32, id: &str) -> bool {
    text.as_bytes().get(ends.range(number as usize)) == Some(id.as_bytes())
}

fn text_at<'a>(text: &'a str, ends: &Ends, number: u32) -> &'a str {
    text.get(ends.range(number as usize)).unwrap_or_default()
}

/// The rows of a table, by number.
pub(crate) trait Store<R>: Default {
    fn len(&self) -> usize;
    fn slot(&self, at: usize) -> Option<&Option<R>>;
    fn slot_mut(&mut self, at: usize) -> Option<&mut Option<R>>;
    fn push(&mut self, row: Option<R>);
}

impl<R> Store<R> for Vec<Option<R>> {
    fn len(&self) -> usize {
        self.len()
    }

    fn slot(&self, at: usize) -> Option<&Option<R>> {
        self.get(at)
    }

    fn slot_mut(&mut self, at: usize) -> Option<&mut Option<R>> {
        self.get_mut(at)
    }

    fn push(&mut self, row: Option<R>) {
        self.push(row);
    }
}

/// Rows in parts that clones share: what is set in one of them is copied with its own part only.
#[derive(Debug, Clone)]
pub(crate) struct Parts<R>(Vec<Arc<Vec<Option<R>>>>);

impl<R> Default for Parts<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R> Parts<R> {
    /// The rows of each part but the last.
    const LEN: usize = 64;
}

impl<R: Clone> Store<R> for Parts<R> {
    fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * Self::LEN;
        self.0.last().map_or(0, |last| full + last.len())
    }

    fn slot(&self, at: usize) -> Option<&Option<R>> {
        self.0.get(at / Self::LEN)?.get(at % Self::LEN)
    }

    fn slot_mut(&mut self, at: usize) -> Option<&mut Option<R>> {
        let part = self.0.get_mut(at / Self::LEN)?;
        Arc::make_mut(part).get_mut(at % Self::LEN)
    }

    fn push(&mut self, row: Option<R>) {
        match self.0.last_mut().filter(|last| last.len() < Self::LEN) {
            Some(last) => Arc::make_mut(last).push(row),
            None => self.0.push(Arc::new(vec![row])),
        }
    }
}

/// Things of one kind: their ids, and a row for each that exists.
///
/// The order of the numbers is the load order.
#[derive(Debug, Clone)]
pub(crate) struct Table<I, R, S = Vec<Option<R>>> {
    pub(crate) ids: Ids<I>,
    rows: S,
    count: usize,
    kind: PhantomData<R>,
}

impl<I, R, S: Store<R>> Default for Table<I, R, S> {
    fn default() -> Self {
        Self {
            ids: Ids::default(),
            rows: S::default(),
            count: 0,
            kind: PhantomData,
        }
    }
}

impl<I: Ix, R, S: Store<R>> Table<I, R, S> {
    /// Ids whose rows are still to be given, with [`push`](Self::push).
    pub(crate) fn with_ids(ids: Ids<I>) -> Self {
        Self {
            ids,
            ..Self::default()
        }
    }

    /// How many things exist.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The row; `None` for an id that names nothing.
    pub(crate) fn get(&self, ix: I) -> Option<&R> {
        self.rows.slot(ix.at())?.as_ref()
    }

    /// The row, to be changed.
    pub(crate) fn get_mut(&mut self, ix: I) -> Option<&mut R> {
        self.rows.slot_mut(ix.at())?.as_mut()
    }

    pub(crate) fn exists(&self, ix: I) -> bool {
        self.get(ix).is_some()
    }

    /// The thing with this id, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<I> {
        self.ids.get(id).filter(|&ix| self.exists(ix))
    }

    pub(crate) fn id(&self, ix: I) -> &str {
        self.ids.text(ix)
    }

    /// What exists, in load order.
    pub(crate) fn iter<'s>(
        &'s self,
    ) -> impl Iterator<Item = (I, &'s R)> + Clone + use<'s, I, R, S> {
        let rows = self.ids.iter();
        rows.filter_map(|ix| Some((ix, self.get(ix)?)))
    }

    /// Gives a row to the first id that has none yet and follows all that have.
    pub(crate) fn push(&mut self, row: R) {
        self.rows.push(Some(row));
        self.count += 1;
    }

    /// Makes the thing exist with this row, or not exist.
    pub(crate) fn set(&mut self, ix: I, row: Option<R>) {
        while self.rows.len() <= ix.at() {
            self.rows.push(None);
        }
        if let Some(slot) = self.rows.slot_mut(ix.at()) {
            self.count -= usize::from(slot.is_some());
            self.count += usize::from(row.is_some());
            *slot = row;
        }
    }
}

/// Which numbers of a kind exist, where nearly all of the first so many do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Presence {
    loaded: u32,
    /// How many exist.
    count: usize,
    /// The loaded ones that were removed, and the later ones that were added.
    flipped: BTreeSet<u32>,
}

impl Presence {
    pub(crate) fn loaded(count: usize) -> Self {
        Self {
            loaded: u32::try_from(count).unwrap_or(u32::MAX),
            count,
            flipped: BTreeSet::new(),
        }
    }

    pub(crate) fn contains<I: Ix>(&self, ix: I) -> bool {
        let number = ix.number();
        (number < self.loaded) != (!self.flipped.is_empty() && self.flipped.contains(&number))
    }

    pub(crate) fn set<I: Ix>(&mut self, ix: I, present: bool) {
        let existed = self.contains(ix);
        if existed != present && !self.flipped.remove(&ix.number()) {
            self.flipped.insert(ix.number());
        }
        self.count -= usize::from(existed);
        self.count += usize::from(present);
    }

    /// How many exist.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Those that exist, in load order.
    pub(crate) fn iter<I: Ix>(&self) -> impl Iterator<Item = I> + Clone + '_ {
        self.iter_from(0)
    }

    /// Those that exist from a number on, in load order.
    pub(crate) fn iter_from<I: Ix>(&self, first: u32) -> impl Iterator<Item = I> + Clone + '_ {
        let is_flipped = |number: &u32| !self.flipped.is_empty() && self.flipped.contains(number);
        let loaded = (first..self.loaded).filter(move |number| !is_flipped(number));
        let added = self.flipped.range(self.loaded.max(first)..);
        loaded.chain(added.copied()).map(I::new)
    }

    /// Whether those that exist are the first so many.
    pub(crate) fn are_the_first(&self, count: usize) -> bool {
        self.flipped.is_empty() && self.loaded as usize == count
    }

    /// How many of those that exist come before `ix`: its position for a caller's own columns.
    pub(crate) fn position<I: Ix>(&self, ix: I) -> u32 {
        let number = ix.number();
        if self.flipped.is_empty() {
            return number;
        }
        let flipped = |range: Range<u32>| {
            let count = self.flipped.range(range).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let loaded = number.min(self.loaded);
        loaded - flipped(0..loaded) + flipped(self.loaded.min(number)..number)
    }

    /// The positions of several numbers that exist.
    pub(crate) fn positions<I: Ix>(&self, mut several: Vec<u32>) -> Vec<u32> {
        if !self.flipped.is_empty() {
            for one in &mut several {
                *one = self.position(I::new(*one));
            }
        }
        several
    }

    /// The numbers that were loaded, removed ones included, and those that differ from that.
    pub(crate) fn parts(&self) -> (Range<usize>, impl Iterator<Item = u32> + '_) {
        (0..self.loaded as usize, self.flipped.iter().copied())
    }
}

/// Things of one kind that were chosen, in load order.
#[derive(Debug, Clone)]
pub(crate) struct Chosen<I> {
    numbers: FixedBitSet,
    kind: PhantomData<I>,
}

impl<I> Default for Chosen<I> {
    fn default() -> Self {
        Self {
            numbers: FixedBitSet::new(),
            kind: PhantomData,
        }
    }
}

impl<I: Ix> Chosen<I> {
    /// Chooses one more, and tells whether it was not chosen before.
    pub(crate) fn insert(&mut self, one: I) -> bool {
        if one.at() >= self.numbers.len() {
            // By whole words: the next one is often among their bits.
            self.numbers.grow((one.at() | 63) + 1);
        }
        !self.numbers.put(one.at())
    }

    /// Chooses those of another choice as well.
    pub(crate) fn extend(&mut self, others: &Self) {
        self.numbers.union_with(&others.numbers);
    }

    pub(crate) fn contains(&self, one: I) -> bool {
        self.numbers.contains(one.at())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = I> + '_ {
        members(&self.numbers)
    }

    /// Those that are not among the others.
    pub(crate) fn without<'s>(&'s self, others: &'s Self) -> impl Iterator<Item = I> + 's {
        self.iter().filter(|&one| !others.contains(one))
    }
}

impl<I: Ix> FromIterator<I> for Chosen<I> {
    fn from_iter<T: IntoIterator<Item = I>>(items: T) -> Self {
        Self {
            numbers: items.into_iter().map(I::at).collect(),
            kind: PhantomData,
        }
    }
}

/// The members of a list, to tell repetitions: most lists are short, and a hostile one may be long.
pub(crate) struct Met<I> {
    few: Vec<I>,
    many: Chosen<I>,
}

impl<I> Default for Met<I> {
    fn default() -> Self {
        Self {
            few: Vec::new(),
            many: Chosen::default(),
        }
    }
}

impl<I: Ix> Met<I> {
    const FEW: usize = 32;

    /// Begins another list.
    pub(crate) fn clear(&mut self) {
        self.few.clear();
    }

    /// Takes note of one, and tells whether it was not met before.
    pub(crate) fn insert(&mut self, one: I) -> bool {
        if self.few.len() == Self::FEW {
            return self.many.insert(one);
        }
        let is_new = !self.few.contains(&one);
        if is_new {
            self.few.push(one);
            if self.few.len() == Self::FEW {
                self.many = self.few.iter().copied().collect();
            }
        }
        is_new
    }
}

/// Numbers of things by something that is written of them, in its order. Whoever groups things by a text uses this one: a
/// map of another type weighs some kilobytes more in a module.
pub(crate) type ByText = BTreeMap<String, Vec<u32>>;

/// Values that stand in for those of the same numbers, ordered by number.
#[derive(Debug, Clone)]
pub(crate) struct Patches<T>(Vec<(u32, T)>);

impl<T> Default for Patches<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Patches<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let place = self
            .0
            .binary_search_by_key(&number, |(number, _)| *number)
            .ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let place = self
            .0
            .binary_search_by_key(&number, |(number, _)| *number)
            .ok()?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.0.iter().map(|(number, value)| (*number, value))
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (u32, T)> {
        self.0.into_iter()
    }

    /// How many there are of what was packed and what stands in for it, once that is more than a small part.
    pub(crate) fn worth_packing(&self, packed: usize) -> Option<u32> {
        const FEW: usize = 1_024;
        let beyond = self.0.last().map_or(0, |&(number, _)| number as usize + 1);
        (self.0.len() > FEW && self.0.len() > packed / 64)
            .then(|| u32::try_from(beyond.max(packed)).unwrap_or(u32::MAX))
    }

    /// What stands for the number, which is made if there is nothing.
    pub(crate) fn insert(&mut self, number: u32, value: T) {
        match self.0.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(place) => {
                if let Some((_, known)) = self.0.get_mut(place) {
                    *known = value;
                }
            }
            Err(place) => self.0.insert(place, (number, value)),
        }
    }
}

/// One value per index. Clones share the values; what is set in one is not seen in the others.
#[derive(Debug, Clone)]
pub(crate) struct Column<I, T> {
    base: Arc<Vec<T>>,
    patched: Patches<T>,
    kind: PhantomData<I>,
}

impl<I, T> Default for Column<I, T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<I, T> From<Vec<T>> for Column<I, T> {
    fn from(values: Vec<T>) -> Self {
        Self {
            base: Arc::new(values),
            patched: Patches::default(),
            kind: PhantomData,
        }
    }
}

impl<I: Ix, T: Clone + Default> Column<I, T> {
    pub(crate) fn get(&self, ix: I) -> Option<&T> {
        if !self.patched.is_empty()
            && let Some(value) = self.patched.get(ix.number())
        {
            return Some(value);
        }
        self.base.get(ix.at())
    }

    pub(crate) fn set(&mut self, ix: I, value: T) {
        self.patched.insert(ix.number(), value);
    }

    /// Writes what was set into the shared values, if no clone shares them any more.
    pub(crate) fn settle(&mut self) {
        if let Some(base) = Arc::get_mut(&mut self.base) {
            for (number, value) in std::mem::take(&mut self.patched).into_iter() {
                let at = number as usize;
                if base.len() <= at {
                    base.resize(at + 1, T::default());
                }
                if let Some(slot) = base.get_mut(at) {
                    *slot = value;
                }
            }
        }
    }
}

/// What each index refers to, if anything. Clones share it; what is set in one is not seen in the others.
#[derive(Debug, Clone)]
pub(crate) struct References<I, J> {
    base: Arc<PackedReferences<J>>,
    patched: Patches<Option<J>>,
    kind: PhantomData<I>,
}

impl<I, J> Default for References<I, J> {
    fn default() -> Self {
        Self::from(PackedReferences::default())
    }
}

impl<I, J> From<PackedReferences<J>> for References<I, J> {
    fn from(packed: PackedReferences<J>) -> Self {
        Self {
            base: Arc::new(packed),
            patched: Patches::default(),
            kind: PhantomData,
        }
    }
}

impl<I: Ix, J: Ix> References<I, J> {
    #[inline]
    pub(crate) fn get(&self, ix: I) -> Option<J> {
        if !self.patched.is_empty()
            && let Some(to) = self.patched.get(ix.number())
        {
            return *to;
        }
        self.base.get(ix.at())
    }

    /// All of them, if none was set since.
    pub(crate) fn as_packed(&self) -> Option<&PackedReferences<J>> {
        self.patched.is_empty().then_some(&*self.base)
    }

    pub(crate) fn set(&mut self, ix: I, to: Option<J>) {
        self.patched.insert(ix.number(), to);
    }

    /// Writes what was set into the shared references, if no clone shares them any more.
    pub(crate) fn settle(&mut self) {
        if let Some(base) = Arc::get_mut(&mut self.base) {
            for (number, to) in std::mem::take(&mut self.patched).into_iter() {
                base.set(number as usize, to);
            }
        }
    }
}

/// A list per index, stored end to end. Clones share the lists; what is set in one is not seen in the others.
#[derive(Debug, Clone)]
pub(crate) struct Rows<I, V> {
    base: Arc<Packed<V>>,
    patched: Patches<Arc<Vec<V>>>,
    kind: PhantomData<I>,
}

/// Lists end to end, in the order of their indices.
#[derive(Debug, Clone)]
pub(crate) struct Packed<V> {
    /// Where each list begins, and the end of the last; those after it are empty and take no room.
    starts: Vec<u32>,
    values: Vec<V>,
    /// How many lists there are.
    count: usize,
}

impl<I, V> Default for Rows<I, V> {
    fn default() -> Self {
        Self::pack(std::iter::empty::<[V; 0]>())
    }
}

impl<V> Default for Packed<V> {
    fn default() -> Self {
        Self {
            starts: vec![0],
            values: Vec::new(),
            count: 0,
        }
    }
}

impl<V> Packed<V> {
    /// So many lists: the first are of these lengths, which are together as many values as there are; the others are
    /// empty.
    pub(crate) fn with_lengths(count: usize, lengths: &Numbers, values: Vec<V>) -> Self {
        let mut end = 0_u32;
        let ends = lengths.iter().map(|length| {
            end = end.saturating_add(length);
            end
        });
        Self {
            starts: std::iter::once(0).chain(ends).collect(),
            values,
            count,
        }
    }

    /// Adds a value to the list that grows, which is the last one.
    pub(crate) fn push(&mut self, value: V) {
        self.values.push(value);
    }

    /// Ends the list that grows; the next one begins.
    pub(crate) fn end_list(&mut self) {
        let end = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let before = self.end();
        if end > before {
            self.starts.resize(self.count + 1, before);
            self.starts.push(end);
        }
        self.count += 1;
    }

    /// Where the last list ends.
    fn end(&self) -> u32 {
        self.starts.last().copied().unwrap_or_default()
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.starts.shrink_to_fit();
        self.values.shrink_to_fit();
    }
}

impl<V: Copy> Packed<V> {
    /// Ends the list that grows, in order and without repetitions of a key: the later one stays.
    pub(crate) fn end_list_ordered_by<K: Ord>(&mut self, key: impl Fn(&V) -> K) {
        let start = self.end() as usize;
        let list = self.values.get_mut(start..).unwrap_or_default();
        let is_ordered = list.is_sorted_by(|one, next| key(one) < key(next));
        if !is_ordered {
            list.sort_by_key(&key);
            let mut tail = self.values.split_off(start);
            // Of equal neighbours the earlier takes the later's value, and the later goes.
            tail.dedup_by(|later, earlier| {
                let is_same = key(later) == key(earlier);
                if is_same {
                    *earlier = *later;
                }
                is_same
            });
            self.values.extend(tail);
        }
        self.end_list();
    }

    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn list(&self, at: usize) -> &[V] {
        let start = self.starts.get(at).copied().unwrap_or_default() as usize;
        let end = self.starts.get(at + 1).copied().unwrap_or_default() as usize;
        self.values.get(start..end).unwrap_or_default()
    }
}

impl<I, V> From<Packed<V>> for Rows<I, V> {
    fn from(packed: Packed<V>) -> Self {
        Self {
            base: Arc::new(packed),
            patched: Patches::default(),
            kind: PhantomData,
        }
    }
}

impl<I, V> Rows<I, V> {
    /// Stores the lists of the indices from the first on.
    pub(crate) fn pack<L: IntoIterator<Item = V>>(lists: impl IntoIterator<Item = L>) -> Self {
        let mut packed = Packed::default();
        for list in lists {
            packed.values.extend(list);
            packed.end_list();
        }
        packed.into()
    }
}

impl<I: Ix, V: Copy> Rows<I, V> {
    /// The list of `ix`; empty where there is none.
    pub(crate) fn get(&self, ix: I) -> &[V] {
        if !self.patched.is_empty()
            && let Some(list) = self.patched.get(ix.number())
        {
            return list;
        }
        self.base.list(ix.at())
    }

    pub(crate) fn set(&mut self, ix: I, list: Vec<V>) {
        self.patched.insert(ix.number(), Arc::new(list));
    }

    /// Packs the lists anew, once those that were set are more than a small part of all.
    pub(crate) fn settle(&mut self) {
        if let Some(count) = self.patched.worth_packing(self.base.len()) {
            *self = Self::pack((0..count).map(|number| self.get(I::new(number)).to_vec()));
        }
    }

    /// Collects pairs of (index, value) into one list per index, each in the order of the pairs.
    pub(crate) fn group(
        count: usize,
        pairs: impl Iterator<Item = (I, V)> + Clone,
        filler: V,
    ) -> Self {
        let mut lengths = Lengths::of_none(count);
        pairs.clone().for_each(lengths.add());
        let mut lists = lengths.filled_with(filler);
        pairs.for_each(lists.put());
        lists.into()
    }
}

/// How long each list is to be, before anything is in it.
pub(crate) struct Lengths(Vec<u32>);

/// Lists of known lengths that are being filled, each from its beginning.
pub(crate) struct Filling<V> {
    packed: Packed<V>,
    /// Where the next value of each list belongs.
    next: Vec<u32>,
}

impl Lengths {
    /// As many lists, with nothing in them.
    pub(crate) fn of_none(count: usize) -> Self {
        Self(vec![0; count + 1])
    }

    /// Counts a pair, over and over: what is counted in stays at hand.
    pub(crate) fn add<I: Ix, V>(&mut self) -> impl FnMut((I, V)) {
        let lengths = self.0.as_mut_slice();
        |(ix, _)| {
            if let Some(length) = lengths.get_mut(ix.at() + 1) {
                *length += 1;
            }
        }
    }

    /// Room for the values, which are to be put in as often as was counted.
    pub(crate) fn filled_with<V: Copy>(self, filler: V) -> Filling<V> {
        let Self(mut starts) = self;
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        Filling {
            next: starts.clone(),
            packed: Packed {
                count: starts.len() - 1,
                starts,
                values: vec![filler; total as usize],
            },
        }
    }
}

impl<V> Filling<V> {
    /// Puts a pair's value into its list, over and over.
    pub(crate) fn put<I: Ix>(&mut self) -> impl FnMut((I, V)) {
        let next = self.next.as_mut_slice();
        let values = self.packed.values.as_mut_slice();
        |(ix, value)| {
            if let Some(place) = next.get_mut(ix.at())
                && let Some(slot) = values.get_mut(*place as usize)
            {
                *slot = value;
                *place += 1;
            }
        }
    }
}

impl<I, V> From<Filling<V>> for Rows<I, V> {
    fn from(filling: Filling<V>) -> Self {
        filling.packed.into()
    }
}

impl<I: Ix, V: Copy + Ord> Rows<I, V> {
    /// Puts `value` into the ordered list of `ix`, if it is not in it.
    pub(crate) fn include(&mut self, ix: I, value: V) {
        // A list that was set already is not copied again: many records may be given to one user.
        if let Some(list) = self.patched.get_mut(ix.number()) {
            if let Err(place) = list.binary_search(&value) {
                Arc::make_mut(list).insert(place, value);
            }
            return;
        }
        let list = self.get(ix);
        if let Err(place) = list.binary_search(&value) {
            let mut list = list.to_vec();
            list.insert(place, value);
            self.set(ix, list);
        }
    }

    /// Takes `value` out of the ordered list of `ix`, if it is in it.
    pub(crate) fn exclude(&mut self, ix: I, value: V) {
        if let Some(list) = self.patched.get_mut(ix.number()) {
            if let Ok(place) = list.binary_search(&value) {
                Arc::make_mut(list).remove(place);
            }
            return;
        }
        let list = self.get(ix);
        if let Ok(place) = list.binary_search(&value) {
            let mut list = list.to_vec();
            list.remove(place);
            self.set(ix, list);
        }
    }
}

/// A text per index, or none. Clones share the texts; what is set in one is not seen in the others.
#[derive(Debug, Clone)]
pub(crate) struct Texts<I> {
    base: Arc<PackedTexts>,
    patched: Patches<Option<String>>,
    kind: PhantomData<I>,
}

/// Texts end to end, in the order of their indices.
#[derive(Debug, Default)]
pub(crate) struct PackedTexts {
    text: String,
    /// Where each text ends. After the last one there is nothing but absent ones, which take no room.
    ends: Ends,
    /// Those before it that are absent.
    absent: FixedBitSet,
    count: usize,
}

impl PackedTexts {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            ends: Ends::with_capacity(count),
            ..Self::default()
        }
    }

    /// Adds the text of the next index.
    pub(crate) fn push(&mut self, text: Option<&str>) -> Result<(), Full> {
        if let Some(text) = text {
            let end = u32::try_from(self.text.len() + text.len()).map_err(|_| Full)?;
            let absent = self.ends.len()..self.count;
            if !absent.is_empty() {
                self.absent.grow(absent.end);
                self.absent.insert_range(absent);
                self.ends.fill(self.count);
            }
            self.text.push_str(text);
            self.ends.push(end);
        }
        self.count += 1;
        Ok(())
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl<I> Default for Texts<I> {
    fn default() -> Self {
        Self::from(PackedTexts::default())
    }
}

impl<I> From<PackedTexts> for Texts<I> {
    fn from(packed: PackedTexts) -> Self {
        Self {
            base: Arc::new(packed),
            patched: Patches::default(),
            kind: PhantomData,
        }
    }
}

impl<I: Ix> Texts<I> {
    pub(crate) fn get(&self, ix: I) -> Option<&str> {
        if !self.patched.is_empty()
            && let Some(text) = self.patched.get(ix.number())
        {
            return text.as_deref();
        }
        let PackedTexts {
            text, ends, absent, ..
        } = &*self.base;
        (ix.at() < ends.len() && !absent.contains(ix.at()))
            .then(|| text_at(text, ends, ix.number()))
    }

    pub(crate) fn set(&mut self, ix: I, text: Option<String>) {
        self.patched.insert(ix.number(), text);
    }

    /// Packs the texts anew, once those that were set are more than a small part of all.
    pub(crate) fn settle(&mut self) {
        if let Some(count) = self.patched.worth_packing(self.base.count) {
            let mut packed = PackedTexts::default();
            let texts = (0..count).map(|number| self.get(I::new(number)));
            let all: Result<Vec<()>, Full> = texts.map(|text| packed.push(text)).collect();
            if all.is_ok() {
                *self = packed.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_byte_for_byte() {
        let mut ids = Ids::<UserIx>::default();
        let numbers: Vec<_> = [
            "a",
            "A",
            "007",
            "7",
            "__proto__",
            "🦊",
            "a",
            " ",
            "e\u{301}",
            "é",
        ]
        .into_iter()
        .map(|id| ids.intern(id).map(Ix::number))
        .collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 0, 6, 7, 8].map(Ok));
        assert_eq!(ids.get("🦊").map(|ix| ids.text(ix)), Some("🦊"));
        assert_eq!(ids.get("b"), None);
        // Among so many there are some that only their text tells from what is looked for.
        for number in 0..50_000 {
            assert!(ids.intern(&format!("id {number}")).is_ok());
        }
        assert!((50_000..150_000).all(|number| ids.get(&format!("id {number}")).is_none()));
    }

    #[test]
    fn ids_added_to_a_clone_stay_there() {
        let mut ids = Ids::<UserIx>::default();
        assert_eq!(ids.intern("a").map(Ix::number), Ok(0));
        let mut clone = ids.clone();
        assert_eq!(clone.intern("a").map(Ix::number), Ok(0));
        assert!(Arc::ptr_eq(&ids.known, &clone.known), "nothing was added");
        assert_eq!(clone.intern("b").map(Ix::number), Ok(1));
        assert_eq!(ids.intern("c").map(Ix::number), Ok(1));
        assert_eq!((ids.get("b"), clone.get("c")), (None, None));
        assert_eq!((ids.len(), clone.len()), (2, 2));
    }

    #[test]
    fn rows_in_parts_are_those_of_one_list() {
        type InParts = Table<UserIx, u32, Parts<u32>>;
        for count in [0, 1, 63, 64, 65, 130] {
            let (mut parts, mut list) = (InParts::default(), Table::<UserIx, u32>::default());
            for number in 0..140 {
                let id = number.to_string();
                assert_eq!(parts.ids.intern(&id), list.ids.intern(&id));
            }
            for row in 0..count {
                parts.push(row);
                list.push(row);
            }
            let (original, mut clone) = (parts.clone(), parts);
            for (number, row) in [(70, Some(7)), (3, None), (139, Some(8)), (0, Some(9))] {
                clone.set(UserIx::new(number), row);
            }
            if let Some(row) = clone.get_mut(UserIx::new(1)) {
                *row = 5;
            }
            let rows =
                |table: &InParts| table.iter().map(|(ix, row)| (ix, *row)).collect::<Vec<_>>();
            let listed: Vec<_> = list.iter().map(|(ix, row)| (ix, *row)).collect();
            assert_eq!(rows(&original), listed);
            for (number, row) in [(70, Some(7)), (3, None), (139, Some(8)), (0, Some(9))] {
                list.set(UserIx::new(number), row);
            }
            if let Some(row) = list.get_mut(UserIx::new(1)) {
                *row = 5;
            }
            let listed: Vec<_> = list.iter().map(|(ix, row)| (ix, *row)).collect();
            assert_eq!(rows(&clone), listed);
            assert_eq!(
                (clone.len(), clone.exists(UserIx::new(138))),
                (list.len(), false)
            );
            assert_eq!(Store::len(&clone.rows), 140);
        }
    }

    #[test]
    fn pairs_are_grouped_in_their_order() {
        let pairs = [(2, 10), (0, 11), (2, 12)].map(|(user, value)| (UserIx::new(user), value));
        let rows = Rows::group(3, pairs.into_iter(), 0);
        assert_eq!(rows.get(UserIx::new(0)), [11]);
        assert!(rows.get(UserIx::new(1)).is_empty());
        assert_eq!(rows.get(UserIx::new(2)), [10, 12]);
        assert!(rows.get(UserIx::new(9)).is_empty());
    }

    #[test]
    fn what_is_absent_at_the_end_takes_no_room() {
        let mut lists = Packed::default();
        let mut texts = PackedTexts::default();
        let given = [None, Some(7), None, Some(8), None, None];
        for one in given {
            if let Some(value) = one {
                lists.push(value);
            }
            lists.end_list();
            texts.push(one.map(|_| "a")).unwrap_or_default();
        }
        assert_eq!((lists.len(), lists.starts.len()), (6, 5));
        assert_eq!((texts.count, texts.ends.len()), (6, 4));
        let texts = Texts::<UserIx>::from(texts);
        for (at, one) in given.into_iter().enumerate() {
            assert_eq!(lists.list(at).first().copied(), one);
            let user = UserIx::new(u32::try_from(at).unwrap_or_default());
            assert_eq!(texts.get(user).is_some(), one.is_some());
        }
        assert!(lists.list(6).is_empty());
    }

    #[test]
    fn what_is_set_in_a_clone_stays_there() {
        let pairs = [(0, 1), (0, 5), (1, 7)].map(|(user, value)| (UserIx::new(user), value));
        let rows: Rows<UserIx, i32> = Rows::group(2, pairs.into_iter(), 0);
        let mut changed = rows.clone();
        changed.include(UserIx::new(0), 3);
        changed.include(UserIx::new(0), 3);
        changed.exclude(UserIx::new(1), 7);
        changed.exclude(UserIx::new(1), 8);
        changed.include(UserIx::new(4), 9);
        assert_eq!(changed.get(UserIx::new(0)), [1, 3, 5]);
        assert!(changed.get(UserIx::new(1)).is_empty());
        assert_eq!(changed.get(UserIx::new(4)), [9]);
        assert_eq!(rows.get(UserIx::new(0)), [1, 5]);
        assert_eq!(rows.get(UserIx::new(1)), [7]);

        for number in 0..2_000 {
            changed.include(UserIx::new(number), 100);
        }
        let before: Vec<_> = (0..2_001)
            .map(|number| changed.get(UserIx::new(number)).to_vec())
            .collect();
        changed.settle();
        assert!(changed.patched.is_empty());
        let after: Vec<_> = (0..2_001)
            .map(|number| changed.get(UserIx::new(number)).to_vec())
            .collect();
        assert_eq!(before, after);
    }

    #[test]
    fn positions_leave_out_what_was_removed() {
        let mut presence = Presence::loaded(3);
        presence.set(UserIx::new(1), false);
        presence.set(UserIx::new(5), true);
        presence.set(UserIx::new(4), true);
        presence.set(UserIx::new(4), true);
        let present: Vec<UserIx> = presence.iter().collect();
        assert_eq!(present, [0, 2, 4, 5].map(UserIx::new));
        assert_eq!(presence.len(), 4);
        let positions: Vec<_> = present
            .iter()
            .map(|&user| presence.position(user))
            .collect();
        assert_eq!(positions, [0, 1, 2, 3]);
        presence.set(UserIx::new(5), false);
        presence.set(UserIx::new(1), true);
        assert_eq!(presence.len(), 4);
    }
}
