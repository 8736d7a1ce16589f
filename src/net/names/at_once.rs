//! Records that every host knows, without a name server.

use std::io;

use super::{
    host_name::is_host_name,
    record::{Record, RecordType},
    server,
};
use crate::net::{Host, Net, texts};

impl Net {
    /// Adds a record that all hosts know, without a [`NameServer`](super::NameServer). An address is added to those of
    /// [`add_name`](Self::add_name). Several records of one type are returned in the order in which they were added.
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
    /// Panics if `name` is not a name, or if no name server could write the record, such as a text over 255 bytes.
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
    /// Returns the records of this type that all hosts know: those of [`Net::add_record`], and the addresses of
    /// [`lookup`](Self::lookup). The list is empty if the name only has others.
    ///
    /// # Errors
    /// If there is no such name, the error has the unnamed kind that the system gives.
    pub fn lookup_records(&self, name: &str, kind: RecordType) -> io::Result<Vec<Record>> {
        let (added, found) = self.shared().with(|core| {
            let hosts = &core.fabric.hosts;
            let alias = hosts.canonical(name).filter(|_| kind != RecordType::Cname);
            (hosts.records(alias.unwrap_or(name)).cloned(), hosts.lookup(name))
        });
        let addresses = found
            .ok_or_else(|| texts::no_host_of_that_name(name, &self.shared().with(|core| core.host_names())))?
            .addresses();
        let mut records = added.unwrap_or_default();
        records.extend(addresses.into_iter().map(Record::address));
        Ok(server::of_kind(&records, kind))
    }
}
