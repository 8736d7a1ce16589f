//! `#[async_trait]` below `#[strict_fake]`: the fake gets it, too.

use unplugged::{
    fake::scenario,
    outcome::{promise, watch},
    strict_fake,
};

#[strict_fake]
#[async_trait::async_trait]
trait Widget: Send + Sync {
    async fn go(&self, name: &str) -> u32;
    async fn stop(&self) -> Result<(), String>;
}

#[test]
fn a_trait_of_async_trait_is_faked_strictly() {
    let ((), _log) = scenario(|script| {
        let (stopped, stops) = promise();
        script.expect(widget_calls::Go { name: "a".into() }).reply(7);
        script.expect(widget_calls::Stop).reply_async(stops);
        let widget: Box<dyn Widget> = Box::new(FakeWidget(script.handle()));
        let run = watch(async move { (widget.go("a").await, widget.stop().await) });
        run.assert_pending();
        stopped.fail("busy".to_owned());
        assert_eq!(run.assert_ready(), &(7, Err("busy".to_owned())));
    });
}
