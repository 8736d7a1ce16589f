//! The numbers of hosts and sockets, and tables that they index.

use std::{
    marker::PhantomData,
    ops::{Index, IndexMut},
};

use slab::Slab;

/// A number that stands for a thing of one kind.
pub(crate) trait Id: Copy {
    fn index(self) -> usize;
    fn at(index: usize) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u32);

        impl Id for $name {
            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }

            #[inline]
            #[expect(clippy::cast_possible_truncation, reason = "a test makes fewer than 2^32 of them")]
            fn at(index: usize) -> Self {
                Self(index as u32)
            }
        }
    )*};
}

ids!(
    /// A host. Hosts are never removed.
    HostId,
    /// A connection, until it is collected.
    ConnId,
    /// A listener, until it is dropped.
    ListenerId,
    /// A datagram socket, until it is dropped.
    SocketId,
    /// A TCP socket that is bound and does not listen, until it is dropped.
    BoundId,
    /// A datagram under way.
    DatagramId,
    /// A pair of hosts that has rules.
    PairId
);

/// A slab that is indexed by an [`Id`].
#[derive(Debug)]
pub(crate) struct Table<K, T> {
    slab: Slab<T>,
    key: PhantomData<K>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { slab: Slab::new(), key: PhantomData }
    }
}

impl<K: Id, T> Table<K, T> {
    pub(crate) fn insert(&mut self, value: T) -> K {
        K::at(self.slab.insert(value))
    }

    /// Inserts what `make` returns for the new id.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(K) -> T) -> K {
        let entry = self.slab.vacant_entry();
        let id = K::at(entry.key());
        entry.insert(make(id));
        id
    }

    pub(crate) fn remove(&mut self, id: K) -> T {
        self.slab.remove(id.index())
    }

    pub(crate) fn get(&self, id: K) -> Option<&T> {
        self.slab.get(id.index())
    }

    pub(crate) fn get_mut(&mut self, id: K) -> Option<&mut T> {
        self.slab.get_mut(id.index())
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        self.slab.iter().map(|(index, value)| (K::at(index), value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.slab.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slab.iter_mut().map(|(_, value)| value)
    }

    /// Returns the ids of the values that `is_wanted` accepts.
    pub(crate) fn ids(&self, is_wanted: impl Fn(&T) -> bool) -> Vec<K> {
        self.iter().filter(|(_, value)| is_wanted(value)).map(|(id, _)| id).collect()
    }
}

impl<K: Id, T> Index<K> for Table<K, T> {
    type Output = T;

    #[inline]
    fn index(&self, id: K) -> &T {
        &self.slab[id.index()]
    }
}

impl<K: Id, T> IndexMut<K> for Table<K, T> {
    #[inline]
    fn index_mut(&mut self, id: K) -> &mut T {
        &mut self.slab[id.index()]
    }
}
