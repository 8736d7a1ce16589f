//! The driver's decisions, as a pure function: the situation goes in, the next move comes out.
//!
//! The sim asks for a move whenever no task can run. Each move is one step: it tells a waiting future that its turn has
//! come, fires one event of the kit's own queue, or moves the clock towards the next stop.

/// The runtime's clock, as the driver sees it. Times are nanoseconds since the sim began.
pub(super) trait RuntimeClock {
    /// Returns what the clock shows, or `None` before the first run. `known` is what it showed last.
    fn now(&self, known: u64) -> Option<u64>;

    /// Returns the next deadline of the runtime's own timers, if there is one and the runtime tells it. One that is not
    /// told is met in [`go_towards`](Self::go_towards).
    fn next_deadline(&self) -> Option<u64>;

    /// Moves the clock towards `stop`, which lies ahead of `now`, no further than to the runtime's next timer.
    fn go_towards(&mut self, now: u64, stop: u64) -> Motion;

    /// Returns whether the runtime has something to run at `now`, or came here for nothing on a longer way.
    fn has_work(&mut self, now: u64) -> bool;
}

/// How a clock moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// It is at the stop now, where no timer of the runtime can be due.
    ToStop,
    /// It is there now, on its way or at the stop, and timers of the runtime may be due.
    To(u64),
    /// The runtime moves it once it is idle again, to its next timer or to the stop.
    AutoAdvance,
}

/// How far the sim is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// To this point of the timeline.
    Time(u64),
    /// Until all known futures are done and no foreground timer waits.
    Idle,
    /// Until anything happened later than then.
    After(u64),
}

/// The facts that the driver decides on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) now: u64,
    /// The next event of the kit's own queue.
    pub(super) next_deadline: Option<u64>,
    /// The test ends already.
    pub(super) is_failing: bool,
    /// A future waits for the sim to settle.
    pub(super) is_settling: bool,
    /// How far the test wants to go, and where that is given up.
    pub(super) target: Option<(Until, u64)>,
    /// Time moves only towards a target.
    pub(super) is_manual: bool,
    /// How much virtual time may pass before the test itself comes on.
    pub(super) limit: u64,
    /// When the test itself came on last: it ran, and not only because of a timer of its own.
    pub(super) test_came_on: u64,
    /// The last instant at which anything ran.
    pub(super) active: u64,
    /// Nothing ran at this instant: the runtime's clock stops here on its way to a timer.
    pub(super) is_stopover: bool,
}

/// The next step of a sim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Nothing: the test ends.
    Nothing,
    /// The first event that is due fires.
    FireDue,
    /// The first future that waits for the sim to settle goes on.
    CallSettled,
    /// The target is reached.
    CallTarget,
    /// The clock goes to this stop, where nothing of the kit's is due.
    Advance(u64),
    /// The clock goes to the next event, which then fires.
    AdvanceAndFire(u64),
    /// The test cannot go on.
    Fail(Failure),
}

/// Why a test cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The test awaits, and time moves only when it says so.
    Manual,
    /// Nothing happened since then.
    Stalled { since: u64, is_to_idle: bool },
    /// The test has waited since then, and others were busy all the while.
    TestWaits { since: u64 },
    /// A move of time has reached its limit, and something still happens.
    LimitReached,
}

