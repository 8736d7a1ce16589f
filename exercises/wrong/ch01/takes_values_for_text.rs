// caught-by: t13_latin1_value
// instead-of: ch01_request_head/headers.rs
// `from_utf8_lossy` turns every byte that is not UTF-8 into a question mark, silently.
use std::str;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).first().copied()
    }

    pub fn get_all(&self, name: &str) -> Vec<&[u8]> {
        let named = self.0.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_bytes()).collect()
    }

    pub fn pairs(&self) -> Vec<(&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        self.0.push((text(name), text(value)));
    }
}
