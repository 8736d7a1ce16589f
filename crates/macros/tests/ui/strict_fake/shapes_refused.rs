use std::borrow::Cow;
use unplugged::strict_fake;

#[strict_fake]
trait Refused {
    fn body(&self) -> u32 {
        7
    }
    fn no_self() -> u32;
    fn writes(&self, into: &mut Vec<u8>);
    fn opaque(&self, what: impl Into<String>);
    fn object(&self, what: &dyn Fn());
    fn borrows(&self, what: Cow<'_, str>);
    fn lends(&self) -> &str;
    fn lends_some(&self) -> Option<&str>;
    fn iterates(&self) -> impl Iterator<Item = u32>;
    fn never(&self) -> !;
    fn any<T>(&self, what: T);
    fn some<T: std::fmt::Debug + Send>(&self, what: T);
    unsafe fn promise(&self);
    fn no_name(&self, _: u32);
    fn itself(&self, other: &Self);
    fn fine(&self);
}

// Nothing more is said of what uses the fake.
fn uses(fake: &FakeRefused) {
    fake.fine();
    let _ = refused_calls::Fine;
}

fn main() {}