/// Decides what the sim does next. `has_foreground` is asked only where the target is to be idle.
pub(super) fn next(situation: &Situation, has_foreground: impl FnOnce() -> bool) -> Move {
    let Situation { now, next_deadline, target, .. } = *situation;
    if situation.is_failing {
        return Move::Nothing;
    }
    if next_deadline.is_some_and(|next| next <= now) {
        return Move::FireDue;
    }
    if situation.is_settling {
        return Move::CallSettled;
    }
    let (end, is_limit) = match target {
        None if situation.is_manual => return Move::Fail(Failure::Manual),
        None => (situation.test_came_on.saturating_add(situation.limit), true),
        Some((Until::Time(end), _)) => (end, false),
        Some((Until::Idle, _)) if !has_foreground() => return Move::CallTarget,
        Some((Until::After(then), limit)) if now > then && now < limit && !situation.is_stopover => {
            return Move::CallTarget;
        }
        Some((Until::Idle | Until::After(_), limit)) => (limit, true),
    };
    if now >= end && !is_limit {
        return Move::CallTarget;
    }
    if now >= end {
        let is_to_idle = matches!(target, Some((Until::Idle, _)));
        let since = situation.active;
        let is_stalled = end.saturating_sub(since) >= situation.limit / 2;
        return Move::Fail(match target {
            _ if is_stalled => Failure::Stalled { since, is_to_idle },
            None => Failure::TestWaits { since: situation.test_came_on },
            Some(_) => Failure::LimitReached,
        });
    }
    match next_deadline {
        Some(next) if next <= end => Move::AdvanceAndFire(next),
        _ => Move::Advance(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Situation = Situation {
        now: 10,
        next_deadline: None,
        is_failing: false,
        is_settling: false,
        target: None,
        is_manual: false,
        limit: 1000,
        test_came_on: 5,
        active: 10,
        is_stopover: false,
    };

    fn to(until: Until) -> Situation {
        Situation { target: Some((until, 500)), ..QUIET }
    }

    #[track_caller]
    fn check(situation: &Situation, expected: Move) {
        assert_eq!(next(situation, || true), expected, "{situation:?}");
    }

    #[test]
    fn a_failing_test_does_nothing_more() {
        check(&Situation { is_failing: true, next_deadline: Some(10), ..QUIET }, Move::Nothing);
    }

    #[test]
    fn what_is_due_comes_before_settling_and_that_before_a_target() {
        let all = Situation { next_deadline: Some(10), is_settling: true, ..to(Until::Time(10)) };
        check(&all, Move::FireDue);
        check(&Situation { next_deadline: Some(11), ..all }, Move::CallSettled);
        check(&Situation { next_deadline: None, is_settling: false, ..all }, Move::CallTarget);
    }

    #[test]
    fn an_event_at_the_end_still_fires_and_one_after_it_does_not() {
        check(&Situation { next_deadline: Some(99), ..to(Until::Time(100)) }, Move::AdvanceAndFire(99));
        check(&Situation { next_deadline: Some(100), ..to(Until::Time(100)) }, Move::AdvanceAndFire(100));
        check(&Situation { next_deadline: Some(101), ..to(Until::Time(100)) }, Move::Advance(100));
        check(&to(Until::Time(100)), Move::Advance(100));
    }

    #[test]
    fn a_target_of_any_later_instant_is_reached_before_its_limit_only() {
        check(&to(Until::After(9)), Move::CallTarget);
        check(&to(Until::After(10)), Move::Advance(500));
        check(&Situation { is_stopover: true, ..to(Until::After(9)) }, Move::Advance(500));
        let at_the_limit = Situation { now: 500, active: 400, ..to(Until::After(9)) };
        check(&at_the_limit, Move::Fail(Failure::LimitReached));
    }

    #[test]
    fn a_target_of_idleness_asks_for_the_foreground() {
        check(&to(Until::Idle), Move::Advance(500));
        assert_eq!(next(&to(Until::Idle), || false), Move::CallTarget);
    }

    #[test]
    fn a_test_that_awaits_moves_time_itself_unless_it_is_manual() {
        check(&QUIET, Move::Advance(1005));
        check(&Situation { is_manual: true, ..QUIET }, Move::Fail(Failure::Manual));
        check(&Situation { is_manual: true, ..to(Until::Time(11)) }, Move::Advance(11));
    }

    #[test]
    fn the_limit_tells_a_stall_from_a_busy_sim() {
        let at_the_limit = Situation { now: 1005, ..QUIET };
        let stalled = Failure::Stalled { since: 505, is_to_idle: false };
        check(&Situation { active: 505, ..at_the_limit }, Move::Fail(stalled));
        check(&Situation { active: 506, ..at_the_limit }, Move::Fail(Failure::TestWaits { since: 5 }));
        check(&Situation { now: 1004, active: 0, ..QUIET }, Move::Advance(1005));
        let idle = Situation { now: 500, active: 0, limit: 500, ..to(Until::Idle) };
        check(&idle, Move::Fail(Failure::Stalled { since: 0, is_to_idle: true }));
    }
}
