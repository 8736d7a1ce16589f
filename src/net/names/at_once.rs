//! Records that every host knows without a name server.

use std::io;

use super::is_host_name;
use super::{Record, RecordType, server};
use crate::net::{Host, Net, texts};

impl Net {
    /// Adds what all hosts know of a name at once; [`NameServer`](super::NameServer)s are asked over the network instead.
    /// An address is one more of those of [`add_name`](Self::add_name). Several records of one kind are given in the
    /// order in which they were added.
    ///
    /// ```
    /// use unplugged::{Sim, net::{Record, RecordType}};
    ///
    /// let sim = Sim::new();
    /// let (net, client) = (sim.net(), sim.net().host("client"));
    /// net.add_record("example.org", Record::mx(10, "mail.example.org"));
    /// let mail = client.lookup_records("example.org", RecordType::Mx)?;
    /// assert_eq!(mail, [Record::mx(10, "mail.example.org")]);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If it is no name, or if no name server could say it: a text over 255 bytes, say.
    #[track_caller]
    pub fn add_record(&self, name: &str, record: Record) {
        if !is_host_name(name) {
            texts::bad_host_name(name).raise();
        }
        if !server::can_write(name, &record) {
            texts::bad_record(name, &record).raise();
        }
        self.shared.with(|core| core.fabric.hosts.add_record(name, record));
    }
}

impl Host {
    /// Returns the records of this kind, without a name server: those of [`Net::add_record`], and the addresses of
    /// [`lookup`](Self::lookup). None, if the name has others.
    ///
    /// # Errors
    /// The kind that the system gives (it has no name) if there is no such name.
    pub fn lookup_records(&self, name: &str, kind: RecordType) -> io::Result<Vec<Record>> {
        let (added, found) = self
            .shared()
            .with(|core| (core.fabric.hosts.records(name).cloned(), core.fabric.hosts.lookup(name)));
        let addresses = found.ok_or_else(|| texts::unresolvable(name))?.addresses();
        let mut records = added.unwrap_or_default();
        records.extend(addresses.into_iter().map(Record::address));
        Ok(server::of_kind(&records, kind))
    }
}
