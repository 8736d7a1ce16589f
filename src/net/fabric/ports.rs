//! Who has which port of a host.

/// In the order of their ports, those of one port in the order of their making. Few, mostly none.
#[derive(Clone, Debug)]
pub(crate) struct Ports<T>(Vec<(u16, T)>);

impl<T> Default for Ports<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Ports<T> {
    pub(crate) fn add(&mut self, port: u16, id: T) {
        let after = self.0.partition_point(|(other, _)| *other <= port);
        self.0.insert(after, (port, id));
    }

    /// Takes one out, if it is there.
    pub(crate) fn remove(&mut self, port: u16, id: T) {
        let before = self.0.partition_point(|(other, _)| *other < port);
        let found = self.0[before..].iter().position(|entry| *entry == (port, id));
        if let Some(place) = found {
            self.0.remove(before + place);
        }
    }

    pub(crate) fn at(&self, port: u16) -> impl Iterator<Item = T> {
        let begin = self.0.partition_point(|(other, _)| *other < port);
        self.0[begin..].iter().take_while(move |(other, _)| *other == port).map(|(_, id)| *id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (u16, T)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_one_port_stay_in_the_order_of_their_making() {
        let mut ports = Ports::default();
        for (port, id) in [(80, 'a'), (53, 'b'), (80, 'c'), (81, 'd')] {
            ports.add(port, id);
        }
        assert_eq!(ports.at(80).collect::<String>(), "ac");
        assert_eq!(ports.at(54).count(), 0);
        ports.remove(80, 'd'); // it is at another
        ports.remove(80, 'a');
        assert_eq!(ports.all().collect::<Vec<_>>(), [(53, 'b'), (80, 'c'), (81, 'd')]);
    }
}
