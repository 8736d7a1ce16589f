//! The model: a list that is searched for the earliest entry, again and again, and grids that are counted out
//! point by point.

use unplugged::clock::{FirstCall, MissedTickBehavior};

use super::{Action, Name, Story, Thing};

#[derive(Default)]
pub(super) struct Model {
    now: u64,
    turn: u64,
    waiting: Vec<Entry>,
    timers: Vec<Timer>,
    story: Story,
}

#[derive(Clone, Copy)]
struct Entry {
    deadline: u64,
    turn: u64,
    who: Name,
    part: Part,
}

/// Which of a future's timers it is.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Only,
    Limit,
    Work,
}

#[derive(Clone)]
struct Timer {
    action: Action,
    grid: Option<Grid>,
    /// It may be called again.
    lives: bool,
}

#[derive(Clone, Copy)]
struct Grid {
    origin: u64,
    period: u64,
    /// The last point that was called or missed, counted from the origin.
    last: u64,
}

/// Where a future stands.
enum Future {
    Naps { nap: u64, left: u32, due: u64, limit: Option<u64> },
    Ticks { period: u64, work: u64, left: u32, due: u64, busy: Option<u64>, missed: MissedTickBehavior },
    Done,
}

impl Model {
    pub(super) fn run(things: &[Thing], end: u64) -> Story {
        let mut model = Self::default();
        let mut futures: Vec<Future> = Vec::new();
        for (index, thing) in things.iter().enumerate() {
            futures.push(model.begin(index, thing));
            model.poll(index, &mut futures[index]);
        }
        while let Some(position) = model.earliest(end) {
            let entry = model.waiting.remove(position);
            model.now = entry.deadline;
            match entry.who {
                Name::Timer(id) => model.fire(id),
                Name::Future(index) => model.poll(index, &mut futures[index]),
            }
        }
        model.waiting.sort_by_key(|entry| (entry.deadline, entry.turn));
        model.story.left = model.waiting.iter().map(|entry| entry.deadline).collect();
        model.story
    }

    fn begin(&mut self, index: usize, thing: &Thing) -> Future {
        match thing.clone() {
            Thing::Timer(delay, action) => self.make(delay, action),
            Thing::Every(period, first, action) => self.repeat(period, first, action),
            Thing::Naps { nap, count, limit } => {
                let due = self.now + nap;
                limit.into_iter().for_each(|limit| self.sleep(limit, index, Part::Limit));
                self.sleep(due, index, Part::Only);
                return Future::Naps { nap, left: count, due, limit };
            }
            Thing::Ticks { period, work, count, missed } => {
                return Future::Ticks { period, work, left: count, due: self.now, busy: None, missed };
            }
        }
        Future::Done
    }

    fn earliest(&self, end: u64) -> Option<usize> {
        let due = self.waiting.iter().enumerate().filter(|(_, entry)| entry.deadline <= end);
        due.min_by_key(|(_, entry)| (entry.deadline, entry.turn)).map(|(position, _)| position)
    }

    fn wait(&mut self, deadline: u64, who: Name, part: Part) {
        self.turn += 1;
        self.waiting.push(Entry { deadline, turn: self.turn, who, part });
    }

    /// A sleep that is due already waits for nothing.
    fn sleep(&mut self, deadline: u64, index: usize, part: Part) {
        if deadline > self.now {
            self.wait(deadline, Name::Future(index), part);
        }
    }

    fn forget(&mut self, index: usize, part: Option<Part>) {
        let is_gone =
            |entry: &Entry| entry.who == Name::Future(index) && part.is_none_or(|part| entry.part == part);
        self.waiting.retain(|entry| !is_gone(entry));
    }

    fn note(&mut self, who: Name, missed: u64) {
        self.story.ran.push((who, self.now, missed));
    }

    // Futures.

