//! The date in HTTP's format.

use std::time::{Duration, SystemTime};

/// Formats dates, and caches the last one for its second.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    second: u64,
    text: String,
}

impl Dates {
    /// Formats a time as `Sun, 06 Nov 1994 08:49:37 GMT`. A time before 1970 becomes the beginning of 1970.
    pub(super) fn of(&mut self, time: SystemTime) -> String {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        if self.text.is_empty() || self.second != since.as_secs() {
            self.second = since.as_secs();
            self.text = imf_fixdate(self.second);
        }
        self.text.clone()
    }
}

/// Formats a second since 1970.
///
/// Source: RFC 9110, 5.6.7.
fn imf_fixdate(second: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (second / 86_400, second % 86_400);
    let (year, day) = year_of(days);
    let (month, day) = month_of(year, day);
    format!(
        "{}, {:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[(days % 7) as usize],
        day + 1,
        MONTHS[month],
        second / 3600,
        second / 60 % 60,
        second % 60,
    )
}

/// Returns the year, and the day in it, of a day since the beginning of 1970.
fn year_of(mut days: u64) -> (u64, u64) {
    let mut year = 1970;
    while days >= length(year) {
        days -= length(year);
        year += 1;
    }
    (year, days)
}

/// Returns the month, and the day in it, both from zero.
fn month_of(year: u64, mut day: u64) -> (usize, u64) {
    let february = length(year) - 337;
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    (month, day)
}

const fn length(year: u64) -> u64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if is_leap { 366 } else { 365 }
}
