//! The table of ports of a host.

use std::ops::RangeInclusive;

use super::bind::Bind;

/// Source: RFC 6335, section 6: the dynamic ports.
pub(super) const DYNAMIC_PORTS: RangeInclusive<u16> = 49152..=65535;

/// Sockets by port; those of one port in the order in which they were added. Mostly none or few.
#[derive(Clone, Debug)]
pub(crate) struct Ports<T>(Vec<(u16, Bind, T)>);

impl<T> Default for Ports<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Ports<T> {
    pub(crate) fn add(&mut self, port: u16, bind: Bind, id: T) {
        let after = self.0.partition_point(|(other, ..)| *other <= port);
        self.0.insert(after, (port, bind, id));
    }

    /// Removes a socket, if it is there.
    pub(crate) fn remove(&mut self, port: u16, id: T) {
        let before = self.0.partition_point(|(other, ..)| *other < port);
        let found = self.0[before..].iter().position(|(other, _, known)| (*other, *known) == (port, id));
        if let Some(place) = found {
            self.0.remove(before + place);
        }
    }

    pub(crate) fn at(&self, port: u16) -> impl Iterator<Item = (Bind, T)> {
        let begin = self.0.partition_point(|(other, ..)| *other < port);
        self.0[begin..].iter().take_while(move |(other, ..)| *other == port).map(|(_, bind, id)| (*bind, *id))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (u16, T)> {
        self.0.iter().map(|(port, _, id)| (*port, *id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_one_port_stay_in_the_order_in_which_they_were_added() {
        let mut ports = Ports::default();
        for (port, id) in [(80, 'a'), (53, 'b'), (80, 'c'), (81, 'd')] {
            ports.add(port, Bind::All, id);
        }
        assert_eq!(ports.at(80).map(|(_, id)| id).collect::<String>(), "ac");
        assert_eq!(ports.at(54).count(), 0);
        ports.remove(80, 'd'); // it is at another
        ports.remove(80, 'a');
        assert_eq!(ports.all().collect::<Vec<_>>(), [(53, 'b'), (80, 'c'), (81, 'd')]);
    }
}
