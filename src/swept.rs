//! A list that forgets what is over.

/// A list whose finished items are swept out each time it has doubled: an addition costs a few steps on average.
#[derive(Debug)]
pub(crate) struct Swept<T> {
    items: Vec<T>,
    sweep_at: usize,
}

impl<T> Swept<T> {
    pub(crate) const fn new() -> Self {
        Self { items: Vec::new(), sweep_at: 8 }
    }

    /// Adds an item, and sometimes sweeps out those that are not `needed` any more.
    pub(crate) fn push(&mut self, item: T, needed: impl FnMut(&T) -> bool) {
        if self.items.len() >= self.sweep_at {
            self.items.retain(needed);
            self.sweep_at = 2 * self.items.len() + 8;
        }
        self.items.push(item);
    }

    /// Returns the items, those that are over among them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_swept_out_and_the_rest_stays() {
        let mut list = Swept::new();
        for number in 0..1000 {
            list.push(number, |number| number % 100 == 0);
        }
        assert_eq!(list.iter().filter(|number| **number % 100 == 0).count(), 10);
        assert!(list.iter().count() < 60, "{}", list.iter().count());
    }
}
