// caught-by: t12_repeated_header
// instead-of: ch01_request_head/headers.rs
// A map from names to values: the second field of a name overwrites the first, and the order is gone.
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Vec<u8>>);

impl Headers {
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(&name.to_ascii_lowercase()).map(Vec::as_slice)
    }

    pub fn get_all(&self, name: &str) -> Vec<&[u8]> {
        self.get(name).into_iter().collect()
    }

    pub fn pairs(&self) -> Vec<(&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.0.insert(name, value.to_owned());
    }
}
