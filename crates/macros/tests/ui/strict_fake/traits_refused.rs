use unplugged::strict_fake;

#[strict_fake]
trait Lends<'a> {
    fn fine(&self);
}

#[strict_fake]
trait HasConst {
    const SIZE: usize;
}

#[strict_fake]
trait HasType {
    type Error;
    fn fine(&self) -> Result<(), Self::Error>;
}

#[strict_fake(Eror = u8)]
trait HasNoSuchType {
    fn fine(&self);
}

#[strict_fake]
unsafe trait Promise {
    fn fine(&self);
}

#[strict_fake]
struct NoTrait;

fn main() {}
