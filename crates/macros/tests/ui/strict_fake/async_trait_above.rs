use unplugged::strict_fake;

#[async_trait::async_trait]
#[strict_fake]
trait Widget: Send + Sync {
    async fn go(&self, name: &str) -> u32;
    async fn stop(&self);
}

#[async_trait::async_trait]
#[strict_fake]
trait Bare {
    async fn get(&self) -> Option<u32>;
}

fn main() {}