    fn poll(&mut self, index: usize, future: &mut Future) {
        let is_done = match future {
            Future::Done => return,
            Future::Naps { nap, left, due, limit } => {
                while *left > 0 && self.now >= *due {
                    self.forget(index, Some(Part::Only));
                    self.note(Name::Future(index), 0);
                    *left -= 1;
                    *due = self.now + *nap;
                    if *left > 0 {
                        self.sleep(*due, index, Part::Only);
                    }
                }
                *left == 0 || limit.is_some_and(|limit| self.now >= limit)
            }
            Future::Ticks { period, work, left, due, busy, missed } => loop {
                if busy.is_some_and(|until| self.now < until) {
                    break false;
                }
                if busy.take().is_some() && *left == 0 {
                    break true;
                }
                if self.now < *due {
                    break false;
                }
                self.forget(index, None);
                self.note(Name::Future(index), 0);
                *due = next_tick(*missed, *due, *period, self.now);
                self.sleep(*due, index, Part::Only);
                *left -= 1;
                if *work > 0 {
                    *busy = Some(self.now + *work);
                    self.sleep(self.now + *work, index, Part::Work);
                } else if *left == 0 {
                    break true;
                }
            },
        };
        if is_done {
            self.forget(index, None);
            *future = Future::Done;
        }
    }

    // Timers.

    fn make(&mut self, delay: u64, action: Action) {
        self.timers.push(Timer { action, grid: None, lives: true });
        self.wait(self.now + delay, Name::Timer(self.timers.len() - 1), Part::Only);
    }

    fn repeat(&mut self, period: u64, first: FirstCall, action: Action) {
        let id = self.timers.len();
        self.timers.push(Timer {
            action,
            grid: Some(Grid { origin: self.now, period, last: 0 }),
            lives: true,
        });
        match first {
            FirstCall::AtOnce => {
                // Nobody has its handle yet: what its action does to the timer itself has no effect.
                self.note(Name::Timer(id), 0);
                self.act_without_handle(id);
                self.wait_for_next_point(id);
            }
            FirstCall::AfterOnePeriod => self.wait_for_next_point(id),
        }
    }

    fn act_without_handle(&mut self, id: usize) {
        let lives = self.timers[id].lives;
        self.act(id);
        self.timers[id].lives = lives;
    }

    fn fire(&mut self, id: usize) {
        let Some(grid) = &mut self.timers[id].grid else {
            self.timers[id].lives = false;
            self.note(Name::Timer(id), 0);
            return self.act(id);
        };
        let gone_by = (1..).take_while(|point| grid.origin + point * grid.period <= self.now);
        let new_points = gone_by.filter(|point| *point > grid.last).count() as u64;
        grid.last += new_points;
        self.note(Name::Timer(id), new_points.saturating_sub(1));
        self.act(id);
        if self.timers[id].lives {
            self.wait_for_next_point(id);
        }
    }

    fn wait_for_next_point(&mut self, id: usize) {
        let grid = self.timers[id].grid.expect("a repeating timer");
        let next = (grid.last + 1..).map(|point| grid.origin + point * grid.period);
        let deadline = next.into_iter().find(|deadline| *deadline > self.now).expect("a grid has no end");
        self.wait(deadline, Name::Timer(id), Part::Only);
    }

    fn act(&mut self, id: usize) {
        match self.timers[id].action.clone() {
            Action::Nothing => {}
            Action::Make(delay, then) => self.make(delay, *then),
            Action::Repeat(period) => self.repeat(period, FirstCall::AfterOnePeriod, Action::Nothing),
            Action::Cancel(which) => {
                self.timers.get_mut(which).into_iter().for_each(|timer| timer.lives = false);
                self.waiting.retain(|entry| entry.who != Name::Timer(which));
            }
            Action::Reset(which, delay) => self.move_timer(which, |now, _| now + delay),
            Action::Delay(which, by) => self.move_timer(which, |_, old| old + by),
        }
    }

    fn move_timer(&mut self, which: usize, deadline: impl Fn(u64, u64) -> u64) {
        let found = self.waiting.iter().position(|entry| entry.who == Name::Timer(which));
        if let Some(old) = found.map(|position| self.waiting.remove(position)) {
            self.wait(deadline(self.now, old.deadline), old.who, old.part);
        }
    }
}

fn next_tick(missed: MissedTickBehavior, due: u64, period: u64, now: u64) -> u64 {
    let next = due + period;
    match missed {
        MissedTickBehavior::Delay if now >= next => now + period,
        MissedTickBehavior::Skip => {
            (1..).map(|point| due + point * period).find(|point| *point > now).unwrap()
        }
        _ => next,
    }
}
